"""The desk: pages of text to recognise, look through and correct, every edit on disk at once."""

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

from ...errors import DeskError, WorkbenchError
from ...settings import settings
from ..picture_files import Page
from ..quadrilaterals import crop_line
from ..results import PageResult
from .label_files import LabelledPage
from .page import DeskPage
from .page_files import PageFiles
from .sources import Images, find_pages

__all__ = ["Desk", "ReadCrop", "ReadPage", "Recognition", "Summary"]

ReadPage: TypeAlias = Callable[[NDArray[np.uint8]], PageResult]
# Text and confidence of one crop.
ReadCrop: TypeAlias = Callable[[NDArray[np.uint8]], tuple[str, float]]

State: TypeAlias = Literal["waiting", "recognised", "done", "failed"]
Edit: TypeAlias = Literal[
    "accept", "accept_all", "edit", "mark", "rotate", "redraw", "delete", "add", "split", "merge",
    "undo", "redo",
]  # fmt: skip
EDITS: Final = frozenset(get_args(Edit))


# A learner's predictor takes one picture at a time, and several desks may share it.
_READING: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Summary:
    """A page in the list of pages.

    Parameters
    ----------
    name : str
    state : str
        `waiting` to be recognised, `recognised`, `done` if every line was checked, or `failed`.
    lines, unchecked : int
    failure : str
        Why it failed; empty where it did not.
    """

    name: str
    state: State
    lines: int = 0
    unchecked: int = 0
    failure: str = ""


class Desk:
    """Pages of text, their lines and edits.

    Parameters
    ----------
    images
        Paths of pictures, PDFs and folders, or arrays of uint8, (height, width, 3), RGB.
    folder : Path, optional
        Where the pages are kept; `desk` in the workbench's home if it is not given. A picture is
        known again by its content.
    read_page, read_crop : callables, optional
        What recognises; `paddle_workbench.ocr.recognise_page` and `recognise_crop` if not given.

    Raises
    ------
    PictureError
        If there is no picture at all. One that cannot be opened is a page that says why.
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
        self.files = PageFiles(folder or settings().home / "desk")
        self._read_page = read_page
        self._read_crop = read_crop
        self._pages: dict[str, DeskPage] = {}
        self._failures = {at: each.failure for at, each in enumerate(self.sources) if each.failure}
        self._seconds: list[float] = []
        # Recognition runs in its own thread, at the same time as edits.
        self._lock = threading.RLock()
        for key in {each.key for each in self.sources if each.key}:
            self._read(key)

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def messages(self) -> list[str]:
        """Events of page files, one sentence each."""
        return self.files.messages

    @property
    def seconds_per_page(self) -> float:
        """Mean time of the pages recognised so far, in seconds; 0 if there are none.

        The first page also loads the models, so it counts only as long as it is the only one.
        """
        return float(np.mean(self._seconds[1:] or self._seconds or [0.0]))

    def page(self, index: int) -> DeskPage | None:
        """Return a page, or None if it was not recognised yet."""
        return self._pages.get(self.sources[index].key)

    def open(self, index: int) -> Page:
        """Return the picture of a page.

        Raises
        ------
        PictureError
            If it cannot be opened.
        """
        return self.sources[index].open()

    def summary(self, index: int) -> Summary:
        name = self.sources[index].name
        page = self.page(index)
        if page is None:
            failure = self._failures.get(index, "")
            return Summary(name, "failed" if failure else "waiting", failure=failure)
        unchecked = sum(not line.checked for line in page.lines)
        state: State = "done" if page.is_done else "recognised"
        return Summary(name, state, len(page.lines), unchecked)

    def edit(self, index: int, edit: str, **values: Any) -> DeskPage:
        """Make one edit of `DeskPage` on a page, and write the page.

        Parameters
        ----------
        index : int
        edit : str
            Name of a method of `DeskPage`, for example `split`.
        **values
            What it takes.

        Raises
        ------
        DeskError
            If the edit is unknown or impossible, or the page was changed elsewhere meanwhile; it
            is read again then.
        StorageError
            If it cannot be written. In each case the page is as it was.
        """
        if edit not in EDITS:
            raise DeskError(f"There is no edit {edit!r}.", f"There are {', '.join(sorted(EDITS))}.")
        with self._lock:
            # On a page that nobody has read, boxes are drawn by hand.
            page = self.page(index) or self._blank(index)
            try:
                result: DeskPage = getattr(page, edit)(**values)
            except TypeError as error:
                raise DeskError(f"{edit} does not take {values!r}.", str(error)) from error
            return self._put(index, result)

    def read_again(self, index: int, id: int) -> DeskPage:  # noqa: A002
        """Recognise one line again, from its current box.

        Raises
        ------
        DeskError
            If there is no such line.
        WorkbenchError
            If the picture cannot be opened or read.
        """
        page = self.page(index)
        if page is None:
            raise DeskError("This page has not been recognised yet.", "Recognise the page first.")
        points = page.line(id).points
        crop = crop_line(self.open(index).pixels, points)
        with _READING:
            text, confidence = self._crop_reader()(crop)
        with self._lock:
            current = self.page(index) or page
            return self._put(index, current.reread(id, text, confidence))

    def recognise(self, index: int) -> DeskPage:
        """Recognise one page, if it was not recognised yet.

        Raises
        ------
        WorkbenchError
            If the picture cannot be opened or read, or the page cannot be written; it is `failed`
            then.
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
        """Whether a page can be recognised and has not been yet; a page that failed may be."""
        return self.page(index) is None and not self.sources[index].failure

    def recognition(self, *, first: Callable[[], int] | None = None) -> Recognition:
        """Return a pass over all pending pages; it recognises one page whenever it is advanced.

        Parameters
        ----------
        first : callable, optional
            Called before each page; if the page that it returns is pending, that one is next. For
            example the page on the screen. Otherwise pages come in their order on the desk.

        Examples
        --------
        >>> for index in desk.recognition():
        ...     print(desk.summary(index))
        """
        return Recognition(self, first)

    def put_labels(self, index: int, lines: LabelledPage, *, checked: bool) -> DeskPage:
        """Replace a page's lines by those of a `Label.txt`; undo restores them.

        Raises
        ------
        WorkbenchError
            If the picture cannot be opened, or the page cannot be written.
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
    """A pass over the pending pages of a desk: an iterator of the pages that it has tried.

    A page that fails is skipped; its summary says why, and the next pass tries it again. Each page
    is on disk before the next begins, so a later pass continues where this one ended.

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
        """End the pass after the current page; any thread may call this."""
        self._cancelled.set()

    def __next__(self) -> int:
        index = None if self._cancelled.is_set() else self._next_page()
        if index is None:
            raise StopIteration
        self._tried.add(index)
        with suppress(Exception):  # one page of hundreds; its summary says why
            self._desk.recognise(index)
        return index

    def _next_page(self) -> int | None:
        preferred = [] if self._first is None else [self._first()]
        order = chain(preferred, range(len(self._desk)))
        pending = (at for at in order if at not in self._tried and self._desk.is_pending(at))
        return next(pending, None)
