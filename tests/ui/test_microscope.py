"""The program microscope in a notebook, with a captured network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from lxml import etree
from playwright.sync_api import Browser, Locator, Page, expect

from .conftest import Lab
from .notebooks import open_cells, style_of_terms

NETWORK = """
import paddle
from paddle import nn
from paddle.static import InputSpec
from paddle_workbench import ProgramMicroscope, capture


class Classifier(nn.Layer):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(100, 16)
        self.body = nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 16))
        self.head = nn.Linear(16, 2)

    def forward(self, ids):
        x = self.embedding(ids)
        x = self.body(x)
        x = x.mean(axis=1)
        return self.head(x)


captured = capture(
    Classifier(),
    input_spec=[InputSpec([None, 8], "int64", "ids")],
    pipeline=["common_subexpression_elimination_pass", "matmul_add_act_fuse_pass"],
)
"""
WIDGET = "ProgramMicroscope(captured)"


@dataclass(frozen=True)
class Microscope:
    """The widget, located by its labels."""

    page: Page
    region: Locator

    @property
    def graph(self) -> Locator:
        return self.region.get_by_role("application", name="Graph")

    @property
    def status(self) -> Locator:
        return self.region.get_by_role("status").last

    @property
    def slider(self) -> Locator:
        return self.region.get_by_role("slider", name="Pass")

    @property
    def tree(self) -> Locator:
        return self.region.get_by_role("tree", name="Layers and ops")

    def line(self, pane: str, text: str) -> Locator:
        return (
            self.region.get_by_role("listbox", name=pane)
            .get_by_role("option")
            .filter(has_text=text)
        )

    def tab(self, name: str) -> Locator:
        self.region.get_by_role("tab", name=name, exact=True).click()
        return self.region.get_by_role("tabpanel", name=name, exact=True)


@pytest.fixture(scope="module")
def opened(browser: Browser, english_lab: Lab) -> Iterator[Microscope]:
    context = browser.new_context(viewport={"width": 1600, "height": 1000}, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(60_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{english_lab.url}/lab/workspaces/microscope")
    open_cells(english_lab, page, "microscope", [NETWORK, WIDGET])
    region = page.get_by_role("region", name="Program microscope: Classifier")
    expect(region).to_be_visible()
    region.scroll_into_view_if_needed()
    yield Microscope(page, region)
    context.close()
    assert errors == []


@pytest.fixture
def microscope(opened: Microscope) -> Microscope:
    """The widget at the traced program, with all layers collapsed and nothing pinned."""
    opened.slider.fill("0")
    opened.region.get_by_role("searchbox").fill("")
    opened.region.get_by_role("button", name="Collapse all layers").click()
    opened.graph.press("Escape")
    expect(opened.status).to_have_text("traced")
    return opened


def test_hovering_a_line_highlights_its_ops(microscope: Microscope) -> None:
    details = microscope.tab("Op")
    microscope.line("Source", "self.head(x)").hover()
    expect(microscope.status).to_have_text("traced · 2 ops")
    highlighted = microscope.region.get_by_role("listbox", name="Transformed").locator(
        ".pw-mod-lit"
    )
    expect(highlighted.first).to_contain_text("head")
    expect(details).to_contain_text("matmul")
    expect(details).to_contain_text("add")


def test_click_pins_and_escape_unpins(microscope: Microscope) -> None:
    line = microscope.line("Source", "self.body(x)")
    line.click()
    expect(line).to_have_attribute("aria-selected", "true")
    microscope.line("Source", "x.mean").hover()
    expect(microscope.status).to_contain_text("5 ops pinned; press Esc to unpin")
    microscope.page.keyboard.press("Escape")
    expect(line).to_have_attribute("aria-selected", "false")
    expect(microscope.status).not_to_contain_text("pinned")


def test_dragging_the_timeline_shows_changes_of_each_pass(microscope: Microscope) -> None:
    box = microscope.slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    mouse = microscope.page.mouse
    mouse.move(box["x"] + 8, middle)
    mouse.down()
    mouse.move(box["x"] + box["width"] / 2, middle, steps=5)
    mouse.move(box["x"] + box["width"] - 6, middle, steps=5)
    mouse.up()
    expect(microscope.slider).to_have_attribute(
        "aria-valuetext", re.compile("^matmul add act fuse, ")
    )
    changes = microscope.tab("Changes")
    expect(changes.get_by_role("button").first).to_contain_text("from add + matmul")
    changes.get_by_role("button").first.click()
    expect(microscope.status).to_contain_text("pinned")
    details = microscope.tab("Op")
    expect(details).to_contain_text(re.compile("fc|fused_gemm"))


def test_line_highlights_the_fused_op(microscope: Microscope) -> None:
    microscope.slider.press("End")
    expect(microscope.slider).to_have_attribute("aria-valuetext", re.compile("^matmul add act"))
    microscope.line("Source", "self.head(x)").click()
    expect(microscope.status).to_contain_text("· 1 op pinned")
    details = microscope.tab("Op")
    expect(details.get_by_text("Origins")).to_be_visible()
    expect(details).to_contain_text("matmul")


def test_keys_step_through_passes(microscope: Microscope) -> None:
    microscope.graph.focus()
    microscope.page.keyboard.press("]")
    expect(microscope.slider).to_have_value("1")
    microscope.page.keyboard.press("]")
    expect(microscope.slider).to_have_value("2")
    microscope.page.keyboard.press("[")
    expect(microscope.slider).to_have_value("1")


def test_playing_ends_at_the_last_pass(microscope: Microscope) -> None:
    play = microscope.region.get_by_role("button", name="Play the passes")
    play.click()
    expect(play).to_have_attribute("aria-pressed", "true")
    last = microscope.slider.get_attribute("max")
    assert last is not None
    expect(microscope.slider).to_have_value(last)
    expect(play).to_have_attribute("aria-pressed", "false")


def test_layer_expands_in_graph_and_tree(microscope: Microscope) -> None:
    microscope.tab("Ops")
    body = microscope.tree.get_by_role("treeitem", name="body")
    expect(body).to_have_attribute("aria-expanded", "false")
    microscope.graph.focus()
    for _ in range(3):
        microscope.page.keyboard.press("ArrowDown")
    expect(microscope.status).to_contain_text("body, 5 ops")
    microscope.page.keyboard.press("Enter")
    expect(body).to_have_attribute("aria-expanded", "true")
    expect(microscope.tree.get_by_role("treeitem", level=2)).to_have_count(3)
    body.click()
    expect(body).to_have_attribute("aria-expanded", "false")


def test_keys_navigate_the_tree(microscope: Microscope) -> None:
    microscope.tab("Ops")
    microscope.tree.focus()
    keys = microscope.page.keyboard
    keys.press("Home")
    keys.press("ArrowDown")
    keys.press("ArrowRight")
    embedding = microscope.tree.get_by_role("treeitem", name="embedding").first
    expect(embedding).to_have_attribute("aria-expanded", "true")
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(microscope.status).to_contain_text("pd_op.embedding")


def test_search_steps_through_matches(microscope: Microscope) -> None:
    microscope.graph.focus()
    microscope.page.keyboard.press("/")
    search = microscope.region.get_by_role("searchbox")
    expect(search).to_be_focused()
    search.press_sequentially("matmul")
    count = microscope.region.get_by_role("status").first
    expect(count).to_have_text("3 ops")
    search.press("Enter")
    expect(count).to_have_text("1 of 3")
    expect(microscope.status).to_contain_text("pd_op.matmul, body.0")
    search.fill("no such op")
    expect(count).to_have_text("No op with that name.")


def test_help_is_a_table(microscope: Microscope) -> None:
    help_ = microscope.region.locator("details.pw-Microscope-help")
    help_.locator("summary").click()
    expect(help_.get_by_text("Esc", exact=True)).to_be_visible()
    assert style_of_terms(help_) == ("grid", "400")
    help_.locator("summary").click()


def test_saves_graph_as_svg_and_png(microscope: Microscope, tmp_path: Path) -> None:
    for kind in ("SVG", "PNG"):
        with microscope.page.expect_download() as download:
            microscope.region.get_by_role("button", name=f"Save the graph as {kind}").click()
        assert download.value.suggested_filename == f"Classifier-0.{kind.lower()}"
        download.value.save_as(tmp_path / kind)
    svg = etree.parse(tmp_path / "SVG")
    texts = svg.xpath("//svg:text/text()", namespaces={"svg": "http://www.w3.org/2000/svg"})
    assert "body · 5 ops" in texts
    assert (tmp_path / "PNG").read_bytes().startswith(b"\x89PNG")
