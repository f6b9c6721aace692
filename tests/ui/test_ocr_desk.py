"""The OCR desk in a notebook, used with the keyboard and compared with its files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from ..ocr.desk.pictures import save_picture
from .conftest import Lab
from .notebooks import open_cells, style_of_terms
from .pages import RUN_LIMIT_MS, wait_for_saved_layout

OpenPage = Callable[[Lab], Page]

TEXTS = tuple(f"第{at}行文字" for at in range(12))

# A custom recogniser, with which every line is doubtful.
DESK = """
import numpy as np
from pathlib import Path
from paddle_workbench import OcrDesk
from paddle_workbench.ocr.results import PageResult, TextLine

def read_page(pixels):
    height, width = pixels.shape[:2]
    lines = [
        TextLine(np.float32([[18, y], [300, y], [300, y + 36], [18, y + 36]]), f"错{at}", 0.5)
        for at in range(12) for y in [10 + 48 * at]
    ]
    return PageResult((width, height), tuple(lines), ("det", "rec"))

home = Path("HOME")
OcrDesk([home / "a.png", home / "b.png"], folder=home / "pages", read_page=read_page)
"""

OFFICIAL = """
from pathlib import Path
from paddle_workbench import OcrDesk

home = Path("HOME")
OcrDesk(home / "a.png", folder=home / "official")
"""


def desk_in(lab: Lab, page: Page, name: str, cell: str) -> Locator:
    home = lab.home / name
    # The contents differ, since pictures are identified by their content.
    save_picture(home / "a.png", TEXTS, (420, 600))
    save_picture(home / "b.png", TEXTS[::-1], (420, 600))
    panel = open_cells(lab, page, name, [cell.replace("HOME", str(home))]).panel
    desk = panel.get_by_role("region", name="OCR desk")
    expect(desk.get_by_role("listbox")).to_be_visible(timeout=RUN_LIMIT_MS)
    return desk


def on_disk(folder: Path) -> list[dict[str, object]]:
    """Return the lines of the only saved page."""
    (file,) = folder.glob("*.json")
    lines: list[dict[str, object]] = json.loads(file.read_text(encoding="utf-8"))["lines"]
    return lines


def options(desk: Locator, **kind: bool) -> Locator:
    return desk.get_by_role("listbox").get_by_role("option", **kind)


def rows(desk: Locator) -> list[str]:
    return desk.locator(".pw-Desk-text").all_text_contents()


def test_corrects_ten_lines_by_keyboard_and_keeps_them_after_reload(
    english_lab: Lab, open_page: OpenPage
) -> None:
    page = open_page(english_lab)
    desk = desk_in(english_lab, page, "keys", DESK)
    folder = english_lab.home / "keys" / "pages"
    keys = page.keyboard
    saved = desk.get_by_text("✓ Edits kept in the workbench")
    desk.get_by_role("listbox").focus()

    for at in range(10):
        keys.press("e")
        keys.insert_text(TEXTS[at] if at else "<b>第0行</b>")
        keys.press("Enter")
    expect(saved).to_be_visible()
    texts = ["<b>第0行</b>", *TEXTS[1:10], "错10", "错11"]
    assert [line["text"] for line in on_disk(folder)] == texts
    assert rows(desk) == texts
    expect(desk.get_by_text("10 of 12 lines checked")).to_be_visible()

    # The first remaining line is selected: split, merge, delete, undo, redo.
    keys.press("s")
    keys.press("Enter")
    expect(options(desk)).to_have_count(13)
    keys.press("m")
    expect(options(desk)).to_have_count(12)
    keys.press("Delete")
    expect(options(desk)).to_have_count(11)
    keys.press("z")
    expect(options(desk)).to_have_count(12)
    keys.press("Z")
    expect(options(desk)).to_have_count(11)
    keys.press("z")
    expect(options(desk)).to_have_count(12)

    # Move a corner of the last line 13 pixels to the right, and rotate the line by 180 degrees.
    # The restored line is selected.
    expect(options(desk, selected=True)).to_contain_text("错10")
    keys.press("ArrowDown")
    keys.press("w")
    keys.press("Tab")
    keys.press("Shift+ArrowRight")
    for _ in range(3):
        keys.press("ArrowRight")
    keys.press("Enter")
    expect(saved).to_be_visible()
    assert on_disk(folder)[11]["points"][1] == [313.0, 538.0]  # type: ignore[index]
    keys.press("r")
    keys.press("r")
    expect(saved).to_be_visible()
    assert on_disk(folder)[11]["points"][3] == [313.0, 538.0]  # type: ignore[index]
    keys.press("Enter")
    expect(desk.get_by_text("11 of 12 lines checked")).to_be_visible()

    lines = on_disk(folder)
    # Save the notebook with the output that contains the desk.
    keys.press("Control+s")
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)
    notebook = english_lab.home / "keys.ipynb"
    assert "widget-view" in notebook.read_text(encoding="utf-8")
    wait_for_saved_layout(page, r'"current":"[^"]*keys\.ipynb"')
    page.reload()
    again = page.get_by_role("region", name="OCR desk")
    expect(again.get_by_text("11 of 12 lines checked")).to_be_visible(timeout=RUN_LIMIT_MS)
    assert rows(again) == [line["text"] for line in lines]
    again.get_by_role("listbox").focus()
    keys.press("z")
    expect(again.get_by_text("10 of 12 lines checked")).to_be_visible()
    keys.press("Z")
    expect(again.get_by_text("11 of 12 lines checked")).to_be_visible()
    assert on_disk(folder) == lines

    keys.press("A")
    expect(again.get_by_text("12 of 12 lines checked")).to_be_visible()
    keys.press("S")
    expect(again.get_by_text("Saved: 1 pages and 12 crops")).to_be_visible()
    labels = (english_lab.home / "keys" / "Label.txt").read_text(encoding="utf-8")
    label_lines = json.loads(labels.split("\t")[1])
    assert [line["transcription"] for line in label_lines] == [line["text"] for line in lines]


def test_invalid_edit_help_pages_filter_and_pointer(english_lab: Lab, open_page: OpenPage) -> None:
    page = open_page(english_lab)
    desk = desk_in(english_lab, page, "filter", DESK)
    keys = page.keyboard
    desk.get_by_role("listbox").focus()

    keys.press("ArrowUp")
    keys.press("m")
    expect(desk.get_by_role("alert")).to_contain_text("This is the last line")
    keys.press("Enter")
    expect(desk.get_by_role("alert")).to_be_hidden()
    keys.press("o")
    expect(options(desk)).to_have_count(11)
    keys.press("<")
    expect(desk.get_by_role("spinbutton")).to_have_value("0.85")
    keys.press("o")
    expect(options(desk)).to_have_count(12)

    keys.press("?")
    sheet = desk.get_by_role("dialog", name="Keyboard shortcuts")
    expect(sheet).to_contain_text("accept every line")
    assert style_of_terms(sheet) == ("grid", "400")
    keys.press("Escape")
    expect(sheet).to_be_hidden()

    keys.press("]")
    expect(desk.get_by_text("This page has not been recognised yet.")).to_be_visible()
    desk.get_by_role("button", name="Recognise all").click()
    expect(desk.get_by_text("2 of 2 recognised")).to_be_visible()
    expect(options(desk)).to_have_count(12)
    desk.get_by_role("listbox").focus()
    keys.press("]")
    expect(desk.get_by_text("There are no more pages.")).to_be_visible()

    # With the pointer: select a box, and draw a new one.
    canvas = desk.get_by_role("img", name="The image with its line boxes")
    place = canvas.bounding_box()
    assert place is not None
    middle = (place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.mouse.click(*middle)
    selection = options(desk, selected=True)
    expect(selection).to_contain_text("错6")
    keys.press("b")
    page.mouse.move(middle[0] - 40, middle[1] - 20)
    page.mouse.down()
    page.mouse.move(middle[0] + 40, middle[1] + 20)
    page.mouse.up()
    expect(options(desk)).to_have_count(13)
    expect(options(desk, selected=True)).to_contain_text("–")


def test_official_models_read_a_page_and_one_line_again(
    english_lab: Lab, open_page: OpenPage
) -> None:
    page = open_page(english_lab)
    desk = desk_in(english_lab, page, "official", OFFICIAL)
    expect(options(desk)).to_have_count(12)
    assert rows(desk) == list(TEXTS)
    desk.get_by_role("listbox").focus()
    page.keyboard.press("e")
    page.keyboard.insert_text("别的")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    desk.locator("[data-item='1']").click()
    page.keyboard.press("g")
    expect(desk.get_by_text(f"Read again: {TEXTS[0]}")).to_be_visible()
    expect(desk.locator("[data-item='1']")).to_contain_text(TEXTS[0])
