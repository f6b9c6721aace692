"""Open untrusted pictures and PDFs page by page, within limits on size."""

from __future__ import annotations

import hashlib
import io
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ..contract import Text
from ..errors import PictureError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "ENDINGS",
    "MAX_BYTES",
    "MAX_PAGES",
    "MAX_PIXELS",
    "MAX_SIDE",
    "MIN_SIDE",
    "Page",
    "PictureFile",
    "opening_error",
]

# Pixels per page. A4 at 600 dpi has 35 million; 64 million take 192 MB.
MAX_PIXELS: Final = 64_000_000
MAX_SIDE: Final = 30_000
MIN_SIDE: Final = 8
MAX_BYTES: Final = 512 * 1024**2
MAX_PAGES: Final = 5_000

# A PDF point is 1/72 inch.
PDF_DPI: Final = 200
PDF_LONGEST_SIDE: Final = 4_000

# Characters of a path in a message, since somebody may pass a text instead of a path.
LONGEST_NAME: Final = 300

# Excluded on purpose: formats that run programs (EPS, WMF), read other files, or have no pages.
FORMATS: Final = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
ENDINGS: Final = frozenset(
    f".{ending}"
    for ending in (
        *("avif", "bmp", "gif", "jfif", "jp2", "jpeg", "jpg", "pbm", "pdf", "pgm", "png", "pnm"),
        *("ppm", "tif", "tiff", "webp"),
    )
)


