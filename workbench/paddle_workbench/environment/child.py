"""Python in a process of its own: what crashes or hangs there is a result here."""

from __future__ import annotations

import json
import os
import re
import signal
import site
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contract import Text

__all__ = ["ANSWER", "ChildResult", "run_probe", "run_python"]

ANSWER = "answer.json"
"""The file in the child's working directory that its answer is written to."""

LAST_LINES = 3
LINE_LENGTH = 200

# Where libraries would write caches; without these they use the home, which is a temporary one.
_CACHE_VARIABLES = (
    "MPLCONFIGDIR",
    "PADDLE_HOME",
    "PADDLE_PDX_CACHE_HOME",
    "PPNLP_HOME",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
)


@dataclass(frozen=True, slots=True)
class ChildResult:
    """How a child process ended.

    Parameters
    ----------
    status : int or None
        Its exit status, negative for a signal; None if it ran past its time limit.
    answer : dict or None
        What it wrote to `ANSWER`.
    errors : str
        Its stderr.
    timeout_s : float
    """

    status: int | None
    answer: dict[str, Any] | None
    errors: str
    timeout_s: float

    def failure(self) -> Text:
        """Say what went wrong, with the last lines that the child printed."""
        lines = [line for line in map(_plain, self.errors.splitlines()) if line]
        last = "".join(f"\n{line[:LINE_LENGTH]}" for line in lines[-LAST_LINES:])
        if self.status is None:
            limit = f"{self.timeout_s:g}"
            return Text(
                zh=f"{limit} 秒内没有结束。{last}", en=f"Did not finish within {limit} s.{last}"
            )
        if self.status < 0:
            name = _signal_name(-self.status)
            return Text(zh=f"进程被信号 {name} 终止。{last}", en=f"Was killed by {name}.{last}")
        return Text(
            zh=f"进程失败，退出码 {self.status}。{last}",
            en=f"Failed with exit {self.status}.{last}",
        )


def run_probe(name: str, *, timeout_s: float) -> ChildResult:
    """Run a function of `probes` in a child process."""
    return run_python(
        "import sys; from paddle_workbench.environment.probes import answer; answer(sys.argv[1])",
        name,
        timeout_s=timeout_s,
    )


def run_python(code: str, *arguments: str, timeout_s: float) -> ChildResult:
    """Run code with this interpreter in a temporary directory, which is also its home.

    Its output goes to files and not to pipes, so that a grandchild that lives on holds up nothing.
    """
    with tempfile.TemporaryDirectory(prefix="paddle-workbench-") as name:
        folder = Path(name)
        errors = folder / "stderr"
        with (folder / "stdout").open("wb") as stdout, errors.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-c", code, *arguments],
                cwd=folder,
                env=_environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )
            try:
                status: int | None = process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                status = None
            finally:
                process.kill()
                process.wait()
        answer = folder / ANSWER
        return ChildResult(
            status=status,
            answer=json.loads(answer.read_text("utf-8")) if answer.is_file() else None,
            errors=errors.read_text("utf-8", errors="replace"),
            timeout_s=timeout_s,
        )


def _environment(folder: Path) -> dict[str, str]:
    environment = {
        name: value for name, value in os.environ.items() if name not in _CACHE_VARIABLES
    }
    environment |= {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        # The packages a user installed for themselves stay visible under the other home.
        "PYTHONUSERBASE": site.getuserbase(),
        # A kernel names the inline backend, which wants a kernel.
        "MPLBACKEND": "agg",
        "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True",
    }
    return environment


def _plain(line: str) -> str:
    """Return a line without colours and white space at its end."""
    return re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
