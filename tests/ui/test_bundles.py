"""Bundles in JupyterLab: opened from the file browser, checked, exported and compared."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from ..export.test_bundle import create
from .conftest import Lab
from .pages import wait_for_saved_layout
from .test_programs import READ_LIMIT_MS, file_in_browser, open_file, run_command

OpenPage = Callable[[Lab], Page]
# Enough for a process that imports Paddle and a converter, on two busy cores.
EXPORT_LIMIT_MS = 180_000


@pytest.fixture(scope="module")
def bundle(imported_paddle: None, english_lab: Lab) -> Path:
    return create(english_lab.home / "sentiment").path


def target_of(page: Page, bundle: str, title: str) -> Locator:
    region = page.get_by_role("region", name=f"Bundle: {bundle}", exact=True)
    return region.get_by_role("listitem", name=title, exact=True)


def test_checks_exports_and_compares(english_lab: Lab, open_page: OpenPage, bundle: Path) -> None:
    page = open_page(english_lab)
    file_in_browser(page, "sentiment").click(button="right")
    page.get_by_role("menu").get_by_text("Export Bundle…").click()
    panel = page.get_by_role("region", name="Bundle: sentiment", exact=True)
    expect(panel).to_contain_text("Every file is unchanged", timeout=READ_LIMIT_MS)
    expect(panel).to_contain_text("ids int64 (?, ?)")
    onnx = target_of(page, "sentiment", "ONNX")
    expect(onnx).to_contain_text("Not checked")
    onnx.get_by_role("button", name="Check ONNX").click()
    expect(onnx).to_contain_text("Accepted, not exported yet", timeout=EXPORT_LIMIT_MS)
    assert not (bundle / "onnx").exists()

    onnx.get_by_role("button", name="Export ONNX").click()
    expect(onnx).to_contain_text("Exporting")
    # It goes on without the browser, and is found again.
    wait_for_saved_layout(page, "sentiment/bundle.json")
    page.reload()
    expect(onnx).to_contain_text("Equal to the eager network on 5", timeout=EXPORT_LIMIT_MS)
    expect(onnx.get_by_role("status")).to_have_text("Exported")
    assert (bundle / "onnx" / "model.onnx").is_file()

    panel.get_by_role("button", name="Compare").click()
    both = page.get_by_role("region", name=re.compile("^Comparison of sentiment.inference"))
    expect(both.get_by_role("application", name="Graph")).to_have_count(2, timeout=READ_LIMIT_MS)
    expect(both).to_contain_text("Only on the left")


def test_refusal_shows_findings_whose_line_opens(
    english_lab: Lab, open_page: OpenPage, bundle: Path
) -> None:
    from paddle.static import InputSpec

    from paddle_workbench import Bundle

    source = english_lab.home / "recurrent.py"
    shutil.copyfile(Path(__file__).parent.parent / "export" / "networks.py", source)
    names: dict[str, type] = {}
    exec(compile(source.read_text("utf-8"), str(source), "exec"), names)  # noqa: S102
    Bundle.create(
        english_lab.home / "recurrent",
        names["Recurrent"]("SimpleRNN"),
        input_spec=[InputSpec([None, 5, 4], "float32", "x")],
        examples=[np.ones((2, 5, 4), np.float32)],
    )
    page = open_page(english_lab)
    open_file(page, "recurrent")
    open_file(page, "bundle.json")
    onnx = target_of(page, "recurrent", "ONNX")
    onnx.get_by_role("button", name="Check ONNX").click(timeout=READ_LIMIT_MS)
    expect(onnx).to_contain_text("Not accepted", timeout=EXPORT_LIMIT_MS)
    expect(onnx).to_contain_text("PW-X201")
    expect(onnx).to_contain_text("Use nn.GRU or nn.LSTM.")
    expect(onnx.get_by_role("button", name=re.compile("^Export"))).to_have_count(0)
    onnx.get_by_role("button", name=re.compile(r"^recurrent\.py, line \d+$")).click()
    lines = source.read_text("utf-8").splitlines()
    (number,) = [at for at, line in enumerate(lines, 1) if "self.rnn(x)[0]" in line]
    expect(page.get_by_role("button", name=f"Ln {number}, Col 1")).to_be_visible()


def test_says_why_a_folder_is_not_a_bundle(english_lab: Lab, open_page: OpenPage) -> None:
    (english_lab.home / "plain").mkdir()
    page = open_page(english_lab)
    run_command(page, "Export Bundle")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("plain")
    dialog.get_by_role("button", name="Ok").click()
    expect(page.get_by_role("dialog")).to_contain_text(
        "plain is not a bundle: there is no bundle.json in it."
    )
