from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from paddle_workbench.errors import DeskError, PictureError, SchemaVersionError, StorageError
from paddle_workbench.ocr.desk.desk import Desk
from paddle_workbench.ocr.results import PageResult, TextLine

from ...broken_files import NOT_JSON, NOT_REGULAR, Maker
from .pictures import SIZE, TEXTS, picture, read_crop, read_page, result, save_picture


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with three pictures, a broken picture, and a text file."""
    folder = tmp_path / "shop"
    for at in range(3):
        save_picture(folder / f"{at}.png", TEXTS[: 4 + at])
    (folder / "broken.jpg").write_bytes(b"")
    (folder / "notes.txt").write_text("not a picture")
    return folder


def open_desk(shop: Path, **options: Any) -> Desk:
    defaults = {"folder": shop.parent / "desk", "read_page": read_page, "read_crop": read_crop}
    return Desk(shop, **(defaults | options))


def texts(desk: Desk, index: int) -> list[str]:
    page = desk.page(index)
    assert page is not None
    return [line.text for line in page.lines]


def test_lists_pictures_of_folder_by_name_and_reports_bad_file(shop: Path) -> None:
    desk = open_desk(shop)
    assert [desk.summary(at).name for at in range(len(desk))] == [
        "0.png",
        "1.png",
        "2.png",
        "broken.jpg",
    ]
    assert [desk.summary(at).state for at in range(4)] == ["waiting"] * 3 + ["failed"]
    assert "is empty (0 bytes)" in desk.summary(3).failure
    with pytest.raises(PictureError, match="is empty"):
        desk.open(3)


def test_saves_every_edit_immediately_with_undo_history(shop: Path) -> None:
    desk = open_desk(shop)
    desk.recognise(0)
    desk.edit(0, "edit", id=2, text="大桶装更划算")
    assert texts(open_desk(shop), 0)[1] == "大桶装更划算"
    desk.edit(0, "split", id=1, at=2)
    again = open_desk(shop)
    assert texts(again, 0)[:2] == ["正品", "促销"]
    again.edit(0, "undo")
    again.edit(0, "undo")
    assert texts(open_desk(shop), 0) == list(TEXTS)
    (file,) = (shop.parent / "desk").glob("*.json")
    assert json.loads(file.read_text(encoding="utf-8"))["revision"] == 5


def test_recognition_resumes_where_it_stopped(shop: Path) -> None:
    recognised: list[int] = []

    def counted(pixels: NDArray[np.uint8]) -> PageResult:
        recognised.append(len(pixels))
        return read_page(pixels)

    recognition = open_desk(shop, read_page=counted).recognition()
    assert next(recognition) == 0
    recognition.cancel()
    assert list(recognition) == []
    desk = open_desk(shop, read_page=counted)
    assert list(desk.recognition()) == [1, 2]
    assert desk.seconds_per_page > 0
    assert len(recognised) == 3
    assert list(open_desk(shop, read_page=counted).recognition()) == []


def test_recognises_the_preferred_page_first(shop: Path) -> None:
    shown = [1]
    recognition = open_desk(shop).recognition(first=lambda: shown[0])
    assert next(recognition) == 1
    assert next(recognition) == 0
    shown[0] = 3  # a file that cannot be opened
    assert list(recognition) == [2]


def test_failed_page_is_skipped_and_tried_again_by_the_next_pass(shop: Path) -> None:
    broken = [True]

    def sometimes(pixels: NDArray[np.uint8]) -> PageResult:
        if broken.pop() if broken else False:
            raise RuntimeError("out of memory")
        return read_page(pixels)

    desk = open_desk(shop, read_page=sometimes)
    assert list(desk.recognition()) == [0, 1, 2]
    assert desk.summary(0).failure == "RuntimeError: out of memory"
    assert [at for at in range(len(desk)) if desk.is_pending(at)] == [0]
    assert list(desk.recognition()) == [0]
    assert desk.summary(0).state == "recognised"


def test_page_that_cannot_be_saved_shows_the_reason(tmp_path: Path) -> None:
    (tmp_path / "desk").write_text("no folder")
    desk = Desk([picture()], folder=tmp_path / "elsewhere", read_page=read_page)
    desk.files.folder = tmp_path / "desk"
    assert list(desk.recognition()) == [0]
    assert desk.summary(0).state == "failed"
    assert "move that file away" in desk.summary(0).failure


@pytest.mark.parametrize("confidence", [float("nan"), -0.1, 97.0])
def test_rejects_confidence_outside_zero_to_one(tmp_path: Path, confidence: float) -> None:
    line = result().lines[0]
    wrong = PageResult(SIZE, (TextLine(line.box, line.text, confidence),), ("det", "rec"))
    desk = Desk([picture()], folder=tmp_path, read_page=lambda _: wrong)
    with pytest.raises(DeskError, match=f"with the confidence {confidence:g}"):
        desk.recognise(0)
    assert "numbers between 0 and 1" in desk.summary(0).failure


def test_converts_recognised_text_to_one_line(tmp_path: Path) -> None:
    odd = result(("一\n二\ud800",))
    desk = Desk([picture()], folder=tmp_path, read_page=lambda _: odd)
    assert [line.text for line in desk.recognise(0).lines] == ["一 二?"]
    assert texts(Desk([picture()], folder=tmp_path), 0) == ["一 二?"]


def test_file_with_a_non_unicode_name_is_a_page(tmp_path: Path) -> None:
    path = save_picture(tmp_path / os.fsdecode("价.png".encode("gbk")))
    desk = Desk(path, folder=tmp_path / "desk", read_page=read_page)
    desk.recognise(0)
    assert texts(Desk(path, folder=tmp_path / "desk"), 0) == list(TEXTS)


def test_reports_deleted_picture(shop: Path) -> None:
    desk = open_desk(shop)
    (shop / "0.png").unlink()
    with pytest.raises(PictureError, match="cannot be opened"):
        desk.recognise(0)
    assert "cannot be opened" in desk.summary(0).failure


def test_rejects_picture_that_has_changed(shop: Path) -> None:
    desk = open_desk(shop)
    save_picture(shop / "0.png", TEXTS[:1])
    with pytest.raises(PictureError, match=r"0.png has changed since it was put on the desk"):
        desk.recognise(0)
    assert desk.summary(0).state == "failed"
    assert open_desk(shop).recognise(0).size == SIZE


def test_recognises_moved_picture_by_its_content(shop: Path) -> None:
    open_desk(shop).edit(0, "add", points=[[0, 0], [50, 0], [50, 20], [0, 20]], text="手")
    moved = shop.rename(shop.parent / "elsewhere")
    (moved / "0.png").rename(moved / "z.png")
    desk = open_desk(moved)
    at = next(i for i in range(4) if desk.summary(i).name == "z.png")
    assert texts(desk, at) == ["手"]


def test_concurrent_desks_recognise_one_page_at_a_time(shop: Path) -> None:
    reading = threading.Lock()
    together: list[bool] = []

    def alone(pixels: NDArray[np.uint8]) -> PageResult:
        together.append(not reading.acquire(blocking=False))
        # Long enough for another thread to start recognition too.
        threading.Event().wait(0.02)
        if not together[-1]:
            reading.release()
        return read_page(pixels)

    desks = [open_desk(shop, folder=shop.parent / f"desk{at}", read_page=alone) for at in range(4)]
    threads = [threading.Thread(target=list, args=[desk.recognition()]) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == [False] * 12


def test_reads_line_again_from_its_current_box(shop: Path) -> None:
    desk = open_desk(shop)
    desk.recognise(0)
    desk.edit(0, "redraw", id=1, points=[[18, 10], [118, 10], [118, 40], [18, 40]])
    desk.read_again(0, 1)
    page = open_desk(shop).page(0)
    assert page is not None
    assert (page.lines[0].text, page.lines[0].confidence) == ("100x30", 0.5)


def test_two_windows_do_not_overwrite_each_other(shop: Path) -> None:
    first, second = open_desk(shop), open_desk(shop)
    first.recognise(0)
    with pytest.raises(DeskError, match=r"0.png was changed in another window"):
        second.edit(0, "add", points=[[0, 0], [50, 0], [50, 20], [0, 20]])
    assert texts(second, 0) == list(TEXTS)
    second.edit(0, "edit", id=1, text="二")
    with pytest.raises(DeskError, match="another window"):
        first.edit(0, "edit", id=2, text="一")
    first.edit(0, "edit", id=2, text="一")
    assert texts(open_desk(shop), 0)[:2] == ["二", "一"]


@pytest.mark.parametrize(
    "content", ["", "{", '{"schema_version": 1}', "[]", '{"schema_version":1,"lines":[{"id":0}]}']
)
def test_sets_broken_page_file_aside_and_reports_it(shop: Path, content: str) -> None:
    open_desk(shop).recognise(0)
    (file,) = (shop.parent / "desk").glob("*.json")
    file.write_text(content)
    desk = open_desk(shop)
    assert desk.summary(0).state == "waiting"
    assert "is not a desk page: " in desk.messages[0]
    backups = [each for each in file.parent.iterdir() if ".broken-" in each.name]
    assert [each.read_text() for each in backups] == [content]
    desk.recognise(0)
    assert texts(open_desk(shop), 0) == list(TEXTS)


@pytest.mark.parametrize(("make", "reason"), [*NOT_REGULAR, *NOT_JSON])
def test_sets_unreadable_page_file_aside(shop: Path, make: Maker, reason: str) -> None:
    open_desk(shop).recognise(0)
    (file,) = (shop.parent / "desk").glob("*.json")
    make(file)
    desk = open_desk(shop)
    assert str(file) in desk.messages[0]
    assert reason in desk.messages[0]
    assert desk.summary(0).state == "waiting"
    desk.recognise(0)
    assert texts(open_desk(shop), 0) == list(TEXTS)


def test_writes_complete_page_after_its_file_was_deleted_or_broken(shop: Path) -> None:
    desk = open_desk(shop)
    desk.recognise(0)
    (file,) = (shop.parent / "desk").glob("*.json")
    file.unlink()
    desk.edit(0, "edit", id=1, text="一")
    assert texts(open_desk(shop), 0)[:2] == ["一", TEXTS[1]]
    file.write_text("{")
    desk.edit(0, "edit", id=2, text="二")
    assert texts(open_desk(shop), 0)[:2] == ["一", "二"]
    assert "is not a desk page: " in desk.messages[0]
    (backup,) = file.parent.glob("*.broken-*")
    assert backup.read_text() == "{"


def test_reports_page_of_a_newer_version_without_changing_it(shop: Path) -> None:
    open_desk(shop).recognise(0)
    (file,) = (shop.parent / "desk").glob("*.json")
    content = file.read_text(encoding="utf-8")
    assert json.loads(content)["schema_version"] == 1
    content = content.replace('"schema_version": 1,', '"schema_version": 2, "columns": [],')
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SchemaVersionError, match="newer version"):
        open_desk(shop)
    assert file.read_text(encoding="utf-8") == content


def test_edit_that_cannot_be_saved_is_not_applied(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_desk(shop)
    desk.recognise(0)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match="The disk is full"):
        desk.edit(0, "delete", id=1)
    assert texts(desk, 0) == list(TEXTS)
    monkeypatch.undo()
    desk.edit(0, "delete", id=1)
    assert texts(open_desk(shop), 0) == list(TEXTS[1:])


def test_rejects_unknown_edit_and_wrong_values(shop: Path) -> None:
    desk = open_desk(shop)
    desk.recognise(0)
    with pytest.raises(DeskError, match="There is no edit 'from_result'"):
        desk.edit(0, "from_result")
    with pytest.raises(DeskError, match="accept does not accept"):
        desk.edit(0, "accept", text="x")
    with pytest.raises(DeskError, match="not been recognised yet"):
        desk.read_again(1, 1)


def test_accepts_arrays_as_pages(tmp_path: Path) -> None:
    pages = [picture(), picture(TEXTS[:2])]
    desk = Desk(pages, folder=tmp_path, read_page=read_page)
    assert [desk.summary(at).name for at in range(2)] == ["picture_0001", "picture_0002"]
    desk.recognise(1)
    assert Desk(pages, folder=tmp_path).summary(1).state == "recognised"
    assert desk.page(1).size == SIZE  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([], "no pictures or PDFs"),
        ([7], "Picture 1 is of type int"),
        (None, "Picture 1 is of type NoneType"),
        (b"a.png", "Picture 1 is of type bytes"),
        (Image.new("RGB", SIZE), "Picture 1 is of type Image"),
        ([np.zeros((4, 4), np.uint8)], r"uint8 array of shape \(4, 4\)"),
        ([np.zeros((4, 4, 3))], "float64 array"),
    ],
)
def test_rejects_non_picture(tmp_path: Path, images: Any, message: str) -> None:
    with pytest.raises(PictureError, match=message):
        Desk(images, folder=tmp_path)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("长" * 4_000, "长长 cannot be opened: File name too long"),
        ("a\0.png", "cannot be opened: embedded null byte"),
        ("~nobody-of-this-name/a.png", "cannot be opened: Could not determine home directory"),
    ],
)
def test_invalid_path_becomes_a_failed_page(tmp_path: Path, path: str, message: str) -> None:
    failure = Desk(path, folder=tmp_path).summary(0).failure
    assert message in failure
    assert len(failure) < 400


def test_stores_pages_in_the_home_by_default(home: Path) -> None:
    desk = Desk([picture()], read_page=read_page)
    desk.recognise(0)
    assert len(list((home / "desk").glob("*.json"))) == 1
