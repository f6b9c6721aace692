"""Examine whether the home is writable and its disk has free space."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ...contract import FindingState, Text
from ...settings import HOME_VARIABLE, settings
from ..repairs import shell_path
from .findings import Observation

__all__ = ["examine_storage", "judge_space", "judge_writable"]

WARNING_BYTES = 5_000_000_000
BROKEN_BYTES = 500_000_000


def examine_storage() -> Iterator[Observation]:
    """Examine whether the workbench home is writable, and how much space its disk has."""
    home = settings().home
    # paddlenlp, paddleocr and matplotlib need their caches in the user's own home.
    observations = [judge_writable(home), judge_writable(Path.home(), "HOME")]
    yield next((item for item in observations if item.state != "ok"), observations[0])
    yield judge_space(home)


def judge_writable(home: Path, variable: str = HOME_VARIABLE) -> Observation:
    """Create a temporary folder in a home, or examine whether the home could be created.

    Parameters
    ----------
    home : Path
    variable : str
        The environment variable that sets it.
    """
    title = Text(zh="工作目录可写", en="Home folder is writable")
    nearest = _nearest(home)
    try:
        if nearest == home:
            with tempfile.TemporaryDirectory(dir=home, prefix=".doctor-") as folder:
                Path(folder, "trial").write_bytes(b"x")
        elif not nearest.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        elif not os.access(nearest, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        detail = Text(
            zh=f"{nearest} 不可写：{error.strerror}。",
            en=f"Could not write to {nearest}: {error.strerror}.",
        )
        return Observation("home", title, "broken", detail, _repair(nearest, error, variable))
    return Observation("home", title, "ok", Text(zh=str(home), en=str(home)))


def _repair(folder: Path, error: OSError, variable: str) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _space_repair(folder)
    if error.errno in (errno.EACCES, errno.EPERM) and folder.is_relative_to(Path.home()):
        if folder.stat().st_uid == os.getuid():
            return f"chmod u+rwx {shell_path(folder)}"
        return f'sudo chown -R "$(id -u)" {shell_path(folder)}'
    # Another user's folder, a read-only disk, or a file in place of a folder.
    return f'export {variable}="$(mktemp -d)"'


def judge_space(
    home: Path, *, warning_bytes: int = WARNING_BYTES, broken_bytes: int = BROKEN_BYTES
) -> Observation:
    """Examine the free space on the disk of a home, which need not exist."""
    title = Text(zh="磁盘空间", en="Disk space")
    free = shutil.disk_usage(_nearest(home)).free
    detail = Text(
        zh=f"{home} 所在磁盘剩余 {free / 1e9:.1f} GB。",
        en=f"{free / 1e9:.1f} GB free on the disk of {home}.",
    )
    if free >= warning_bytes:
        return Observation("space", title, "ok", detail)
    state: FindingState = "broken" if free < broken_bytes else "warning"
    return Observation("space", title, state, detail, _space_repair(home))


def _space_repair(home: Path) -> str:
    # Caches can be rebuilt; the listing shows what else takes up space.
    cache = shell_path(home / "cache")
    return f"rm -rf {cache} ~/.cache/pip ~/.cache/uv && du -xh -d 2 ~ | sort -h | tail -n 20"


def _nearest(home: Path) -> Path:
    """Return the home, or its nearest parent that exists."""
    # Not Path.exists, which raises if a parent may not be entered.
    return next(folder for folder in (home, *home.parents) if os.access(folder, os.F_OK))
