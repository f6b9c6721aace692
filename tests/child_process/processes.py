"""Code that children run, and waiting for what they do."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psutil

from paddle_workbench.child_process import Limits, Outcome

MINUTE = Limits(time_s=60)
SLEEP = "import time\ntime.sleep(600)\n"
WRITE_PID = "import os, pathlib\npathlib.Path('pid').write_text(str(os.getpid()))\n"
# A grandchild in the child's process group that holds the child's pipes.
START_GRANDCHILD = (
    "import pathlib, subprocess, sys\n"
    "grandchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "pathlib.Path('pid').write_text(str(grandchild.pid))\n"
)
DEFER_SIGINT = (
    "import os, pathlib, time\n"
    "try:\n"
    "    pathlib.Path('pid').write_text(str(os.getpid()))\n"
    "    time.sleep(600)\n"
    "except KeyboardInterrupt:\n"
    "    print('x' * 1_000_000)\n"
    "    pathlib.Path('cleaned').touch()\n"
)

Run = Callable[..., Outcome]


def wait_for(path: Path) -> str:
    end = time.monotonic() + 60
    while not (path.is_file() and path.read_text()):
        assert time.monotonic() < end, f"{path.name} was not written"
        time.sleep(0.02)
    return path.read_text()


def has_ended(pid: int) -> bool:
    """Wait until a process has ended or is a zombie, and return whether it has."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False
