"""Files in the workbench home: read within limits, written atomically, set aside if broken."""

from __future__ import annotations

import errno
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Any, TypeVar

from filelock import FileLock, Timeout
from pydantic import BaseModel, ValidationError

from .contract import SCHEMA_VERSION, ErrorMessage, invalid_field
from .errors import FileBrokenError, FileMissingError, SchemaVersionError, StorageError
from .reading import MAX_BYTES, broken_file, parse_json, read_bytes
from .scratch import SUFFIX as SCRATCH
from .settings import home_folder

__all__ = [
    "check_schema_version",
    "disk_full",
    "free_sibling",
    "locked",
    "make_folder",
    "open_private",
    "read_model",
    "read_or_set_aside",
    "set_aside",
    "storage_error",
    "write_model",
    "write_whole",
]

LOCK_TIMEOUT_S = 10.0

_Model = TypeVar("_Model", bound=BaseModel)
_log = logging.getLogger(__name__)


def check_schema_version(content: Any, path: Path, *, newest: int = SCHEMA_VERSION) -> None:
    """Reject a file that a newer version of the workbench wrote.

    Parameters
    ----------
    content
        The JSON value of the file.
    path : Path
    newest : int, optional
        The newest supported version, by default that of the contract.

    Raises
    ------
    SchemaVersionError
        If `schema_version` is newer.
    """
    version = content.get("schema_version") if isinstance(content, dict) else None
    if isinstance(version, int | float) and version > newest:
        raise SchemaVersionError(
            f"{path} was written by a newer version of the workbench: its schema is version "
            f"{version}, and this workbench reads up to version {newest}.",
            "Upgrade: pip install --upgrade paddle-workbench",
        )


def read_model(
    path: Path,
    model: type[_Model],
    *,
    kind: str,
    limit_bytes: int = MAX_BYTES,
    newest: int = SCHEMA_VERSION,
    hint: str = "",
) -> _Model:
    """Read a versioned JSON file as a pydantic model.

    Parameters
    ----------
    path : Path
    model : type of BaseModel
    kind, limit_bytes, hint
        As for `read_bytes`.
    newest : int, optional
        As for `check_schema_version`.

    Raises
    ------
    FileMissingError
        If there is no such file.
    FileBrokenError
        If it does not contain a valid model.
    SchemaVersionError
        If a newer version of the workbench wrote it.
    StorageError
        If the operating system cannot read it.
    """
    content = parse_json(
        read_bytes(path, kind=kind, limit_bytes=limit_bytes, hint=hint), path, kind=kind, hint=hint
    )
    check_schema_version(content, path, newest=newest)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise broken_file(path, kind, invalid_field(error), hint) from error


def read_or_set_aside(
    path: Path,
    model: type[_Model],
    *,
    kind: str,
    limit_bytes: int = MAX_BYTES,
    newest: int = SCHEMA_VERSION,
) -> tuple[_Model | None, ErrorMessage | None]:
    """Read a model as `read_model` does, and set a broken file aside.

    The caller must hold the lock of the file, since another process may replace it.

    Returns
    -------
    model : BaseModel or None
        None if there is no file, or if it was set aside.
    notice : ErrorMessage or None
        Why the file was set aside, and its new name.

    Raises
    ------
    SchemaVersionError
        If a newer version of the workbench wrote the file, which is left unchanged.
    StorageError
        If it cannot be read or renamed.
    """
    try:
        return read_model(path, model, kind=kind, limit_bytes=limit_bytes, newest=newest), None
    except FileMissingError:
        return None, None
    except FileBrokenError as error:
        notice = ErrorMessage(
            message=error.message, hint=f"The file was set aside as {set_aside(path)}."
        )
        _log.warning("%s %s", notice.message, notice.hint)
        return None, notice


def write_model(
    path: Path, model: BaseModel, *, exclude_defaults: bool = False, durable: bool = True
) -> None:
    """Write a model with its schema version as JSON, atomically.

    Parameters
    ----------
    path : Path
    model : BaseModel
    exclude_defaults : bool
        Whether to omit fields that have their default value.
    durable : bool
        As for `write_whole`.

    Raises
    ------
    StorageError
        If a value cannot be represented in JSON, or the file cannot be written. The old file is
        then unchanged.
    """
    try:
        content = model.model_dump_json(indent=2, exclude_defaults=exclude_defaults)
    except ValueError as error:
        raise StorageError(f"{path} was not written: {error}.", "The file is unchanged.") from error
    write_whole(path, content + "\n", durable=durable)


