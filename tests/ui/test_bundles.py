"""Bundles in JupyterLab: opened from the file browser, checked, exported and compared."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np
import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from paddle_workbench import Bundle, Classifier
from paddle_workbench.contract import BUNDLE_MIME_TYPE

from ..export.sentiment import create
from ..runs.conftest import make_notebook
from .conftest import Lab
from .notebooks import KERNEL, open_cells
from .pages import Notebook, wait_for_saved_layout
from .test_programs import READ_LIMIT_MS, file_in_browser, open_file, run_command
from .test_widgets import ask_server, save_notebook

OpenPage = Callable[[Lab], Page]
# Enough for a process that imports Paddle and a converter, on two busy cores.
EXPORT_LIMIT_MS = 180_000


@pytest.fixture(scope="module")
def bundle(imported_paddle: None, english_lab: Lab) -> Path:
    return create(english_lab.home / "sentiment").path


def target_of(page: Page, bundle: str, title: str) -> Locator:
    region = page.get_by_role("region", name=f"Bundle: {bundle}", exact=True)
    return region.get_by_role("listitem", name=title, exact=True)


def test_checks_exports_and_compares(english_lab: Lab, open_page: OpenPage, bundle: Path) -> None:
    page = open_page(english_lab)
    file_in_browser(page, "sentiment").click(button="right")
    page.get_by_role("menu").get_by_text("Export Bundle…").click()
    panel = page.get_by_role("region", name="Bundle: sentiment", exact=True)
    expect(panel).to_contain_text("Every file is unchanged", timeout=READ_LIMIT_MS)
    expect(panel).to_contain_text("ids int64 (?, ?)")
    onnx = target_of(page, "sentiment", "ONNX")
    expect(onnx).to_contain_text("Not checked")
    onnx.get_by_role("button", name="Check ONNX").click()
    expect(onnx).to_contain_text("Accepted, not exported yet", timeout=EXPORT_LIMIT_MS)
    assert not (bundle / "onnx").exists()

    onnx.get_by_role("button", name="Export ONNX").click()
    expect(onnx).to_contain_text("Exporting")
    # It goes on without the browser, and is found again.
    wait_for_saved_layout(page, "sentiment/bundle.json")
    page.reload()
    expect(onnx).to_contain_text("Equal to the eager network on 5", timeout=EXPORT_LIMIT_MS)
    expect(onnx.get_by_role("status")).to_have_text("Exported")
    assert (bundle / "onnx" / "model.onnx").is_file()

    panel.get_by_role("button", name="Compare").click()
    both = page.get_by_role("region", name=re.compile("^Comparison of sentiment.inference"))
    expect(both.get_by_role("application", name="Graph")).to_have_count(2, timeout=READ_LIMIT_MS)
    expect(both).to_contain_text("Only on the left")


@pytest.fixture(scope="module")
def recurrent(imported_paddle: None, english_lab: Lab) -> Path:
    """Make a bundle that ONNX refuses, and return the source of its network."""
    from paddle.static import InputSpec

    source = english_lab.home / "recurrent.py"
    shutil.copyfile(Path(__file__).parent.parent / "export" / "networks.py", source)
    names: dict[str, type] = {}
    exec(compile(source.read_text("utf-8"), str(source), "exec"), names)  # noqa: S102
    Bundle.create(
        english_lab.home / "recurrent",
        names["Recurrent"]("SimpleRNN"),
        input_spec=[InputSpec([None, 5, 4], "float32", "x")],
        examples=[np.ones((2, 5, 4), np.float32)],
    )
    return source


def test_checks_all_targets_past_what_fails_until_it_is_cancelled(
    english_lab: Lab, open_page: OpenPage, recurrent: Path
) -> None:
    page = open_page(english_lab)
    open_file(page, "recurrent")
    open_file(page, "bundle.json")
    panel = page.get_by_role("region", name="Bundle: recurrent", exact=True)
    check_all = panel.get_by_role("button", name="Check all")
    check_all.click(timeout=READ_LIMIT_MS)
    expect(panel).to_contain_text("Checking 1 of 8: Paddle Inference")
    # One target alone is cancelled, another one refuses, and the next follow.
    inference = target_of(page, "recurrent", "Paddle Inference")
    inference.get_by_role("button", name="Cancel").click()
    expect(panel).to_contain_text("Checking 2 of 8: Paddle Inference with oneDNN")
    expect(inference).to_contain_text("Cancelled. The bundle is as it was before.")
    expect(panel).to_contain_text("Checking 4 of 8: ONNX", timeout=EXPORT_LIMIT_MS)
    accepted = target_of(page, "recurrent", "Paddle Inference with oneDNN")
    expect(accepted).to_contain_text("Accepted, not exported yet")
    expect(target_of(page, "recurrent", "PaddleX")).to_contain_text("Not accepted")

    onnx = target_of(page, "recurrent", "ONNX")
    expect(onnx.get_by_role("button", name="Cancel")).to_be_visible()
    panel.get_by_role("button", name="Cancel all").click()
    expect(check_all).to_be_visible()
    expect(onnx).to_contain_text("Cancelled.")
    for title in ("ONNX Runtime Web", "MNN", "Paddle's legacy format", "Paddle Lite"):
        expect(target_of(page, "recurrent", title).get_by_role("status")).to_have_text(
            "Not checked"
        )
    # What was found stays, and it can begin again.
    expect(accepted).to_contain_text("Accepted, not exported yet")
    check_all.click()
    expect(panel).to_contain_text("Checking 1 of 8: Paddle Inference")
    panel.get_by_role("button", name="Cancel all").click()
    expect(check_all).to_be_visible()
    expect(inference).to_contain_text("Cancelled.")


def test_refusal_shows_findings_whose_line_opens(
    english_lab: Lab, open_page: OpenPage, recurrent: Path
) -> None:
    page = open_page(english_lab)
    open_file(page, "recurrent")
    open_file(page, "bundle.json")
    onnx = target_of(page, "recurrent", "ONNX")
    onnx.get_by_role("button", name="Check ONNX").click(timeout=READ_LIMIT_MS)
    expect(onnx).to_contain_text("Not accepted", timeout=EXPORT_LIMIT_MS)
    expect(onnx).to_contain_text("PW-X201")
    expect(onnx).to_contain_text("Use nn.GRU or nn.LSTM.")
    expect(onnx.get_by_role("button", name=re.compile("^Export"))).to_have_count(0)
    onnx.get_by_role("button", name=re.compile(r"^recurrent\.py, line \d+$")).click()
    lines = recurrent.read_text("utf-8").splitlines()
    (number,) = [at for at, line in enumerate(lines, 1) if "self.rnn(x)[0]" in line]
    expect(page.get_by_role("button", name=f"Ln {number}, Col 1")).to_be_visible()


def test_says_why_a_folder_is_not_a_bundle(english_lab: Lab, open_page: OpenPage) -> None:
    (english_lab.home / "plain").mkdir()
    page = open_page(english_lab)
    run_command(page, "Export Bundle")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("plain")
    dialog.get_by_role("button", name="Ok").click()
    expect(page.get_by_role("dialog")).to_contain_text(
        "plain is not a bundle: there is no bundle.json in it."
    )


LENS = """
from paddle_workbench import CompressionLens

