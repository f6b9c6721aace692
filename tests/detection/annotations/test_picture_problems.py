"""Pictures that are missing, elsewhere, broken, or not those that the annotations describe."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from paddle_workbench.detection import load_annotations

from .folders import (
    boxes,
    coco,
    labelme,
    only_problem,
    picture,
    shape,
    voc,
    voc_object,
    yolo,
)

BOX = [1.0, 2.0, 11.0, 22.0]
Write = Callable[[Path], object]


def writer_of(style: str, name: str) -> Write:
    """Return a function that writes a file which names a picture."""
    image = {"id": 7, "file_name": name}
    writers: dict[str, Write] = {
        "coco": lambda folder: coco(folder, images=[image]),
        "voc": lambda folder: voc(folder, voc_object(), filename=name),
        "labelme": lambda folder: labelme(folder, shape(), imagePath=name),
    }
    return writers[style]


@pytest.mark.parametrize("style", ["coco", "voc", "labelme"])
def test_reports_missing_picture(tmp_path: Path, style: str) -> None:
    writer_of(style, "b.png")(tmp_path)
    kind, _file, _place, message = only_problem(tmp_path)
    assert kind == "missing picture"
    assert "b.png" in message


@pytest.mark.parametrize("style", ["coco", "voc", "labelme"])
@pytest.mark.parametrize("name", ["../b.png", "..\\b.png", "C:\\b.png", "{root}/b.png", "link.png"])
def test_reads_no_picture_outside_the_folder(tmp_path: Path, style: str, name: str) -> None:
    outside = picture(tmp_path / "b.png")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.png").symlink_to(outside)
    writer_of(style, name.format(root=tmp_path))(folder)
    kind, _file, _place, message = only_problem(folder)
    assert kind == "forbidden path"
    assert message.endswith("is outside the folder. It is left out.")


def test_follows_paths_of_labelme_within_the_folder(tmp_path: Path) -> None:
    picture(tmp_path / "images/a.png")
    (tmp_path / "labels").mkdir()
    labelme(tmp_path / "labels", shape(), imagePath="..\\images\\a.png")
    (tmp_path / "labels/a.png").unlink()
    loaded = load_annotations(tmp_path)
    assert loaded.problems == ()
    assert loaded.dataset.pictures[0].path == tmp_path / "images/a.png"


def test_pictures_may_be_in_another_folder(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    picture(pictures / "a.png")
    folder = tmp_path / "folder"
    folder.mkdir()
    (voc(folder, voc_object()).with_suffix(".png")).unlink()
    loaded = load_annotations(folder, pictures=pictures)
    assert loaded.dataset.pictures[0].path == pictures / "a.png"


def make_cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


def make_text(path: Path) -> None:
    path.write_text("not a picture", encoding="utf-8")


def make_empty(path: Path) -> None:
    path.write_bytes(b"")


def make_huge(path: Path) -> None:
    Image.new("1", (20000, 20000)).save(path)


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def make_pdf(path: Path) -> None:
    Image.new("RGB", (40, 30)).save(path, "PDF")


@pytest.mark.parametrize("make", [make_cut, make_text, make_empty, make_huge, make_pipe, make_pdf])
@pytest.mark.parametrize("style", ["voc", "yolo"])
def test_reports_unreadable_picture(tmp_path: Path, make: Write, style: str) -> None:
    if style == "voc":
        voc(tmp_path, voc_object())
        make(tmp_path / "a.png")
        file = "a.xml"
    else:
        yolo(tmp_path, "0 .5 .5 .5 .5")
        make(tmp_path / "images/a.png")
        file = "labels/a.txt"
    kind, problem_file, _place, message = only_problem(tmp_path)
    assert (kind, problem_file) == ("unreadable picture", file)
    assert message.startswith(("a.png", str(tmp_path), "images/a.png"))
    assert message.endswith("It is left out.")


def test_reports_picture_that_is_annotated_twice(tmp_path: Path) -> None:
    voc(tmp_path, voc_object())
    voc(tmp_path, voc_object(), name="b", filename="a.png")
    problem = only_problem(tmp_path, count=1)
    assert problem == (
        "duplicate",
        "b.xml",
        "",
        "a.png is also annotated in a.xml; this one is left out.",
    )


def test_reports_picture_of_another_size(tmp_path: Path) -> None:
    voc(tmp_path, voc_object(), size="<width>80</width><height>60</height>")
    problem = only_problem(tmp_path)
    assert problem[:3] == ("wrong size", "a.xml", "")
    assert problem[3] == "a.png has 40 x 30 pixels, and not 80 x 60; it is left out."


def test_size_of_zero_is_not_a_size(tmp_path: Path) -> None:
    voc(tmp_path, voc_object(), size="<width>0</width><height>0</height>")
    assert boxes(load_annotations(tmp_path)) == [BOX]


def test_edge_that_is_counted_from_one_is_cut_silently(tmp_path: Path) -> None:
    voc(tmp_path, voc_object(box=(1, 1, 41, 31)))
    loaded = load_annotations(tmp_path)
    assert loaded.problems == ()
    assert boxes(loaded) == [[1, 1, 40, 30]]


def test_ten_thousand_boxes_are_read(tmp_path: Path) -> None:
    lines = [f"0 {at % 100 / 100} {at // 100 / 100} 0.02 0.02" for at in range(10000)]
    yolo(tmp_path, *lines)
    assert len(boxes(load_annotations(tmp_path))) == 10000
