"""Examine whether the home is writable and its disk has free space."""

from __future__ import annotations

import errno
import os
import shutil
import stat
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

# The folders that the workbench creates in the home.
FOLDERS = ("lessons", "runs", "jobs", "desk", "cache")


def examine_storage() -> Iterator[Observation]:
    """Examine whether the workbench home is writable, and how much space its disk has."""
    home = settings().home
    # paddlenlp, paddleocr and matplotlib need their caches in the user's own home. It comes first,
    # since another one also moves the default of the workbench home.
    own = judge_writable(Path.home(), "HOME")
    whole = judge_writable(home)
    # A container that ran as root leaves folders in the home that only root may change.
    folders = [home / name for name in FOLDERS if os.access(home / name, os.F_OK)]
    observations = [own, whole, *map(judge_writable, folders)]
    yield next((item for item in observations if item.state != "ok"), whole)
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
        _try_writing(nearest, is_home=nearest == home)
    except OSError as error:
        detail = Text(
            zh=f"{nearest} 不可写：{error.strerror}。",
            en=f"Could not write to {nearest}: {error.strerror}.",
        )
        return Observation("home", title, "broken", detail, _repair(nearest, error, variable))
    return Observation("home", title, "ok", Text(zh=str(home), en=str(home)))


def _try_writing(folder: Path, *, is_home: bool) -> None:
    """Write to a folder if it is the home itself; otherwise ask whether that is allowed."""
    if is_home:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".doctor-") as trial:
            Path(trial, "trial").write_bytes(b"x")
    elif not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    elif not os.access(folder, os.W_OK | os.X_OK):
        number = errno.EROFS if _is_mounted_read_only(folder) else errno.EACCES
        raise OSError(number, os.strerror(number))


def _repair(folder: Path, error: OSError, variable: str) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _space_repair(folder)
    if error.errno in (errno.EACCES, errno.EPERM):
        information = folder.stat()
        is_own = information.st_uid == os.getuid()
        if is_own and information.st_mode & stat.S_IRWXU != stat.S_IRWXU:
            return f"chmod u+rwx {shell_path(folder)}"
        if not is_own and folder.is_relative_to(Path.home()) and shutil.which("sudo"):
            return f'sudo chown -R "$(id -u)" {shell_path(folder)}'
    # Another user's folder, a read-only disk, or a file in place of a folder.
    return _other_folder(variable)


def _other_folder(variable: str) -> str:
    """Return the command that chooses another folder, if possible the default."""
    default = _nearest(Path("~/paddle-workbench").expanduser())
    has_default = variable == HOME_VARIABLE and variable in os.environ
    if has_default and default.is_dir() and os.access(default, os.W_OK | os.X_OK):
        return f"unset {variable}"
    return f'export {variable}="$(mktemp -d)"'


def _is_mounted_read_only(folder: Path) -> bool:
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


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
    # Caches can be rebuilt; the listing shows what else takes up space. Nothing on another disk
    # is named, since that would free no space here.
    disk, own = _nearest(home).stat().st_dev, Path.home()
    caches = [
        shell_path(cache)
        for cache in (home / "cache", own / ".cache" / "pip", own / ".cache" / "uv")
        if _nearest(cache).stat().st_dev == disk
    ]
    folder = own if own.is_dir() and own.stat().st_dev == disk else _nearest(home)
    listing = f"du -xh -d 2 {shell_path(folder)} | sort -h | tail -n 20"
    return f"rm -rf {' '.join(caches)} && {listing}"


def _nearest(home: Path) -> Path:
    """Return the home, or its nearest parent that exists."""
    # Not Path.exists, which raises if a parent may not be entered.
    return next(folder for folder in (home, *home.parents) if os.access(folder, os.F_OK))
