"""Pages of the desk on disk: one file per page, which includes the undo history."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from ...errors import DeskError, FileBrokenError, FileMissingError
from ...storage import locked, read_model, read_or_set_aside, write_model
from ...text.characters import sendable
from .page import Change, DeskLine, DeskPage

__all__ = ["PageFiles", "StoredPage"]

SCHEMA_VERSION: Final = 1
KIND: Final = "desk page"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _Line(_Model):
    id: int = Field(ge=1)
    text: str
    points: list[tuple[float, float]] = Field(min_length=3)
    confidence: float | None = None
    recognised: str | None = None
    checked: bool = False
    difficult: bool = False
    more: dict[str, Any] = {}


class _Change(_Model):
    kind: str
    at: int = Field(ge=0)
    before: list[_Line]
    after: list[_Line]


class StoredPage(_Model):
    """The content of a page file.

    Parameters
    ----------
    schema_version : int or None
        None if the file does not contain it.
    name : str
        Name of the picture, for people who read the file.
    revision : int
        Incremented by each write, so that a desk notices when another one has changed the page.
    size : (width, height)
    lines, done, undone, next_id
        As in `DeskPage`.
    """

    schema_version: int | None = None
    name: str
    revision: int
    size: tuple[int, int]
    lines: list[_Line]
    done: list[_Change] = []
    undone: list[_Change] = []
    next_id: int

    def page(self) -> DeskPage:
        """Return the stored page."""
        return DeskPage(
            size=self.size,
            lines=tuple(map(_to_desk_line, self.lines)),
            done=tuple(map(_to_change, self.done)),
            undone=tuple(map(_to_change, self.undone)),
            next_id=self.next_id,
        )


class PageFiles:
    """A folder of page files, shared by all desks that show the same pictures.

    Parameters
    ----------
    folder : Path
        Created when the first page is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.messages: list[str] = []
        self._revisions: dict[str, int] = {}

    def path(self, key: str) -> Path:
        """Return the path of the page with a key."""
        return self.folder / f"{key}.json"

    def read(self, key: str) -> DeskPage | None:
        """Return the page with a key, or None if there is none.

        A broken file is set aside, with a note in `messages`.

        Raises
        ------
        SchemaVersionError
            If a newer version of the workbench wrote the file.
        StorageError
            If the file cannot be read.
        """
        path = self.path(key)
        file: StoredPage | None = None
        try:
            file = read_model(path, StoredPage, kind=KIND, newest=SCHEMA_VERSION)
        except FileMissingError:
            pass
        except FileBrokenError:
            with locked(path):
                file = self._read_or_set_aside(path)
        self._revisions[key] = file.revision if file else 0
        return file.page() if file else None

    def write(self, key: str, name: str, page: DeskPage) -> None:
        """Write a page unless somebody else has changed it since it was last read here.

        A broken file is set aside, with a note in `messages`.

        Raises
        ------
        DeskError
            If another window or notebook has changed the page. Nothing is written.
        SchemaVersionError
            If a newer version of the workbench has written the file.
        StorageError
            If the file cannot be written. The old file is unchanged.
        """
        path = self.path(key)
        with locked(path):
            revision = self._revisions.get(key, 0)
            file = self._read_or_set_aside(path)
            if file and file.revision != revision:
                raise DeskError(
                    f"{name} was changed in another window or notebook; this edit was not saved.",
                    "The page was reloaded. Make the edit again.",
                )
            file = StoredPage(
                schema_version=SCHEMA_VERSION,
                name=sendable(name),
                revision=revision + 1,
                size=page.size,
                lines=[_Line(**_line_fields(line)) for line in page.lines],
                done=list(map(_to_stored_change, page.done)),
                undone=list(map(_to_stored_change, page.undone)),
                next_id=page.next_id,
            )
            write_model(path, file, exclude_defaults=True)
            self._revisions[key] = revision + 1

    def _read_or_set_aside(self, path: Path) -> StoredPage | None:
        """Read a page while holding its lock; report a broken file in `messages`."""
        file, notice = read_or_set_aside(path, StoredPage, kind=KIND, newest=SCHEMA_VERSION)
        if notice:
            self.messages.append(f"{notice.message} {notice.hint}")
        return file


def _to_desk_line(line: _Line) -> DeskLine:
    return DeskLine(**(dict(line) | {"points": tuple(line.points)}))


def _to_change(change: _Change) -> Change:
    before, after = (tuple(map(_to_desk_line, lines)) for lines in (change.before, change.after))
    return Change(change.kind, change.at, before, after)


def _line_fields(line: DeskLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "text": line.text,
        "points": list(line.points),
        "confidence": line.confidence,
        "recognised": line.recognised,
        "checked": line.checked,
        "difficult": line.difficult,
        "more": dict(line.more),
    }


def _to_stored_change(change: Change) -> _Change:
    return _Change(
        kind=change.kind,
        at=change.at,
        before=[_Line(**_line_fields(line)) for line in change.before],
        after=[_Line(**_line_fields(line)) for line in change.after],
    )
