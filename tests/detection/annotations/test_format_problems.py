"""What each format gets wrong is reported with its file and, where there is one, its object."""

from __future__ import annotations

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
    only_problem,
    picture,
    problems,
    shape,
    voc,
    voc_object,
    yolo,
)

BOX = [1.0, 2.0, 11.0, 22.0]
Write = Callable[[Path], object]


@pytest.mark.parametrize(
    ("values", "kind", "message"),
    [
        ({"bbox": [1, 2, 0, 5]}, "no area", "Its box 1, 2, 1, 7 has no area; left out."),
        ({"bbox": [5, 5, -4, 3]}, "no area", "Its box 5, 5, 1, 8 has no area; left out."),
        (
            {"bbox": [40, 2, 10, 5]},
            "outside",
            "Its box 40, 2, 50, 7 is outside the picture of 40 x 30 pixels; left out.",
        ),
        (
            {"bbox": [1e300, 0, 1e300, 9]},
            "outside",
            "Its box 1e+300, 0, 2e+300, 9 is outside the picture of 40 x 30 pixels; left out.",
        ),
        (
            {"bbox": [1, 2, 3]},
            "invalid object",
            "Its bbox is [1, 2, 3] and needs four numbers; left out.",
        ),
        (
            {"bbox": None},
            "invalid object",
            "Its bbox is None and needs four numbers; left out.",
        ),
        (
            {"bbox": ["a", 1, 2, 3]},
            "invalid object",
            "Its bbox is ['a', 1, 2, 3] and needs four numbers; left out.",
        ),
        (
            {"category_id": 9},
            "unknown class",
            "There is no category with the id 9; left out.",
        ),
        (
            {"image_id": 8},
            "missing picture",
            "There is no picture with the id 8; left out.",
        ),
        ({"image_id": [7]}, "missing picture", "There is no picture with the id [7]; left out."),
    ],
)
def test_reports_coco_object(
    tmp_path: Path, values: dict[str, Any], kind: str, message: str
) -> None:
    coco(tmp_path, annotations=[coco_box(id=2), coco_box(**values)])
    assert only_problem(tmp_path, count=1) == (
        kind,
        "annotations.json",
        "annotations[1]",
        message,
    )


def test_reports_coco_duplicates(tmp_path: Path) -> None:
    coco(
        tmp_path,
        images=[{"id": 7, "file_name": "a.png"}, {"id": 7, "file_name": "b.png"}, {"id": 8}],
        annotations=[coco_box(), coco_box(), coco_box(id=2), 5],
        categories=[
            {"id": 3, "name": "包装"},
            {"id": 5, "name": "包装"},
            {"id": 5, "name": "罐"},
            {"name": "瓶"},
        ],
    )
    loaded = load_annotations(tmp_path)
    assert loaded.dataset.classes == ("包装",)
    assert problems(loaded) == [
        ("duplicate", "annotations.json", "categories[1]"),
        ("duplicate", "annotations.json", "categories[2]"),
        ("invalid object", "annotations.json", "categories[3]"),
        ("duplicate", "annotations.json", "images[1]"),
        ("invalid object", "annotations.json", "images[2]"),
        ("duplicate", "annotations.json", "annotations[1]"),
        ("invalid object", "annotations.json", "annotations[3]"),
        ("duplicate", "annotations.json", "annotations[2]"),
    ]
    assert boxes(loaded) == [BOX]


def test_notes_what_coco_has_and_a_data_set_has_not(tmp_path: Path) -> None:
    coco(
        tmp_path,
        annotations=[
            coco_box(segmentation=[[1, 2, 3, 4, 5, 6]]),
            coco_box(id=2, iscrowd=1, segmentation={"counts": [], "size": [30, 40]}),
            coco_box(id=3, bbox=[2, 2, 5, 5], colour="red"),
        ],
    )
    loaded = load_annotations(tmp_path / "annotations.json")
    assert loaded.problems == ()
    assert loaded.notes == (
        "Not kept: other value (1 object).",
        "Not kept: region with iscrowd (1 object).",
        "Not kept: segmentation (1 object).",
    )
    assert len(boxes(loaded)) == 2


