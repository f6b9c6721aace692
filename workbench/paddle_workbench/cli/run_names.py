"""What the commands take as ID: a run, or all runs of a sweep."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..contract import RunRecord
    from ..errors import RunNotFoundError

__all__ = ["deleted_runs_named", "name_of", "runs_named", "sweep_named"]


def runs_named(name: str) -> list[Path]:
    """Return the folder of a run, or those of the runs of a sweep.

    Raises
    ------
    RunNotFoundError
        If there is neither, or several runs start with the name: of these none is meant, and not
        those of a sweep that starts with it, too.
    """
    from ..errors import RunNotFoundError
    from ..runs.store.folders import find_run, run_folders
    from ..settings import settings

    runs = settings().runs
    try:
        return [find_run(name, runs)]
    except RunNotFoundError as no_run:
        if any(folder.name.startswith(name) for folder in run_folders(runs)):
            raise
        return [runs / record.id for record in sweep_named(name, no_run)]


def sweep_named(name: str, no_run: RunNotFoundError) -> list[RunRecord]:
    """Return the runs of a sweep.

    Parameters
    ----------
    name : str
    no_run : RunNotFoundError
        Why `name` is not a run.

    Raises
    ------
    RunNotFoundError
        If there is no such sweep either: `no_run`.
    """
    from ..errors import RunNotFoundError
    from ..runs.results.groups import find_group
    from ..runs.store.records import list_records
    from ..settings import settings

    try:
        return find_group(name, list_records(settings().runs)[0])
    except RunNotFoundError:
        raise no_run from None


def deleted_runs_named(name: str) -> list[Path]:
    """Return where a deleted run was, or the runs of a deleted sweep; `name` may be a path.

    Raises
    ------
    RunNotFoundError
        If none has been deleted.
    """
    from ..errors import RunNotFoundError
    from ..reading import expanded
    from ..runs.results.groups import find_group
    from ..runs.store.records import list_records
    from ..runs.trash import deleted_runs
    from ..settings import settings

    path = expanded(name)
    parent = path.parent if len(path.parts) > 1 else settings().runs
    deleted = deleted_runs(parent)
    exact = [folder for folder in deleted if folder.name == path.name]
    matches = exact or [each for each in deleted if name and each.name.startswith(path.name)]
    if len(matches) == 1:
        return [parent / matches[0].name]
    if not matches and deleted:
        try:
            group = find_group(path.name, list_records(deleted[0].parent)[0])
            return [parent / record.id for record in group]
        except RunNotFoundError:
            pass
    listed = ", ".join(folder.name for folder in (matches or deleted)[-5:])
    raise RunNotFoundError(
        f"{len(matches)} deleted runs start with {name!r}."
        if matches
        else f"There is no deleted run {name!r} in {parent}.",
        f"Deleted runs are kept for a week. There are: {listed or 'none'}.",
    )


def name_of(folder: Path) -> str:
    """Return what the commands call a run: its id, or its path if it is not in the home."""
    from ..settings import settings

    in_home = folder.parent == settings().runs.resolve()
    return folder.name if in_home else shlex.quote(str(folder))
