"""Classes at the desk: added, renamed, undone and saved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from paddle_workbench.detection import load_annotations
from paddle_workbench.errors import AnnotationError, DeskError

from ..annotations.folders import coco_box, picture
from .conftest import RICH, content, corners, labels, open_desk


def test_plain_folder_begins_with_classes(tmp_path: Path, kept: Path) -> None:
    folder = tmp_path / "货架"
    for name in ("a", "b"):
        picture(folder / f"{name}.png")
    with pytest.raises(AnnotationError) as caught:
        open_desk(folder, kept)
    assert "neither annotations nor the names of classes" in str(caught.value)
    assert 'GoodsDesk(folder, classes=("包装", "瓶罐"))' in str(caught.value)
    desk = open_desk(folder / "b.png", kept, classes=["饮料", "<b>零食</b>"])
    assert desk.first == 1
    assert desk.save().pictures == 0
    assert not desk.file.exists()
    desk.edit(1, "add", points=corners(1, 2, 11, 22), label="<b>零食</b>")
    assert desk.save().pictures == 1
    loaded = load_annotations(folder)
    assert loaded.dataset.classes == ("饮料", "<b>零食</b>")
    assert [len(each.boxes) for each in loaded.dataset] == [0, 1]


def test_plain_folder_with_a_list_of_classes(tmp_path: Path, kept: Path) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / "label_list.txt").write_text("饮料\n\n零食\n", "utf-8")
    assert open_desk(tmp_path, kept).classes == ("饮料", "零食")


def test_added_class_is_kept_undone_and_saved(shop: Path, kept: Path) -> None:
    before = content(shop)
    desk = open_desk(shop, kept)
    desk.edit(0, "add_class", name=" 饮料 ")
    assert (desk.classes[-1], desk.has_other_classes) == ("饮料", True)
    assert desk.box_counts() == {"包装": 0, "瓶罐": 2, "没有框": 0, "饮料": 0}
    # Another desk goes on.
    desk = open_desk(shop, kept)
    assert desk.classes == ("包装", "瓶罐", "没有框", "饮料")
    desk.edit(0, "undo")
    assert (desk.classes, desk.has_other_classes) == (("包装", "瓶罐", "没有框"), False)
    desk.edit(0, "redo")
    desk.edit(0, "relabel", id=1, label="饮料")
    assert content(shop) == before
    assert desk.save().pictures == 1
    after = content(shop)
    assert after["categories"] == [*before["categories"], {"id": 7, "name": "饮料"}]
    assert after["annotations"][0]["category_id"] == 7
    assert not desk.has_other_classes
    # Undone after it was saved, the class leaves the file again.
    desk.edit(0, "undo")
    desk.edit(0, "undo")
    desk.save()
    assert content(shop) == before


def test_classes_alone_are_saved(shop: Path, kept: Path) -> None:
    before = content(shop)
    desk = open_desk(shop, kept)
    desk.edit(0, "rename_class", label="没有框", name="价签")
    saved = desk.save()
    assert (saved.pictures, saved.update.categories) == (0, ("包装", "瓶罐", "价签"))
    before["categories"][2]["name"] = "价签"
    assert content(shop) == before
    assert open_desk(shop, kept).classes == ("包装", "瓶罐", "价签")
    assert desk.save().update.categories == ()
    desk.edit(0, "undo")
    assert desk.has_other_classes
    desk.save()
    assert content(shop)["categories"] == RICH["categories"]


@pytest.mark.parametrize(
    ("edit", "values", "message"),
    [
        ("add_class", {"name": "包装"}, "There is already a class '包装'"),
        ("add_class", {"name": " "}, "'' cannot be the name of a class"),
        ("add_class", {"name": "a\nb"}, "cannot be the name of a class"),
        ("rename_class", {"label": "没有框", "name": "瓶罐"}, "There is already a class '瓶罐'"),
        ("rename_class", {"label": "瓶罐", "name": "x"}, "The class '瓶罐' has 2 boxes"),
        ("rename_class", {"label": "nothing", "name": "x"}, "There is no class 'nothing'"),
        ("rename_class", {"label": "没有框"}, "rename_class does not accept"),
    ],
)
def test_rejects_impossible_edits_of_classes(
    shop: Path, kept: Path, edit: str, values: dict[str, Any], message: str
) -> None:
    desk = open_desk(shop, kept)
    with pytest.raises((DeskError, AnnotationError)) as caught:
        desk.edit(0, edit, **values)
    assert message in str(caught.value)
    assert (desk.classes, desk.page(0).done) == (("包装", "瓶罐", "没有框"), ())


def test_class_of_a_crowd_region_is_not_renamed(shop: Path, kept: Path) -> None:
    values = content(shop)
    values["annotations"][2]["category_id"] = 6
    (shop / "annotations.json").write_text(json.dumps(values), "utf-8")
    with pytest.raises(DeskError, match="that are not on the desk, such as crowd regions"):
        open_desk(shop, kept).edit(0, "rename_class", label="没有框", name="价签")


def test_undo_passes_over_a_class_that_other_pictures_have(tmp_path: Path, kept: Path) -> None:
    for name in ("a", "b"):
        picture(tmp_path / f"{name}.png")
    desk = open_desk(tmp_path, kept, classes=["包装"])
    desk.edit(0, "add", points=corners(1, 2, 11, 22), label="包装")
    desk.edit(0, "add_class", name="饮料")
    desk.edit(1, "add", points=corners(1, 2, 11, 22), label="饮料")
    desk.edit(0, "undo")
    assert (labels(desk), desk.classes) == ([], ("包装", "饮料"))
    desk.edit(0, "redo")
    assert (labels(desk), desk.classes) == (["包装"], ("包装", "饮料"))
    # A box that comes back brings its class along.
    desk.edit(1, "delete", id=1)
    desk.edit(0, "rename_class", label="饮料", name="茶")
    desk.edit(1, "undo")
    assert (labels(desk, 1), desk.classes) == (["饮料"], ("包装", "茶", "饮料"))


def test_class_that_another_program_uses_meanwhile_stays(shop: Path, kept: Path) -> None:
    desk = open_desk(shop, kept)
    desk.edit(0, "rename_class", label="没有框", name="价签")
    other = content(shop)
    other["annotations"].append(coco_box(id=99, image_id=8, category_id=6))
    (shop / "annotations.json").write_text(json.dumps(other), "utf-8")
    desk.save()
    categories = content(shop)["categories"]
    assert categories == [*other["categories"], {"id": 7, "name": "价签"}]
    assert desk.classes == ("包装", "瓶罐", "价签", "没有框")
    assert not desk.has_other_classes


def test_another_window_that_changes_the_classes_is_noticed(tmp_path: Path, kept: Path) -> None:
    for name in ("a", "b"):
        picture(tmp_path / f"{name}.png")
    first, second = (open_desk(tmp_path, kept, classes=["包装"]) for _ in range(2))
    first.edit(0, "add_class", name="饮料")
    for at, message in ((1, "The list of classes of annotations.json"), (0, r"a\.png")):
        with pytest.raises(DeskError, match=f"{message} was changed in another window"):
            second.edit(at, "add_class", name="零食")
    assert second.page(1).done == ()
    second.edit(0, "add_class", name="零食")
    assert second.classes == ("包装", "饮料", "零食")
