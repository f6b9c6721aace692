"""What is accepted as a picture or PDF: formats, sizes, and work."""

from __future__ import annotations

from typing import Final

from ..child_process import Limits

__all__ = [
    "ENDINGS",
    "FORMATS",
    "MAX_BYTES",
    "MAX_PAGES",
    "MAX_PIXELS",
    "MAX_SIDE",
    "MIN_SIDE",
    "WORK",
]

# Pixels per page. A4 at 600 dpi has 35 million; 64 million take 192 MB.
MAX_PIXELS: Final = 64_000_000
MAX_SIDE: Final = 30_000
MIN_SIDE: Final = 8
MAX_BYTES: Final = 512 * 1024**2
MAX_PAGES: Final = 5_000

# Limits of the process that decodes: the time is for one page, and the output has room for its
# pixels. A page of 64 million pixels takes 0.6 GiB as JPEG or PNG and 1.4 GiB as JPEG 2000.
WORK: Final = Limits(time_s=60.0, memory_bytes=1536 * 1024**2, output_bytes=1 << 28)

# Excluded on purpose: formats that run programs (EPS, WMF), read other files, or have no pages.
FORMATS: Final = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
ENDINGS: Final = frozenset(
    f".{ending}"
    for ending in (
        *("avif", "bmp", "gif", "jfif", "jp2", "jpeg", "jpg", "pbm", "pdf", "pgm", "png", "pnm"),
        *("ppm", "tif", "tiff", "webp"),
    )
)
