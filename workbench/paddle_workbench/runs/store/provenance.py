"""The provenance of a run: notebook, inputs, lock file, commit, versions and machine."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from ...contract import Provenance
from ...environment.graphics import read_graphics
from ...errors import NotebookError
from ...notebooks import Notebook
from ..parameters.given import as_json
from .inputs import file_sha256, input_digests
from .paths import locate, portable_path
from .variables import read_variables, thread_limits

__all__ = [
    "common_provenance",
    "driver_version",
    "is_seed",
    "locate",
    "machine_facts",
    "package_versions",
    "portable_path",
    "provenance_of",
    "sha256_of",
]

PACKAGES = (
    "paddle-workbench",
    "paddlepaddle",
    "paddlepaddle-gpu",
    "paddlenlp",
    "paddleocr",
    "paddlex",
    "numpy",
    "pandas",
    "matplotlib",
    "scikit-learn",
    "jupyterlab",
    "ipykernel",
    "nbclient",
    "papermill",
)
GIT_TIMEOUT_S = 10.0
DRIVER_FILE = Path("/proc/driver/nvidia/version")


def provenance_of(
    notebook: Notebook,
    parameters: Mapping[str, Any] | None = None,
    *,
    common: Mapping[str, Any] | None = None,
) -> Provenance:
    """Return what is needed to verify and repeat a run of this notebook on this machine.

    Parameters
    ----------
    notebook : Notebook
    parameters : mapping, optional
        The values of its parameters with the defaults, and without secrets: files that they name
        are inputs, and seeds are recorded as such.
    common : mapping, optional
        What `common_provenance` has returned for this notebook.
    """
    values = parameters or {}
    return Provenance(
        **(common_provenance(notebook) if common is None else common),
        seeds={name: as_json(value) for name, value in values.items() if is_seed(name)},
        inputs=input_digests(notebook.path, values, source=notebook.node),
    )


def common_provenance(notebook: Notebook) -> dict[str, Any]:
    """Return the fields of `Provenance` that are the same whatever the values of parameters are."""
    commit, dirty = _git(notebook.path)
    return {
        "notebook": portable_path(notebook.path),
        "notebook_sha256": notebook.sha256,
        "git_commit": commit,
        "git_dirty": dirty,
        **machine_facts(),
    }


def is_seed(name: str) -> bool:
    """Return whether a parameter with this name is a seed: `seed`, or a name that ends with it."""
    return name.lower().endswith("seed")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, as hexadecimal digits.

    Raises
    ------
    NotebookError
        If it cannot be read.
    """
    try:
        return file_sha256(path)
    except OSError as error:
        raise NotebookError(
            f"{path} cannot be read: {error.strerror}.", "Check the path."
        ) from error


@cache
def package_versions() -> dict[str, str]:
    """Return the versions of the packages that decide about results; do not change them."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:  # noqa: PERF203 - a few packages
            continue
    return versions


def _lock_sha256(*, gpu: bool) -> str | None:
    """Return the SHA-256 of the environment's lock file; None in a wheel, which has none."""
    name = "gpu.txt" if gpu else "cpu.txt"
    lock = Path(__file__).parents[3] / "requirements" / name
    return sha256_of(lock) if lock.is_file() else None


def _git(notebook: Path) -> tuple[str | None, bool | None]:
    """Return the commit, and whether there are changes or the notebook is not in it."""
    commit = _ask_git(notebook, "rev-parse", "HEAD")
    if commit is None:
        return None, None
    changes = _ask_git(notebook, "status", "--porcelain", "--untracked-files=no")
    listing = _ask_git(notebook, "ls-files", "--", notebook.name)
    return commit, bool(changes) or not listing


def _ask_git(notebook: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(notebook.absolute().parent), *arguments]
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=GIT_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _device(*, gpu: bool) -> str:
    """Return the device that Paddle uses by default, without importing Paddle."""
    is_hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    is_present = any(Path("/dev").glob("nvidia[0-9]*"))
    return "gpu:0" if gpu and is_present and not is_hidden else "cpu"


@cache
def _driver() -> str | None:
    """Return the version of NVIDIA's driver; None without one."""
    try:
        text = DRIVER_FILE.read_text(encoding="utf-8", errors="replace")
    except OSError:
        # Where Linux runs inside Windows, only nvidia-smi knows it.
        return read_graphics().driver
    return driver_version(text)


def driver_version(text: str) -> str | None:
    """Return the version in the first line of `/proc/driver/nvidia/version`."""
    version = re.search(r"Kernel Module.*?\s(\d+(?:\.\d+)+)\s", text)
    return version[1] if version else None


def _threads() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def machine_facts() -> dict[str, Any]:
    """Return the fields of `Provenance` that differ between machines, for this one."""
    versions = package_versions()
    is_gpu = "paddlepaddle-gpu" in versions
    return {
        "lock_sha256": _lock_sha256(gpu=is_gpu),
        "versions": dict(versions),
        "python": platform.python_version(),
        "interpreter": portable_path(Path(sys.executable)) if sys.executable else None,
        "platform": platform.platform(),
        "processor": _processor(),
        "device": _device(gpu=is_gpu),
        "driver": _driver(),
        "threads": _threads(),
        "thread_variables": thread_limits(),
        "variables": read_variables(),
    }
