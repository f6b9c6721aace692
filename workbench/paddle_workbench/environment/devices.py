"""The machine a lesson runs on, and what Paddle can use of it."""

from __future__ import annotations

import os
import platform
import re
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from ..contract import Language
from ..errors import EnvironmentBrokenError
from .cgroup import read_limits
from .graphics import Graphics, read_graphics

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Machine",
    "device_table",
    "read_machine",
    "read_paddle_build",
]

PADDLE_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Machine:
    """The resources of a machine that this process may use."""

    processor: str
    cores: int
    memory_bytes: int
    graphics: Graphics


def read_machine() -> Machine:
    """Return the resources that this process may use, within the limits of its container."""
    limits = read_limits()
    available = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    memory = psutil.virtual_memory().total
    return Machine(
        processor=_processor(),
        cores=min(available, max(1, ceil(limits.cores or available))),
        memory_bytes=min(memory, limits.memory_bytes or memory),
        graphics=read_graphics(),
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.is_file():
        model = re.search(r"^model name\s*:\s*(.+)$", information.read_text("utf-8"), re.MULTILINE)
        if model:
            return model[1]
    return platform.processor() or platform.machine()


def read_paddle_build() -> dict[str, Any]:
    """Return the answer of `probes.paddle_build`, from this process if Paddle is imported.

    Raises
    ------
    EnvironmentBrokenError
        If Paddle cannot be imported or cannot compute.
    """
    if "paddle" in sys.modules:
        from .doctor.probes import paddle_build

        return paddle_build()
    from .doctor.probe_process import failure_text, run_probe

    outcome = run_probe("paddle_build", timeout_s=PADDLE_TIMEOUT_S)
    if outcome.answer is None:
        raise EnvironmentBrokenError(
            f"Paddle does not work: {failure_text(outcome).en}", "workbench doctor"
        )
    return outcome.answer


_HEADINGS = {"zh": ("类别", "项目", "内容"), "en": ("kind", "item", "value")}
_KINDS = {"zh": ("版本", "机器"), "en": ("version", "machine")}
_ITEMS = {
    "zh": ("计算设备", "编译 Paddle 所用的 CUDA", "处理器", "可用核数", "可用内存", "显卡"),
    "en": ("device", "CUDA that Paddle is built with", "processor", "cores", "memory", "cards"),
}
_NONE = {"zh": "无", "en": "none"}
_DISTRIBUTIONS = ("paddlenlp", "paddleocr", "paddlex", "numpy", "jupyterlab")


def device_table(*, language: Language = "zh") -> pd.DataFrame:
    """Return package versions and machine resources as a table for a lesson.

    Returns
    -------
    DataFrame
        Three text columns: kind, item, value. Rows of the kind `版本` are the same wherever the
        lock is installed; rows of the kind `机器` are not.
    """
    import pandas as pd

    machine = read_machine()
    build = read_paddle_build()
    none = _NONE[language]
    versions = [("paddle", build["version"])]
    versions += [(name, _version(name) or none) for name in _DISTRIBUTIONS]
    cards = [f"{gpu.name} ({gpu.memory_bytes / 1e9:.1f} GB)" for gpu in machine.graphics.gpus]
    values = (
        build["device"],
        build["cuda"] or none,
        machine.processor,
        str(machine.cores),
        f"{machine.memory_bytes / 1e9:.1f} GB",
        ", ".join(cards) or none,
    )
    parts = [("python", platform.python_version()), *zip(_ITEMS[language], values, strict=True)]
    version_kind, machine_kind = _KINDS[language]
    return pd.DataFrame(
        [(version_kind, *row) for row in versions] + [(machine_kind, *row) for row in parts],
        columns=list(_HEADINGS[language]),
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
