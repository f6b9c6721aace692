from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from PIL import Image, ImageOps

from paddle_workbench.errors import PictureError
from paddle_workbench.picture_files import picture_file, rejections
from paddle_workbench.picture_files.decoder_process import DecodedFile
from paddle_workbench.picture_files.limits import MAX_PIXELS
from paddle_workbench.picture_files.pdf import Pdf
from paddle_workbench.picture_files.picture_file import Measure, PictureFile, measure_picture

# The top left pixel is red, the one next to it blue, all others are white.
WIDTH, HEIGHT = 16, 12


def marked(mode: str = "RGB") -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    image.putpixel((0, 0), (255, 0, 0))
    image.putpixel((1, 0), (0, 0, 255))
    return image.convert(mode)


def save(path: Path, image: Image.Image, **options: Any) -> Path:
    image.save(path, **options)
    return path


def pdf(path: Path, pages_of: int, size: tuple[float, float] = (72, 144)) -> Path:
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages_of):
        document.new_page(*size)
    document.save(path)
    return path


def test_picture_is_rgb_upright_and_unchanged(tmp_path: Path) -> None:
    page = PictureFile(save(tmp_path / "a.png", marked())).page(0)
    assert page.pixels.shape == (HEIGHT, WIDTH, 3)
    assert page.pixels.dtype == np.uint8
    assert page.pixels[0, :2].tolist() == [[255, 0, 0], [0, 0, 255]]
    assert page.notices == ()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["png", "tif"])
def test_applies_exif_orientation(tmp_path: Path, orientation: int, ending: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(tmp_path / f"a.{ending}", marked(), exif=exif)
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image)
    page = PictureFile(path).page(0)
    assert page.pixels.tolist() == np.asarray(upright).tolist()
    assert page.pixels.flags.c_contiguous
    assert page.orientation == orientation


