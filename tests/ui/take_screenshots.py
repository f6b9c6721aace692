"""Take the pictures of README and docs from the running product.

python -m tests.ui.take_screenshots [course] [check] [microscope] [desk] [runs]
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from paddle_workbench.course.catalog import find_lesson
from paddle_workbench.course.notebook import solution_of
from paddle_workbench.notebooks import read_notebook
from paddle_workbench.ocr.generated.generator import generate
from paddle_workbench.picture_files.array import Picture as Pixels

from ..pictures import FOLDER, LANGUAGES, LESSON, PICTURES, RECORD, read_record, write_record
from .conftest import CHROMIUM, CHROMIUM_OPTIONS, running_lab
from .notebooks import open_cells
from .pages import RUN_LIMIT_MS, wait_for_saved_layout
from .runs_scene import held_sweep
from .small_png import save_small_png
from .studio import (
    Studio,
    close_tab_behind,
    drag_left_sidebar,
    drag_lower_edge,
    drag_right_sidebar,
    read_translations,
    screenshot_at_rest,
    scroll_to_top,
    toggle_left_sidebar,
)
from .test_ocr_document import desk_of, open_on_desk

# The day on which numpy 2.3.0 came out, and a slip of the keys.
RIGHT_DAY, WRONG_DAY = "date(2025, 6, 7)", "date(2025, 1, 7)"
CHECKED_LINES = 8

NETWORK = """
import warnings

warnings.simplefilter("ignore")  # Paddle's name folders of this machine
import numpy as np
import paddle
from paddle import nn
from paddle.static import InputSpec
from paddle_workbench import capture


class Block(nn.Layer):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2D(channels, channels, 3, padding=1)
        self.norm1 = nn.BatchNorm2D(channels)
        self.conv2 = nn.Conv2D(channels, channels, 3, padding=1)
        self.norm2 = nn.BatchNorm2D(channels)

    def forward(self, x):
        h = nn.functional.relu(self.norm1(self.conv1(x)))
        h = self.norm2(self.conv2(h))
        return nn.functional.relu(x + h)


class CharacterNet(nn.Layer):
    def __init__(self, channels=32, characters=3755):
        super().__init__()
        self.stem = nn.Conv2D(1, channels, 3, padding=1)
        self.block = Block(channels)
        self.pool = nn.AdaptiveAvgPool2D(1)
        self.head = nn.Linear(channels, characters)

    def forward(self, x):
        x = self.block(nn.functional.relu(self.stem(x)))
        return self.head(self.pool(x).flatten(1))


