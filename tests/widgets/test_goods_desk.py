from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from PIL import Image

from paddle_workbench import GoodsDesk
from paddle_workbench.errors import AnnotationError, WidgetError

from ..detection.annotations.folders import coco, coco_box, picture


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    picture(tmp_path / "shop/images/b.png", size=(60, 20))
    images = [{"id": 7, "file_name": "a.png"}, {"id": 8, "file_name": "b.png"}]
    coco(tmp_path / "shop", images=images)
    return tmp_path / "shop"


def open_desk(path: Path, **traits: Any) -> GoodsDesk:
    return GoodsDesk(path, **({"folder": path.parent / "kept", "lang": "en"} | traits))


def ask(widget: GoodsDesk, **request: Any) -> None:
    """Send a request as the browser does."""
    widget._handle_custom_msg({"n": widget.answered + 1, "index": widget.shown} | request, [])


def test_shows_first_picture_with_its_boxes_and_classes(shop: Path) -> None:
    widget = open_desk(shop)
    points = [[1, 2], [11, 2], [11, 22], [1, 22]]
    assert widget.boxes == [{"id": 1, "label": "瓶罐", "points": points}]
    assert widget.classes == ["包装", "瓶罐"]
    assert widget.size == [40, 30]
    with Image.open(io.BytesIO(widget.picture)) as image:
        assert (image.format, image.size) == ("JPEG", (40, 30))
    assert [(page["name"], page["boxes"], page["changed"]) for page in widget.pages] == [
        ("a.png", 1, False),
        ("b.png", 0, False),
    ]
    assert widget.file == str(shop / "annotations.json")


def test_edits_and_saves_on_request(shop: Path) -> None:
    widget = open_desk(shop)
    ask(widget, do="edit", edit="relabel", values={"id": 1, "label": "包装"})
    assert (widget.boxes[0]["label"], widget.can_undo, widget.answered) == ("包装", True, 1)
    assert widget.pages[0]["changed"]
    ask(widget, do="edit", edit="add", values={"points": [[1, 1], [9, 9]], "label": "瓶罐"})
    ask(widget, do="edit", edit="undo")
    assert (len(widget.boxes), widget.can_redo) == (1, True)
    ask(widget, do="save")
    assert widget.notices == [f"Saved in {shop / 'annotations.json'}; pictures written: 1."]
    assert not widget.pages[0]["changed"]
    written = json.loads((shop / "annotations.json").read_text("utf-8"))["annotations"]
    assert written == [coco_box(category_id=3)]


def test_adds_and_renames_classes_on_request(shop: Path) -> None:
    widget = open_desk(shop)
    assert (widget.counts, widget.classes_changed) == ([0, 1], False)
    ask(widget, do="edit", edit="add_class", values={"name": "饮料"})
    ask(widget, do="edit", edit="rename_class", values={"label": "包装", "name": "盒"})
    assert widget.classes == ["盒", "瓶罐", "饮料"]
    assert (widget.counts, widget.classes_changed, widget.can_undo) == ([0, 1, 0], True, True)
    assert not widget.pages[0]["changed"]
    ask(widget, do="save")
    assert widget.notices == [f"Saved the classes in {widget.file}."]
    assert not widget.classes_changed
    ask(widget, do="save")
    assert widget.notices == ["There is nothing to save."]


def test_picture_that_cannot_be_read_is_left_out_and_named(tmp_path: Path) -> None:
    picture(tmp_path / "shelf/a.png")
    (tmp_path / "shelf/b.png").write_bytes(b"broken")
    widget = open_desk(tmp_path / "shelf", classes=["包装"])
    ask(widget, do="edit", edit="add", values={"points": [[1, 1], [9, 9]], "label": "包装"})
    ask(widget, do="save")
    assert widget.notices[1:] == ["Left out of the file, since they cannot be read: b.png."]


