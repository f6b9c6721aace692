"""A preload that misbehaves is left out and reported, and does not affect the others."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paddle_workbench.kernels import client

from .conftest import start
from .sessions import LIMIT_S, Session, is_running, wait_until

GOOD = "VALUE = 7"
RAISES = "raise RuntimeError('no licence')"
HANGS = "import time\nwhile True: time.sleep(1)"
HANGS_IN_C = "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()"
CRASHES = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
EXITS = "raise SystemExit(3)"
ENDS = "import os; os._exit(0)"
THREAD = """
import threading, time
threading.Thread(target=time.sleep, args=(600,), daemon=True, name='poller').start()
"""
NATIVE_THREAD = """
import ctypes, _thread, time
_thread.start_new_thread(time.sleep, (600,))
"""
LOCK = "import threading\nguard = threading.Lock()\nguard.acquire()"
HELD_BY_OBJECT = """
import threading
class Pool:
    def __init__(self):
        self.lock = threading.RLock()
        self.lock.acquire()
pool = Pool()
"""
# Both write the process ids of the importing process and of its child.
WITH_PROCESS = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open({0!r} + ".part", "w") as file:
    file.write(f"{{os.getpid()}} {{child.pid}}")
os.rename(file.name, {0!r})
"""
FORKED = """
import os, time
child = os.fork()
if child == 0:
    time.sleep(600)
with open({0!r}, "w") as file:
    file.write(f"{{os.getpid()}} {{child}}")
"""
BREAKS_FORKS = """
import os
os.register_at_fork(after_in_child=lambda: os._exit(9))
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """Write a module that the fork server can import."""
    folder = tmp_path / "modules"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)

    def write(name: str, source: str) -> str:
        (folder / f"{name}.py").write_text(source + "\n", encoding="utf-8")
        return name

    return write


def problems(status: dict[str, Any]) -> dict[str, str]:
    return {preload["module"]: preload["problem"] for preload in status["preloads"]}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (RAISES, "RuntimeError: no licence"),
        ("import nothing_of_this_name", "No module named 'nothing_of_this_name'"),
        (CRASHES, "SIGSEGV"),
        (EXITS, "SystemExit: 3"),
        (ENDS, "ended the process (exit status 0)"),
        (THREAD, "the thread 'poller'"),
        (NATIVE_THREAD, "native threads (1)"),
        (LOCK, "locks held (1)"),
        (HELD_BY_OBJECT, "locks held (1)"),
    ],
    ids=["raises", "missing", "crashes", "exits", "ends", "thread", "native", "lock", "rlock"],
)
@pytest.mark.usefixtures("directory")
def test_bad_preload_is_left_out(
    source: str, reason: str, module: Callable[[str, str], str]
) -> None:
    status = start(module("good", GOOD), module("bad", source), module("other", GOOD))
    assert status["state"] == "ready"
    reasons = problems(status)
    assert reasons["good"] == reasons["other"] == ""
    assert reason in reasons["bad"]
    with Session.several() as make:
        kernel = make(env=dict(os.environ))
        assert kernel.is_warm
        assert kernel.run("import good, other; good.VALUE + other.VALUE") == "14"


@pytest.mark.parametrize("source", [HANGS, HANGS_IN_C], ids=["in Python", "in C"])
@pytest.mark.usefixtures("directory")
def test_preload_that_hangs_is_left_out(source: str, module: Callable[[str, str], str]) -> None:
    status = start(module("bad", source), module("good", GOOD), preload_limit=10)
    assert problems(status) == {"bad": "importing it took more than 10 s", "good": ""}
    assert status["state"] == "ready"


@pytest.mark.usefixtures("directory")
def test_preload_that_hangs_can_be_stopped(
    module: Callable[[str, str], str], tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    name = module("bad", f"{WITH_PROCESS.format(str(pids))}\n{HANGS_IN_C}")
    options = ["--preload", name, "--preload-limit", "600"]
    client.start_server({**os.environ, **client.kernel_variables()}, options)
    wait_until(pids.exists, limit_s=LIMIT_S)
    importer, child = map(int, pids.read_text(encoding="utf-8").split())
    status = client.read_status()
    assert status is not None
    assert status["state"] == "preloading"
    assert client.stop_server()
    for pid in (int(status["pid"]), importer, child):
        wait_until(lambda pid=pid: not is_running(pid))
    assert (client.read_status() or {})["state"] == "ended"
    assert not client.stop_server()


@pytest.mark.usefixtures("directory")
def test_processes_of_a_preload_that_fails_are_ended(
    module: Callable[[str, str], str], tmp_path: Path
) -> None:
    """They hold the pipe of the answer open, so the fork server cannot wait for its end."""
    pids = tmp_path / "pids"
    status = start(module("bad", f"{FORKED.format(str(pids))}\n{RAISES}"), module("good", GOOD))
    assert problems(status) == {"bad": "RuntimeError: no licence", "good": ""}
    for pid in map(int, pids.read_text(encoding="utf-8").split()):
        wait_until(lambda pid=pid: not is_running(pid))


@pytest.mark.usefixtures("directory")
def test_preload_whose_forks_fail_is_left_out(module: Callable[[str, str], str]) -> None:
    status = start(module("bad", BREAKS_FORKS), module("good", GOOD))
    assert "a fork of it failed" in problems(status)["bad"]
    assert problems(status)["good"] == ""


@pytest.mark.usefixtures("directory")
def test_output_of_a_preload_appears_at_its_import(
    module: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = """
