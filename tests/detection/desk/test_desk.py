"""The desk of goods: edits, and the file of COCO in which nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from paddle_workbench.detection import load_annotations
from paddle_workbench.errors import AnnotationError, DeskError

from ..annotations.folders import coco, coco_box, labelme, picture, shape, voc, voc_object, yolo
from .conftest import RICH, content, corners, labels, open_desk

# What a desk does not know, at every level.


def test_opens_file_folder_and_picture(shop: Path, kept: Path) -> None:
    picture(shop / "images/sub/b.png")
    values = content(shop)
    values["images"].append({"id": 9, "file_name": "sub/b.png"})
    (shop / "annotations.json").write_text(json.dumps(values), "utf-8")
    for path in (shop, shop / "annotations.json", shop / "images/a.png"):
        desk = open_desk(path, kept)
        assert desk.file == shop / "annotations.json"
        assert [desk.summary(at).name for at in range(2)] == ["a.png", "sub/b.png"]
    assert labels(desk) == ["瓶罐", "瓶罐"]
    assert desk.classes == ("包装", "瓶罐", "没有框")
    assert [problem.kind for problem in desk.loaded.problems] == [
        "invalid object",
        "outside",
        "missing picture",
    ]


def test_changed_class_changes_only_that_value(shop: Path, kept: Path) -> None:
    before = content(shop)
    desk = open_desk(shop, kept)
    desk.edit(0, "relabel", id=1, label="包装")
    assert content(shop) == before
    assert desk.summary(0).is_changed
    assert desk.save().pictures == 1
    before["annotations"][0]["category_id"] = 3
    assert content(shop) == before
    assert not desk.summary(0).is_changed
    assert desk.save().pictures == 0


def test_moved_box_takes_its_outline_along(shop: Path, kept: Path) -> None:
    before = content(shop)
    desk = open_desk(shop, kept)
    desk.edit(0, "redraw", id=2, points=corners(3.5, 2, 13.5, 22))
    assert desk.save().update.outlines == 0
    before["annotations"][3] |= {
        "bbox": [3.5, 2, 10, 20],
        "segmentation": [[3.5, 2, 13.5, 2, 13.5, 22]],
    }
    assert content(shop) == before


def test_resized_box_loses_an_outline_that_does_not_fit(shop: Path, kept: Path) -> None:
    before = content(shop)
    desk = open_desk(shop, kept)
    desk.edit(0, "redraw", id=2, points=corners(1, 2, 11, 12.25))
    assert desk.save().update.outlines == 1
    before["annotations"][3] |= {"bbox": [1, 2, 10, 10.25], "area": 102.5}
    del before["annotations"][3]["segmentation"]
    assert content(shop) == before


def test_drawn_and_deleted_boxes_and_their_undo_after_saving(shop: Path, kept: Path) -> None:
    before = content(shop)
    desk = open_desk(shop, kept)
    desk.edit(0, "delete", id=2)
    desk.edit(0, "add", points=corners(5, 5, 9, 8), label="没有框")
    desk.save()
    after = content(shop)
    new = {
        "id": 11, "iscrowd": 0, "image_id": 7, "category_id": 6, "bbox": [5, 5, 4, 3], "area": 12,
    }  # fmt: skip
    kept_objects = [each for at, each in enumerate(before["annotations"]) if at != 3]
    assert after == {**before, "annotations": [*kept_objects, new]}

    # Another desk goes on, and undoes both: the deleted box is there again with all its values.
    desk = open_desk(shop, kept)
    desk.edit(0, "undo")
    desk.edit(0, "undo")
    desk.save()
    restored = content(shop)["annotations"]
    assert sorted(map(str, restored)) == sorted(map(str, before["annotations"]))


def test_edits_survive_without_saving(shop: Path, kept: Path) -> None:
    open_desk(shop, kept).edit(0, "relabel", id=1, label="包装")
    desk = open_desk(shop, kept)
    assert labels(desk) == ["包装", "瓶罐"]
    assert desk.summary(0).is_changed
    desk.edit(0, "undo")
    assert labels(desk) == ["瓶罐", "瓶罐"]
    desk.edit(0, "redo")
    assert labels(desk) == ["包装", "瓶罐"]


def test_two_desks_with_own_pictures_keep_each_others_boxes(tmp_path: Path, kept: Path) -> None:
    shop = tmp_path / "shop"
    for name in ("b", "a"):
        picture(shop / f"images/{name}.png")
    images = [{"id": at, "file_name": f"{name}.png"} for at, name in enumerate("ab")]
    coco(shop, images=images, annotations=[])
    desks = [open_desk(shop, kept / str(at)) for at in range(2)]
    for at, desk in enumerate(desks):
        desk.edit(at, "add", points=corners(at, 0, 9, 9), label="包装")
    assert [desk.save().pictures for desk in desks] == [1, 1]
    assert [each["image_id"] for each in content(shop)["annotations"]] == [0, 1]
    assert len({each["id"] for each in content(shop)["annotations"]}) == 2


def test_picture_that_changed_in_the_file_is_not_written(shop: Path, kept: Path) -> None:
    desk = open_desk(shop, kept)
    desk.edit(0, "relabel", id=1, label="包装")
    other = content(shop)
    other["annotations"][0]["bbox"] = [20, 3, 8, 7]
    (shop / "annotations.json").write_text(json.dumps(other), "utf-8")
    saved = desk.save()
    assert (saved.pictures, saved.update.conflicts) == (0, ["a.png"])
    assert content(shop) == other
    # Opened again it says so; the file's boxes replace the desk's, and undo restores them.
    again = open_desk(shop, kept)
    assert again.messages == [
        "The boxes of a.png were changed in annotations.json after they were read; the desk's are "
        "not saved there."
    ]
    assert again.load() == 1
    assert labels(again) == ["瓶罐", "瓶罐"]
    assert again.page(0).boxes[0].corners == (20, 3, 28, 10)
    again.edit(0, "undo")
    assert labels(again) == ["包装", "瓶罐"]
    assert again.save().pictures == 1
    expected = {"category_id": 3, "bbox": [20, 3, 6.5, 7], "attributes": {"occluded": True}}
    assert content(shop)["annotations"][0].items() >= expected.items()


def test_another_window_is_noticed(shop: Path, kept: Path) -> None:
    first, second = open_desk(shop, kept), open_desk(shop, kept)
    first.edit(0, "delete", id=1)
    with pytest.raises(DeskError, match=r"a\.png was changed in another window"):
        second.edit(0, "relabel", id=1, label="包装")
    assert labels(second) == ["瓶罐"]


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_file_keeps_its_indentation(shop: Path, kept: Path, indent: int | str | None) -> None:
    path = shop / "annotations.json"
    path.write_text(json.dumps(RICH, indent=indent, ensure_ascii=False), "utf-8")
    desk = open_desk(shop, kept)
    desk.edit(0, "relabel", id=1, label="包装")
    desk.save()
    expected = content(shop)
    text = json.dumps(expected, indent=indent, ensure_ascii=False)
    assert path.read_text("utf-8") == text + "\n"


def test_box_is_cut_to_its_picture(shop: Path, kept: Path) -> None:
    desk = open_desk(shop, kept)
    page = desk.edit(0, "add", points=corners(-5, 20.004, 60, 99), label="包装")
    assert page.boxes[-1].corners == (0, 20, 40, 30)


def test_box_that_was_put_where_it_was_is_unchanged(shop: Path, kept: Path) -> None:
    desk = open_desk(shop, kept)
    desk.edit(0, "redraw", id=1, points=corners(20.001, 3, 26.499, 10))
    assert not desk.summary(0).is_changed


@pytest.mark.parametrize(
    ("edit", "values", "message"),
    [
        ("add", {"points": corners(41, 0, 50, 9), "label": "包装"}, "a.png: The box 41, 0, 50, 9"),
        ("redraw", {"id": 1, "points": corners(3, 3, 3.4, 9)}, "less than a pixel"),
        ("redraw", {"id": 1, "points": [[float("nan"), 1], [2, 2]]}, "are not corners"),
        ("add", {"points": "x", "label": "包装"}, "are not corners"),
        ("add", {"points": corners(1, 2, 11, 22), "label": "瓶罐"}, "already a box of the class"),
        ("redraw", {"id": 1, "points": corners(1, 2, 11, 22)}, "a.png: There is already a box"),
        ("relabel", {"id": 1, "label": "<b>"}, "There is no class '<b>' for a box in a.png"),
        ("relabel", {"id": 99, "label": "包装"}, "a.png: Box 99 is no longer on this page"),
        ("explode", {}, "There is no edit 'explode'"),
        ("delete", {"number": 1}, "delete does not accept"),
        ("undo", {}, "nothing to undo"),
    ],
)
def test_rejects_impossible_edits(
    shop: Path, kept: Path, edit: str, values: dict[str, Any], message: str
) -> None:
    desk = open_desk(shop, kept)
    before = desk.page(0)
    with pytest.raises(DeskError) as caught:
        desk.edit(0, edit, **values)
    assert message in str(caught.value)
    assert desk.page(0) is before


def test_boxes_of_a_rotated_picture_go_back_to_its_stored_view(tmp_path: Path, kept: Path) -> None:
    picture(tmp_path / "images/a.png", orientation=6)
    coco(tmp_path, annotations=[coco_box(), coco_box(id=2, bbox=[0, 0, 8, 8])])
    desk = open_desk(tmp_path, kept)
    assert desk.page(0).size == (30, 40)
    first, second = desk.page(0).boxes
    desk.edit(0, "redraw", id=second.id, points=corners(3, 4, 5, 10))
    desk.save()
    assert content(tmp_path)["annotations"][0] == coco_box()
    boxes = load_annotations(tmp_path).dataset.pictures[0].boxes.tolist()
    assert boxes == [list(first.corners), [3, 4, 5, 10]]


@pytest.mark.parametrize("style", ["voc", "labelme", "yolo"])
def test_other_formats_are_saved_as_coco(tmp_path: Path, kept: Path, style: str) -> None:
    if style == "voc":
        voc(tmp_path, voc_object())
    elif style == "labelme":
        labelme(tmp_path, shape())
    else:
        yolo(tmp_path, "0 0.15 0.4 0.25 0.6666667")
    desk = open_desk(tmp_path, kept, classes=("包装", "新的"))
    assert desk.summary(0).is_changed
    desk.edit(0, "add", points=corners(20, 20, 25, 25), label="新的")
    assert desk.save().pictures == 1
    loaded = load_annotations(tmp_path / "annotations.json")
    assert loaded.problems == ()
    (read,) = loaded.dataset
    names = [loaded.dataset.classes[each] for each in read.classes]
    assert names == ["包装", "新的"]
    assert read.boxes[1].tolist() == [20, 20, 25, 25]
    # The desk goes on from the file that it wrote.
    again = open_desk(tmp_path, kept)
    assert (labels(again), again.summary(0).is_changed) == (["包装", "新的"], False)


def test_first_save_and_opening_decode_no_picture(tmp_path: Path, kept: Path) -> None:
    folder = tmp_path / "shelf"
    picture(folder / "turned.png", orientation=6)
    noise = Image.effect_noise((400, 300), 50).convert("RGB")
    noise.save(folder / "half.jpg")
    (folder / "half.jpg").write_bytes((folder / "half.jpg").read_bytes()[:4000])
    (folder / "broken.jpg").write_bytes(b"text")
    desk = open_desk(folder, kept, classes=["饮料"])
    desk.edit(2, "add", points=corners(1, 2, 11, 22), label="饮料")
    saved = desk.save()
    assert (saved.pictures, saved.unreadable) == (1, ("broken.jpg",))
    sizes = [
        (each["file_name"], each["width"], each["height"]) for each in content(folder)["images"]
    ]
    assert sizes == [("half.jpg", 400, 300), ("turned.png", 30, 40)]
    again = open_desk(folder, kept)
    assert [again.picture(at).name for at in range(len(again))] == ["half.jpg", "turned.png"]
    # Where every picture is decoded, the damage is a problem.
    (problem,) = load_annotations(folder).problems
    assert problem.kind == "unreadable picture"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"images": [', "annotations.json is not"),
        ('{"images": []}', "needs the lists images, annotations, categories"),
        ("", "annotations.json"),
    ],
)
def test_names_a_broken_file(shop: Path, kept: Path, text: str, message: str) -> None:
    (shop / "annotations.json").write_text(text, "utf-8")
    with pytest.raises(AnnotationError) as caught:
        open_desk(shop, kept)
    assert message in str(caught.value)


def test_file_that_broke_meanwhile_stays_as_it_is(shop: Path, kept: Path) -> None:
    desk = open_desk(shop, kept)
    desk.edit(0, "relabel", id=1, label="包装")
    (shop / "annotations.json").write_text("{", "utf-8")
    with pytest.raises(AnnotationError, match=r"annotations\.json"):
        desk.save()
    assert (shop / "annotations.json").read_text("utf-8") == "{"
    assert desk.summary(0).is_changed


def test_picture_that_is_not_in_the_file_is_named(shop: Path, kept: Path) -> None:
    Image.new("RGB", (9, 9)).save(shop / "images/other.png")
    with pytest.raises(AnnotationError, match=r"other\.png is not among the pictures"):
        open_desk(shop / "images/other.png", kept)
