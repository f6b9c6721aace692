"""Frames per second of the OCR desk while the picture is dragged and lines are selected."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from paddle_workbench.ocr.results import PageResult, TextLine
from paddle_workbench.widgets.ocr_desk import OcrDesk

from ..ui.conftest import CHROMIUM, CHROMIUM_OPTIONS
from ..ui.widget_page import served_desk
from .frames import FRAMES

SIZES = (50, 500, 2_000)
GOAL_FPS = 50
SECONDS = 3.0


def page_of(lines: int, folder: Path) -> OcrDesk:
    """Return a desk with an A4 page at 300 dpi, with lines in columns of fifty."""
    pixels = np.full((3508, 2480, 3), 250, np.uint8)
    columns = -(-lines // 50)
    width = 2400 / columns
    text_lines = []
    for at in range(lines):
        x, y = 40 + at // 50 * width, 40 + at % 50 * 68
        box = [[x, y], [x + width - 12, y + 2], [x + width - 12, y + 50], [x, y + 48]]
        text_lines.append(TextLine(np.array(box, np.float32), f"第{at}行文字", 0.5 + at % 50 / 100))
    result = PageResult((2480, 3508), tuple(text_lines), ("det", "rec"))
    return OcrDesk(pixels, folder=folder, lang="en", read_page=lambda _: result)


def begin_to_count(page: Page) -> None:
    # In braces, since Playwright would wait for a returned promise.
    page.evaluate(f"() => {{ window.frames_seen = ({FRAMES})({SECONDS}); }}")


def steps(a_second: int) -> Iterator[int]:
    """Count up for as long as frames are counted, at most `a_second` times a second."""
    end = time.monotonic() + SECONDS
    for step in itertools.count():
        if time.monotonic() > end:
            return
        yield step
        time.sleep(1 / a_second)


def drag(page: Page) -> float:
    """Return the frames per second while the picture is dragged."""
    place = page.locator("canvas").first.bounding_box()
    assert place is not None
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    begin_to_count(page)
    for step in steps(60):
        page.mouse.move(x + step % 40, y + step % 30)
    fps: float = page.evaluate("window.frames_seen")
    page.mouse.up()
    return fps


def walk(page: Page) -> float:
    """Return the frames per second while the down arrow is held."""
    page.get_by_role("listbox").focus()
    begin_to_count(page)
    for _ in steps(30):
        page.keyboard.press("ArrowDown")
    fps: float = page.evaluate("window.frames_seen")
    return fps


def main() -> None:
    rows = []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        for lines in SIZES:
            # In separate folders, since the pictures are the same and would share their page.
            with served_desk(page_of(lines, Path(folder) / str(lines))) as address:
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                page.goto(address)
                page.get_by_role("listbox").get_by_role("option").first.wait_for()
                idle = page.evaluate(FRAMES, SECONDS)
                rows.append([lines, idle, drag(page), walk(page)])
                page.close()
        browser.close()
    print(f"OCR desk, frames per second on a page of A4 (goal: {GOAL_FPS} with 500 boxes)")
    print(f"  {'boxes':>7} {'idle':>8} {'drag':>8} {'keys':>8}")
    for lines, *rates in rows:
        print(f"  {lines:7} " + " ".join(f"{rate:8.1f}" for rate in rates))
    print()


if __name__ == "__main__":
    main()
