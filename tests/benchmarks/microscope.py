"""The microscope, Netron and Model Explorer, with the same regular graphs in one browser.

The microscope receives columns, as a kernel sends them; the others read the same graph as ONNX. For
each, the benchmark measures the seconds from opening the page to the first picture, the frames per
second while the graph is dragged, and the memory of the page.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from paddle_workbench.program.model.columns import to_columns
from paddle_workbench.program.model.structure import Program

from ..program.onnx_file import onnx_bytes
from ..program.synthetic import regular_capture, regular_program
from ..ui.conftest import CHROMIUM, CHROMIUM_OPTIONS
from ..ui.widget_page import served
from .frames import FRAMES

SIZES = (1_000, 10_000, 50_000)
LIMIT_S = 240.0
PAN_S = 3.0
ONNX_KINDS = {"matmul": "Relu", "add": "Sum", "gelu": "Sigmoid", "softmax": "Softmax"}
MEMORY = "performance.memory.usedJSHeapSize / 1e6"
# Presses a key on a row of the tree, and waits until the layer is open.
OPEN_LAYER = """() => new Promise(done => {
  document.querySelectorAll('.pw-Tabs-tab')[1].click();
  const tree = document.querySelector('[role=tree]');
  const folded = [...tree.querySelectorAll('[aria-expanded=false]')].pop();
  const { id } = folded;
  const start = performance.now();
  new MutationObserver(() => {
    if (document.getElementById(id)?.getAttribute('aria-expanded') === 'true') {
      requestAnimationFrame(() => done(performance.now() - start));
    }
  }).observe(tree, { subtree: true, childList: true });
  folded.click();
})"""

Ask = Callable[..., Any]


@dataclass(frozen=True)
class Viewer:
    """A viewer of graphs.

    Parameters
    ----------
    serve : callable
        A context manager that takes a program and a folder, and provides the address of a page.
    is_drawn : str
        JavaScript that is true once the picture is visible.
    """

    name: str
    serve: Callable[[Program, Path], Any]
    is_drawn: str


@dataclass
class Measurement:
    first_picture_s: float | None = None
    pan_fps: float = float("nan")
    memory_mb: float = float("nan")
    more: dict[str, float] = field(default_factory=dict)


@contextmanager
def serve_microscope(program: Program, _folder: Path) -> Iterator[str]:
    columns = to_columns(regular_capture(len(program.ops)))
    answers = {"/columns": (columns, "application/octet-stream")}
    page = Path(__file__).with_name("microscope_page.html").read_bytes()
    with served(page, answers) as address:
        yield address


@contextmanager
def serve_netron(program: Program, folder: Path) -> Iterator[str]:
    path = write_onnx(program, folder)
    start = "import netron, sys, time; netron.start(sys.argv[1], ('127.0.0.1', int(sys.argv[2])), "
    start += "browse=False); time.sleep(1e6)"
    with child([sys.executable, "-c", start, str(path)]) as port:
        yield f"http://127.0.0.1:{port}/"


@contextmanager
def serve_model_explorer(program: Program, folder: Path) -> Iterator[str]:
    path = write_onnx(program, folder)
    command = [Path(sys.executable).with_name("model-explorer"), "--extensions=model_explorer_onnx"]
    options = ["--no_open_in_browser", "--skip_health_check", "--host", "127.0.0.1", "--port"]
    with child([*command, *options]) as port:
        models = json.dumps({"models": [{"url": str(path)}]}).replace(" ", "")
        yield f"http://127.0.0.1:{port}/?data={models}"


def write_onnx(program: Program, folder: Path) -> Path:
    """Write a program with its layers, which ONNX keeps in the names of nodes."""
    nodes = [
        (
            ONNX_KINDS.get(op.kind, "Tanh"),
            f"/{op.layer.replace('.', '/')}/{op.kind}_{op.id}",
            [f"v{value}" for value in op.inputs] or ["x"],
            [f"v{op.outputs[0]}"],
        )
        for op in program.ops
    ]
    path = folder / "regular.onnx"
    path.write_bytes(onnx_bytes(nodes, ["x"], [f"v{program.outputs[0]}"]))
    return path


@contextmanager
def child(command: list[Any]) -> Iterator[int]:
    """Start a server on a free port, which is its last argument, and wait until it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with tempfile.TemporaryDirectory() as home:
        server = subprocess.Popen([*command, str(port)], cwd=home, **quiet)
        try:
            deadline = time.monotonic() + 60
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.1)
            yield port
        finally:
            server.terminate()
            server.wait(30)


