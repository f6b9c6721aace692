"""The client of Triton for the tests, in a folder of its own: it wants an older protobuf.

It is installed from its lock by pip, and kept in the tests' cache until the lock changes.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from filelock import FileLock

__all__ = ["tritonclient_packages"]

REPOSITORY = Path(__file__).parents[2]
LOCK = REPOSITORY / "workbench" / "requirements" / "tritonclient.txt"


def tritonclient_packages() -> Path:
    """Return the folder with the packages; they are installed if the tests' cache has none.

    Raises
    ------
    subprocess.CalledProcessError
        If pip does not get a package.
    """
    digest = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    folder = REPOSITORY / ".cache" / f"tritonclient-{digest[:12]}"
    folder.parent.mkdir(exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
                draft = Path(scratch) / "packages"
                _install(draft)
                draft.rename(folder)
    return folder


def _install(folder: Path) -> None:
    options = ("--no-deps", "--require-hashes", "--only-binary=:all:", "--no-compile")
    command = [sys.executable, "-m", "pip", "install", "--quiet", *options]
    subprocess.run([*command, "--target", str(folder), "-r", str(LOCK)], check=True)
