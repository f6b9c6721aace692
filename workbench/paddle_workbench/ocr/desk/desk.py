"""The desk: pages to recognise, review and correct, where every edit is saved immediately."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from ...desk.page_files import PageFiles
from ...errors import DeskError, PictureLimitError, WorkbenchError
from ...picture_files.picture_file import Page
from ...settings import settings
from ..quadrilaterals import crop_line
from ..results import PageResult
from .label_files import LabelledPage
from .page import DeskPage
from .page_files import StoredTextPage
from .sources import Images, find_pages

__all__ = ["Desk", "ReadCrop", "ReadPage", "Recognition", "Summary"]

ReadPage: TypeAlias = Callable[[NDArray[np.uint8]], PageResult]
# Returns the text and confidence of one crop.
ReadCrop: TypeAlias = Callable[[NDArray[np.uint8]], tuple[str, float]]

State: TypeAlias = Literal["waiting", "recognised", "done", "failed"]
Edit: TypeAlias = Literal[
    "accept", "accept_all", "edit", "mark", "rotate", "redraw", "delete", "add", "split", "merge",
    "undo", "redo",
]  # fmt: skip
EDITS: Final = frozenset(get_args(Edit))


# A recogniser takes one picture at a time, and several desks may share it.
_READING: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Summary:
    """One entry of the list of pages.

    Parameters
    ----------
    name : str
    state : str
        `waiting` for recognition, `recognised`, `done` if every line is checked, or `failed`.
    lines, unchecked : int
        Number of lines, and of those that nobody has checked.
    failure : str
        Why the page failed; empty if it did not.
    """

    name: str
    state: State
    lines: int = 0
    unchecked: int = 0
    failure: str = ""


class Desk:
    """Pages of text with their lines, which can be edited.

    Parameters
    ----------
    images
        Paths of pictures, PDFs and folders, or arrays of uint8, (height, width, 3), RGB.
    folder : Path, optional
        Where the pages are stored, by default `desk` in the workbench's home. Pictures are
        identified by their content.
    read_page, read_crop : callables, optional
        Recognisers, by default `paddle_workbench.ocr.recognise_page` and `recognise_crop`.

    Raises
    ------
    PictureError
        If there is no picture at all. A picture that cannot be opened becomes a failed page.
    """

    def __init__(
        self,
        images: Images,
        *,
        folder: Path | None = None,
        read_page: ReadPage | None = None,
        read_crop: ReadCrop | None = None,
    ) -> None:
        self.sources = find_pages(images)
        self.files: PageFiles[DeskPage] = PageFiles(
            folder or settings().home / "desk", StoredTextPage
        )
        self._read_page = read_page
        self._read_crop = read_crop
        self._pages: dict[str, DeskPage] = {}
        self._failures = {at: each.failure for at, each in enumerate(self.sources) if each.failure}
        # Pages that exceed the limits on work. They are not tried again, since that takes a minute.
        self._over_limit: dict[int, PictureLimitError] = {}
        self._seconds: list[float] = []
        # Recognition runs in a thread of its own, concurrently with edits.
        self._lock = threading.RLock()
        for key in {each.key for each in self.sources if each.key}:
            self._read(key)

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def messages(self) -> list[str]:
        """What happened to page files, for example broken ones that were set aside."""
        return self.files.messages

    @property
    def seconds_per_page(self) -> float:
        """Mean time of the pages recognised so far, in seconds; 0 if there are none.

        The first page includes loading the models, so it only counts while it is the only one.
        """
        return float(np.mean(self._seconds[1:] or self._seconds or [0.0]))

    def page(self, index: int) -> DeskPage | None:
        """Return a page, or None if it has not been recognised yet."""
        return self._pages.get(self.sources[index].key)

    def open(self, index: int) -> Page:
        """Return the picture of a page.

        Raises
        ------
        PictureError
            If it cannot be opened.
        """
        if index in self._over_limit:
            error = self._over_limit[index]
            raise PictureLimitError(error.message, error.hint)
        try:
            return self.sources[index].open()
        except PictureLimitError as error:
            self._over_limit[index] = error
            raise

    def summary(self, index: int) -> Summary:
        """Return the state of a page."""
        name = self.sources[index].name
        page = self.page(index)
        if page is None:
            failure = self._failures.get(index, "")
            return Summary(name, "failed" if failure else "waiting", failure=failure)
        unchecked = sum(not line.checked for line in page.lines)
        state: State = "done" if page.is_done else "recognised"
        return Summary(name, state, len(page.lines), unchecked)

    def edit(self, index: int, edit: str, **values: Any) -> DeskPage:
        """Apply an edit to a page and save the page.

        Parameters
        ----------
        index : int
        edit : str
            Name of a method of `DeskPage`, for example `split`.
        **values
            Arguments of the method.

        Raises
        ------
        DeskError
            If the edit is unknown or impossible, or if another window has changed the page, which
            is then reloaded.
        StorageError
            If the page cannot be saved. After any error the edit has not been made.
        """
        if edit not in EDITS:
            raise DeskError(
                f"There is no edit {edit!r}.", f"Use one of: {', '.join(sorted(EDITS))}."
            )
        with self._lock:
            # Boxes can be drawn by hand on a page that has not been recognised.
            page = self.page(index) or self._blank(index)
            try:
                result: DeskPage = getattr(page, edit)(**values)
            except TypeError as error:
                raise DeskError(f"{edit} does not accept {values!r}.", str(error)) from error
            return self._put(index, result)

    def read_again(self, index: int, id: int) -> DeskPage:  # noqa: A002
        """Recognise one line again, using its current box.

        Raises
        ------
        DeskError
            If there is no such line.
        WorkbenchError
            If the picture cannot be opened or recognised.
        """
        page = self.page(index)
        if page is None:
            raise DeskError("This page has not been recognised yet.", "Recognise the page first.")
        points = page.item(id).points
        crop = crop_line(self.open(index).pixels, points)
        with _READING:
            text, confidence = self._crop_reader()(crop)
        with self._lock:
            current = self.page(index) or page
            return self._put(index, current.reread(id, text, confidence))

    def recognise(self, index: int) -> DeskPage:
        """Recognise a page unless this has already been done.

        Raises
        ------
        WorkbenchError
            If the picture cannot be opened or recognised, or if the page cannot be saved. The
            state of the page is then `failed`.
        """
        page_on_desk = self.page(index)
        if page_on_desk is not None:
            return page_on_desk
        began = time.monotonic()
        try:
            pixels = self.open(index).pixels
            with _READING:
                result = self._page_reader()(pixels)
            with self._lock:
                page = self.page(index) or self._put(index, DeskPage.from_result(result))
                self._failures.pop(index, None)
                self._seconds.append(time.monotonic() - began)
                return page
        except WorkbenchError as error:
            self._failures[index] = str(error)
            raise
        except Exception as error:
            self._failures[index] = f"{type(error).__name__}: {error}"
            raise

    def is_pending(self, index: int) -> bool:
        """Whether a page can be opened and has not been recognised successfully yet."""
        return self.page(index) is None and not self.sources[index].failure

    def recognition(self, *, first: Callable[[], int] | None = None) -> Recognition:
        """Return an iterator that recognises the next pending page at each step.

        Parameters
        ----------
        first : callable, optional
            Called before each page to ask which page is preferred, for example the one on the
            screen. If that page is not pending, pages are recognised in order.

        Examples
        --------
        >>> for index in desk.recognition():
        ...     print(desk.summary(index))
        """
        return Recognition(self, first)

    def put_labels(self, index: int, lines: LabelledPage, *, checked: bool) -> DeskPage:
        """Replace a page's lines with those of a `Label.txt`; undo restores them.

        Raises
        ------
        WorkbenchError
            If the picture cannot be opened, or if the page cannot be saved.
        """
        with self._lock:
            page = self.page(index) or self._blank(index)
            return self._put(index, page.replace_all(lines, checked=checked))

    def _blank(self, index: int) -> DeskPage:
        height, width = self.open(index).pixels.shape[:2]
        return DeskPage((width, height))

    def _put(self, index: int, page: DeskPage) -> DeskPage:
        source = self.sources[index]
        if page is self.page(index):
            return page
        try:
            self.files.write(source.key, source.name, page)
        except DeskError:
            self._read(source.key)
            raise
        self._pages[source.key] = page
        return page

    def _read(self, key: str) -> None:
        page = self.files.read(key)
        if page is not None:
            self._pages[key] = page

    def _page_reader(self) -> ReadPage:
        if self._read_page is None:
            from ..pipeline import recognise_page

            self._read_page = recognise_page
        return self._read_page

    def _crop_reader(self) -> ReadCrop:
        if self._read_crop is None:
            from ..pipeline import recognise_crop

            self._read_crop = recognise_crop
        return self._read_crop


class Recognition(Iterator[int]):
    """A pass over the pending pages of a desk: recognises a page per step and yields its index.

    If a page fails, its summary has the reason and the pass goes on; the next pass tries the page
    again. Each page is saved before the next one begins, so a later pass continues where this one
    stopped.

    Parameters
    ----------
    desk : Desk
    first : callable, optional
        As in `Desk.recognition`.
    """

    def __init__(self, desk: Desk, first: Callable[[], int] | None) -> None:
        self._desk = desk
        self._first = first
        self._tried: set[int] = set()
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Stop after the current page. May be called from any thread."""
        self._cancelled.set()

    def __next__(self) -> int:
        index = None if self._cancelled.is_set() else self._next_page()
        if index is None:
            raise StopIteration
        self._tried.add(index)
        with suppress(Exception):  # the page's summary has the reason
            self._desk.recognise(index)
        return index

    def _next_page(self) -> int | None:
        preferred = [] if self._first is None else [self._first()]
        order = chain(preferred, range(len(self._desk)))
        pending = (at for at in order if at not in self._tried and self._desk.is_pending(at))
        return next(pending, None)
