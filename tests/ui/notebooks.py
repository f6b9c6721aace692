"""A notebook of a test's own, in front of a real JupyterLab."""

from __future__ import annotations

from collections.abc import Sequence

import nbformat
from playwright.sync_api import Locator, Page, expect

from .conftest import Lab
from .pages import RUN_LIMIT_MS, Notebook

KERNEL = {"name": "paddle", "display_name": "Paddle (Python 3)", "language": "python"}


def open_cells(lab: Lab, page: Page, name: str, cells: Sequence[str]) -> Notebook:
    """Write a notebook with these code cells into the home, open it and run it.

    Parameters
    ----------
    name : str
        Of the file, without its ending; a test's own.
    """
    new = nbformat.v4
    notebook = new.new_notebook(
        cells=[new.new_code_cell(cell, id=f"cell-{at}") for at, cell in enumerate(cells)],
        metadata={"kernelspec": KERNEL},
    )
    nbformat.write(notebook, lab.home / f"{name}.ipynb")
    page.goto(f"{page.url.split('?')[0].rstrip('/')}/tree/{name}.ipynb")
    found = Notebook(page)
    expect(found.cells).to_have_count(len(cells), timeout=RUN_LIMIT_MS)
    found.wait_until_idle()
    found.run_all()
    return found


def looks_of_terms(place: Locator) -> tuple[str, str]:
    """Return how a list of terms is laid out, and the weight of its terms.

    In outputs JupyterLab sets such lists its own way, which a widget must not leave standing.
    """
    display: str = place.locator("dl").evaluate("node => getComputedStyle(node).display")
    weight: str = place.locator("dt").first.evaluate("node => getComputedStyle(node).fontWeight")
    return display, weight