def write_whole(path: Path, content: str | bytes, *, durable: bool = True) -> None:
    """Write a file atomically, text as UTF-8: readers see either the old or the new content.

    Parameters
    ----------
    path : Path
    content : str or bytes
    durable : bool
        Whether to wait until the disk has it. Otherwise the file may be broken after a power cut.

    Raises
    ------
    StorageError
        If the disk is full or the folder cannot be written. The old file is then unchanged.
    """
    temporary = path.parent / f".{path.name}.{secrets.token_hex(4)}"  # a path may have no name
    try:
        make_folder(path.parent)
        mode = path.stat().st_mode & 0o777 if path.exists() else None
        # The umask applies to the mode of a new file; an existing file keeps its mode. In the home
        # nothing is for others.
        descriptor = os.open(
            temporary,
            os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC,
            0o666 if mode is None and not _is_at_home(path) else 0o600,
        )
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            if mode is not None:
                os.fchmod(descriptor, mode)
            if durable:
                os.fsync(descriptor)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise storage_error(path, error) from error


def make_folder(folder: Path) -> None:
    """Create a folder and its parents, if they do not exist.

    The workbench home and the folders in it get mode 0700: other users see nothing in them.

    Raises
    ------
    StorageError
        If it cannot be created.
    """
    try:
        _make_home_above(folder.absolute())
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(folder, error) from error


def open_private(path: Path, *, append: bool = False) -> IO[str]:
    """Open a file for writing text that only this user may read.

    Raises
    ------
    OSError
        If it cannot be opened.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | (os.O_APPEND if append else os.O_TRUNC)
    return os.fdopen(os.open(path, flags, 0o600), "a" if append else "w", encoding="utf-8")


def _make_home_above(folder: Path) -> None:
    """Make the home and the folders in it on the way to a folder, each for this user only."""
    if not _is_at_home(folder):
        return
    home = home_folder()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in folder.relative_to(home).parts:
        home /= name
        home.mkdir(mode=0o700, exist_ok=True)


def storage_error(path: Path, error: OSError) -> StorageError:
    """Return the error for a failure of the operating system to write a file or folder."""
    is_at_home = _is_at_home(path)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(path)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StorageError(
            f"{path} cannot be written: {error.strerror}.",
            "Set PADDLE_WORKBENCH_HOME to a folder you can write to, or change its permissions."
            if is_at_home
            else "Choose a folder that you can write to, or change its permissions.",
        )
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return StorageError(
            f"{path} cannot be written: on the way to it, something is a file and not a folder.",
            "Choose another path, or move that file away.",
        )
    return StorageError(f"{path}: {error.strerror or error}.", "Check the folder and try again.")


def disk_full(path: Path) -> StorageError:
    """Return the error for a file or folder that a full disk lacks space for."""
    repair = "choose a path on another disk"
    if any(part.endswith(SCRATCH) for part in path.parts):
        repair = "set TMPDIR to a folder on another disk"
    elif _is_at_home(path):
        repair = "set PADDLE_WORKBENCH_HOME to a folder on another disk"
    return StorageError(
        f"The disk is full: {path} was not written; existing files are unchanged.",
        f"Free some space, or {repair}.",
    )


def _is_at_home(path: Path) -> bool:
    try:
        return path.absolute().is_relative_to(home_folder())
    except (OSError, RuntimeError):  # no working folder, or no home at all
        return False


def set_aside(path: Path) -> Path:
    """Rename a broken file, and return its new path.

    Raises
    ------
    StorageError
        If it cannot be renamed.
    """
    backup = free_sibling(path, "broken")
    try:
        path.rename(backup)
    except OSError as error:
        raise storage_error(path, error) from error
    return backup


def free_sibling(path: Path, word: str) -> Path:
    """Return an unused path next to a file, such as `to_static.kept-20261123-091530.ipynb`.

    Raises
    ------
    StorageError
        If there are too many files with such names.
    """
    stamp = datetime.now(timezone.utc).astimezone().strftime("%Y%m%d-%H%M%S")
    for number in range(1, 1000):
        suffix = f"-{number}" if number > 1 else ""
        candidate = path.with_name(f"{path.stem}.{word}-{stamp}{suffix}{path.suffix}")
        if not candidate.exists():
            return candidate
    raise StorageError(f"There are too many copies of {path}.", "Move some of them elsewhere.")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file, across processes.

    Raises
    ------
    StorageError
        If another process holds it for more than ten seconds, or the folder cannot be written.
    """
    make_folder(path.parent)
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        lock.acquire(timeout=LOCK_TIMEOUT_S)
    except Timeout as error:
        raise StorageError(
            f"{path} is being written by another program.", "Try again in a moment."
        ) from error
    except OSError as error:
        raise storage_error(path, error) from error
    try:
        yield
    finally:
        lock.release()
