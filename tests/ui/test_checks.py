"""A learner checks a changed lesson, and opens the cell that differs."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from .conftest import Lab
from .pages import RUN_LIMIT_MS, wait_for_saved_layout
from .test_learning import open_lesson

# The next cell counts its entries.
NO_LOCK = """from paddle_workbench.environment.lock import differences

locked = {}"""


def test_check_reports_differing_cell_and_shows_it(
    english_lab: Lab, open_page: Callable[[Lab], Page]
) -> None:
    page = open_page(english_lab)
    notebook = open_lesson(page)
    notebook.rewrite(notebook.cell("locked_versions()"), NO_LOCK)
    notebook.bar.get_by_role("button", name="Check", exact=True).click()
    panel = page.get_by_role("region", name="Check this lesson")
    expect(panel.get_by_role("progressbar")).to_be_visible()
    # The check goes on without the browser, and is found again.
    wait_for_saved_layout(page, '"current":"paddle-workbench-check"')
    page.reload()
    summary = panel.get_by_text("Cells that differ from the lesson: 1 of")
    expect(summary).to_be_visible(timeout=RUN_LIMIT_MS)
    expect(panel).to_contain_text("0 instead of 200")
    panel.get_by_text("Not compared:").click()
    changed = panel.get_by_role("listitem").filter(has=page.get_by_text("lock", exact=True))
    expect(changed).to_contain_text("Changed by you")

    notebook.cells.first.scroll_into_view_if_needed()
    panel.get_by_role("button", name="lock-differences").click()
    cell = notebook.panel.locator(".jp-mod-active")
    expect(cell).to_contain_text("lock_differences")
    expect(cell).to_be_in_viewport()
