"""Packages that tests need in a folder of their own, since they want other versions than the lock.

They are installed from a lock by pip, and kept in the tests' cache until the lock changes.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from filelock import FileLock

__all__ = ["locked_packages"]

REPOSITORY = Path(__file__).parents[1]


def locked_packages(name: str) -> Path:
    """Return the folder with the packages of a lock; installed if the tests' cache has none.

    Parameters
    ----------
    name : str
        The name of the lock in `workbench/requirements/`, without `.txt`.

    Raises
    ------
    subprocess.CalledProcessError
        If pip does not get a package.
    """
    lock = REPOSITORY / "workbench" / "requirements" / f"{name}.txt"
    digest = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    folder = REPOSITORY / ".cache" / f"{name}-{digest[:12]}"
    folder.parent.mkdir(exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
                draft = Path(scratch) / "packages"
                _install(draft, lock)
                draft.rename(folder)
    return folder


def _install(folder: Path, lock: Path) -> None:
    options = ("--no-deps", "--require-hashes", "--only-binary=:all:", "--no-compile")
    command = [sys.executable, "-m", "pip", "install", "--quiet", *options]
    subprocess.run([*command, "--target", str(folder), "-r", str(lock)], check=True)
