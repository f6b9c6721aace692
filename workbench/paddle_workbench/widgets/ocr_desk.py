"""The OCR desk: recognised text next to its pictures, to review and correct by keyboard."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any, Final

import traitlets

from ..errors import WorkbenchError
from ..ocr.desk.desk import Desk, ReadCrop, ReadPage, Recognition
from ..ocr.desk.exchange import Exchange, load_labels, save_labels
from ..ocr.desk.page import DeskLine, is_doubtful
from ..ocr.desk.sources import Images
from ..text.characters import sendable
from .desk_widget import LONGEST_SENT, DeskWidget
from .jpeg import jpeg

__all__ = ["OcrDesk"]

# Pixels of the longer side of the picture in the static version.
LONGEST_STATIC: Final = 900
# Maximum number of page names in a sentence.
SHOWN_NAMES: Final = 3
SIGNS: Final = {"checked": "✓", "doubtful": "?", "sure": "·"}


class OcrDesk(DeskWidget, front_end="ocr-desk"):
    """Shows pages with their recognised lines, to correct by keyboard. Every edit is saved.

    The first page is recognised immediately, the others on request in the background.

    Parameters
    ----------
    images
        Paths of pictures, PDFs and folders, arrays of uint8, (height, width, 3), RGB; or a Desk.
    folder : Path, optional
        Where the pages are stored, by default `desk` in the workbench's home.
    read_page, read_crop : callables, optional
        Recognisers instead of PP-OCRv5. They take an array and return a `PageResult`, or text and
        confidence.

    Raises
    ------
    PictureError
        If there is no picture at all. A picture that cannot be opened becomes a failed page.
    """

    pages = traitlets.List(traitlets.Dict()).tag(sync=True)
    """One entry per page: name, state, lines, unchecked, failure."""

    lines = traitlets.List(traitlets.Dict()).tag(sync=True)
    """In reading order: id, text, points, confidence (0 to 1 or null), checked, difficult."""

    doubt_below = traitlets.Float(0.9, min=0.0, max=1.0).tag(sync=True)
    """Confidence below which an unchecked line is doubtful, 0 to 1."""

    only_doubtful = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether the list only contains doubtful lines."""

    running = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether pages are being recognised."""

    seconds_a_page = traitlets.Float(0.0).tag(sync=True)
    """Mean time to recognise a page in seconds; see `Desk.seconds_per_page`."""

    label_folder = traitlets.Unicode().tag(sync=True)
    """Folder of the `Label.txt` to save and load."""

    def __init__(
        self,
        images: Images | Desk,
        *,
        folder: Path | None = None,
        read_page: ReadPage | None = None,
        read_crop: ReadCrop | None = None,
        **traits: Any,
    ) -> None:
        self.desk = (
            images
            if isinstance(images, Desk)
            else Desk(images, folder=folder, read_page=read_page, read_crop=read_crop)
        )
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="ocr-desk")
        self._recognition = self.desk.recognition()
        super().__init__(len(self.desk), **traits)
        if not self.label_folder:
            paths = [each.path for each in self.desk.sources if each.path is not None]
            home = paths[0].absolute().parent if paths else self.desk.files.folder / "labels"
            self.label_folder = str(home)
        with suppress(Exception):  # the page's summary has the reason
            self.desk.recognise(self.index)
        self.seconds_a_page = self.desk.seconds_per_page
        self._begin()

    def load_labels(self, path: Path, *, checked: bool = True) -> Exchange:
        """Replace the lines of the pages that a `Label.txt` contains; undo restores them."""
        exchange = load_labels(self.desk, Path(path), checked=checked)
        self._show_page()
        return exchange

    def save_labels(self, folder: Path | None = None) -> Exchange:
        """Save `Label.txt` and PPOCRLabel's other files to a folder."""
        return save_labels(self.desk, Path(folder or self.label_folder))

    def to_html(self) -> str:
        """Return the page with its boxes as SVG and its lines as a table."""
        summary = self.desk.summary(self.index)
        title = f"<p><b>{escape(sendable(summary.name))}</b></p>"
        if summary.failure:
            return f"{title}<p role='alert'>{escape(sendable(summary.failure))}</p>"
        page = self.desk.page(self.index)
        lines = page.lines if page else ()
        width, height = self.size
        boxes = "".join(self._box(number, line) for number, line in enumerate(lines, 1))
        try:
            small = jpeg(self.desk.open(self.index).pixels, LONGEST_STATIC)
        except WorkbenchError as error:
            return f"{title}<p role='alert'>{escape(sendable(str(error)))}</p>"
        source = base64.b64encode(small).decode()
        svg = (
            f"<svg viewBox='0 0 {width} {height}' style='max-width:640px;width:100%' role='img' "
            f"aria-label='{escape(sendable(summary.name), quote=True)}'>"
            f"<image href='data:image/jpeg;base64,{source}' width='{width}' height='{height}'/>"
            f"{boxes}</svg>"
        )
        heads = ["", self.text("Text"), self.text("Confidence"), ""]
        head = "".join(f"<th>{escape(each)}</th>" for each in heads)
        rows = "".join(self._row(number, line) for number, line in enumerate(lines, 1))
        return f"{title}{svg}<table><tr>{head}</tr>{rows}</table>"

    def _box(self, number: int, line: DeskLine) -> str:
        points = " ".join(f"{x:g},{y:g}" for x, y in line.points)
        dashes = " stroke-dasharray='6 4'" if is_doubtful(line, self.doubt_below) else ""
        return (
            f"<polygon points='{points}' fill='none' stroke='#0072B2' stroke-width='2'{dashes} "
            f"vector-effect='non-scaling-stroke'><title>{number}</title></polygon>"
        )

    def _row(self, number: int, line: DeskLine) -> str:
        doubtful = is_doubtful(line, self.doubt_below)
        sign = SIGNS["checked" if line.checked else "doubtful" if doubtful else "sure"]
        sure = "–" if line.confidence is None else f"{line.confidence:.3f}"
        text = escape(sendable(line.text))
        return f"<tr><td>{number}</td><td>{text}</td><td>{sure}</td><td>{sign}</td></tr>"

    def _do(self, action: str, request: dict[str, Any]) -> None:
        index = int(request.get("index", self.index))
        if action == "edit":
            self.desk.edit(index, str(request["edit"]), **request.get("values", {}))
        elif action == "read_again":
            line = int(request["id"])
            self._worker.submit(self._read_again, index, line)
        elif action == "recognise":
            self._recognise_all()
        elif action == "stop":
            self._recognition.cancel()
        elif action == "save":
            exchange = self.save_labels()
            self._notify(
                self.text(
                    "Saved: {pages} pages and {crops} crops in {folder}.",
                    pages=exchange.pages,
                    crops=exchange.crops,
                    folder=self.label_folder,
                ),
                exchange,
            )
        elif action == "load":
            exchange = self.load_labels(Path(self.label_folder) / "Label.txt")
            self._notify(self.text("Loaded: {pages} pages.", pages=exchange.pages), exchange)

    def _notify(self, message: str, exchange: Exchange | None = None) -> None:
        problems = exchange.problems if exchange else ()
        with self._traits_lock:
            self.notices = []  # so that the same message is sent again
            self.notices = [
                message,
                *(self._foreign_label_notices(exchange) if exchange else ()),
                *(problem.message for problem in problems),
            ]

    def _foreign_label_notices(self, exchange: Exchange) -> Iterator[str]:
        """Yield what happened to labels that were never on the desk."""
        if exchange.skipped_pages:
            more = len(exchange.skipped_pages) - SHOWN_NAMES
            yield self.text(
                "Label.txt keeps its lines for {names}; the desk's lines are in Cache.cach.",
                names=", ".join(map(sendable, exchange.skipped_pages[:SHOWN_NAMES]))
                + (f" (+{more})" if more > 0 else ""),
            )
            yield self.text(
                "Load Label.txt to continue from those lines, or check every line on the page."
            )
        if exchange.backup is not None:
            yield self.text(
                "Label.txt differed on checked pages; the old file was kept as {name}.",
                name=exchange.backup.name,
            )

    def _read_again(self, index: int, id: int) -> None:  # noqa: A002
        try:
            line = self.desk.read_again(index, id).item(id)
            message = self.text(
                "Read again: {text} ({confidence})",
                text=sendable(line.text),
                confidence=f"{line.confidence or 0:.2f}",
            )
            self._set(failure="")
            self._notify(message)
        except Exception as error:  # nothing else reports exceptions of this thread
            self._set(failure=sendable(str(error)))
        self._show_items()
        self._show_pages()

    def _recognise_all(self) -> None:
        recognition = self.desk.recognition(first=lambda: self.index)
        with self._traits_lock:
            self._recognition.cancel()
            self._recognition = recognition
            self.running = True
        self._worker.submit(self._recognise_next, recognition)

    def _recognise_next(self, recognition: Recognition) -> None:
        """Recognise one page and show it, then queue the next page behind other requests."""
        index = next(recognition, None)
        if index is None:
            with self._traits_lock:
                if recognition is self._recognition:
                    self.running = False
            return
        self._set(seconds_a_page=self.desk.seconds_per_page)
        if index == self.index:
            self._show_items()
        self._show_pages()
        self._worker.submit(self._recognise_next, recognition)

    def _show_page(self, _change: object = None) -> None:
        with self._traits_lock, self.hold_sync():
            try:
                page = self.desk.open(self.index)
            except WorkbenchError as error:
                self.picture, self.size = b"", [1, 1]
                # The list of pages already shows the failure of an unrecognised page.
                is_in_list = bool(self.desk.summary(self.index).failure)
                notices = [] if is_in_list else [sendable(str(error))]
                self.notices = [*notices, *self.desk.messages]
            else:
                height, width = page.pixels.shape[:2]
                self.picture, self.size = jpeg(page.pixels, LONGEST_SENT), [width, height]
                notices = [each.in_language(self.lang) for each in page.notices]
                self.notices = [*notices, *self.desk.messages]
            self._show_items()
            self._show_pages()

    def _show_items(self) -> None:
        with self._traits_lock, self.hold_sync():
            page = self.desk.page(self.index)
            self.shown = self.index
            self.lines = [_to_json(line) for line in page.lines] if page else []
            self.can_undo = bool(page and page.done)
            self.can_redo = bool(page and page.undone)

    def _show_pages(self) -> None:
        with self._traits_lock:
            self.pages = [
                {
                    "name": sendable(each.name),
                    "state": each.state,
                    "lines": each.lines,
                    "unchecked": each.unchecked,
                    "failure": sendable(each.failure),
                }
                for each in map(self.desk.summary, range(len(self.desk)))
            ]


def _to_json(line: DeskLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "text": sendable(line.text),
        "points": [list(point) for point in line.points],
        "confidence": line.confidence,
        "checked": line.checked,
        "difficult": line.difficult,
    }
