"""Outputs of cells that run while their page is closed, or has lost its connection."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable

import nbformat
import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from ..kernels.sessions import wait_until
from .conftest import Lab
from .notebooks import KERNEL
from .pages import RUN_LIMIT_MS, Notebook

# It prints two lines, and the second when the file is there.
WAITS = """import os, time
print("begun", flush=True)
while not os.path.exists("{marker}"): time.sleep(0.05)
print("the end")"""


@pytest.fixture
def foreign_errors() -> tuple[str, ...]:
    """What JupyterLab's debugger was asking for when its connection or notebook was closed."""
    return ("Canceled future for debug_request",)


def open_notebook(lab: Lab, page: Page, name: str, *cells: str) -> Notebook:
    """Open a notebook, which is written first if cells are given."""
    if cells:
        new = nbformat.v4
        notebook = new.new_notebook(
            cells=[new.new_code_cell(cell, id=f"cell-{at}") for at, cell in enumerate(cells)],
            metadata={"kernelspec": KERNEL},
        )
        nbformat.write(notebook, lab.home / f"{name}.ipynb")
    page.goto(f"{page.url.split('?')[0].rstrip('/')}/tree/{name}.ipynb")
    opened = Notebook(page)
    expect(opened.cells.first).to_be_visible(timeout=RUN_LIMIT_MS)
    return opened


def begin(notebook: Notebook) -> None:
    """Run all cells, and wait until the first has printed."""
    notebook.wait_until_idle()
    notebook.cells.first.locator(".jp-InputPrompt").click()
    notebook.page.keyboard.press("Control+A")
    notebook.page.keyboard.press("Control+Enter")
    expect(output(notebook)).to_have_text("begun\n", timeout=RUN_LIMIT_MS)
    expect(notebook.cells.last.locator(".jp-InputPrompt")).to_have_text("[*]:")


def output(notebook: Notebook) -> Locator:
    """Return the output of the first cell."""
    return notebook.cells.first.locator(".jp-OutputArea-output")


def prompts(notebook: Notebook) -> list[str]:
    return [cell.locator(".jp-InputPrompt").inner_text() for cell in notebook.cells.all()]


def test_a_page_that_was_closed_gets_its_outputs_on_return(
    english_lab: Lab, open_page: Callable[[Lab], Page]
) -> None:
    first = open_page(english_lab)
    widget = "from ipywidgets import IntProgress\nIntProgress(value=1)"
    begin(
        open_notebook(
            english_lab, first, "closed", WAITS.format(marker="go"), widget, "1 / 0", "'not run'"
        )
    )
    first.close()

    notebook = open_notebook(english_lab, open_page(english_lab), "closed")
    cells = notebook.cells
    expect(output(notebook)).to_have_text("begun\n", timeout=RUN_LIMIT_MS)
    assert prompts(notebook) == ["[*]:"] * 4
    (english_lab.home / "go").touch()
    expect(cells.nth(2)).to_contain_text("ZeroDivisionError", timeout=RUN_LIMIT_MS)
    expect(output(notebook)).to_have_text("begun\nthe end\n")
    expect(cells.nth(1).locator(".jupyter-widgets").first).to_be_visible()
    expect(cells.last.locator(".jp-InputPrompt")).to_have_text("[ ]:")
    assert prompts(notebook) == ["[1]:", "[2]:", "[3]:", "[ ]:"]

    notebook.page.keyboard.press("Control+S")
    path = english_lab.home / "closed.ipynb"

    def counts() -> list[int | None]:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return [cell["execution_count"] for cell in cells]

    wait_until(lambda: counts() == [1, 2, 3, None])


def test_a_page_that_lost_its_connection_misses_nothing(
    english_lab: Lab, open_page: Callable[[Lab], Page]
) -> None:
    page = open_page(english_lab)
    sockets: list[WebSocketRoute] = []
    is_lost = False

    def connect(socket: WebSocketRoute) -> None:
        if is_lost:
            socket.close()
            return
        server = socket.connect_to_server()
        sockets.append(socket)
        # The server sends into a connection that nobody hears any more.
        server.on_message(lambda message: None if is_lost else socket.send(message))

    page.route_web_socket(re.compile("/api/kernels/.*/channels"), connect)
    notebook = open_notebook(english_lab, page, "lost", WAITS.format(marker="went"), "6 * 7")
    begin(notebook)
    is_lost = True
    (english_lab.home / "went").touch()
    time.sleep(1)
    for socket in sockets:
        socket.close()
    is_lost = False
    expect(notebook.cells.last.locator(".jp-OutputArea-output")).to_have_text(
        "42", timeout=RUN_LIMIT_MS
    )
    expect(output(notebook)).to_have_text("begun\nthe end\n")
    assert prompts(notebook) == ["[1]:", "[2]:"]

    # Whoever closes the notebook without saving it does not want the outputs back.
    page.locator(".lm-TabBar-tab.jp-mod-current .lm-TabBar-tabCloseIcon").click()
    with page.expect_response(re.compile("/paddle-workbench/outputs")):
        page.get_by_role("button", name="Discard").click()
    again = open_notebook(english_lab, page, "lost")
    again.wait_until_idle()
    assert prompts(again) == ["[ ]:", "[ ]:"]