texts = ["房间很干净", "很小", "但是下次还会住", "房间小", "下次住房间", "不会"]
CompressionLens("sentiment", data=texts[:4], inputs=texts[4:], truth=["好评", "差评"], lang="en")
"""


def test_compression_lens_sets_and_measures_a_bundle(
    english_lab: Lab, open_page: OpenPage, bundle: Path
) -> None:
    page = open_page(english_lab)
    notebook = open_cells(english_lab, page, "compression", [LENS])
    lens = notebook.panel.get_by_role("region", name="Compression lens")
    unchanged = lens.get_by_text("Nothing is changed: 1.26 KiB, accuracy")
    expect(unchanged).to_be_visible()
    bits = lens.get_by_label("Bits of fc")
    bits.focus()
    page.keyboard.press("ArrowDown")
    expect(bits).to_have_value("8")
    expect(bits).to_be_focused()
    # What rounds takes more than so small a layer saves.
    expect(lens.get_by_text("These settings, estimated: 2.07 KiB (+64 %)")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(bits).to_have_value("32")
    expect(unchanged).to_be_visible()
    channels = lens.get_by_label("Channels of embedding")
    channels.focus()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    expect(channels).to_have_value("4")
    expect(lens.get_by_text("These settings, estimated: 942 B (−27 %)")).to_be_visible()

    lens.get_by_role("button", name="Measure", exact=True).press("Enter")
    row = lens.get_by_role("row").filter(has=page.get_by_role("button", name="try 2, measured"))
    expect(row).to_be_visible(timeout=EXPORT_LIMIT_MS)
    expect(row).to_contain_text("embedding: 4 channels")
    expect(row).to_contain_text("✓")
    expect(
        lens.get_by_role("img", name=re.compile("^Tries; on the front are try 2"))
    ).to_be_visible()
    expect(lens.get_by_text(re.compile("^Measured as try 2: 942 B"))).to_be_visible()


CLASSIFIER = """
from paddle_workbench import Bundle, Classifier

