"""Run folders: their names, and how they are made and found.

A run is a folder `<id>/` with

* `run.json`, a `contract.RunRecord`, replaced at every step;
* `events.jsonl`, one `contract.RunEvent` per line;
* `live.json`, a `contract.RunLive`, while it runs;
* `output.ipynb`, the notebook with the outputs so far;
* `report.html`, the report;
* `kernel.log`, output of the kernel outside of cells, for example while it crashes;
* `cancel-requested`, if somebody has cancelled it;
* `work/`, the working folder: the source notebook, its assets, and the files that it wrote.

The process that runs it holds a lock on the folder. A folder is filled under a hidden name first,
so that nobody sees half of it.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from ...errors import RunNotFoundError
from ...reading import is_file
from ...scratch import new_locked_folder, remove_unless_locked
from ...storage import make_folder, storage_error

__all__ = [
    "CANCEL_FILE",
    "EVENTS_FILE",
    "KERNEL_LOG",
    "LIVE_FILE",
    "OUTPUT_FILE",
    "RECORD_FILE",
    "REPORT_FILE",
    "WORK_FOLDER",
    "creation_of",
    "find_run",
    "new_run_folder",
    "publish",
    "remove_temporary_files",
    "run_folders",
]

RECORD_FILE = "run.json"
EVENTS_FILE = "events.jsonl"
LIVE_FILE = "live.json"
CANCEL_FILE = "cancel-requested"
KERNEL_LOG = "kernel.log"
OUTPUT_FILE = "output.ipynb"
REPORT_FILE = "report.html"
WORK_FOLDER = "work"

_UNFINISHED = ".new-"
_ID = re.compile(r"([0-9]{8}-[0-9]{6})-[a-z0-9-]+-[0-9a-f]{4}")
# What `write_whole` names the files that it replaces others with.
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}")


@contextmanager
def new_run_folder(parent: Path, notebook: Path, now: datetime) -> Iterator[tuple[Path, int]]:
    """Make a hidden run folder, which this process owns until the end of the block.

    Yields it with the descriptor that holds its lock.

    Its name without `.new-` is the id of the run. Ids sort by time and contain the notebook's name:
    `20261123-091530-text-classifier-3f2a`. What killed processes have left is removed.

    Raises
    ------
    StorageError
        If it cannot be made.
    """
    make_folder(parent)
    for leftover in parent.glob(f"{_UNFINISHED}*"):
        remove_unless_locked(leftover)
    stem = re.sub(r"^[0-9]+[_-]", "", notebook.stem).lower()
    slug = re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:40] or "notebook"

    def make() -> Path:
        while True:
            name = f"{now:%Y%m%d-%H%M%S}-{slug}-{secrets.token_hex(2)}"
            folder = parent / f"{_UNFINISHED}{name}"
            with suppress(FileExistsError):
                folder.mkdir(mode=0o700)
                if not (parent / name).exists():
                    return folder

    try:
        folder, lock = new_locked_folder(make)
    except OSError as error:
        raise storage_error(parent, error) from error
    try:
        yield folder, lock
    finally:
        os.close(lock)


def publish(folder: Path) -> Path:
    """Give a new run folder its own name, so that all see it, and return its path.

    Raises
    ------
    StorageError
        If it cannot be renamed.
    """
    target = folder.with_name(folder.name.removeprefix(_UNFINISHED))
    try:
        return folder.rename(target)
    except OSError as error:
        raise storage_error(target, error) from error


def run_folders(parent: Path) -> list[Path]:
    """Return the run folders in a folder, by name: those with a record, and those that lost it."""
    folders: list[Path] = []
    with suppress(OSError):
        folders = sorted(
            path
            for path in parent.iterdir()
            if not path.name.startswith(".")
            and path.is_dir()
            and (_ID.fullmatch(path.name) or os.path.lexists(path / RECORD_FILE))
        )
    return folders


def creation_of(folder: Path) -> datetime:
    """Return when a run folder was made, by its name, or by its files if it has another name."""
    match = _ID.fullmatch(folder.name)
    if match is not None:
        with suppress(ValueError):
            return datetime.strptime(match[1], "%Y%m%d-%H%M%S").astimezone()
    return datetime.fromtimestamp(folder.stat().st_mtime).astimezone()


def remove_temporary_files(folder: Path) -> None:
    """Remove what a killed process has left of files that it was replacing."""
    with suppress(OSError):
        for path in folder.iterdir():
            if _TEMPORARY.fullmatch(path.name) and path.is_file():
                path.unlink(missing_ok=True)


def find_run(name: str, parent: Path) -> Path:
    """Return the folder of a run, given its id, the beginning of its id, or its path.

    Parameters
    ----------
    name : str
    parent : Path
        The folder of all runs.

    Raises
    ------
    RunNotFoundError
        If there is no such run, or the beginning of the id is ambiguous.
    """
    for folder in (parent / name, Path(name)):
        if is_file(folder / RECORD_FILE):
            return folder.resolve()
    matches = [folder for folder in run_folders(parent) if folder.name.startswith(name)]
    exact = [folder for folder in matches if folder.name == name]
    if name and len(exact or matches) == 1:
        return (exact or matches)[0]
    if len(matches) > 1:
        raise RunNotFoundError(
            f"{len(matches)} runs start with {name!r}.",
            "Use a longer part of the id: " + ", ".join(folder.name for folder in matches[-5:]),
        )
    raise RunNotFoundError(
        f"There is no run {name!r} in {parent}.",
        "`workbench runs list` shows all runs. For a run elsewhere, give the path of its folder.",
    )
