"""The serving bench in a running notebook, with a server that it starts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from ..export.sentiment import create
from .conftest import Lab
from .notebooks import open_cells
from .pages import RUN_LIMIT_MS, choose_theme, contrast

OpenPage = Callable[[Lab], Page]

BENCH = """
from paddle_workbench import ServingBench

bench = ServingBench("benched", lang="en", load={"duration_s": 2})
bench
"""


@pytest.mark.usefixtures("imported_paddle")
def test_bench_is_driven_by_keyboard(english_lab: Lab, open_page: OpenPage) -> None:
    create(english_lab.home / "benched")
    page = open_page(english_lab)
    cells = [
        BENCH,
        "bench.run(rate=20, batch=1); bench.table()[['batch', 'errors']]",
        'ServingBench("benched", lang="en")',
    ]
    notebook = open_cells(english_lab, page, "bench", cells)
    benches = notebook.panel.get_by_role("region", name="Serving bench")
    # Each has its own module, and labels that belong to its own fields.
    expect(benches.last.get_by_label("Largest batch")).to_be_visible()
    bench = benches.first
    # The second cell has made the first run.
    first = bench.get_by_role("button", name=re.compile("^Run 1"))
    expect(first).to_be_visible(timeout=RUN_LIMIT_MS)
    expect(bench.get_by_label("Rate")).to_have_value("20")
    expect(notebook.cell("bench.table()").get_by_role("table")).to_contain_text("errors")

    bench.get_by_label("Largest batch").fill("0")
    page.keyboard.press("Enter")
    expect(bench.get_by_text("A whole number from 1 to 1024.")).to_be_visible()
    page.keyboard.press("Control+A")
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    expect(bench.get_by_role("progressbar")).to_be_visible()
    expect(bench.get_by_label("Largest batch")).to_be_focused()
    expect(bench.get_by_text(re.compile(r"^Run 2: .* answers/s, p50"))).to_be_visible(
        timeout=RUN_LIMIT_MS
    )
    throughput = bench.get_by_role("img", name=re.compile("^Throughput over "))
    expect(throughput.locator(".pw-mod-main").first).to_be_visible()
    expect(throughput.locator(".pw-mod-other").first).to_be_visible()

    bench.get_by_label("Arrivals").select_option("closed")
    bench.get_by_label("Duration").fill("600")
    page.keyboard.press("Enter")
    expect(bench.get_by_text(re.compile("of 600 s: answered"))).to_be_visible(timeout=RUN_LIMIT_MS)
    page.keyboard.press("Escape")
    third = bench.get_by_role("button", name=re.compile("^Run 3, stopped early"))
    expect(third).to_be_visible(timeout=RUN_LIMIT_MS)
    third.focus()
    page.keyboard.press("Enter")
    expect(third).to_have_attribute("aria-expanded", "true")
    expect(bench.get_by_text(re.compile("^Batches by size: "))).to_be_visible()
    bench.get_by_text("The charts as a table").focus()
    page.keyboard.press("Enter")
    expect(bench.get_by_role("columnheader", name="queue")).to_be_visible()

    bench.get_by_role("button", name="Remove run 2").focus()
    page.keyboard.press("Enter")
    expect(bench.get_by_role("button", name=re.compile("^Run 2"))).to_have_count(0)
    expect(bench.get_by_role("button", name="Bring back the removed run")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(bench.get_by_role("button", name=re.compile("^Run 2"))).to_be_visible()
    expect(notebook.cells).to_have_count(len(cells))

    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        choose_theme(page, theme)
        for place in ("details .pw-Text-note", "unit", "reading", "summary"):
            ratio = contrast(page, f".pw-ServingBench-{place}")
            assert ratio >= 4.5, f"{theme}: {place} {ratio:.1f}"
