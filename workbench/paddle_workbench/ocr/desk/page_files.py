"""What is stored of a page of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from ...desk.page import Change
from ...desk.page_files import StoredModel, StoredPage
from ...text.characters import sendable
from .page import DeskLine, DeskPage

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["StoredTextPage"]


class _Line(StoredModel):
    id: int = Field(ge=1)
    text: str
    points: list[tuple[float, float]] = Field(min_length=3)
    confidence: float | None = None
    recognised: str | None = None
    checked: bool = False
    difficult: bool = False
    more: dict[str, Any] = Field(default_factory=dict)


class _Change(StoredModel):
    kind: str
    at: int = Field(ge=0)
    before: list[_Line]
    after: list[_Line]


class StoredTextPage(StoredPage):
    """The content of the file of a page of text.

    Parameters
    ----------
    schema_version, name, revision
        As in `StoredPage`.
    size : (width, height)
    lines, done, undone, next_id
        As in `DeskPage`.
    """

    size: tuple[int, int]
    lines: list[_Line]
    done: list[_Change] = Field(default_factory=list)
    undone: list[_Change] = Field(default_factory=list)
    next_id: int

    def page(self) -> DeskPage:
        """Return the stored page."""
        return DeskPage(
            size=self.size,
            items=tuple(map(_to_desk_line, self.lines)),
            done=tuple(map(_to_change, self.done)),
            undone=tuple(map(_to_change, self.undone)),
            next_id=self.next_id,
        )

    @classmethod
    def from_page(cls, page: DeskPage, *, name: str, revision: int) -> Self:
        """Return what is stored of a page."""
        return cls(
            name=sendable(name),
            revision=revision,
            size=page.size,
            lines=[_Line(**_line_fields(line)) for line in page.lines],
            done=list(map(_to_stored_change, page.done)),
            undone=list(map(_to_stored_change, page.undone)),
            next_id=page.next_id,
        )


def _to_desk_line(line: _Line) -> DeskLine:
    return DeskLine(**(dict(line) | {"points": tuple(line.points)}))


def _to_change(change: _Change) -> Change[DeskLine]:
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


def _to_stored_change(change: Change[DeskLine]) -> _Change:
    return _Change(
        kind=change.kind,
        at=change.at,
        before=[_Line(**_line_fields(line)) for line in change.before],
        after=[_Line(**_line_fields(line)) for line in change.after],
    )
