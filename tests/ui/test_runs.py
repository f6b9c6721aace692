"""Runs in the panel: the form, live progress, cancelling, comparing, reports, repeating."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from paddle_workbench.runs.cancellation import cancel_run
from paddle_workbench.runs.store.folders import run_folders
from paddle_workbench.runs.store.records import read_record

from ..runs.conftest import make_notebook
from .conftest import Lab
from .pages import RUN_LIMIT_MS, Notebook

PARAMETERS = """lr = 0.1  # learning rate, > 0
optimizer: Literal["adam", "sgd"] = "adam"
num_steps = 3  # 1 to 1000
marker = "go"  # it waits for this file"""
TRAIN = """from paddle_workbench import record
import time, os
for step in range(num_steps):
    print("step", step)
    record("loss", lr / (step + 1))
while not os.path.exists(marker): time.sleep(0.05)"""


@pytest.fixture
def source(english_lab: Lab) -> Iterator[Path]:
    """A notebook that trains until its marker is there; its runs end with the test."""
    path = english_lab.home / "train.ipynb"
    parameters = f"from typing import Literal\n{PARAMETERS}"
    (english_lab.home / "go").touch()
    marker = str(english_lab.home / "go")
    yield make_notebook(
        path,
        [("train", TRAIN), ("end", "print('the end')")],
        parameters=parameters.replace('"go"', repr(marker)),
    )
    for folder in reversed(run_folders(english_lab.home / "runs")):
        if read_record(folder).is_active:
            cancel_run(folder)


class Connection:
    """The event stream of a page, which can be lost."""

    def __init__(self, page: Page) -> None:
        self._is_lost = False
        self._sockets: list[WebSocketRoute] = []
        page.route_web_socket(re.compile("/paddle-workbench/events"), self._open)

    def lose(self) -> None:
        """Close the connection, and every new one."""
        self._is_lost = True
        for socket in self._sockets:
            socket.close()

    def restore(self) -> None:
        """Let the page connect again."""
        self._is_lost = False

    def _open(self, socket: WebSocketRoute) -> None:
        if self._is_lost:
            socket.close()
        else:
            socket.connect_to_server()
            self._sockets.append(socket)


def open_form(page: Page) -> Locator:
    """Open the notebook and the form for it."""
    workspace = re.split(r"[?]|/tree", page.url)[0].rstrip("/")
    page.goto(f"{workspace}/tree/train.ipynb")
    expect(Notebook(page).cells).to_have_count(3, timeout=RUN_LIMIT_MS)
    Notebook(page).panel.get_by_role("button", name=re.compile("^Run as experiment")).click()
    return page.get_by_role("region", name="Runs", exact=True)


def show_panel(page: Page) -> None:
    """Show the panel after a reload, unless JupyterLab has restored it."""
    expect(Notebook(page).cells).to_have_count(3, timeout=RUN_LIMIT_MS)
    if not page.get_by_role("region", name="Runs", exact=True).is_visible():
        page.keyboard.press("Alt+Shift+R")


def row(panel: Locator, text: str) -> Locator:
    return panel.get_by_role("row").filter(has_text=text).first


@pytest.mark.usefixtures("source")
def test_form_rejects_wrong_values_and_starts_a_sweep(
    english_lab: Lab, open_page: Callable[[Lab], Page]
) -> None:
    page = open_page(english_lab)
    panel = open_form(page)
    lr = panel.get_by_label("lr", exact=True)
    expect(lr).to_have_value("0.1")
    expect(panel).to_contain_text("learning rate")
    expect(panel.get_by_label("optimizer", exact=True)).to_have_value("adam")
    lr.fill("-1")
    expect(panel.get_by_role("alert").first).to_be_visible()
    expect(panel.get_by_text("Correct the marked fields.")).to_be_visible()
    panel.get_by_label("Sweep lr").check()
    lr.fill("0.1, 0.2")
    panel.get_by_label("num_steps", exact=True).fill("2")
    expect(panel.get_by_role("button", name="Start 2 runs")).to_be_enabled()
    panel.get_by_role("button", name="Start 2 runs").click()
    group = row(panel, "Sweep over lr")
    expect(group).to_contain_text("loss 0.075", timeout=RUN_LIMIT_MS)
    group.focus()
    page.keyboard.press("ArrowRight")
    expect(row(panel, "lr=0.2")).to_be_visible()
    page.keyboard.press("Enter")
    panel.get_by_role("button", name="Table and plots").click()
    table = page.get_by_role("region", name="Sweep: train", exact=True)
    expect(table.get_by_role("cell", name="0.05").first).to_be_visible()


