"""What is read of a folder, and which folders are rejected."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paddle_workbench.detection import load_annotations
from paddle_workbench.errors import AnnotationError

from .folders import (
    boxes,
    coco,
    coco_box,
    labelme,
    picture,
    problems,
    shape,
    voc,
    voc_object,
    yolo,
)

BOX = [1.0, 2.0, 11.0, 22.0]
Write = Callable[[Path], object]


def test_byte_order_mark_of_windows_is_ignored(tmp_path: Path) -> None:
    for write in (
        lambda folder: labelme(folder, shape()),
        lambda folder: yolo(folder, "0 .5 .5 1 1"),
    ):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        path = write(folder)
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
        assert len(boxes(load_annotations(folder))) == 1


def test_hidden_files_are_passed_over(tmp_path: Path) -> None:
    voc(tmp_path, voc_object())
    (tmp_path / ".ipynb_checkpoints").mkdir()
    voc(tmp_path / ".ipynb_checkpoints", voc_object(), name="a-checkpoint")
    assert len(load_annotations(tmp_path).dataset) == 1


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda folder: None, "contains no annotations."),
        (
            lambda folder: (voc(folder, voc_object()), labelme(folder, shape())),
            "contains several formats: labelme, voc.",
        ),
        (
            lambda folder: (coco(folder), (folder / "b.json").write_text("{}")),
            "contains 2 JSON files; COCO needs one.",
        ),
        (lambda folder: voc(folder), "contains no objects with a class."),
        (lambda folder: coco(folder, categories={}), "is not a COCO file: it needs the lists"),
        (
            lambda folder: (folder / "annotations.json").write_bytes(b"{"),
            "annotations.json is not a file of annotations: it is not JSON",
        ),
        (
            lambda folder: (folder / "annotations.json").write_text(
                '{"images": [], "categories": [], "annotations": [{"bbox": [1, NaN, 2, 2]}]}'
            ),
            "annotations[0].bbox[1] is NaN, which JSON does not have",
        ),
        (
            lambda folder: (
                picture(folder / "a.png"),
                (folder / "label_list.txt").write_text("盒\n"),
            ),
            "contains no annotations.",
        ),
        (lambda folder: yolo(folder, classes=" "), "classes.txt is empty."),
        (
            lambda folder: yolo(folder, classes="盒\n盒\n"),
            "The names of the classes in {folder} are not right: Two classes have the name '盒'.",
        ),
    ],
    ids=[
        "empty",
        "several",
        "two files",
        "no classes",
        "no list",
        "broken",
        "nan",
        "only pictures",
        "no name",
        "twice",
    ],
)
def test_rejects_folder_without_usable_annotations(
    tmp_path: Path, write: Write, message: str
) -> None:
    write(tmp_path)
    with pytest.raises(AnnotationError) as caught:
        load_annotations(tmp_path)
    assert message.replace("{folder}", str(tmp_path)) in caught.value.message
    assert caught.value.hint


def test_rejects_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="b is not a folder"):
        load_annotations(tmp_path / "b")
    with pytest.raises(AnnotationError, match="There is no format 'csv'"):
        load_annotations(tmp_path, style="csv")  # type: ignore[arg-type]


def test_rejects_what_is_not_a_path(tmp_path: Path) -> None:
    number: Any = 5
    with pytest.raises(AnnotationError, match=r"5 is not a path\."):
        load_annotations(number)
    with pytest.raises(AnnotationError, match=r"5 is not a path\."):
        load_annotations(tmp_path, pictures=number)


def test_summary_counts_pictures_boxes_and_problems(tmp_path: Path) -> None:
    objects = [voc_object(box=(at, 0, at, 5)) for at in range(12)]
    voc(tmp_path, voc_object(), voc_object("瓶罐"), *objects)
    loaded = load_annotations(tmp_path)
    assert loaded.summary().splitlines()[:4] == [
        "voc: 1 picture (0 without boxes), 2 boxes",
        "  包装: 1",
        "  瓶罐: 1",
        "12 problems: no area 12",
    ]
    assert loaded.summary().splitlines()[-1] == "  and 2 more in `problems`"


def test_control_characters_of_a_label_are_made_visible(tmp_path: Path) -> None:
    labelme(tmp_path, shape(), shape(label="\x1b[31m红"))
    loaded = load_annotations(tmp_path)
    assert problems(loaded)[0][0] == "unknown class"
    assert "\x1b" not in loaded.summary()


def test_json_keys_of_coco_may_be_texts(tmp_path: Path) -> None:
    coco(
        tmp_path,
        images=[{"id": "x", "file_name": "a.png"}],
        annotations=[coco_box(image_id="x", category_id="c")],
        categories=[{"id": "c", "name": " 包装 "}],
    )
    loaded = load_annotations(tmp_path)
    assert (loaded.problems, boxes(loaded)) == ((), [BOX])
    assert json.loads((tmp_path / "annotations.json").read_text("utf-8"))["images"][0]["id"] == "x"
