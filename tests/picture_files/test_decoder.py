"""Files that take too much time or memory, and the child process that opens them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from paddle_workbench.child_process import Worker
from paddle_workbench.errors import PictureError, PictureLimitError
from paddle_workbench.ocr.desk.desk import Desk
from paddle_workbench.picture_files import decoder, limits
from paddle_workbench.picture_files.picture_file import PictureFile

from ..ocr.desk.pictures import read_crop, read_page
from .hostile import deflated_paths, floats, many_directories, many_scans, nested_forms

MIB = 1 << 20
# Enough for a page of a PDF or a picture of 16 million pixels.
LITTLE_MEMORY = replace(limits.WORK, memory_bytes=400 * MIB)


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Worker]]:
    """The children that a test starts, with the limits that it sets."""
    workers: list[Worker] = []

    def start(*arguments: Any, **options: Any) -> Worker:
        workers.append(Worker(*arguments, **options))
        return workers[-1]

    decoder.close_decoder()
    monkeypatch.setattr(decoder, "Worker", start)
    yield workers
    decoder.close_decoder()


def picture(path: Path, width: int = 40) -> Path:
    Image.new("RGB", (width, 30), "white").save(path)
    return path


@pytest.mark.usefixtures("workers")
@pytest.mark.parametrize("write", [nested_forms, deflated_paths])
def test_reports_page_that_needs_too_much_memory(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[[Path], Path],
) -> None:
    monkeypatch.setattr(limits, "WORK", LITTLE_MEMORY)
    file = PictureFile(write(tmp_path / "scan.pdf"))
    with pytest.raises(PictureLimitError) as caught:
        file.page(0)
    assert caught.value.message == (
        "scan.pdf needs more than 400 MB of memory to open, the limit for a page."
    )
    assert "save the page as PNG" in caught.value.hint


@pytest.mark.usefixtures("workers")
@pytest.mark.parametrize(("name", "write"), [("a.pdf", nested_forms), ("a.jpg", many_scans)])
def test_reports_page_that_takes_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, write: Callable[[Path], Path]
) -> None:
    path = write(tmp_path / name)
    monkeypatch.setattr(limits, "WORK", replace(limits.WORK, time_s=1.0, memory_bytes=None))
    with pytest.raises(PictureLimitError, match=rf"^{name} cannot be opened within 1 s, the limit"):
        PictureFile(path).page(0)


def test_rejects_tiff_with_too_many_directories(tmp_path: Path) -> None:
    path = many_directories(tmp_path / "scan.tif")
    with pytest.raises(PictureError, match=r"scan\.tif has more than 5,000 pages; the limit is"):
        PictureFile(path)
    assert len(PictureFile(many_directories(path, 5_000))) == 5_000


@pytest.mark.usefixtures("workers")
def test_conversion_needs_little_more_memory_than_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = floats(tmp_path / "scan.tif", side=4000)
    monkeypatch.setattr(limits, "WORK", LITTLE_MEMORY)
    page = PictureFile(path).page(0)
    assert page.pixels.shape == (4000, 4000, 3)
    assert page.pixels.max() == 0


@pytest.mark.usefixtures("workers")
def test_reports_picture_that_needs_too_much_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = floats(tmp_path / "scan.tif", side=8000)
    assert path.stat().st_size < 400_000
    monkeypatch.setattr(limits, "WORK", LITTLE_MEMORY)
    with pytest.raises(PictureLimitError, match=r"^scan\.tif needs more than 400 MB of memory"):
        PictureFile(path).page(0)


def test_hostile_file_does_not_affect_the_rest_of_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: list[Worker]
) -> None:
    monkeypatch.setattr(limits, "WORK", LITTLE_MEMORY)
    picture(tmp_path / "a.png")
    nested_forms(tmp_path / "b.pdf")
    picture(tmp_path / "c.png", width=50)
    desk = Desk(tmp_path, folder=tmp_path / "desk", read_page=read_page, read_crop=read_crop)
    assert list(desk.recognition()) == [0, 1, 2]
    assert [desk.summary(at).state for at in range(3)] == ["recognised", "failed", "recognised"]
    assert "b.pdf needs more than 400 MB" in desk.summary(1).failure
    # It is opened in a child that has opened another file, and in a fresh one; then never again.
    assert len(workers) == 3
    with pytest.raises(PictureLimitError, match=r"b\.pdf needs more than 400 MB"):
        desk.open(1)
    assert desk.open(0).pixels.shape == (30, 40, 3)
    assert len(workers) == 3


def test_one_child_opens_all_files_and_pages(tmp_path: Path, workers: list[Worker]) -> None:
    document = pypdfium2.PdfDocument.new()
    for _ in range(20):
        document.new_page(20, 20)
    document.save(tmp_path / "a.pdf")
    for number in range(20):
        picture(tmp_path / f"{number}.jpg")
    for path in sorted(tmp_path.iterdir()):
        assert all(page.pixels.min() >= 254 for page in PictureFile(path))
    assert len(workers) == 1


def test_starts_another_child_after_one_has_ended(tmp_path: Path, workers: list[Worker]) -> None:
    path = picture(tmp_path / "a.png")
    file = PictureFile(path)
    workers[0].close()
    assert file.page(0).pixels.shape == (30, 40, 3)
    assert len(workers) == 2


def test_notices_that_a_file_has_changed(tmp_path: Path) -> None:
    file = PictureFile(picture(tmp_path / "a.png"))
    Image.new("RGB", (40, 30), "black").save(tmp_path / "a.png")
    with pytest.raises(PictureError, match=r"a\.png has changed since it was opened"):
        file.page(0)
    assert PictureFile(tmp_path / "a.png").page(0).pixels.max() == 0


def test_finds_a_relative_path_after_a_change_of_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(tmp_path / "a.png")
    monkeypatch.chdir(tmp_path)
    file = PictureFile(Path("a.png"))
    monkeypatch.chdir("/")
    assert file.page(0).pixels.shape == (30, 40, 3)


def test_opens_file_whose_name_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xd6\xc6.png")
    assert PictureFile(picture(path)).page(0).pixels.shape == (30, 40, 3)


def test_pixels_can_be_changed(tmp_path: Path) -> None:
    pixels = PictureFile(picture(tmp_path / "a.png")).page(0).pixels
    pixels[:] = 0
    assert not np.any(pixels)
