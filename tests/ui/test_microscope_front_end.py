"""The front end of the microscope alone, without JupyterLab and a kernel."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from paddle_workbench.program.model.columns import to_columns

from ..program.synthetic import regular_capture
from .widget_page import served

PAGE = Path(__file__).parents[1] / "benchmarks" / "microscope_page.html"


def test_starts_with_an_op_pinned(browser: Browser, tmp_path: Path) -> None:
    capture = regular_capture(120)
    assert capture.program is not None
    op = capture.program.ops[60]
    page_file = tmp_path / "page.html"
    content = PAGE.read_text(encoding="utf-8")
    page_file.write_text(content.replace("lang: 'en',", f"lang: 'en', op: {op.id},"), "utf-8")
    answers = {"/columns": (to_columns(capture), "application/octet-stream")}
    with served(page_file.read_bytes(), answers) as address, browser.new_context() as context:
        page = context.new_page()
        page.goto(address)
        region = page.get_by_role("region", name="Program microscope")
        expect(region.get_by_role("status").last).to_contain_text("1 op pinned")
        region.get_by_role("tab", name="Op", exact=True).click()
        details = region.get_by_role("tabpanel", name="Op", exact=True)
        expect(details).to_contain_text(op.kind)