@pytest.mark.parametrize("orientation", [1, 3, 6, 8, 9])
@pytest.mark.parametrize("ending", ["png", "tif", "jpg", "webp", "avif", "gif", "bmp"])
def test_measures_as_it_decodes(tmp_path: Path, orientation: int, ending: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(tmp_path / f"a.{ending}", marked(), exif=exif)
    page = PictureFile(path).page(0)
    height, width = page.pixels.shape[:2]
    assert measure_picture(path) == Measure((width, height), page.orientation)


def chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


XMP = b'XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation="6"/>'


@pytest.mark.parametrize(
    ("late", "is_turned"),
    [
        (chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"), True),
        (chunk(b"iTXt", XMP), True),
        (chunk(b"tEXt", b"date:create\x002024"), False),
    ],
    ids=["exif", "xmp", "date"],
)
def test_measures_a_png_whose_orientation_stands_after_its_pixels(
    tmp_path: Path, late: bytes, *, is_turned: bool
) -> None:
    path = save(tmp_path / "a.png", marked())
    end = chunk(b"IEND", b"")
    path.write_bytes(path.read_bytes().removesuffix(end) + late + end)
    page = PictureFile(path).page(0)
    measure = measure_picture(path)
    assert measure is not None
    assert measure.size == page.pixels.shape[1::-1]
    assert measure.size == ((HEIGHT, WIDTH) if is_turned else (WIDTH, HEIGHT))


def test_measures_from_the_header_alone(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", Image.effect_noise((400, 300), 50))
    path.write_bytes(path.read_bytes()[:4000])
    assert measure_picture(path) == Measure((400, 300))
    with pytest.raises(PictureError, match=r"a\.jpg is damaged"):
        PictureFile(path).page(0)


def test_measures_no_file_with_pages(tmp_path: Path) -> None:
    pages = save(tmp_path / "a.tif", marked(), save_all=True, append_images=[marked()])
    assert measure_picture(pages) is None
    document = tmp_path / "a.png"
    document.write_bytes(b"%PDF-1.4")
    assert measure_picture(document) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"text", "is not a picture in a supported format"),
        (b"P6 40000 40000 255\n", "the limit is"),
        (b"P6 2 2 255\n", "each side needs at least"),
    ],
)
def test_measures_within_limits(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(PictureError, match=message):
        measure_picture(path)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr", "LAB", "I;16"])
def test_converts_every_pixel_format_to_rgb(tmp_path: Path, mode: str) -> None:
    grey = Image.new("L", (WIDTH, HEIGHT), 255)
    grey.paste(0, (0, 0, WIDTH // 2, HEIGHT))
    image = (
        Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
        if mode == "I;16"
        else Image.merge("LAB", [grey, *[Image.new("L", grey.size, 128)] * 2])
        if mode == "LAB"
        else grey.convert("RGB").convert(mode)
    )
    ending = "png" if mode in ("1", "L", "LA", "P", "RGBA", "I;16") else "tif"
    pixels = PictureFile(save(tmp_path / f"a.{ending}", image)).page(0).pixels
    assert pixels.shape == (HEIGHT, WIDTH, 3)
    assert pixels[:, : WIDTH // 2].max() <= 2
    assert pixels[:, WIDTH // 2 :].min() >= 253


def test_sixteen_bits_keep_their_scale(tmp_path: Path) -> None:
    grey = np.full((HEIGHT, WIDTH), 32896, np.uint16)
    pixels = PictureFile(save(tmp_path / "a.png", Image.fromarray(grey))).page(0).pixels
    assert set(pixels.ravel().tolist()) == {128}


def test_stretches_floats_to_the_visible_range(tmp_path: Path) -> None:
    values = np.zeros((HEIGHT, WIDTH), np.float32)
    values[0, 0], values[0, 1] = 0.5, np.nan
    values[1, 0] = 1.0
    pixels = PictureFile(save(tmp_path / "a.tif", Image.fromarray(values))).page(0).pixels
    assert [int(pixels[at][0]) for at in ((0, 0), (0, 1), (1, 0), (2, 2))] == [128, 0, 255, 0]


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_pixels_become_white(tmp_path: Path, mode: str) -> None:
    black = Image.new(mode, (WIDTH, HEIGHT))
    assert PictureFile(save(tmp_path / "a.png", black)).page(0).pixels.min() == 255


def test_transparent_palette_colour_becomes_white(tmp_path: Path) -> None:
    image = Image.new("P", (WIDTH, HEIGHT), 0)
    image.putpalette([0, 0, 0, 200, 0, 0])
    image.putpixel((0, 0), 1)
    path = save(tmp_path / "a.png", image, transparency=0)
    pixels = PictureFile(path).page(0).pixels
    assert pixels[0, 0].tolist() == [200, 0, 0]
    assert pixels[1:].min() == 255


@pytest.mark.parametrize("ending", ["gif", "png", "webp"])
def test_reads_first_frame_of_animation_with_a_notice(tmp_path: Path, ending: str) -> None:
    frames = [Image.new("RGB", (WIDTH, HEIGHT), colour) for colour in ("red", "lime", "blue")]
    path = save(tmp_path / f"a.{ending}", frames[0], save_all=True, append_images=frames[1:])
    file = PictureFile(path)
    page = file.page(0)
    assert len(file) == 1
    assert page.pixels[0, 0].tolist() == pytest.approx([255, 0, 0], abs=3)
    assert [notice.en for notice in page.notices] == [
        "The picture is animated; only its first frame is read."
    ]


def test_tiff_frames_are_pages(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (WIDTH + at, HEIGHT), "white") for at in range(3)]
    path = save(tmp_path / "a.tif", frames[0], save_all=True, append_images=frames[1:])
    assert [page.pixels.shape[1] for page in PictureFile(path)] == [16, 17, 18]


def test_renders_pdf_pages_at_200_dpi(tmp_path: Path) -> None:
    file = PictureFile(pdf(tmp_path / "a.pdf", 2))
    assert (len(file), file.kind) == (2, "pdf")
    assert file.page(1).pixels.shape == (400, 200, 3)
    assert file.page(1).pixels.min() == 255


def test_renders_huge_pdf_page_at_lower_resolution(tmp_path: Path) -> None:
    file = PictureFile(pdf(tmp_path / "a.pdf", 1, (14_400, 7_200)))
    assert file.page(0).pixels.shape == (2000, 4000, 3)


def test_renders_pdf_one_page_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[int] = []
    render = Pdf.render

    def counted(self: Any, number: int) -> Any:
        rendered.append(number)
        return render(self, number)

    monkeypatch.setattr(Pdf, "render", counted)
    file = DecodedFile(pdf(tmp_path / "a.pdf", 500, (20, 20)))
    assert file.pages == 500
    assert rendered == []
    reply = file.page(0)
    assert (reply.values["width"], reply.values["height"]) == (56, 56)
    assert rendered == [0]


THREADS = """
import sys, threading
from pathlib import Path
from paddle_workbench.picture_files.picture_file import Measure, PictureFile, measure_picture

sys.setswitchinterval(1e-6)
failures = []

def work():
    try:
        for _ in range(15):
            for number in range(3):
                PictureFile(Path(sys.argv[1])).page(number)
    except Exception as error:
        failures.append(error)

threads = [threading.Thread(target=work) for _ in range(4)]
for each in threads:
    each.start()
for each in threads:
    each.join()
sys.exit(str(failures[0]) if failures else 0)
"""


def test_threads_can_render_pdf_pages_concurrently(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    with PdfPages(path) as book:
        for number in range(3):
            figure = Figure(figsize=(3, 3))
            figure.text(0.1, 0.5, f"page {number}, with text")
            book.savefig(figure)
    # In a child process, which PDFium would otherwise crash.
    child = subprocess.run(
        [sys.executable, "-c", THREADS, path], capture_output=True, text=True, check=False
    )
    assert (child.returncode, child.stderr) == (0, "")


def encrypted(path: Path) -> Path:
    """Write a PDF with an unknown password: the entries of the standard handler are noise."""
    plain = pdf(path, 1).read_bytes()
    noise = "".join(f"{byte:02x}" for byte in range(32))
    handler = f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{noise}> /U <{noise}> >> "
    with_id = f"trailer\n<< {handler}/ID [<00> <00>] ".encode()
    path.write_bytes(plain.replace(b"trailer\n<<", with_id).replace(b"trailer\r\n<<", with_id))
    return path


def bomb() -> bytes:
    """Return a PNG of a few hundred bytes that claims 20,000 x 20,000 pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def broken_jpeg() -> bytes:
    content = io.BytesIO()
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)).save(content, "JPEG")
    return content.getvalue()[:1500]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty (0 bytes)"),
        (b"hello, world", "is not a picture in a supported format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n", "is not a picture"),
        (bomb(), "400,000,000 pixels; the limit is 64,000,000"),
        (broken_jpeg(), "is damaged and cannot be read"),
        (b"%PDF-1.7\nnothing", "is damaged and cannot be read"),
    ],
)
def test_reports_bad_file_in_a_sentence(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "scan.png"
    path.write_bytes(content)
    with pytest.raises(PictureError) as caught:
        PictureFile(path).page(0)
    assert message in caught.value.message
    assert caught.value.message.startswith("scan.png")
    assert caught.value.hint


@pytest.mark.parametrize("size", [(1, 1), (7, 400), (MAX_PIXELS // 100 + 1, 100), (30_001, 8)])
def test_rejects_pictures_that_are_too_small_or_too_large(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    path = save(tmp_path / "a.png", Image.new("1", size))
    with pytest.raises(PictureError, match=f"{size[0]:,} x {size[1]:,} pixels"):
        PictureFile(path)


def test_reports_pdf_with_a_password(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"secret.pdf is protected by a password"):
        PictureFile(encrypted(tmp_path / "secret.pdf"))


def test_reports_missing_files_folders_and_pages(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"no.png cannot be opened: No such file"):
        PictureFile(tmp_path / "no.png")
    with pytest.raises(PictureError, match="is not a file"):
        PictureFile(tmp_path)
    with pytest.raises(PictureError, match="cannot be opened: embedded null byte"):
        PictureFile(tmp_path / "a\0.png")
    file = PictureFile(save(tmp_path / "a.png", marked()))
    with pytest.raises(PictureError, match="has no page 2; it has 1"):
        file.page(1)


def test_reports_limits_of_bytes_and_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pdf(tmp_path / "a.pdf", 3)
    monkeypatch.setattr(rejections, "MAX_PAGES", 2)
    with pytest.raises(PictureError, match="has 3 pages; the limit is 2"):
        DecodedFile(path)
    monkeypatch.setattr(picture_file, "MAX_BYTES", 10)
    with pytest.raises(PictureError, match="bytes; the limit is 10"):
        PictureFile(path)


@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "tif", "webp", "bmp", "pdf"])
def test_damaged_bytes_are_read_or_reported(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    if ending == "pdf":
        pdf(path, 2)
    else:
        save(path, marked())
    whole = path.read_bytes()
    rng = np.random.default_rng(7)
    outcomes = set()
    for turn in range(150):
        cut = int(rng.integers(len(whole) // 2, len(whole))) if turn % 2 else len(whole)
        damaged = bytearray(whole[:cut])
        for at in rng.integers(0, len(damaged), rng.integers(0, 6)):
            damaged[at] = int(rng.integers(256))
        path.write_bytes(damaged)
        try:
            pixels = PictureFile(path).page(0).pixels
        except PictureError:
            outcomes.add("reported")
        else:
            assert pixels.dtype == np.uint8
            outcomes.add("read")
    assert outcomes == {"read", "reported"}