VIEWERS = [
    Viewer(
        "microscope",
        serve_microscope,
        "!(document.querySelector('.pw-Microscope-status')?.textContent ?? 'D').startsWith('D')",
    ),
    # It creates the nodes first, and shows them after the layout.
    Viewer("Netron", serve_netron, "document.body.classList.contains('default')"),
    Viewer(
        "Model Explorer",
        serve_model_explorer,
        "document.body.innerText.includes('op node count')"
        " && !document.querySelector('.processing-msg-container')",
    ),
]


def asker(page: Page) -> Ask:
    """Return a function that evaluates JavaScript through DevTools, since Netron removes eval()."""
    session = page.context.new_cdp_session(page)

    def ask(expression: str, *, wait: bool = True) -> Any:
        options = {"expression": expression, "awaitPromise": wait, "returnByValue": wait}
        answer = session.send("Runtime.evaluate", options)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description"))
        return answer["result"].get("value")

    return ask


def wait_until(ask: Ask, expression: str, end: float) -> None:
    """Wait until an expression is true; raise an error at a time of `perf_counter`."""
    while not ask(expression):
        if time.perf_counter() > end:
            raise PlaywrightTimeoutError(f"no picture within {LIMIT_S:g} s")
        time.sleep(0.05)


def drag(page: Page, ask: Ask, seconds: float) -> float:
    """Drag the picture back and forth, and return the frames per second."""
    ask(f"window.pwFrames = ({FRAMES})({seconds})", wait=False)
    page.mouse.move(640, 350)
    page.mouse.down()
    end = time.monotonic() + seconds
    at = 0
    while time.monotonic() < end:
        at += 1
        page.mouse.move(640 + 40 * (at % 5 - 2), 350 - 6 * (at % 40 - 20))
    page.mouse.up()
    return float(ask("window.pwFrames"))


def measure(browser: Browser, viewer: Viewer, program: Program) -> Measurement:
    measurement = Measurement()
    with (
        tempfile.TemporaryDirectory() as folder,
        viewer.serve(program, Path(folder)) as address,
    ):
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        # Netron asks for consent to cookies before it shows anything.
        context.add_cookies([{"name": "consent", "value": "1", "url": address.partition("?")[0]}])
        page = context.new_page()
        page.set_default_timeout(LIMIT_S * 1000)
        ask = asker(page)
        started = time.perf_counter()
        try:
            page.goto(address)
            wait_until(ask, viewer.is_drawn, started + LIMIT_S)
            measurement.first_picture_s = time.perf_counter() - started
            measurement.pan_fps = drag(page, ask, PAN_S)
            measurement.memory_mb = float(ask(MEMORY))
            if viewer.serve is serve_microscope:
                measurement.more["open a layer, ms"] = float(ask(f"({OPEN_LAYER})()"))
                page.locator(".pw-Graph-canvas").press("p")
                measurement.more["frames/s playing"] = float(ask(f"({FRAMES})(2)"))
        except PlaywrightTimeoutError:
            pass  # shown in the table
        context.close()
    return measurement


def main(sizes: tuple[int, ...] = SIZES) -> None:
    columns_s = {}
    for size in sizes:
        capture = regular_capture(size)
        started = time.perf_counter()
        to_columns(capture)
        columns_s[size] = time.perf_counter() - started
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"\nLoad of the machine before (1, 5 and 15 minutes, {os.cpu_count()} cores): {load}")
    print("Program microscope, regular graphs, software drawing (goals: first picture within 1 s")
    print("at 10,000 ops and 3 s at 50,000; 50 frames/s; a layer opened within 200 ms)")
    options = [*CHROMIUM_OPTIONS, "--enable-precise-memory-info"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        for size in sizes:
            program = regular_program(size)
            print(f"\n  {size} ops (columns written in {columns_s[size]:.2f} s)")
            print(f"  {'':16} {'first picture':>14} {'panning':>10} {'memory':>9}  ratio of first")
            first: float | None = None
            for viewer in VIEWERS:
                measurement = measure(browser, viewer, program)
                first = first or measurement.first_picture_s
                show(viewer.name, measurement, first)
        browser.close()


def show(name: str, measurement: Measurement, first: float | None) -> None:
    if measurement.first_picture_s is None:
        print(f"  {name:16} no picture within {LIMIT_S:g} s", flush=True)
        return
    ratio = measurement.first_picture_s / first if first else float("nan")
    print(
        f"  {name:16} {measurement.first_picture_s:12.2f} s {measurement.pan_fps:6.0f} f/s"
        f" {measurement.memory_mb:6.0f} MB  {ratio:.1f}",
        flush=True,
    )
    for label, value in measurement.more.items():
        print(f"    {label}: {value:.0f}")


if __name__ == "__main__":
    main(tuple(int(size) for size in sys.argv[1:]) or SIZES)
