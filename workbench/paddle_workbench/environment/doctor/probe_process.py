"""Run a probe in a child process with a temporary home."""

from __future__ import annotations

import os
import site
import tempfile
import threading
from pathlib import Path

from ...child_process import Limits, Outcome, run
from ...contract import Text
from ...errors import EnvironmentBrokenError
from ...scratch import ScratchFolder

__all__ = ["failure_text", "run_probe"]

# They name the caches of libraries. Without them the caches are in the home, which is temporary.
_CACHE_VARIABLES = (
    "MPLCONFIGDIR",
    "PADDLE_HOME",
    "PADDLE_PDX_CACHE_HOME",
    "PPNLP_HOME",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
)


def run_probe(name: str, *, timeout_s: float, stop: threading.Event | None = None) -> Outcome:
    """Run a function of `probes` in a temporary directory, which is also its home.

    Parameters
    ----------
    name : str
        A key of `probes.PROBES`.
    timeout_s : float
    stop : Event, optional
        Ends the probe from another thread.

    Raises
    ------
    EnvironmentBrokenError
        If there is no folder for temporary files.
    """
    try:
        tempfile.gettempdir()
    except FileNotFoundError as error:
        raise EnvironmentBrokenError(
            "No folder for temporary files is writable: neither $TMPDIR nor /tmp.",
            _temporary_folder_repair(),
        ) from error
    with ScratchFolder("probe") as folder:
        return run(
            "paddle_workbench.environment.doctor.probes",
            name,
            limits=Limits(time_s=timeout_s),
            folder=folder,
            environment=_environment(folder),
            stop=stop,
        )


def _temporary_folder_repair() -> str:
    if os.access(Path.home(), os.W_OK | os.X_OK):
        return "mkdir -p ~/tmp && export TMPDIR=~/tmp"
    return "sudo mount -t tmpfs tmpfs /tmp"


def failure_text(outcome: Outcome) -> Text:
    """Return why a probe failed, with the last lines that it printed."""
    lines = "".join(f"\n{line}" for line in outcome.last_lines())
    problem = outcome.problem
    return Text(
        zh=f"{_in_chinese(outcome)}。{lines}", en=f"{problem[0].upper()}{problem[1:]}.{lines}"
    )


def _in_chinese(outcome: Outcome) -> str:
    if outcome.limit == "time":
        return f"{outcome.limits.time_s:g} 秒内没有结束"
    if outcome.limit is not None:
        return {"memory": "内存超出限制", "output": "输出超出限制"}[outcome.limit]
    if outcome.signal_name:
        return f"进程被信号 {outcome.signal_name} 终止"
    return f"进程失败，退出码 {outcome.status}" if outcome.status else "进程没有给出结果"


def _environment(folder: Path) -> dict[str, str]:
    environment = {
        name: value for name, value in os.environ.items() if name not in _CACHE_VARIABLES
    }
    return environment | {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        # Packages that the user installed with `pip install --user` stay visible.
        "PYTHONUSERBASE": site.getuserbase(),
        # Kernels set the inline backend, which works only in a kernel.
        "MPLBACKEND": "agg",
        "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True",
    }
