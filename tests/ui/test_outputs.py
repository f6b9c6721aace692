"""Outputs of cells that run while their page is closed, or has lost its connection."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from ..kernels.sessions import wait_until
from .conftest import Lab
from .notebooks import open_file, write_cells
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


def expect_prompts(notebook: Notebook, *prompts: str) -> None:
    expect(notebook.cells.locator(".jp-InputPrompt")).to_have_text(prompts)


def test_a_page_that_was_closed_gets_its_outputs_on_return(
    english_lab: Lab, open_page: Callable[[Lab], Page]
) -> None:
    first = open_page(english_lab)
    widget = "from ipywidgets import IntProgress\nIntProgress(value=1)"
    cells = [WAITS.format(marker="go"), widget, "1 / 0", "'not run'"]
    write_cells(english_lab, "closed", cells)
    begin(open_file(first, "closed"))
    first.close()

    notebook = open_file(open_page(english_lab), "closed")
    expect(output(notebook)).to_have_text("begun\n", timeout=RUN_LIMIT_MS)
    expect_prompts(notebook, *["[*]:"] * 4)
    (english_lab.home / "go").touch()
    expect(notebook.cells.nth(2)).to_contain_text("ZeroDivisionError", timeout=RUN_LIMIT_MS)
    expect(output(notebook)).to_have_text("begun\nthe end\n")
    expect(notebook.cells.nth(1).locator(".jupyter-widgets").first).to_be_visible()
    expect_prompts(notebook, "[1]:", "[2]:", "[3]:", "[ ]:")

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
    write_cells(english_lab, "lost", [WAITS.format(marker="went"), "6 * 7"])
    notebook = open_file(page, "lost")
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
    expect_prompts(notebook, "[1]:", "[2]:")

    # Whoever closes the notebook without saving it does not want the outputs back.
    page.locator(".lm-TabBar-tab.jp-mod-current .lm-TabBar-tabCloseIcon").click()
    with page.expect_response(re.compile("/paddle-workbench/outputs")):
        page.get_by_role("button", name="Discard").click()
    with page.expect_response(re.compile("/paddle-workbench/outputs.*kernel=")) as answer:
        again = open_file(page, "lost")
    assert answer.value.json()["cells"] == []
    again.wait_until_idle()
    expect_prompts(again, "[ ]:", "[ ]:")
