"""Opening a test's notebook in a real JupyterLab."""

from __future__ import annotations

from collections.abc import Sequence

import nbformat
from playwright.sync_api import Locator, Page, expect

from .conftest import Lab
from .pages import RUN_LIMIT_MS, Notebook

KERNEL = {"name": "paddle", "display_name": "Paddle (Python 3)", "language": "python"}


def open_cells(lab: Lab, page: Page, name: str, cells: Sequence[str]) -> Notebook:
    """Write a notebook with these code cells into the home, open it, and run it.

    Parameters
    ----------
    lab : Lab
    page : Page
    name : str
        The name of the file without its ending, unique to the test.
    cells : sequence of str
    """
    write_cells(lab, name, cells)
    opened_notebook = open_file(page, name)
    expect(opened_notebook.cells).to_have_count(len(cells), timeout=RUN_LIMIT_MS)
    opened_notebook.wait_until_idle()
    opened_notebook.run_all()
    return opened_notebook


def write_cells(lab: Lab, name: str, cells: Sequence[str]) -> None:
    """Write a notebook with these code cells into the home; their ids are `cell-0` and so on."""
    new = nbformat.v4
    notebook = new.new_notebook(
        cells=[new.new_code_cell(cell, id=f"cell-{at}") for at, cell in enumerate(cells)],
        metadata={"kernelspec": KERNEL},
    )
    nbformat.write(notebook, lab.home / f"{name}.ipynb")


def open_file(page: Page, name: str) -> Notebook:
    """Open a notebook of the home, without running it."""
    page.goto(f"{page.url.split('?')[0].rstrip('/')}/tree/{name}.ipynb")
    notebook = Notebook(page)
    expect(notebook.cells.first).to_be_visible(timeout=RUN_LIMIT_MS)
    return notebook


def style_of_terms(place: Locator) -> tuple[str, str]:
    """Return the display of a list of terms, and the font weight of its terms.

    JupyterLab has its own styles for such lists in outputs, which widgets must override.
    """
    display: str = place.locator("dl").evaluate("node => getComputedStyle(node).display")
    weight: str = place.locator("dt").first.evaluate("node => getComputedStyle(node).fontWeight")
    return display, weight