@pytest.mark.usefixtures("source")
def test_run_is_watched_cancelled_compared_and_repeated(
    english_lab: Lab, open_page: Callable[[Lab], Page]
) -> None:
    page = open_page(english_lab)
    connection = Connection(page)
    panel = open_form(page)
    panel.get_by_label("num_steps", exact=True).fill("5")
    panel.get_by_label("marker", exact=True).fill(str(english_lab.home / "later"))
    panel.get_by_text("Options", exact=True).click()
    panel.get_by_label("Keep snapshots").check()
    panel.get_by_role("button", name="Run", exact=True).click()
    waiting = row(panel, "num_steps=5")
    expect(waiting).to_contain_text("step 4", timeout=RUN_LIMIT_MS)
    expect(waiting.get_by_role("progressbar")).to_be_visible()
    expect(waiting.get_by_role("img", name=re.compile("loss over time"))).to_be_visible()
    # The connection is lost and comes back; the run has gone on.
    connection.lose()
    notice = panel.get_by_text("The connection to the server is lost")
    expect(notice).to_be_visible()
    connection.restore()
    expect(notice).to_be_hidden(timeout=RUN_LIMIT_MS)
    page.reload()
    show_panel(page)
    waiting = row(panel, "num_steps=5")
    expect(waiting).to_contain_text("step 4", timeout=RUN_LIMIT_MS)
    waiting.get_by_role("button", name="Stop").click()
    expect(waiting).to_contain_text("the kernel was interrupted", timeout=RUN_LIMIT_MS)

    # Another one, with the command line's parameters, succeeds.
    panel = open_form(page)
    panel.get_by_label("num_steps", exact=True).fill("4")
    panel.get_by_role("button", name="Run", exact=True).click()
    done = row(panel, "num_steps=4")
    expect(done).to_contain_text("loss 0.025", timeout=RUN_LIMIT_MS)
    waiting.get_by_role("checkbox").check()
    done.get_by_role("checkbox").check()
    panel.get_by_role("button", name="Compare 2").click()
    comparison = page.get_by_role("region", name="Compare 2 runs")
    expect(comparison.get_by_role("row", name="num_steps 4 5")).to_be_visible()
    expect(comparison.get_by_role("row", name="state succeeded cancelled")).to_be_visible()
    panel.get_by_role("button", name="Deselect").click()

    done.get_by_role("button", name="Report").click()
    report = page.frame_locator("iframe[title^='Report']")
    expect(report.get_by_text("num_steps").first).to_be_visible(timeout=RUN_LIMIT_MS)

    done.focus()
    page.keyboard.press("r")
    expect(panel.get_by_role("row").filter(has_text="num_steps=4")).to_have_count(2)
    expect(panel.get_by_role("row").filter(has_text="loss 0.025")).to_have_count(
        2, timeout=RUN_LIMIT_MS
    )
    # The cancelled one is resumed where it waited.
    (english_lab.home / "later").touch()
    waiting.click()
    panel.get_by_role("button", name="Resume…").click()
    expect(panel.get_by_label("Continue at the cell")).to_have_value("train")
    panel.get_by_role("button", name="Resume", exact=True).click()
    both = panel.get_by_role("row").filter(has_text="num_steps=5")
    expect(both).to_have_count(2)
    resumed = row(panel, "num_steps=5")
    expect(resumed).to_contain_text("loss 0.02", timeout=RUN_LIMIT_MS)
    resumed.click()
    expect(panel).to_contain_text("Resumed from a snapshot at the cell “train”")
    resumed.focus()
    page.keyboard.press("Delete")
    expect(both).to_have_count(1)
    panel.get_by_role("button", name="Undo").click()
    expect(both).to_have_count(2)


@pytest.mark.usefixtures("source")
def test_outputs_of_a_run_are_put_into_the_open_notebook(
    english_lab: Lab, open_page: Callable[[Lab], Page]
) -> None:
    page = open_page(english_lab)
    panel = open_form(page)
    panel.get_by_label("num_steps", exact=True).fill("7")
    panel.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("button", name="Show outputs in the notebook").first.click(
        timeout=RUN_LIMIT_MS
    )
    expect(Notebook(page).cell("the end").locator(".jp-OutputArea")).to_contain_text("the end")
