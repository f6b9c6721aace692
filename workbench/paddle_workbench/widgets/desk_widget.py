"""What the widgets of desks share: pages, the picture, and requests of the browser."""

from __future__ import annotations

import threading
from typing import Any, Final

import traitlets

from ..errors import WorkbenchError
from ..text.characters import sendable
from .base import WorkbenchWidget

__all__ = ["LONGEST_SENT", "DeskWidget"]

LONGEST_SENT: Final = 3_000
"""Pixels of the longer side of the picture in the browser."""


class DeskWidget(WorkbenchWidget):
    """Shows pages one at a time, and handles requests of the browser.

    A desk implements `_do`, `_show_page`, `_show_items` and `_show_pages`, and calls `_begin` when
    it is complete.

    Parameters
    ----------
    count : int
        Number of pages.
    **traits
        Values of traits.
    """

    index = traitlets.Int(0).tag(sync=True)
    """Index of the page to show, from 0."""

    shown = traitlets.Int(0).tag(sync=True)
    """Index of the page that the picture and its items belong to, from 0."""

    picture = traitlets.Bytes().tag(sync=True)
    """The page as JPEG, at most 3,000 pixels per side; empty if it cannot be opened."""

    size = traitlets.List(traitlets.Int(), [1, 1]).tag(sync=True)
    """Width and height of the page in pixels, the coordinates of `points`."""

    can_undo = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether there is an edit on this page to undo."""

    can_redo = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether there is an edit on this page to redo."""

    notices = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Notices about this page and about files, one sentence each."""

    failure = traitlets.Unicode("").tag(sync=True)
    """Why the last request failed; empty if it did not."""

    answered = traitlets.Int(0).tag(sync=True)
    """Number of the last request that was completed or rejected."""

    def __init__(self, count: int, **traits: Any) -> None:
        self._count = count
        # Guards the traits: a thread that holds them back must not drop what another one sets.
        self._traits_lock = threading.RLock()
        super().__init__(**traits)

    @traitlets.validate("index")
    def _index_exists(self, proposal: dict[str, Any]) -> int:
        index = int(proposal["value"])
        if not 0 <= index < self._count:
            raise traitlets.TraitError(
                f"index is {index}, but there are {self._count} pages, counted from 0."
            )
        return index

    def _begin(self) -> None:
        """Show the first page, and begin to handle requests."""
        self._show_page()
        self.observe(self._show_page, ["index", "lang"])
        self.on_msg(self._on_request)

    def _do(self, action: str, request: dict[str, Any]) -> None:
        """Handle a request.

        Raises
        ------
        WorkbenchError
            If it cannot be handled; then nothing has changed.
        """
        raise NotImplementedError

    def _show_page(self, _change: object = None) -> None:
        """Show the picture, its items and notices."""
        raise NotImplementedError

    def _show_items(self) -> None:
        """Show the items of the page."""
        raise NotImplementedError

    def _show_pages(self) -> None:
        """Show the list of pages."""
        raise NotImplementedError

    def _on_request(self, _widget: Any, request: dict[str, Any], _buffers: Any) -> None:
        """Handle a request of the browser; a request that fails changes nothing and is reported."""
        number = int(request.get("n", 0))
        self._set(
            failure=""
        )  # first, since background work that the request starts may fail quickly
        try:
            self._do(str(request.get("do")), request)
        except WorkbenchError as error:
            self._set(failure=sendable(str(error)))
        except Exception as error:
            self._set(failure=sendable(f"{type(error).__name__}: {error}"))
            raise
        finally:
            with self._traits_lock, self.hold_sync():
                if request.get("index", self.index) == self.index:
                    self._show_items()
                self._show_pages()
                self.answered = number

    def _set(self, **traits: object) -> None:
        with self._traits_lock:
            for name, value in traits.items():
                setattr(self, name, value)