@pytest.mark.parametrize(
    ("element", "kind", "place", "message"),
    [
        (voc_object(box=(5, 5, 5, 9)), "no area", "object 2 (包装)", "Its box 5, 5, 5, 9 has no "),
        (voc_object(box=(9, 5, 5, 9)), "no area", "object 2 (包装)", "Its box 9, 5, 5, 9 has no "),
        (voc_object(box=("a", 5, 5, 9)), "invalid object", "object 2 (包装)", "Its bndbox needs"),
        (voc_object(box=("nan", 5, 5, 9)), "invalid object", "object 2 (包装)", "Its bndbox needs"),
        (voc_object(""), "unknown class", "object 2", "It has no name; left out."),
        ("<object><name>包装</name></object>", "invalid object", "object 2 (包装)", "Its bndbox "),
        (
            voc_object(box=BOX),
            "duplicate",
            "object 2 (包装)",
            "Its box 1, 2, 11, 22 is there twice",
        ),
        (
            voc_object("&lt;script&gt;alert(1)"),
            "unknown class",
            "object 2 (<script>alert(1))",
            "There is no class '<script>alert(1)'; left out.",
        ),
    ],
)
def test_reports_voc_object(
    tmp_path: Path, element: str, kind: str, place: str, message: str
) -> None:
    voc(tmp_path, voc_object(), element)
    problem = only_problem(tmp_path, count=1, classes=["包装", "瓶罐"])
    assert problem[:3] == (kind, "a.xml", place)
    assert problem[3].startswith(message)


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (b"", "broken file", "It is not a Pascal VOC file: it is not XML ("),
        (b"<annotation><object>", "broken file", "It is not a Pascal VOC file: it is not XML ("),
        (b"<svg/>", "broken file", "It is not a Pascal VOC file: its root is <svg> and not"),
        (
            "<annotation><filename>包.png</filename></annotation>".encode("gbk"),
            "encoding",
            "It is not a Pascal VOC file: it is not XML (",
        ),
        (
            b"<?xml version='1.0' encoding='klingon'?><annotation/>",
            "encoding",
            "It is not a Pascal VOC file: it is not XML (Unsupported encoding",
        ),
        (
            b"<!DOCTYPE annotation [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
            b"<annotation><filename>&a;</filename></annotation>",
            "broken file",
            "It is not a Pascal VOC file: it declares entities, which annotations do not have.",
        ),
        (
            "<?xml version='1.0' encoding='utf-16'?><!DOCTYPE annotation [<!ENTITY a 'b'>]>"
            "<annotation><filename>&a;</filename></annotation>".encode("utf-16"),
            "broken file",
            "It is not a Pascal VOC file: it declares entities, which annotations do not have.",
        ),
        (
            b"<annotation>" + b"<object>" * 10000,
            "broken file",
            "It is not a Pascal VOC file: it is not XML (Excessive depth",
        ),
    ],
    ids=["empty", "cut", "svg", "gbk", "klingon", "external", "utf-16", "deep"],
)
def test_reports_broken_xml(tmp_path: Path, content: bytes, kind: str, message: str) -> None:
    voc(tmp_path, voc_object())
    (tmp_path / "b.xml").write_bytes(content)
    problem = only_problem(tmp_path, count=1)
    assert problem[:3] == (kind, "b.xml", "")
    assert problem[3].startswith(message)


def test_entity_bomb_is_not_expanded(tmp_path: Path) -> None:
    voc(tmp_path, voc_object())
    entities = "".join(f'<!ENTITY a{at + 1} "{f"&a{at};" * 10}">' for at in range(30))
    (tmp_path / "b.xml").write_text(
        f'<!DOCTYPE annotation [<!ENTITY a0 "ha">{entities}]>'
        '<annotation a="&a30;">&a30;</annotation>',
        encoding="utf-8",
    )
    assert only_problem(tmp_path, count=1)[:3] == ("broken file", "b.xml", "")


