"""The NVIDIA cards of a machine and their driver, read from `nvidia-smi`."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass

__all__ = ["Gpu", "Graphics", "read_graphics"]

NVIDIA_SMI_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Gpu:
    """An NVIDIA card; `memory_bytes` is 0 if it shares the machine's memory."""

    name: str
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Graphics:
    """The NVIDIA cards and their driver.

    Parameters
    ----------
    gpus : tuple of Gpu
    driver : str or None
        The driver's version; None without a driver.
    driver_cuda : (int, int) or None
        The newest CUDA version that the driver supports.
    failure : str
        The last line that a failing `nvidia-smi` prints; empty if it works or is not installed.
    """

    gpus: tuple[Gpu, ...] = ()
    driver: str | None = None
    driver_cuda: tuple[int, int] | None = None
    failure: str = ""


def read_graphics() -> Graphics:
    """Return the NVIDIA cards and their driver."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return Graphics()
    try:
        table = _run(
            program, "--query-gpu=driver_version,memory.total,name", "--format=csv,noheader,nounits"
        )
        summary = _run(program)
    except (OSError, subprocess.SubprocessError) as error:
        output = getattr(error, "stdout", None) or str(error)
        return Graphics(failure=output.strip().splitlines()[-1])
    rows = [[part.strip() for part in line.split(",", 2)] for line in table.splitlines() if line]
    cuda = re.search(r"CUDA Version:\s*(\d+)\.(\d+)", summary)
    return Graphics(
        gpus=tuple(
            # For a card that shares the machine's memory, nvidia-smi prints [N/A].
            Gpu(name=name, memory_bytes=int(memory) << 20 if memory.isdecimal() else 0)
            for _, memory, name in rows
        ),
        driver=rows[0][0] if rows else None,
        driver_cuda=(int(cuda[1]), int(cuda[2])) if cuda else None,
    )


def _run(*command: str) -> str:
    # nvidia-smi prints errors to stdout.
    return subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=NVIDIA_SMI_TIMEOUT_S
    ).stdout