Classifier(Bundle("carried"), lang="en")
"""


@pytest.fixture(scope="module")
def carried(imported_paddle: None, english_lab: Lab) -> Bundle:
    bundle = create(english_lab.home / "carried")
    bundle.export("browser")
    return bundle


def classify_in(place: Locator | FrameLocator, bundle: Bundle, text: str) -> None:
    """Type a text, and expect the result of Paddle."""
    place.get_by_role("textbox", name="Text").fill(text)
    expected = bundle.predict(text)
    bars = [f"{name}{100 * value:.1f} %" for name, value in expected.scores.items()]
    rows = place.get_by_role("list", name="Probabilities").get_by_role("listitem")
    expect(rows).to_have_text(bars)


def works_in(frame: FrameLocator, bundle: Bundle) -> None:
    """Expect that a frame classifies as Paddle does, and says so."""
    expect(frame.get_by_text(re.compile("✓ Equal to the Paddle network on 5"))).to_be_visible()
    expect(frame.get_by_text(re.compile("✓ The same results as Paddle"))).to_be_visible()
    classify_in(frame, bundle, "下次还会住")
    classify_in(frame, bundle, "不干净")


def test_output_classifies_without_its_kernel(
    english_lab: Lab, open_page: OpenPage, carried: Bundle
) -> None:
    page = open_page(english_lab)
    notebook = open_cells(english_lab, page, "carried", [CLASSIFIER])
    panel = notebook.panel
    widget = panel.get_by_role("region", name="carried 1")
    frame = panel.frame_locator("iframe")
    classify_in(widget, carried, "很干净")
    save_notebook(page)
    # The runtime of 5 MB is not in it.
    assert (english_lab.home / "carried.ipynb").stat().st_size < 100_000
    expect(panel.locator("iframe")).to_have_count(0)

    ask_server(page, "carried.ipynb", "POST", "/restart")
    widget.get_by_role("textbox", name="Text").press("a")
    works_in(frame, carried)
    expect(widget).not_to_be_visible()

    # The next day another kernel is running, and then none.
    ask_server(page, "carried.ipynb", "DELETE", "")
    page.reload()
    expect(panel.get_by_text("Your browser runs its network instead.")).to_be_visible()
    works_in(frame, carried)
    notebook.wait_until_idle()
    notebook.run_all()
    expect(panel.locator("iframe")).to_have_count(0)
    classify_in(widget, carried, "很干净")
    notebook.menu("Kernel", "Shut Down Kernel")
    works_in(frame, carried)


def test_notebook_that_is_not_trusted_asks_before_its_network_runs(
    english_lab: Lab, open_page: OpenPage, carried: Bundle
) -> None:
    write_output(english_lab.home / "foreign.ipynb", carried)
    page = open_page(english_lab)
    open_file(page, "foreign.ipynb")
    panel = Notebook(page).panel
    expect(panel.get_by_text("This notebook is not trusted")).to_be_visible()
    expect(panel.locator("iframe")).to_have_count(0)
    panel.get_by_role("button", name="Run the network").click()
    works_in(panel.frame_locator("iframe"), carried)


def test_converted_notebook_classifies(
    english_lab: Lab, open_page: OpenPage, carried: Bundle
) -> None:
    write_output(english_lab.home / "report.ipynb", carried, count=2)
    page = open_page(english_lab)
    # As "Save and Export Notebook As" does; Jupyter accepts it from its own pages only.
    html = page.evaluate("async path => (await fetch(path)).text()", "/nbconvert/html/report.ipynb")
    assert html.count('id="pw-runtime"') == 1
    path = english_lab.home / "report.html"
    path.write_text(html, "utf-8")
    page.context.set_offline(True)
    page.goto(path.as_uri())
    for frame in (page.frame_locator("iframe").first, page.frame_locator("iframe").last):
        works_in(frame, carried)


def test_report_of_a_run_classifies_and_runs_no_other_script(
    english_lab: Lab, open_page: OpenPage, carried: Bundle
) -> None:
    home = english_lab.home
    cells = [
        f"from paddle_workbench import Bundle, Classifier\n"
        f"Classifier(Bundle({str(carried.folder)!r}), lang='en')",
        "from IPython.display import HTML\n"
        "HTML('<p>foreign</p><script>document.title = \"changed\"</script>')",
    ]
    notebook = make_notebook(
        home / "to run.ipynb", [(f"cell-{at}", cell) for at, cell in enumerate(cells)]
    )
    workbench = Path(sys.executable).with_name("workbench")
    environment = os.environ | {"PADDLE_WORKBENCH_HOME": str(home)}
    subprocess.run([workbench, "run", notebook], env=environment, check=True)
    (report,) = (home / "runs").glob("*/report.html")
    page = open_page(english_lab)
    page.context.set_offline(True)
    page.goto(report.as_uri())
    works_in(page.frame_locator("iframe.pw-PageFrame"), carried)
    foreign = page.locator("iframe.pw-OutputFrame")
    foreign.scroll_into_view_if_needed()
    expect(foreign.content_frame.get_by_text("foreign", exact=True)).to_be_visible()
    assert page.title() != "changed"


def write_output(path: Path, bundle: Bundle, *, count: int = 1) -> None:
    """Write a notebook with outputs of a classifier whose kernel ended long ago."""
    data, _ = Classifier(bundle, lang="en")._repr_mimebundle_() or ({}, {})
    assert BUNDLE_MIME_TYPE in data
    new = nbformat.v4
    cells = [
        new.new_code_cell("", outputs=[new.new_output("display_data", data=data)])
        for _ in range(count)
    ]
    nbformat.write(new.new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), path)
