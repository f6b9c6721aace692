"""From an event of a run until it is on screen, and how the panel copes with 1,000 runs.

The notebook notes the time when it records a metric, prints a line, or ends a cell; the page notes
it when a frame with that is drawn. Both read the clock of this machine.
"""

from __future__ import annotations

import csv
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nbformat
import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from paddle_workbench.runs.queue import queue_runs, wait_for
from paddle_workbench.runs.running.runner import Plan
from paddle_workbench.runs.store.folders import WORK_FOLDER

from ..ui.conftest import CHROMIUM, CHROMIUM_OPTIONS, running_lab
from .frames import FRAMES
from .runs_list import make_run
from .table import print_table

FINISHED = (0, 1_000)
SAMPLES = 50
OPENED = 5
SCROLLED_S = 3.0
FILTER = "seed=123"
LIMIT_S = 240.0

PANEL = '[data-id="paddle-workbench-runs"]'
SETUP = """import time
from paddle_workbench import record
def note(kind, number):
    with open("times.csv", "a") as file:
        file.write(f"{kind},{number},{time.time() * 1000}\\n")
"""
# Where the page shows each kind of event, and how.
PLACES = {
    "metric": (".pw-MetricPlot-value", "{}"),
    "line": (".pw-RunProgress-output", "line {}"),
    "cell": (".pw-RunProgress-cell", "cell {}/"),
}
# Collects the times at which texts are drawn, in the order in which they appear.
WATCH = """places => {
  const seen = Object.fromEntries(Object.keys(places).map(kind => [kind, []]));
  window.pwSeen = seen;
  let isPlanned = false;
  const look = () => {
    isPlanned = false;
    const now = Date.now();
    for (const [kind, selector] of Object.entries(places)) {
      const text = document.querySelector(selector)?.textContent ?? '';
      const number = Number(text.match(/[0-9]+/)?.[0] ?? -1);
      if (number !== seen[kind].at(-1)?.[0]) seen[kind].push([number, now]);
    }
  };
  new MutationObserver(() => {
    if (!isPlanned) requestAnimationFrame(look);
    isPlanned = true;
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""
# Milliseconds from the click on the tab of the panel until its rows are drawn.
OPEN = """selector => new Promise(done => {
  const start = performance.now();
  const look = () => {
    if (!document.querySelector('.pw-RunList [role=row]')) return requestAnimationFrame(look);
    requestAnimationFrame(() => done(performance.now() - start));
  };
  const tab = document.querySelector(selector);
  const { x, y } = tab.getBoundingClientRect();
  const options = { bubbles: true, clientX: x + 5, clientY: y + 5 };
  tab.dispatchEvent(new PointerEvent('pointerdown', options));
  tab.dispatchEvent(new PointerEvent('pointerup', options));
  requestAnimationFrame(look);
})"""
# Collects the milliseconds from each key until the frame after it is drawn.
WATCH_KEYS = """() => {
  window.pwKeys = [];
  document.addEventListener('keydown', event => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => window.pwKeys.push(performance.now() - event.timeStamp);
      port2.postMessage(null);
    });
  }, true);
}"""
SCROLL = """seconds => {
  const list = document.querySelector('.pw-RunList');
  const start = performance.now();
  const scroll = now => {
    list.scrollTop += 300;
    if (list.scrollTop + list.clientHeight >= list.scrollHeight - 1) list.scrollTop = 0;
    if (now - start < seconds * 1000) requestAnimationFrame(scroll);
  };
  requestAnimationFrame(scroll);
}"""


def write_notebook(path: Path) -> Path:
    """Write a notebook whose events come at times that no clock knows."""
    pauses = np.random.default_rng(0)
    new = nbformat.v4

    def pause() -> str:
        return f"time.sleep({pauses.uniform(0.25, 0.45):.3f})\n"

    lines = "".join(
        f"{pause()}note('metric', {number}); record('step', {number})\n"
        f"{pause()}note('line', {number}); print('line {number}')\n"
        for number in range(1, SAMPLES + 1)
    )
    # The first of these is cell 4. When it ends, the page shows cell 5.
    cells = [f"{pause()}note('cell', {number})" for number in range(5, SAMPLES + 5)]
    sources = [SETUP, "time.sleep(2)", lines, *cells, "time.sleep(1)"]
    kernelspec = {"name": "paddle", "display_name": "paddle", "language": "python"}
    notebook = new.new_notebook(
        cells=[new.new_code_cell(source, id=f"cell-{at}") for at, source in enumerate(sources)],
        metadata={"kernelspec": kernelspec},
    )
    nbformat.write(notebook, path)
    return path


def delays_ms(times: Path, seen: dict[str, list[tuple[int, float]]]) -> dict[str, list[float]]:
    """Return how long events of each kind took until they, or later ones, were drawn."""
    delays: dict[str, list[float]] = {kind: [] for kind in PLACES}
    with times.open(encoding="utf-8") as file:
        for kind, text, noted in csv.reader(file):
            drawn = [at for number, at in seen[kind] if number >= int(text)]
            if drawn:
                delays[kind].append(drawn[0] - float(noted))
    return delays


def open_lab(browser: Browser, url: str) -> Page:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(LIMIT_S * 1000)
    page.goto(url)
    page.wait_for_selector(PANEL)
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    return page


def watch_run(browser: Browser, url: str, home: Path) -> dict[str, list[float]]:
    """Watch a run in the panel, and return the delays of its events."""
    page = open_lab(browser, f"{url}/lab/workspaces/watch")
    page.locator(PANEL).click()
    page.evaluate(WATCH, {kind: selector for kind, (selector, _text) in PLACES.items()})
    notebook = write_notebook(home / "watched.ipynb")
    (record,) = queue_runs([Plan(notebook, {}, home / "runs")])
    (record,) = wait_for(home / "runs", [record.id], lambda _record: None)
    if record.state != "succeeded":
        raise RuntimeError(f"The run {record.state}: {record.error}")
    seen = page.evaluate("window.pwSeen")
    page.close()
    return delays_ms(home / "runs" / record.id / WORK_FOLDER / "times.csv", seen)


def measure_panel(browser: Browser, url: str) -> list[tuple[str, Sequence[float], str]]:
    """Measure how long the panel takes to open, and to follow keys."""
    opened = []
    for number in range(OPENED):
        page = open_lab(browser, f"{url}/lab/workspaces/open-{number}")
        page.wait_for_timeout(3000)  # JupyterLab still loads extensions
        opened.append(page.evaluate(OPEN, PANEL))
        if number < OPENED - 1:
            page.close()
    page.evaluate(WATCH_KEYS)
    search = page.get_by_label("Filter runs")
    search.click()
    search.press_sequentially(FILTER, delay=100)
    for _ in FILTER:
        search.press("Backspace", delay=100)
    typed = page.evaluate("window.pwKeys.splice(0)")
    page.locator(".pw-RunList [role=row]").first.focus()
    for _ in range(20):
        page.keyboard.press("ArrowDown", delay=50)
        page.keyboard.press("End", delay=50)
        page.keyboard.press("Home", delay=50)
    page.wait_for_timeout(200)
    moved = page.evaluate("window.pwKeys.splice(0)")
    page.evaluate(SCROLL, SCROLLED_S)
    frames = page.evaluate(FRAMES, SCROLLED_S)
    page.close()
    return [
        ("the panel is opened", opened, "ms"),
        ("a key in the filter", typed, "ms"),
        ("a key in the list", moved, "ms"),
        ("scrolling", [frames], "frames/s"),
    ]


def row(what: str, values: Sequence[float], unit: str = "ms") -> tuple[str, ...]:
    ordered = sorted(values)
    most = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    numbers = [f"{value:.0f}" for value in (statistics.median(ordered), most, ordered[-1])]
    return (what, *numbers, unit)


def main() -> None:
    header = ("", "median", "95 %", "max", "")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        for finished in FINISHED:
            with tempfile.TemporaryDirectory() as folder:
                home = Path(folder, "home")
                for number in range(finished):
                    make_run(home / "runs", number, cells=25)
                with running_lab(home, "en") as lab:
                    rows = []
                    if finished:
                        rows = [row(*each) for each in measure_panel(browser, lab.url)]
                    delays = watch_run(browser, lab.url, home)
            rows = [*(row(f"a {kind} is drawn", values) for kind, values in delays.items()), *rows]
            print(f"\nA run next to {finished} finished runs (goal: on screen within 200 ms)")
            print_table(header, rows)
        browser.close()


if __name__ == "__main__":
    main()
