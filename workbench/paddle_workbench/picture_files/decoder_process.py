"""The child process that decodes pictures and PDFs, for `decoder`.

It answers three requests: `{"path"}` with `{"digest", "pages", "kind"}`, `{"path", "digest",
"number"}` with `{"width", "height", "orientation", "is_animated"}` followed by the pixels, and
`{"path", "measure": true}` with `{"width", "height", "orientation", "pages", "kind"}` from the
header; of a PDF only its kind. Instead of each it answers `{"message", "hint"}` if the file is
rejected, or `{"errno"}` if it cannot be read. It keeps the last file open, since the pages of a
file are usually asked for one after the other.
"""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path
from typing import Any, Final

from ..child_process import Reply, answer_requests
from ..errors import PictureError
from .limits import MAX_BYTES
from .pdf import Pdf
from .picture import count_pages, decode_page, measure

__all__ = ["DecodedFile", "main"]

IDLE_S: Final = 60.0
_PDF_HEADER_BYTES: Final = 1024


class DecodedFile:
    """A file whose pages are decoded in this process.

    Parameters
    ----------
    path : Path

    Raises
    ------
    PictureError
        If it is not a picture or PDF, or exceeds the limits.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            self.identity = _identity(status)
            # With a number, since `read` reserves that much memory. The parent checked the size.
            self._content = file.read(min(status.st_size, MAX_BYTES))
        self.digest = hashlib.sha256(self._content).hexdigest()
        self._pdf = Pdf(self._content, self.name) if _is_pdf(self._content) else None
        self.pages = self._pdf.pages if self._pdf else count_pages(self._content, self.name)

    def close(self) -> None:
        """Free its memory."""
        if self._pdf is not None:
            self._pdf.close()

    def is_current(self, path: Path) -> bool:
        """Whether it has the content that a file has now."""
        return self.identity == _identity(path.stat())

    def description(self) -> Reply:
        """Return its digest and number of pages."""
        kind = "picture" if self._pdf is None else "pdf"
        return Reply({"digest": self.digest, "pages": self.pages, "kind": kind})

    def page(self, number: int) -> Reply:
        """Decode a page."""
        if self._pdf is None:
            pixels, orientation, is_animated = decode_page(self._content, self.name, number)
        else:
            pixels, orientation, is_animated = self._pdf.render(number), 1, False
        height, width = pixels.shape[:2]
        values = {"width": width, "height": height, "orientation": orientation}
        return Reply({**values, "is_animated": is_animated}, pixels.data)


class _Decoder:
    """Answers requests, and keeps the last file open."""

    def __init__(self) -> None:
        self._file: DecodedFile | None = None

    def answer(self, request: dict[str, Any]) -> Reply:
        try:
            return self._answer(**request)
        except PictureError as error:
            return Reply({"message": error.message, "hint": error.hint})
        except OSError as error:
            return Reply({"errno": error.errno or errno.EIO})

    def _answer(
        self, path: str, *, digest: str = "", number: int | None = None, measure: bool = False
    ) -> Reply:
        if measure:
            return _measured(Path(path))
        file = self._open(Path(path))
        if number is None:
            return file.description()
        if file.digest != digest:
            raise PictureError(f"{file.name} has changed since it was opened.", "Open it again.")
        return file.page(number)

    def _open(self, path: Path) -> DecodedFile:
        if self._file is None or not self._file.is_current(path):
            if self._file is not None:
                self._file.close()
                self._file = None
            self._file = DecodedFile(path)
        return self._file


def _measured(path: Path) -> Reply:
    """Return the size of a picture from its header."""
    with path.open("rb") as file:
        if _is_pdf(file.read(_PDF_HEADER_BYTES)):
            return Reply({"kind": "pdf"})
        file.seek(0)
        names = ("width", "height", "orientation", "pages")
        return Reply({"kind": "picture", **dict(zip(names, measure(file, path.name), strict=True))})


def _is_pdf(content: bytes) -> bool:
    """Whether a file is a PDF: readers accept bytes before the header, as mail programs leave."""
    return b"%PDF-" in content[:_PDF_HEADER_BYTES]


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def main() -> None:
    """Answer requests until there are none for a minute."""
    answer_requests(_Decoder().answer, idle_s=IDLE_S)


if __name__ == "__main__":
    main()
