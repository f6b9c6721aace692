"""The microscope in Chinese and in the dark, with measured times and notes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import Lab
from .notebooks import open_cells

NETWORK = """
import numpy as np
import paddle
from paddle import nn
from paddle.static import InputSpec
from paddle_workbench import ProgramMicroscope, capture

seen = []


class Pictures(nn.Layer):
    def __init__(self):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2D(3, 16, 3, padding=1), nn.BatchNorm2D(16)
        self.conv2, self.norm2 = nn.Conv2D(16, 16, 3, padding=1), nn.BatchNorm2D(16)
        self.fc = nn.Linear(16, 10)

    def forward(self, x):
        h = nn.functional.relu(self.norm1(self.conv1(x)))
        seen.append("<b>h</b>")
        h = nn.functional.relu(h + self.norm2(self.conv2(h)))
        return self.fc(h.mean(axis=[2, 3]))


captured = capture(
    Pictures(),
    input_spec=[InputSpec([None, 3, 32, 32], "float32", "x")],
    pipeline="onednn",
    check_with=[np.ones((4, 3, 32, 32), "float32")],
)
"""


def open_microscope(
    browser: Browser, lab: Lab, title: str, lang: str, *, dark: bool
) -> Iterator[Page]:
    folder = lab.home.parent / "settings" / "@jupyterlab" / "apputils-extension"
    folder.mkdir(parents=True, exist_ok=True)
    theme = {"theme": "JupyterLab Dark" if dark else "JupyterLab Light"}
    (folder / "themes.jupyterlab-settings").write_text(json.dumps(theme))
    context = browser.new_context(viewport={"width": 1600, "height": 1000}, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(60_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{lab.url}/lab/workspaces/looks-{lang}")
    widget = f'ProgramMicroscope(captured, lang="{lang}")'
    open_cells(lab, page, f"looks-{lang}", [NETWORK, widget])
    region = page.get_by_role("region", name=title)
    expect(region).to_be_visible()
    expect(region.get_by_role("application")).to_be_visible()
    region.scroll_into_view_if_needed()
    yield page
    context.close()
    assert errors == []


@pytest.fixture(scope="module")
def english(browser: Browser, english_lab: Lab) -> Iterator[Page]:
    title = "Program microscope: Pictures"
    yield from open_microscope(browser, english_lab, title, "en", dark=False)


@pytest.fixture(scope="module")
def chinese(browser: Browser, english_lab: Lab) -> Iterator[Page]:
    title = "程序显微镜：Pictures"
    yield from open_microscope(browser, english_lab, title, "zh", dark=True)


def test_shows_times_of_the_last_stage_in_details_and_tree(english: Page) -> None:
    region = english.get_by_role("region", name="Program microscope: Pictures")
    slider = region.get_by_role("slider", name="Pass")
    slider.press("End")
    last = slider.get_attribute("max")
    assert last is not None
    expect(slider).to_have_value(last)
    region.get_by_role("listbox", name="Source").get_by_role("option").filter(
        has_text="self.conv1(x)"
    ).last.click()
    details = region.get_by_role("tab", name="Op", exact=True)
    details.click()
    panel = region.get_by_role("tabpanel", name="Op", exact=True)
    expect(panel).to_contain_text("fused_conv2d")
    expect(panel).to_contain_text("Measured")
    expect(panel).to_contain_text(re.compile(r"\d ms"))
    region.get_by_role("tab", name="Ops", exact=True).click()
    region.get_by_role("button", name="Expand all layers").click()
    tree = region.get_by_role("tree", name="Layers and ops")
    times = tree.get_by_role("treeitem", name=re.compile(r"fused_conv2d.*\d ms"))
    expect(times.first).to_be_visible()
    # The traced program was not run.
    english.keyboard.press("Escape")
    slider.press("Home")
    region.get_by_role("button", name="Expand all layers").click()
    expect(tree.get_by_role("treeitem", name=re.compile("batch_norm_")).first).to_be_visible()
    expect(tree.get_by_role("treeitem", name=re.compile(r"batch_norm_.*\d ms"))).to_have_count(0)


def test_notes_show_rule_line_and_repair(english: Page) -> None:
    region = english.get_by_role("region", name="Program microscope: Pictures")
    region.get_by_role("tab", name=re.compile("^Notes")).click()
    notes = region.get_by_role("tabpanel", name=re.compile("^Notes"))
    note = notes.get_by_role("article").first
    expect(note).to_contain_text("during tracing")
    expect(note).to_contain_text("Return the value instead.")
    expect(note).to_contain_text("This fix was tested here and works.")
    note.get_by_role("button").first.click()
    line = (
        region.get_by_role("listbox", name="Source")
        .get_by_role("option")
        .filter(has_text="seen.append")
    )
    expect(line).to_contain_text("<b>h</b>")
    expect(line.locator("b")).to_have_count(0)
    expect(line).to_have_class(re.compile("pw-mod-lit"))


def test_is_translated_and_dark_in_the_dark_theme(chinese: Page) -> None:
    region = chinese.get_by_role("region", name="程序显微镜：Pictures")
    for name in ("算子", "算子列表", "变化", "说明"):
        tab = region.get_by_role("tab", name=re.compile(f"^{name}"))
        expect(tab.first).to_be_visible()
    slider = region.get_by_role("slider", name="Pass")
    slider.press("End")
    region.get_by_role("listbox", name="源码").get_by_role("option").filter(
        has_text="self.conv2(h)"
    ).last.click()
    expect(region.get_by_role("tabpanel", name="算子", exact=True)).to_contain_text("实测")
    background = region.evaluate("node => getComputedStyle(node).backgroundColor")
    text = region.evaluate("node => getComputedStyle(node).color")
    assert brightness(background) < 90 < brightness(text)


def brightness(colour: str) -> float:
    parts = [float(part) for part in re.findall(r"[\d.]+", colour)]
    assert len(parts) == 3 or parts[3] > 0, f"{colour} is transparent"
    return sum(parts[:3]) / 3
