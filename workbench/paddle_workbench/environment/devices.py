"""The machine a lesson runs on, and what Paddle can use of it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
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

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Gpu",
    "Graphics",
    "Machine",
    "device_table",
    "read_graphics",
    "read_machine",
    "read_paddle_build",
]

NVIDIA_SMI_TIMEOUT_S = 20.0
PADDLE_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Gpu:
    name: str
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Graphics:
    """What `nvidia-smi` says.

    Parameters
    ----------
    gpus : tuple of Gpu
    driver : str or None
        The driver's version; None without a driver.
    driver_cuda : (int, int) or None
        The newest CUDA version that the driver supports.
    failure : str
        The last line of what `nvidia-smi` complains of; empty if it works or is not there.
    """

    gpus: tuple[Gpu, ...] = ()
    driver: str | None = None
    driver_cuda: tuple[int, int] | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """The parts of a machine that this process may use."""

    processor: str
    cores: int
    memory_bytes: int
    graphics: Graphics


def read_machine() -> Machine:
    """Return what this process may use, within the limits of its container."""
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
        found = re.search(r"^model name\s*:\s*(.+)$", information.read_text("utf-8"), re.MULTILINE)
        if found:
            return found[1]
    return platform.processor() or platform.machine()


def read_graphics() -> Graphics:
    """Return the NVIDIA cards and their driver."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return Graphics()
    try:
        listed = _run(
            program, "--query-gpu=driver_version,memory.total,name", "--format=csv,noheader,nounits"
        )
        summary = _run(program)
    except (OSError, subprocess.SubprocessError) as error:
        output = getattr(error, "stdout", None) or str(error)
        return Graphics(failure=output.strip().splitlines()[-1])
    rows = [[part.strip() for part in line.split(",", 2)] for line in listed.splitlines() if line]
    cuda = re.search(r"CUDA Version:\s*(\d+)\.(\d+)", summary)
    return Graphics(
        gpus=tuple(
            # A card that shares the machine's memory says [N/A].
            Gpu(name=name, memory_bytes=int(memory) << 20 if memory.isdecimal() else 0)
            for _, memory, name in rows
        ),
        driver=rows[0][0] if rows else None,
        driver_cuda=(int(cuda[1]), int(cuda[2])) if cuda else None,
    )


def _run(*command: str) -> str:
    # nvidia-smi prints its complaints to stdout.
    return subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=NVIDIA_SMI_TIMEOUT_S
    ).stdout


def read_paddle_build() -> dict[str, Any]:
    """Return what `probes.paddle_build` says: from this process if Paddle is imported already.

    Raises
    ------
    EnvironmentBrokenError
        If Paddle cannot be imported or cannot compute.
    """
    if "paddle" in sys.modules:
        from .probes import paddle_build

        return paddle_build()
    from .child import run_probe

    result = run_probe("paddle_build", timeout_s=PADDLE_TIMEOUT_S)
    if result.answer is None:
        raise EnvironmentBrokenError(
            f"Paddle does not work: {result.failure().en}", "workbench doctor"
        )
    return result.answer


_HEADINGS = {"zh": ("类别", "项目", "内容"), "en": ("kind", "item", "value")}
_KINDS = {"zh": ("版本", "机器"), "en": ("version", "machine")}
_ITEMS = {
    "zh": ("计算设备", "编译 Paddle 所用的 CUDA", "处理器", "可用核数", "可用内存", "显卡"),
    "en": ("device", "CUDA that Paddle is built with", "processor", "cores", "memory", "cards"),
}
_NONE = {"zh": "无", "en": "none"}
_DISTRIBUTIONS = ("paddlenlp", "paddleocr", "paddlex", "numpy", "jupyterlab")


def device_table(*, language: Language = "zh") -> pd.DataFrame:
    """Return the versions and the machine as a table for a lesson.

    Returns
    -------
    DataFrame
        Three columns of text: kind, item, value. The rows of kind `版本` are the same wherever the
        lock is installed; those of kind `机器` are not.
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