def test_failed_request_is_reported_with_its_picture(shop: Path) -> None:
    widget = open_desk(shop)
    ask(widget, do="edit", edit="relabel", values={"id": 1, "label": "<b>"})
    assert "There is no class '<b>' for a box in a.png." in widget.failure
    assert widget.answered == 1
    ask(widget, do="edit", edit="undo")
    assert "nothing to undo" in widget.failure
    ask(widget, do="edit", edit="relabel", values={"id": 1, "label": "包装"})
    assert widget.failure == ""


def test_boxes_that_changed_in_the_file_are_named_and_loaded(shop: Path) -> None:
    widget = open_desk(shop)
    ask(widget, do="edit", edit="delete", values={"id": 1})
    coco(shop, annotations=[coco_box(bbox=[0, 0, 5, 5])])
    ask(widget, do="save")
    assert widget.notices == [
        "Not saved: the boxes of a.png were changed in the file by another program.",
        "Load the file to continue with its boxes; undo restores yours.",
    ]
    ask(widget, do="load")
    assert widget.notices == ["Loaded; pictures with other boxes than before: 1."]
    assert widget.boxes[0]["points"][2] == [5, 5]
    assert widget.can_undo


def test_names_problems_of_the_file(shop: Path) -> None:
    boxes = [coco_box(id=at, category_id=99) for at in range(5)]
    coco(shop, annotations=boxes)
    notices = open_desk(shop).notices
    assert notices[0].startswith("annotations.json, annotations[0]: There is no category")
    assert notices[3:] == ["Further problems: 2; load_annotations lists them all."]


def test_picture_that_broke_meanwhile_is_shown_with_the_reason(shop: Path) -> None:
    widget = open_desk(shop)
    (shop / "images/b.png").write_bytes(b"broken")
    widget.index = 1
    assert (widget.picture, widget.boxes, widget.shown) == (b"", [], 1)
    assert "b.png" in widget.pages[1]["failure"]
    assert "b.png" in widget.to_html()


def test_opens_at_a_picture(shop: Path) -> None:
    assert open_desk(shop / "images/b.png").index == 1


def test_static_version_shows_boxes_as_text(shop: Path) -> None:
    coco(shop, categories=[{"id": 5, "name": "<b>瓶</b>"}])
    html = open_desk(shop).to_html()
    svg = etree.fromstring(html[html.index("<svg") :])
    assert [each.findtext("title") for each in svg.iter("rect")] == ["<b>瓶</b>"]
    assert "<b>瓶" not in html


def test_static_version_of_a_photograph_can_be_read(tmp_path: Path) -> None:
    picture(tmp_path / "shop/images/a.png", size=(6400, 3200))
    coco(tmp_path / "shop", images=[{"id": 7, "file_name": "a.png"}])
    html = open_desk(tmp_path / "shop").to_html()
    svg = etree.fromstring(html[html.index("<svg") :])
    (name,), (frame,) = svg.iter("text"), svg.iter("rect")
    assert float(name.get("font-size", 16)) * 640 / 6400 >= 10
    assert frame.get("vector-effect") == "non-scaling-stroke"


def test_folder_without_a_picture_to_show_says_why(tmp_path: Path) -> None:
    picture(tmp_path / "shop/images/a.png")
    (tmp_path / "shop/images/a.png").write_bytes(b"broken")
    coco(tmp_path / "shop")
    with pytest.raises(AnnotationError, match="no picture that can be shown") as caught:
        open_desk(tmp_path / "shop")
    assert "a.png is not a picture" in caught.value.hint


def test_rejects_unknown_keyword_and_folder(shop: Path, tmp_path: Path) -> None:
    with pytest.raises(WidgetError, match="no option 'clases'"):
        open_desk(shop, clases=["a"])
    with pytest.raises(AnnotationError, match="is not a folder"):
        open_desk(tmp_path / "nowhere")


def test_texts_are_translated(shop: Path) -> None:
    widget = open_desk(shop, lang="zh")
    ask(widget, do="save")
    assert widget.notices == ["没有要保存的修改。"]