# PDFium crashes if two threads use it, and warning filters are shared by all threads.
_OPENING: Final = threading.Lock()


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A page in the form that recognisers expect.

    Parameters
    ----------
    pixels : ndarray of uint8, (height, width, 3)
        RGB, upright (EXIF orientation applied); transparent pixels are on white.
    notices : tuple of Text
        What the user should know about the conversion, one sentence each.
    """

    pixels: NDArray[np.uint8]
    notices: tuple[Text, ...] = ()


class PictureFile:
    """A picture, a multi-page TIFF or a PDF, opened page by page.

    Thread-safe: only one page is opened at a time.

    Parameters
    ----------
    path : Path

    Raises
    ------
    PictureError
        If the file is missing, empty, too large, not a picture, damaged or protected by a
        password, if it has too many pages, or if its picture exceeds the limits.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._bytes = _read(path)
        self.kind: Literal["picture", "pdf"] = "pdf" if _is_pdf(self._bytes) else "picture"
        with _OPENING:
            self._pages = self._count()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file as hexadecimal digits."""
        return hashlib.sha256(self._bytes).hexdigest()

    def __len__(self) -> int:
        """Return the number of pages."""
        return self._pages

    def __iter__(self) -> Iterator[Page]:
        return (self.page(number) for number in range(len(self)))

    def page(self, number: int) -> Page:
        """Open one page, counted from 0.

        Raises
        ------
        PictureError
            If there is no such page, or if it is damaged or exceeds the limits.
        """
        if not 0 <= number < len(self):
            raise PictureError(
                f"{self.path.name} has no page {number + 1}; it has {len(self)}.",
                f"Pages are counted from 0: ask for 0 to {len(self) - 1}.",
            )
        with _OPENING:
            return self._pdf_page(number) if self.kind == "pdf" else self._picture_page(number)

    def _count(self) -> int:
        if self.kind == "pdf":
            with _Pdf(self._bytes, self.path.name) as pdf:
                pages = len(pdf)
        else:
            with _open(self._bytes, self.path.name) as image:
                _check_size(*image.size, self.path.name)
                # Frames are pages only in a TIFF. Counting them does not decode pixels.
                pages = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
        if pages > MAX_PAGES:
            raise PictureError(
                f"{self.path.name} has {pages} pages; the limit is {MAX_PAGES}.",
                "Split it into smaller files.",
            )
        if pages == 0:
            raise PictureError(f"{self.path.name} has no pages.", "Check the file in a viewer.")
        return pages

    def _picture_page(self, number: int) -> Page:
        with _open(self._bytes, self.path.name) as image:
            notices = _notices(image)
            if number:
                image.seek(number)
            _check_size(*image.size, self.path.name)
            return Page(_to_upright_rgb(image), notices)

    def _pdf_page(self, number: int) -> Page:
        with _Pdf(self._bytes, self.path.name) as pdf:
            return Page(pdf.render(number))


class _Pdf:
    """An open PDF."""

    def __init__(self, content: bytes, name: str) -> None:
        import pypdfium2

        self._name = name
        try:
            self._document: Any = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as error:
            if "password" in str(error).lower():
                raise PictureError(
                    f"{name} is protected by a password.",
                    "Open it in a PDF viewer and save a copy without the password.",
                ) from error
            raise _damage_error(name, error) from error

    def __enter__(self) -> _Pdf:
        return self

    def __exit__(self, *_: object) -> None:
        self._document.close()

    def __len__(self) -> int:
        return len(self._document)

    def render(self, number: int) -> NDArray[np.uint8]:
        import pypdfium2

        name = f"Page {number + 1} of {self._name}"
        try:
            page = self._document[number]
            width, height = page.get_size()
            if min(width, height) < 1:
                raise PictureError(
                    f"{name} is {width:g} x {height:g} points.", "Leave this page out."
                )
            scale = min(PDF_DPI / 72, PDF_LONGEST_SIDE / max(width, height))
            bitmap = page.render(scale=scale, rev_byteorder=True)
            pixels: NDArray[np.uint8] = bitmap.to_numpy()[:, :, :3].copy()
        except pypdfium2.PdfiumError as error:
            raise _damage_error(name, error) from error
        _check_size(pixels.shape[1], pixels.shape[0], name)
        return pixels


def _read(path: Path) -> bytes:
    try:
        size, is_file = path.stat().st_size, path.is_file()
        content = path.read_bytes() if is_file and size <= MAX_BYTES else b""
    except (OSError, ValueError) as error:
        raise opening_error(path, error) from error
    if not is_file:
        raise PictureError(f"{path} is not a file.", "Give the path of a picture or PDF.")
    if size > MAX_BYTES:
        raise PictureError(
            f"{path.name} has {size:,} bytes; the limit is {MAX_BYTES:,}.",
            "Reduce its size, or split it into several files.",
        )
    if not content:
        raise PictureError(
            f"{path.name} is empty (0 bytes).", "Copy or download the picture again."
        )
    return content


def opening_error(path: Path, error: Exception) -> PictureError:
    """Return the error for a picture or folder that the operating system cannot open."""
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error).rstrip(".")
    return PictureError(
        f"{str(path)[:LONGEST_NAME]} cannot be opened: {reason}.",
        "Check the name and its permissions.",
    )


def _is_pdf(content: bytes) -> bool:
    # PDF readers accept bytes before the header, which mail programs sometimes leave there.
    return b"%PDF-" in content[:1024]


@contextmanager
def _open(content: bytes, name: str) -> Iterator[Image]:
    """Open a picture; any exception of its decoder becomes a PictureError."""
    from PIL import Image, UnidentifiedImageError

    try:
        # The limits here are stricter than the one that Pillow warns about.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                yield image
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        count = re.search(r"\d+", str(error))
        pixels = f"{int(count[0]):,}" if count else "too many"
        raise PictureError(
            f"{name} has {pixels} pixels; the limit is {MAX_PIXELS:,}.", _SMALLER
        ) from error
    except UnidentifiedImageError as error:
        raise PictureError(
            f"{name} is not a picture in a supported format.",
            f"Save it as PNG, JPEG or PDF. Supported are {', '.join(FORMATS)} and PDF.",
        ) from error
    except Exception as error:  # decoders may raise anything
        raise _damage_error(name, error) from error


_SMALLER = "Reduce its size or cut it into parts. 300 dpi are enough for text."


def _check_size(width: int, height: int, name: str) -> None:
    if min(width, height) < MIN_SIDE:
        raise PictureError(
            f"{name} is {width} x {height} pixels; each side needs at least {MIN_SIDE}.",
            "Use a larger picture.",
        )
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise PictureError(
            f"{name} is {width:,} x {height:,} pixels; the limit is {MAX_PIXELS:,} in total and "
            f"{MAX_SIDE:,} per side.",
            _SMALLER,
        )


def _notices(image: Image) -> tuple[Text, ...]:
    if image.format in ("GIF", "PNG", "WEBP", "AVIF") and getattr(image, "is_animated", False):
        return (
            Text(
                zh="这是一张动图，只读第一帧。",
                en="The picture is animated; only its first frame is read.",
            ),
        )
    return ()


def _to_upright_rgb(image: Image) -> NDArray[np.uint8]:
    from PIL import Image as Images
    from PIL import ImageOps

    upright: Image = ImageOps.exif_transpose(image)
    if upright.mode in ("I", "F") or upright.mode.startswith("I;16"):
        upright = Images.fromarray(_to_eight_bits(np.asarray(upright), upright.mode))
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        white = Images.new("RGBA", upright.size, "white")
        upright = Images.alpha_composite(white, upright)
    return np.array(upright.convert("RGB"))


def _to_eight_bits(values: NDArray[Any], mode: str) -> NDArray[np.uint8]:
    """Return grey values from 0 to 255: scaled if they have 16 bits, stretched otherwise."""
    grey = np.nan_to_num(values.astype(np.float64), posinf=0.0, neginf=0.0)
    low, high = grey.min(), grey.max()
    if mode.startswith("I;16") or (mode == "I" and low >= 0 and 255 < high <= 65535):
        low, high = 0.0, 65535.0
    elif low >= 0 and 1 < high <= 255:
        low, high = 0.0, 255.0
    scaled: NDArray[np.uint8] = np.rint((grey - low) * (255 / ((high - low) or 1))).astype(np.uint8)
    return scaled


def _damage_error(name: str, error: Exception) -> PictureError:
    reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return PictureError(
        f"{name} is damaged and cannot be read: {reason}.",
        "Copy or download it again, or save it again from a viewer.",
    )
