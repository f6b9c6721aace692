"""Boxes of goods, corrected on a desk that is opened from the file browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from ..detection.annotations.folders import coco, coco_box, picture
from .conftest import Lab
from .pages import RUN_LIMIT_MS
from .test_ocr_document import open_on_desk, sessions, show_files

OpenPage = Callable[[Lab], Page]

SIZE = (400, 300)
BOXES = [
    coco_box(id=1, bbox=[20, 30, 100, 90], attributes={"occluded": True}),
    coco_box(id=2, category_id=3, bbox=[200, 60, 80.5, 120], segmentation=[[200, 60, 280, 180]]),
    coco_box(id=3, iscrowd=1, bbox=[0, 200, 400, 100]),
]


def objects(folder: Path) -> list[dict[str, Any]]:
    content = json.loads((folder / "annotations.json").read_text(encoding="utf-8"))
    result: list[dict[str, Any]] = content["annotations"]
    return result


def options(desk: Locator, **kind: bool) -> Locator:
    return desk.get_by_role("listbox").get_by_role("option", **kind)


def place(desk: Locator, x: float, y: float) -> tuple[float, float]:
    """Return where a point of the picture is on the page; the canvas shows all of the picture."""
    box = desk.get_by_role("img", name="The picture with its boxes").bounding_box()
    assert box is not None
    scale = min((box["width"] - 24) / SIZE[0], (box["height"] - 24) / SIZE[1])
    left, top = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    return left + (x - SIZE[0] / 2) * scale, top + (y - SIZE[1] / 2) * scale


def test_corrects_boxes_of_a_coco_file_by_keyboard_and_pointer(
    english_lab: Lab, open_page: OpenPage
) -> None:
    shelf = english_lab.home / "货架"
    for name in "ab":
        picture(shelf / f"images/{name}.png", size=SIZE)
    images = [{"id": at, "file_name": f"{name}.png"} for at, name in ((7, "a"), (8, "b"))]
    coco(shelf, images=images, annotations=BOXES)
    page = open_page(english_lab)
    show_files(page)
    page.locator(".jp-DirListing-item").filter(has_text="货架").dblclick()
    open_on_desk(page, "annotations.json", "Goods Desk")
    desk = page.get_by_role("region", name="Goods desk")
    expect(desk.get_by_role("listbox")).to_be_focused(timeout=RUN_LIMIT_MS)
    expect(options(desk)).to_have_count(2)
    expect(desk.get_by_role("button", name="2 瓶罐")).to_have_attribute("aria-pressed", "true")

    # The class by key; a class that is not there changes nothing.
    keys = page.keyboard
    keys.press("1")
    expect(options(desk, selected=True)).to_have_accessible_name("包装 (100 × 90)")
    keys.press("9")
    expect(desk.get_by_text("There is no class 9.")).to_be_visible()
    # Add a class, rename it, and undo both.
    classes = desk.get_by_role("group", name="Classes").get_by_role("button")
    keys.press("n")
    keys.insert_text("饮料")
    keys.press("Enter")
    expect(classes).to_have_text(["1包装2", "2瓶罐0", "3饮料0"])
    expect(
        desk.get_by_text("not yet saved to annotations.json (key S): pictures 1, and classes")
    ).to_be_visible()
    keys.press("N")
    keys.press("Tab")
    keys.insert_text("瓶罐")
    keys.press("Enter")
    expect(desk.get_by_text("There is already a class 瓶罐.")).to_be_visible()
    keys.press("Control+A")
    keys.insert_text("零食")
    keys.press("Enter")
    expect(classes.last).to_have_text("3零食0")
    keys.press("z")
    expect(classes.last).to_have_text("3饮料0")
    keys.press("z")
    expect(classes).to_have_count(2)
    # Move the box, resize it beyond the edge of the picture at once, and undo that.
    keys.press("w")
    keys.press("Alt+ArrowRight")
    keys.press("Enter")
    keys.press("w")
    for _ in range(5):
        keys.press("Shift+ArrowLeft")
    keys.press("Enter")
    expect(options(desk, selected=True)).to_have_accessible_name("包装 (121 × 90)")
    keys.press("z")
    expect(options(desk, selected=True)).to_have_accessible_name("包装 (100 × 90)")

    # With the pointer: move the second box, and draw a third one on the other picture.
    keys.press("ArrowDown")
    page.mouse.move(*place(desk, 240, 120))
    page.mouse.down()
    page.mouse.move(*place(desk, 270, 110), steps=3)
    page.mouse.up()
    expect(desk.get_by_text("✓ Edits kept in the workbench")).to_be_visible()
    expect(
        desk.get_by_text("not yet saved to annotations.json (key S): pictures 1")
    ).to_be_visible()
    keys.press("]")
    expect(options(desk)).to_have_count(0)
    expect(desk.get_by_text("There are no boxes on this picture.")).to_be_visible()
    keys.press("b")
    keys.press("2")
    page.mouse.move(*place(desk, 40, 40))
    page.mouse.down()
    page.mouse.move(*place(desk, 140, 100), steps=3)
    page.mouse.up()
    expect(options(desk, selected=True)).to_contain_text("瓶罐")
    assert objects(shelf) == BOXES

    keys.press("S")
    expect(desk.get_by_text("pictures written: 2.")).to_be_visible()
    expect(desk.get_by_text("nothing to save to annotations.json")).to_be_visible()
    first, second, crowd, new = objects(shelf)
    assert first == BOXES[0] | {"category_id": 3, "bbox": [21, 30, 100, 90]} | {"area": 9000}
    x, y, width, height = second["bbox"]
    assert (x, y) == pytest.approx((230, 50), abs=1)
    assert (width, height) == (80.5, 120)
    assert second["segmentation"] == [[x, y, x + 80, y + 120]]
    assert crowd == BOXES[2]
    assert new["bbox"] == pytest.approx([40, 40, 100, 60], abs=1)
    assert (new["image_id"], new["category_id"], new["id"]) == (8, 5, 4)
    assert [each["path"] for each in sessions(page)] == ["货架/annotations.json.goods"]


def test_names_what_is_wrong_with_a_file(english_lab: Lab, open_page: OpenPage) -> None:
    broken = english_lab.home / "broken.json"
    broken.write_text('{"images": []}', encoding="utf-8")
    page = open_page(english_lab)
    open_on_desk(page, "broken.json", "Goods Desk")
    alert = page.get_by_role("alert").filter(has_text="broken.json is not a COCO file")
    expect(alert).to_be_visible(timeout=RUN_LIMIT_MS)