def test_reads_xml_in_the_encoding_that_it_declares(tmp_path: Path) -> None:
    path = voc(tmp_path, voc_object())
    text = "<?xml version='1.0' encoding='gb2312'?>" + path.read_text("utf-8")
    path.write_bytes(text.encode("gb2312"))
    assert load_annotations(tmp_path).dataset.classes == ("包装",)


@pytest.mark.parametrize(
    ("values", "kind", "place", "message"),
    [
        ({"label": None}, "unknown class", "shape 2", "It has no label; left out."),
        (
            {"shape_type": "line"},
            "no area",
            "shape 2 (包装)",
            "A line with 2 points has no box; left out.",
        ),
        (
            {"points": [[1, 2]]},
            "no area",
            "shape 2 (包装)",
            "A rectangle with 1 points has no box; left out.",
        ),
        (
            {"points": [[1, 2], [3]]},
            "invalid object",
            "shape 2 (包装)",
            "Its points are [[1, 2], [3]] and must be pairs; left out.",
        ),
        (
            {"points": [[-9, 2], [11, 22]]},
            "outside",
            "shape 2 (包装)",
            "Its box -9, 2, 11, 22 leaves the picture of 40 x 30 pixels; it is cut to it.",
        ),
    ],
)
def test_reports_labelme_shape(
    tmp_path: Path, values: dict[str, Any], kind: str, place: str, message: str
) -> None:
    labelme(tmp_path, shape(points=[[5, 5], [9, 9]]), shape(**values))
    count = 2 if message.endswith("cut to it.") else 1
    assert only_problem(tmp_path, count=count) == (kind, "a.json", place, message)


def test_takes_the_box_around_other_shapes(tmp_path: Path) -> None:
    labelme(
        tmp_path,
        shape(shape_type="polygon", points=[[1, 2], [11, 5], [4, 22]]),
        shape(shape_type="circle", points=[[10, 10], [13, 14]], group_id=3),
        shape(points=[[11, 22], [1, 3]]),
    )
    loaded = load_annotations(tmp_path)
    assert boxes(loaded) == [[1, 2, 11, 22], [5, 5, 15, 15], [1, 3, 11, 22]]
    assert loaded.notes == (
        "Not kept: group_id (1 object).",
        "Not kept: shape circle (1 object).",
        "Not kept: shape polygon (1 object).",
    )


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (b"{", "broken file", "It is not a file of annotations: it is not JSON"),
        (b"[]", "broken file", 'It is not a LabelMe file: it needs a list "shapes".'),
        (
            b'{"shapes": NaN}',
            "broken file",
            "It is not a file of annotations: shapes is NaN, which",
        ),
        (b"[" * 9999, "broken file", "It is not a file of annotations: it is nested too deeply"),
        (
            '{"shapes": [], "imagePath": "包.png"}'.encode("gbk"),
            "encoding",
            "It is not a file of annotations: it is not UTF-8 text (byte 30 is 0xb0).",
        ),
    ],
    ids=["cut", "list", "nan", "deep", "gbk"],
)
def test_reports_broken_json(tmp_path: Path, content: bytes, kind: str, message: str) -> None:
    labelme(tmp_path, shape())
    (tmp_path / "b.json").write_bytes(content)
    problem = only_problem(tmp_path, count=1)
    assert problem[:3] == (kind, "b.json", "")
    assert problem[3].startswith(message)


