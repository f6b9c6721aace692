from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from paddle_workbench.errors import StorageError
from paddle_workbench.ocr.desk.desk import Desk
from paddle_workbench.ocr.desk.exchange import load_labels, save_labels
from paddle_workbench.picture_files.picture_file import PictureFile

from .pictures import TEXTS, picture, read_page, result, save_picture


def open_desk(*images: object, folder: Path) -> Desk:
    desk = Desk(list(images), folder=folder, read_page=read_page)  # type: ignore[arg-type]
    list(desk.recognition())
    return desk


def records(path: Path) -> dict[str, list[dict[str, object]]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return {name: json.loads(rest) for name, rest in (line.split("\t") for line in lines)}


def test_saves_checked_pages_to_label_txt_and_others_to_the_cache(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    first, second = (save_picture(shop / f"{at}.png", TEXTS[:at]) for at in (2, 3))
    desk = open_desk(first, second, folder=tmp_path / "desk")
    desk.edit(0, "edit", id=2, text="<b>改</b>")
    desk.edit(0, "mark", id=3, difficult=True)
    desk.edit(0, "accept_all")
    exchange = save_labels(desk, shop)
    assert (exchange.pages, exchange.crops, exchange.problems) == (2, 5, [])
    labels = records(shop / "Label.txt")
    assert list(labels) == ["shop/2.png"]
    assert [line["transcription"] for line in labels["shop/2.png"]][1] == "<b>改</b>"
    assert labels["shop/2.png"][0]["points"] == [
        [18.0, 10.0],
        [300.0, 10.0],
        [300.0, 46.0],
        [18.0, 46.0],
    ]
    assert list(records(shop / "Cache.cach")) == ["shop/3.png"]
    assert (shop / "fileState.txt").read_text() == f"{first}\t1\n"
    crops = (shop / "rec_gt.txt").read_text(encoding="utf-8").splitlines()
    assert crops[:2] == ["crop_img/2_crop_0.jpg\t正品促销", "crop_img/2_crop_1.jpg\t<b>改</b>"]
    assert "crop_img/2_crop_2.jpg" not in "".join(crops)
    with Image.open(shop / "crop_img" / "2_crop_0.jpg") as crop:
        assert crop.size == (282, 36)


def test_loads_saved_labels_and_undoes_loading(tmp_path: Path) -> None:
    path = save_picture(tmp_path / "shop" / "a.png")
    desk = open_desk(path, folder=tmp_path / "desk")
    desk.edit(0, "edit", id=1, text="改过")
    desk.edit(0, "accept_all")
    save_labels(desk, path.parent)
    before = (path.parent / "Label.txt").read_bytes()

    fresh = open_desk(path, folder=tmp_path / "other")
    assert load_labels(fresh, path.parent / "Label.txt").pages == 1
    page = fresh.page(0)
    assert page is not None
    assert page.lines[0].text == "改过"
    assert page.is_done
    save_labels(fresh, path.parent)
    assert (path.parent / "Label.txt").read_bytes() == before
    assert [line.text for line in page.undo().lines] == list(TEXTS)


def test_keeps_entries_of_other_pictures(tmp_path: Path) -> None:
    path = save_picture(tmp_path / "shop" / "a.png")
    other = b'shop/other.png\t[{"transcription":"x","points":[[1,2],[3,4],[5,6]]}]\nbroken\n'
    (path.parent / "Label.txt").write_bytes(other)
    (path.parent / "rec_gt.txt").write_bytes(b"crop_img/other_crop_0.jpg\tx\n")
    desk = open_desk(path, folder=tmp_path / "desk")
    desk.edit(0, "accept_all")
    exchange = save_labels(desk, path.parent)
    assert [problem.message.split(":")[0] for problem in exchange.problems] == ["Line 2"]
    assert (path.parent / "Label.txt").read_bytes().startswith(other + b"shop/a.png\t[")
    crops = (path.parent / "rec_gt.txt").read_text(encoding="utf-8")
    assert crops.startswith("crop_img/other_crop_0.jpg\tx\ncrop_img/a_crop_0.jpg\t正品促销\n")


def test_keeps_crops_of_picture_with_different_suffix(tmp_path: Path) -> None:
    path = save_picture(tmp_path / "shop" / "a.jpg")
    labelled = b"shop/a.png\t[]\n"
    (path.parent / "Label.txt").write_bytes(labelled)
    (path.parent / "rec_gt.txt").write_bytes(b"crop_img/a_crop_0.jpg\tx\n")
    desk = open_desk(path, folder=tmp_path / "desk")
    desk.edit(0, "accept_all")
    save_labels(desk, path.parent)
    crops = (path.parent / "rec_gt.txt").read_text(encoding="utf-8")
    assert crops.startswith("crop_img/a_crop_0.jpg\tx\ncrop_img/a_jpg_crop_0.jpg\t")
    assert (path.parent / "Label.txt").read_bytes().startswith(labelled)


def test_removes_crops_of_deleted_lines(tmp_path: Path) -> None:
    path = save_picture(tmp_path / "shop" / "a.png")
    desk = open_desk(path, folder=tmp_path / "desk")
    desk.edit(0, "accept_all")
    save_labels(desk, path.parent)
    desk.edit(0, "delete", id=6)
    desk.edit(0, "delete", id=1)
    save_labels(desk, path.parent)
    crops = (path.parent / "rec_gt.txt").read_text(encoding="utf-8").splitlines()
    assert [line.split("\t")[1] for line in crops] == list(TEXTS[1:5])


def test_page_that_is_no_longer_checked_stays_in_label_txt(tmp_path: Path) -> None:
    path = save_picture(tmp_path / "shop" / "a.png")
    desk = open_desk(path, folder=tmp_path / "desk")
    desk.edit(0, "accept_all")
    save_labels(desk, path.parent)
    desk.edit(0, "add", points=[[0, 300], [50, 300], [50, 318], [0, 318]])
    exchange = save_labels(desk, path.parent)
    assert (exchange.skipped_pages, exchange.backup) == ([], None)
    assert len(records(path.parent / "Label.txt")["shop/a.png"]) == 7
    assert not (path.parent / "Cache.cach").exists()
    # The page is no longer checked, so it is not used for training.
    assert (path.parent / "fileState.txt").read_text() == ""
    assert (path.parent / "rec_gt.txt").read_text() == ""


def labelled_elsewhere(folder: Path) -> bytes:
    """Write a `Label.txt` that was made in PPOCRLabel, and return its content."""
    labels = '[{"transcription": "手工", "points": [[0, 0], [9, 0], [9, 9], [0, 9]]}]'
    content = f"shop/a.png\t{labels}\n".encode()
    (folder / "Label.txt").write_bytes(content)
    (folder / "rec_gt.txt").write_text("crop_img/a_crop_0.jpg\t手工\n", encoding="utf-8")
    return content


def test_unchecked_lines_do_not_replace_labels_that_were_never_on_the_desk(
    tmp_path: Path,
) -> None:
    path = save_picture(tmp_path / "shop" / "a.png")
    labels = labelled_elsewhere(path.parent)
    desk = open_desk(path, folder=tmp_path / "desk")
    desk.edit(0, "accept", id=1)
    assert save_labels(desk, path.parent).skipped_pages == ["shop/a.png"]
    assert (path.parent / "Label.txt").read_bytes() == labels
    assert (path.parent / "rec_gt.txt").read_text(encoding="utf-8").endswith("手工\n")
    assert len(records(path.parent / "Cache.cach")["shop/a.png"]) == len(TEXTS)
    # Loaded labels have been on the desk, so their edited version may replace them.
    load_labels(desk, path.parent / "Label.txt", checked=False)
    desk.edit(0, "edit", id=7, text="改过")
    assert save_labels(desk, path.parent).skipped_pages == []
    assert records(path.parent / "Label.txt")["shop/a.png"][0]["transcription"] == "改过"
    # Undoing the load must not discard the labels in the file.
    saved = (path.parent / "Label.txt").read_bytes()
    desk.edit(0, "undo")
    desk.edit(0, "undo")
    assert save_labels(desk, path.parent).skipped_pages == ["shop/a.png"]
    assert (path.parent / "Label.txt").read_bytes() == saved


def test_keeps_labels_that_a_checked_page_replaces(tmp_path: Path) -> None:
    path = save_picture(tmp_path / "shop" / "a.png")
    labels = labelled_elsewhere(path.parent)
    desk = open_desk(path, folder=tmp_path / "desk")
    desk.edit(0, "accept_all")
    exchange = save_labels(desk, path.parent)
    assert exchange.skipped_pages == []
    assert exchange.backup is not None
    assert exchange.backup.read_bytes() == labels
    assert len(records(path.parent / "Label.txt")["shop/a.png"]) == len(TEXTS)
    desk.edit(0, "delete", id=1)
    assert save_labels(desk, path.parent).backup is None


def test_page_without_lines_can_be_marked_checked(tmp_path: Path) -> None:
    path = save_picture(tmp_path / "shop" / "a.png", ())
    desk = Desk([path], folder=tmp_path / "desk", read_page=lambda _pixels: result(()))
    desk.recognise(0)
    assert desk.summary(0).state == "recognised"
    save_labels(desk, path.parent)
    assert list(records(path.parent / "Cache.cach")) == ["shop/a.png"]
    desk.edit(0, "accept_all")
    assert desk.summary(0).state == "done"
    save_labels(desk, path.parent)
    assert records(path.parent / "Label.txt") == {"shop/a.png": []}
    desk.edit(0, "undo")
    assert desk.summary(0).state == "recognised"


def test_saves_pages_of_a_pdf_and_arrays_as_pictures(tmp_path: Path) -> None:
    document = pypdfium2.PdfDocument.new()
    for _ in range(2):
        document.new_page(144, 72)
    document.save(tmp_path / "book.pdf")
    out = tmp_path / "out"
    desk = open_desk(tmp_path / "book.pdf", picture(), folder=tmp_path / "desk")
    save_labels(desk, out)
    save_labels(desk, out)
    assert sorted(each.name for each in out.glob("*.png")) == [
        "book_p0001.png",
        "book_p0002.png",
        "picture_0002.png",
    ]
    assert list(records(out / "Cache.cach"))[:2] == ["out/book_p0001.png", "out/book_p0002.png"]
    saved = PictureFile(out / "picture_0002.png").page(0).pixels
    assert np.array_equal(saved, picture())


def test_pictures_with_the_same_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    first = save_picture(tmp_path / "x" / "a.png", TEXTS[:2])
    second = save_picture(tmp_path / "y" / "a.png", TEXTS[:3])
    nested = tmp_path / "x" / "a.jpg"
    Image.fromarray(picture(TEXTS[:4])).save(nested)
    out = tmp_path / "out"
    desk = open_desk(first, second, nested, folder=tmp_path / "desk")
    for at in range(3):
        desk.edit(at, "accept_all")
    save_labels(desk, out)
    assert list(records(out / "Label.txt")) == ["out/a.png", "out/a_2.png", "out/a.jpg"]
    assert (out / "a_2.png").read_bytes() == second.read_bytes()
    assert (out / "a.jpg").read_bytes() == nested.read_bytes()
    crops = (out / "rec_gt.txt").read_text(encoding="utf-8").splitlines()
    assert len(crops) == len({line.split("\t")[0] for line in crops}) == 18


def test_does_not_read_a_named_pipe_with_the_name_of_a_picture(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    os.mkfifo(out / "a.png")
    save_labels(open_desk(save_picture(tmp_path / "x" / "a.png"), folder=tmp_path / "desk"), out)
    assert list(records(out / "Cache.cach")) == ["out/a_2.png"]


def test_matches_labels_by_folder_and_name_or_by_unique_name(
    tmp_path: Path,
) -> None:
    path = save_picture(tmp_path / "y" / "a.png")
    box = '"points": [[0, 0], [9, 0], [9, 9]]'
    labels = tmp_path / "train.txt"
    desk = Desk([path], folder=tmp_path / "desk")
    labels.write_text(
        f'x/a.png\t[{{"transcription": "x", {box}}}]\n'
        f'y/a.png\t[{{"transcription": "y", {box}}}]\nbroken\n'
    )
    exchange = load_labels(desk, labels, checked=False)
    assert (exchange.pages, len(exchange.problems)) == (1, 1)
    assert desk.page(0).lines[0].text == "y"  # type: ignore[union-attr]
    labels.write_text(f'x/a.png\t[{{"transcription": "only", {box}}}]\n')
    load_labels(desk, labels)
    assert desk.page(0).lines[0].text == "only"  # type: ignore[union-attr]
    labels.write_text("x/a.png\t[]\nz/a.png\t[]\n")
    assert load_labels(desk, labels).pages == 0


def test_does_not_match_labels_of_another_folder(tmp_path: Path) -> None:
    pictures = [
        save_picture(tmp_path / name / "a.png", TEXTS[:at]) for at, name in [(2, "x"), (3, "y")]
    ]
    desk = open_desk(*pictures, folder=tmp_path / "desk")
    line = '{"transcription": "x", "points": [[0, 0], [9, 0], [9, 9]]}'
    labels = tmp_path / "Label.txt"
    labels.write_text(f"x/a.png\t[{line}]\n")
    assert load_labels(desk, labels).pages == 1
    assert len(desk.page(0).lines) == 1  # type: ignore[union-attr]
    assert len(desk.page(1).lines) == len(TEXTS)  # type: ignore[union-attr]
    labels.write_text(f"z/a.png\t[{line}]\n")
    assert load_labels(desk, labels).pages == 0


def test_reports_missing_label_file(tmp_path: Path) -> None:
    desk = Desk([picture()], folder=tmp_path)
    with pytest.raises(StorageError, match=r"no label file .*Label\.txt"):
        load_labels(desk, tmp_path / "Label.txt")