import logging, os, sys, warnings
print('said')
sys.stderr.write('complained\\n')
sys.stdout.flush()
os.write(1, b'from below\\n')
warnings.warn('take care', UserWarning)
os.environ['LOUD'] = 'yes'
handler = logging.StreamHandler(sys.stdout)
logger = logging.getLogger('loud')
logger.addHandler(handler)
"""
    start(module("loud", source))
    # ipykernel does not capture output of C if it notices that pytest is running.
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    with Session.several() as make:
        kernel = make(env=dict(os.environ))
        assert kernel.is_warm
        assert kernel.run("import os; os.environ.get('LOUD')") == ""
        kernel.client.execute("import loud")
        parts = {"said", "complained", "from below", "UserWarning: take care"}
        # A thread reads the output that bypassed Python: it may come when the cell has ended.
        while parts:
            content = kernel.client.get_iopub_msg(timeout=LIMIT_S)["content"]
            parts = {part for part in parts if part not in content.get("text", "")}
        assert kernel.run("import loud; os.environ['LOUD']") == "'yes'"
        assert kernel.run("loud.logger.warning('a log line')") == "a log line"


@pytest.mark.usefixtures("directory")
def test_kernel_is_cold_if_a_variable_differs_that_an_import_read(
    module: Callable[[str, str], str],
) -> None:
    source = "import os\nMODE, TERM = os.environ.get('MODE'), os.environ['TERM']"
    start(module("reading", source))
    with Session.several() as make:
        terminal = make(env={**os.environ, "TERM": "dumb", "COLUMNS": "7", "OTHER": "1"})
        assert terminal.is_warm
        # That of ipykernel, which sets it in each kernel.
        assert terminal.run("import reading; reading.MODE, reading.TERM") == "(None, 'xterm-color')"
        kernel = make(env={**os.environ, "MODE": "fast"})
        assert not kernel.is_warm
        assert kernel.run("import reading; reading.MODE") == "'fast'"


def test_kernel_with_another_python_path_is_cold(tmp_path: Path, directory: Path) -> None:
    """A kernel with a different PYTHONPATH from the fork server would import other modules."""
    start("json")
    with Session.several() as make:
        assert make().is_warm
        kernel = make(env={**os.environ, "PYTHONPATH": str(tmp_path)})
        assert not kernel.is_warm
        assert kernel.run(f"import sys; {str(tmp_path)!r} in sys.path") == "True"