@pytest.mark.parametrize(
    ("line", "kind", "message"),
    [
        ("2 .5 .5 .2 .2", "unknown class", "There is no class 2; the last one is 1. Left out."),
        ("1 .5 .5 .2", "invalid object", "'1 .5 .5 .2' is not a class and four numbers; left out."),
        ("瓶 .5 .5 .2 .2", "invalid object", "'瓶 .5 .5 .2 .2' is not a class and four numbers"),
        ("-1 .5 .5 .2 .2", "invalid object", "'-1 .5 .5 .2 .2' is not a class and four"),
        (f"{'9' * 5000} .5 .5 .2 .2", "invalid object", "'99999"),
        ("1 nan .5 .2 .2", "invalid object", "'1 nan .5 .2 .2' is not a class and four"),
        ("1 .5 .5 0 .2", "no area", "Its box 20, 12, 20, 18 has no area; left out."),
        ("1 20 12 5 8", "outside", "Its box 700, 240, 900, 480 is outside the picture of 40 x 30"),
        ("0 .25 .5 .5 .2", "duplicate", "Its box 0, 12, 20, 18 is there twice; left out."),
    ],
)
def test_reports_yolo_line(tmp_path: Path, line: str, kind: str, message: str) -> None:
    yolo(tmp_path, "0 .25 .5 .5 .2", "", line)
    problem = only_problem(tmp_path, count=1)
    assert problem[:2] == (kind, "labels/a.txt")
    assert problem[2].startswith("line 3")
    assert problem[3].startswith(message)


def test_yolo_takes_polygons_confidences_and_pictures_without_labels(tmp_path: Path) -> None:
    yolo(tmp_path, "0 .25 .5 .5 .2 .9", "1 0 0 .5 0 .5 .5")
    picture(tmp_path / "images/b.png")
    loaded = load_annotations(tmp_path)
    assert loaded.problems == ()
    assert [len(each.boxes) for each in loaded.dataset] == [2, 0]
    assert boxes(loaded)[1] == [0, 0, 20, 15]
    assert loaded.notes == (
        "Not kept: confidence (1 object).",
        "Not kept: polygon (1 object).",
        "Without a file of labels, and taken as empty: 1 picture.",
    )


def test_yolo_reports_labels_without_a_picture_and_in_another_encoding(tmp_path: Path) -> None:
    yolo(tmp_path, "0 .25 .5 .5 .2")
    (tmp_path / "labels/b.txt").write_text("0 .5 .5 .1 .1\n", encoding="utf-8")
    picture(tmp_path / "images/c.png")
    (tmp_path / "labels/c.txt").write_bytes("包 .5 .5 .1 .1\n".encode("gbk"))
    (tmp_path / "train.txt").write_text("images/a.png\n", encoding="utf-8")
    assert problems(load_annotations(tmp_path)) == [
        ("encoding", "labels/c.txt", ""),
        ("missing picture", "labels/b.txt", ""),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("names: 3", "does not name the classes"),
        ("names: {1: a, 2: b}", "does not name the classes"),
        ("names: [", "is not YAML"),
        (
            "a: &a [x, x, x, x, x, x, x, x, x]\n"
            + "".join(
                f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
                for old, new in zip("abcdefghijklmno", "bcdefghijklmnop", strict=True)
            )
            + "names: *p",
            "does not name the classes",
        ),
    ],
    ids=["number", "gap", "cut", "bomb"],
)
def test_yolo_rejects_settings_without_names(tmp_path: Path, text: str, message: str) -> None:
    yolo(tmp_path, classes="")
    (tmp_path / "data.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(AnnotationError, match=message):
        load_annotations(tmp_path)


@pytest.mark.parametrize("names", ["[包装, 瓶罐]", "{0: 包装, 1: 瓶罐}"])
def test_yolo_reads_names_of_both_forms(tmp_path: Path, names: str) -> None:
    yolo(tmp_path, "1 .5 .5 .5 .5", classes="")
    (tmp_path / "data.yaml").write_text(f"names: {names}\n", encoding="utf-8")
    assert load_annotations(tmp_path).dataset.box_counts() == {"包装": 0, "瓶罐": 1}
