"""Small, valid files that take hours or gigabytes to open."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R %s >>"
FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 100 100] %s"
RESOURCES = b"/Resources << /XObject << /F %d 0 R >> >>"


def nested_forms(path: Path, levels: int = 9) -> Path:
    """Write a PDF of 2 kB whose forms draw the next one ten times at each level."""
    forms = [
        _stream(FORM % (RESOURCES % (6 + level)), b"/F Do " * 10) for level in range(levels - 1)
    ]
    last = _stream(FORM % b"", b"0 0 100 100 re f ")
    content = _stream(b"", b"/F Do " * 10)
    return _write_pdf(path, CATALOG, PAGES, PAGE % (RESOURCES % 5), content, *forms, last)


def deflated_paths(path: Path) -> Path:
    """Write a PDF of 420 kB with 216 MB of lines on its page."""
    lines = zlib.compress(b"0 0 m 90 90 l S\n" * 13_500_000)
    return _write_pdf(path, CATALOG, PAGES, PAGE % b"", _stream(b"/Filter /FlateDecode", lines))


def many_scans(path: Path, count: int = 3_000) -> Path:
    """Write a progressive JPEG of 540 kB whose 64 million pixels are refined 3,000 times."""
    content = io.BytesIO()
    Image.new("L", (8000, 8000), 128).save(content, "JPEG", progressive=True)
    whole = content.getvalue()
    last_scan = whole[whole.rindex(b"\xff\xda") : -2]
    path.write_bytes(whole[:-2] + last_scan * count + whole[-2:])
    return path


def many_directories(path: Path, count: int = 200_000) -> Path:
    """Write a TIFF of 16 x 12 grey pixels with many pages, all of the same pixels."""
    tags = ((256, 16), (257, 12), (258, 8), (259, 1), (262, 1), (273, 8), (278, 12), (279, 192))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    start, size = 8 + 192, 2 + len(entries) + 4
    directories = b"".join(
        struct.pack("<H", len(tags)) + entries + struct.pack("<I", start + size * number)
        for number in range(1, count)
    )
    last = struct.pack("<H", len(tags)) + entries + bytes(4)
    path.write_bytes(struct.pack("<2sHI", b"II", 42, start) + bytes(192) + directories + last)
    return path


def floats(path: Path, side: int) -> Path:
    """Write a square TIFF of floats, which deflate to a thousandth."""
    Image.fromarray(np.zeros((side, side), np.float32)).save(path, compression="tiff_deflate")
    return path


def _stream(entries: bytes, content: bytes) -> bytes:
    head = b"<< %s /Length %d >>" % (entries, len(content))
    return head + b"\nstream\n" + content + b"\nendstream"


def _write_pdf(path: Path, *objects: bytes) -> Path:
    content = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, each in enumerate(objects, 1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    content += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    content += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )
    path.write_bytes(content)
    return path