net, spec = CharacterNet(), InputSpec([None, 1, 32, 32], "float32", "x")
x = np.ones((4, 1, 32, 32), "float32")
capture(net, input_spec=[spec], pipeline=None)  # Paddle warns while it traces, once a process
"""
MICROSCOPE = """from paddle_workbench import ProgramMicroscope, capture
ProgramMicroscope(capture(net, input_spec=[spec], pipeline="onednn", check_with=[x]))"""


def show_course(studio: Studio, page: Page) -> None:
    """Show the course panel, and a lesson whose first exercise has passed."""
    notebook, _ = studio.open_lesson(page)
    notebook.run_all()
    solution = solution_of(find_lesson(LESSON).notebook, "parse_tag")
    assert solution is not None
    notebook.rewrite(notebook.cell("def parse_tag"), solution)
    check = notebook.cell('check("parse_tag"')
    check.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    expect(check.get_by_role("status")).to_contain_text(studio.words("Passed"))
    notebook.wait_until_idle()
    scroll_to_top(notebook.panel.locator(".jp-MarkdownCell", has_text="parse_tag(tag)"))


def show_check(studio: Studio, page: Page) -> None:
    """Show a check of a lesson in which the learner has mistyped a date."""
    notebook, bar = studio.open_lesson(page)
    cells = read_notebook(find_lesson(LESSON).notebook).cells
    (source,) = [cell.source for cell in cells if RIGHT_DAY in cell.source]
    notebook.write(notebook.cell(RIGHT_DAY), source.replace(RIGHT_DAY, WRONG_DAY))
    notebook.run_all()
    bar.get_by_role("button", name=studio.words("Check"), exact=True).click()
    panel = page.get_by_role("region", name=studio.words("Check this lesson"))
    timeline = panel.get_by_role("button", name="timeline")
    expect(timeline).to_be_visible(timeout=RUN_LIMIT_MS)
    toggle_left_sidebar(page)
    drag_right_sidebar(page, 920)
    timeline.click()


def show_microscope(studio: Studio, page: Page) -> None:
    """Show a network in the program microscope, at its last stage, with an op selected."""
    notebook = open_cells(studio.lab, page, "microscope", [NETWORK, MICROSCOPE])
    toggle_left_sidebar(page)
    title = studio.words("Program microscope: %1").replace("%1", "CharacterNet")
    region = page.get_by_role("region", name=title)
    expect(region.get_by_role("application")).to_be_visible()
    region.get_by_role("slider", name=studio.words("Pass")).press("End")
    region.get_by_role("button", name=studio.words("Expand all layers")).click()
    region.get_by_role("tab", name=studio.words("Ops"), exact=True).click()
    tree = region.get_by_role("tree", name=studio.words("Layers and ops"))
    tree.get_by_role("treeitem", name="fused_conv2d").last.click()
    region.get_by_role("tab", name=studio.words("Op"), exact=True).click()
    scroll_to_top(notebook.cells.last)
    drag_lower_edge(region, 822)
    region.get_by_role("button", name=studio.words("Show the whole graph (0)")).click()


def show_desk(studio: Studio, page: Page) -> None:
    """Show a photographed receipt on the OCR desk, as the official models read it."""
    name = {"en": "receipt.png", "zh": "小票.png"}[studio.language]
    Image.fromarray(blurred_receipt()).save(studio.lab.home / name)
    open_on_desk(page, name, studio.words("OCR Desk"))
    desk_of(page, studio.words("OCR desk"))
    close_tab_behind(page)
    # A desk that finds the page recognised does not show how long that took.
    wait_for_saved_layout(page, f'"current":"[^"]*{re.escape(name)}"')
    page.reload()
    desk = desk_of(page, studio.words("OCR desk"))
    lines = desk.get_by_role("listbox").get_by_role("option")
    for at in range(CHECKED_LINES):
        lines.nth(at).click()
        page.keyboard.press("Enter")
    expect(desk.locator("[data-status='checked']")).to_have_count(CHECKED_LINES)
    toggle_left_sidebar(page)


def blurred_receipt() -> Pixels:
    """Return a receipt as a phone sees it, too blurred for some of its lines to be certain."""
    camera = generate("receipt", 1, camera=None).camera
    blurred = camera.but(blur=1.25, noise=1.0, surroundings=0.03)
    return generate("receipt", 1, camera=blurred).picture


def show_runs(studio: Studio, page: Page) -> None:
    """Show a sweep while its seventh run trains, and its table so far."""
    page.keyboard.press("Alt+Shift+R")
    panel = page.get_by_role("region", name=studio.words("Runs"), exact=True)
    row = panel.get_by_role("row")
    expect(row.filter(has_text="epoch 8")).to_be_visible(timeout=RUN_LIMIT_MS)
    group = row.filter(has_text=studio.words("Sweep over %1").replace("%1", "lr, seed"))
    group.click()
    page.keyboard.press("ArrowRight")
    panel.get_by_role("button", name=studio.words("Table and plots")).click()
    panel.get_by_role("button", name=studio.words("Close")).click()
    close_tab_behind(page)
    drag_left_sidebar(page, 470)


@dataclass(frozen=True, slots=True)
class Subject:
    """What brings something on the screen, in which theme, and what must be there meanwhile."""

    show: Callable[[Studio, Page], None]
    dark: bool = False
    scene: Callable[[Path], AbstractContextManager[object]] = nullcontext


SUBJECTS = {
    "course": Subject(show_course),
    "check": Subject(show_check),
    "microscope": Subject(show_microscope, dark=True),
    "desk": Subject(show_desk),
    "runs": Subject(show_runs, scene=held_sweep),
}


@contextmanager
def warm_kernels(folder: Path) -> Iterator[None]:
    """Start the process that kernels are forked from, away from the user's own."""
    os.environ["PADDLE_WORKBENCH_KERNELS"] = str(folder)
    workbench = Path(sys.executable).with_name("workbench")
    subprocess.run([workbench, "kernels", "start"], check=False, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        subprocess.run([workbench, "kernels", "stop"], check=False, stdout=subprocess.DEVNULL)


def take(subjects: list[str], folder: Path) -> None:
    """Take the pictures of some subjects in every language, and record what they show."""
    record = read_record() if RECORD.exists() else {}
    with sync_playwright() as playwright, warm_kernels(folder / "kernels"):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        for language in LANGUAGES:
            with running_lab(folder / language / "home", language) as lab:
                studio = Studio(browser, lab, language, read_translations())
                for picture in PICTURES:
                    if picture.language != language or picture.subject not in subjects:
                        continue
                    started = time.monotonic()
                    subject = SUBJECTS[picture.subject]
                    scene = subject.scene(lab.home)
                    with scene, studio.open_page(dark=subject.dark) as page:
                        subject.show(studio, page)
                        save_small_png(screenshot_at_rest(page), picture.path)
                    record[picture.name] = picture.made_from()
                    print(f"{picture.name:18} {time.monotonic() - started:3.0f} s", flush=True)
        browser.close()
    names = [picture.name for picture in PICTURES if picture.name in record]
    write_record({name: record[name] for name in names})


def main() -> None:
    parser = argparse.ArgumentParser(description="Take the pictures of README and docs.")
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help="; ".join(SUBJECTS))
    subjects = parser.parse_args().subjects or list(SUBJECTS)
    if unknown := sorted({*subjects} - {*SUBJECTS}):
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(SUBJECTS)}")
    if CHROMIUM is None:
        parser.error("Chromium is missing. On Debian, as root: apt-get install chromium")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        take(subjects, Path(folder))


if __name__ == "__main__":
    main()
