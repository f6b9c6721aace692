"""Deleted runs, which can be restored for a week."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

from ..errors import RunActiveError, RunNotFoundError
from ..scratch import is_locked
from ..storage import make_folder, storage_error
from .running.snapshots import end_snapshots
from .store.folders import run_folders
from .store.ownership import ownership

__all__ = ["delete_run", "deleted_runs", "restore_run"]

TRASH = ".trash"
KEPT_S = 7 * 24 * 3600.0


def delete_run(folder: Path) -> None:
    """Move a run to the trash, from which `restore_run` takes it back.

    Runs that were deleted more than a week ago are removed.

    Raises
    ------
    StorageError
        If it cannot be moved.
    RunActiveError
        If it is running.
    """
    if is_locked(folder):
        raise RunActiveError(
            f"{folder.name} is running.", f"Cancel it first: workbench runs cancel {folder.name}"
        )
    end_snapshots(folder)
    trash = folder.parent / TRASH
    make_folder(trash)
    # A queued run must not begin meanwhile.
    with ownership(folder):
        try:
            target = trash / folder.name
            if target.exists():
                shutil.rmtree(target)
            folder.rename(target)
            target.touch()
        except OSError as error:
            raise storage_error(folder, error) from error
    _remove_old(trash)


def deleted_runs(parent: Path) -> list[Path]:
    """Return the folders of the deleted runs of a folder, by name."""
    return run_folders(parent / TRASH)


def restore_run(name: str, parent: Path) -> Path:
    """Take a run back from the trash, and return its folder.

    Parameters
    ----------
    name : str
        The id of the run.
    parent : Path
        The folder of all runs.

    Raises
    ------
    RunNotFoundError
        If no such run is in the trash.
    StorageError
        If it cannot be moved.
    """
    source, target = parent / TRASH / name, parent / name
    if name in ("", ".", "..") or Path(name).name != name or not source.is_dir():
        raise RunNotFoundError(
            f"There is no deleted run {name!r}.", "Deleted runs are kept for a week."
        )
    try:
        source.rename(target)
    except OSError as error:
        raise storage_error(target, error) from error
    return target


def _remove_old(trash: Path) -> None:
    limit = time.time() - KEPT_S
    for folder in trash.iterdir():
        with suppress(OSError):
            if folder.stat().st_mtime < limit:
                shutil.rmtree(folder, ignore_errors=True)
