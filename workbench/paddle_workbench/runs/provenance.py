"""The provenance of a run: notebook, lock file, commit, versions and machine."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path

from ..contract import Provenance
from ..errors import NotebookError
from ..notebooks import Notebook
from ..settings import settings

__all__ = ["locate", "package_versions", "portable_path", "provenance_of", "sha256_of"]

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


def provenance_of(notebook: Notebook) -> Provenance:
    """Return what is needed to verify and repeat a run of this notebook on this machine."""
    versions = package_versions()
    commit, dirty = _git(notebook.path)
    return Provenance(
        notebook=portable_path(notebook.path),
        notebook_sha256=notebook.sha256,
        lock_sha256=_lock_sha256(gpu="paddlepaddle-gpu" in versions),
        git_commit=commit,
        git_dirty=dirty,
        versions=dict(versions),
        python=platform.python_version(),
        platform=platform.platform(),
        processor=_processor(),
        device=_device(gpu="paddlepaddle-gpu" in versions),
        threads=_threads(),
    )


def portable_path(path: Path) -> str:
    """Return a path that does not reveal the home: relative to the course, or with `~`."""
    path = path.absolute()
    course = settings().course
    if path.is_relative_to(course):
        return path.relative_to(course).as_posix()
    home = Path.home()
    if path.is_relative_to(home) and home != Path(home.anchor):
        return f"~/{path.relative_to(home).as_posix()}"
    return path.as_posix()


def locate(portable: str) -> Path:
    """Return the path that a result of `portable_path` stands for; it need not exist."""
    path = Path(portable).expanduser()
    return path if path.is_absolute() else settings().course / path


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, as hexadecimal digits.

    Raises
    ------
    NotebookError
        If it cannot be read.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
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
    lock = Path(__file__).parents[2] / "requirements" / name
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


def _threads() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
