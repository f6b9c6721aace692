"""The base of all widgets, in a running notebook."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from paddle_workbench.program.model.archive import save

from ..conftest import REPOSITORY
from ..ocr.desk.pictures import save_picture
from ..program.synthetic import regular_capture
from .conftest import Lab
from .notebooks import open_cells, style_of_terms
from .pages import choose_theme, contrast
from .test_text_widgets import LENS, SPANS, TOKENS

OpenPage = Callable[[Lab], Page]

COUNTER = """
import traitlets
from paddle_workbench.widgets.base import WorkbenchWidget


class Counter(WorkbenchWidget):
    _esm = '''
    export default {
      render({ model, el }) {
        const button = document.createElement("button");
        const show = () => {
          button.textContent = `${model.get("lang")} counts ${model.get("count")}`;
        };
        button.onclick = () => {
          model.set("count", model.get("count") + 1);
          model.save_changes();
        };
        model.on("change:count", show);
        show();
        el.append(button);
        return () => model.off("change:count", show);
      }
    };
    '''
    count = traitlets.Int(3).tag(sync=True)


counter = Counter()
counter
"""


def test_widget_runs_in_a_notebook(english_lab: Lab, open_page: OpenPage) -> None:
    page = open_page(english_lab)
    notebook = open_cells(english_lab, page, "counter", [COUNTER])
    button = notebook.panel.get_by_role("button", name="en counts 3")
    button.click()
    expect(notebook.panel.get_by_role("button", name="en counts 4")).to_be_visible()


DESK = """
from pathlib import Path
from paddle_workbench import OcrDesk
from paddle_workbench.ocr.results import PageResult

home = Path("HOME")
OcrDesk(
    [home / "a.png", home / "b.png"],
    folder=home / "pages",
    read_page=lambda pixels: PageResult(pixels.shape[1::-1], (), ("det", "rec")),
)
"""

MICROSCOPE = """
from paddle_workbench import ProgramMicroscope
from paddle_workbench.program import load

ProgramMicroscope(load("HOME/captured.zip"))
"""

DETECTION = """
import numpy as np
from paddle_workbench import DetectionLens
from paddle_workbench.detection import Dataset, Detector, Picture, YOLOv3

net = YOLOv3(("盒", "<b>瓶</b>"), (((16, 16), (8, 8)), ((4, 4), (4, 4))), neck=16,
             backbone="resnet34-quarter")
# Each coarse cell has a large box that is sure, and in its middle a small one that is not.
for head, objectness in zip(net.heads, ([6, 0], [-9, -9])):
    head.weight.set_value(np.zeros(head.weight.shape, "float32"))
    numbers = [[0, 0, 0, 0, each, 9, -9] for each in objectness]
    head.bias.set_value(np.array(numbers, "float32").ravel())
black = np.zeros((32, 32, 3), "uint8")
large = [[x, y, x + 16, y + 16] for x in (0, 16) for y in (0, 16)]
data = Dataset(net.classes, [Picture("easy.png", black, large, [0] * 4),
                             Picture("hard.png", black, [[1, 1, 9, 9]], [1])])
detector = Detector(net=net, input_size=32)
DetectionLens(detector, data)
"""


def test_detection_lens_is_used_with_the_keyboard(english_lab: Lab, open_page: OpenPage) -> None:
    page = open_page(english_lab)
    chinese_cell = "DetectionLens(detector, data, lang='zh', index=0)"
    panel = open_cells(english_lab, page, "detection", [DETECTION, chinese_cell]).panel
    lens = panel.get_by_role("region", name="Detection lens")
    frames = lens.locator(".pw-Boxes-frame")
    expect(lens.get_by_text("Picture 1 of 2 · hard.png")).to_be_visible()
    expect(lens.get_by_text("This picture: 0 right, 8 invented, 1 missed.")).to_be_visible()
    expect(frames).to_have_count(9)

    threshold = lens.get_by_role("slider", name="Threshold")
    threshold.focus()
    page.keyboard.press("End")
    expect(lens.get_by_text("This picture: 0 right, 0 invented, 1 missed.")).to_be_visible()
    expect(frames).to_have_count(1)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    expect(threshold).to_have_value("0.02")
    expect(threshold).to_be_focused()
    expect(frames).to_have_count(9)
    overlap = lens.get_by_role("slider", name="Overlap (NMS)")
    overlap.focus()
    page.keyboard.press("Home")
    expect(frames).to_have_count(5)
    figures = lens.get_by_role("group", name="All pictures")
    expect(figures.get_by_text("50.0 %")).to_be_visible()  # of 8 boxes 4 are right
    expect(figures.get_by_text("80.0 %")).to_be_visible()
    curve = "Precision by recall; at this threshold the precision is 50.0 % and the recall 80.0 %"
    expect(figures.get_by_role("img", name=curve)).to_be_visible()

    assert style_of_terms(figures) == ("grid", "400")

    page.keyboard.press("]")
    expect(lens.get_by_text("Picture 2 of 2 · easy.png")).to_be_visible()
    expect(lens.get_by_text("This picture: 4 right, 0 invented, 0 missed.")).to_be_visible()
    expect(lens.get_by_role("button", name="Next picture")).to_be_disabled()
    pictures = lens.get_by_role("listbox", name="Pictures, most mistakes first")
    pictures.focus()
    page.keyboard.press("ArrowUp")
    selected = pictures.get_by_role("option", selected=True)
    expect(selected).to_contain_text("hard.png")
    expect(lens.get_by_text("This picture: 0 right, 4 invented, 1 missed.")).to_be_visible()
    lens.get_by_label("Objectness").select_option("cells of 16 px")
    expect(lens.locator("canvas")).to_be_visible()
    lens.get_by_text("Boxes of this picture: 5").click()
    item = lens.get_by_role("listitem", name="missed, <b>瓶</b>")
    item.focus()
    expect(frames.and_(lens.locator(".pw-mod-lit"))).to_contain_text("<b>瓶</b>")

    chinese = panel.get_by_role("region", name="检测透镜")
    expect(chinese.get_by_text("第 2 张，共 2 张 · easy.png")).to_be_visible()
    expect(chinese.get_by_text("这张图：正确 4 个，误检 4 个，漏检 0 个。")).to_be_visible()
    expect(chinese.get_by_role("slider", name="阈值")).to_have_value("0.3")


COMPRESSION = f"""
import sys
import time

sys.path.insert(0, {str(REPOSITORY)!r})
from paddle_workbench import CompressionLens
from paddle_workbench.contract import JobProgress, Text
from tests.compression.small_network import SmallNetwork

network = SmallNetwork()
report = network.report()


def measure(settings, listener):
    while "head" in settings:  # until it is cancelled
        listener(JobProgress(done=1, total=4, step=Text(zh="等待", en="waiting")))
        time.sleep(0.01)
    return network.measure(settings, listener=listener)


lens = CompressionLens(report, measure=measure)
lens
"""


def test_compression_lens_sets_measures_and_cancels(english_lab: Lab, open_page: OpenPage) -> None:
    page = open_page(english_lab)
    cells = [COMPRESSION, "CompressionLens(report, lang='zh', layer='fc1')"]
    notebook = open_cells(english_lab, page, "compression", cells)
    panel = notebook.panel
    lens = panel.get_by_role("region", name="Compression lens")
    expect(lens.get_by_text("Nothing is changed: 4.97 KiB")).to_be_visible()
    lens.get_by_role("button", name="fc1", exact=True).focus()
    page.keyboard.press("ArrowDown")
    layer = lens.get_by_role("button", name="fc2", exact=True)
    expect(layer).to_be_focused()
    page.keyboard.press("Enter")
    details = lens.get_by_role("group", name="Layer fc2")
    expect(
        details.get_by_role("img", name=re.compile("^Weights with 2 bits, 4 levels"))
    ).to_be_visible()
    expect(layer).to_be_focused()
    details.get_by_role("radio", name="32 bits").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(details.get_by_role("radio", name="4 bits")).to_be_focused()
    expect(lens.get_by_label("Bits of fc2")).to_have_value("4")
    expect(lens.get_by_text("These settings, estimated: 2.34 KiB (−53 %)")).to_be_visible()
    lens.get_by_label("Channels of fc1").select_option("16")
    expect(lens.get_by_text("estimated: 1.41 KiB (−72 %)")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(lens.get_by_label("Channels of fc1")).to_have_value("")
    expect(notebook.cells).to_have_count(len(cells))

    lens.get_by_role("button", name="Measure", exact=True).click()
    added = lens.get_by_role("button", name="try 2, measured")
    expect(added).to_be_visible()
    expect(lens.get_by_text("Measured as try 2: 2.34 KiB (−53 %)")).to_be_visible()
    lens.get_by_label("Bits of head").select_option("8")
    lens.get_by_role("button", name="Keep estimate").click()
    expect(lens.get_by_role("button", name="try 3, estimated")).to_be_visible()
    lens.get_by_role("button", name="Measure", exact=True).click()
    expect(lens.get_by_role("progressbar", name="waiting")).to_be_visible()
    lens.get_by_role("button", name="Cancel").click()
    expect(lens.get_by_role("button", name="Measure", exact=True)).to_be_visible()
    expect(lens.get_by_role("button", name=re.compile("^try"))).to_have_count(2)
    lens.get_by_role("button", name="Compare with try 2").click()
    lens.get_by_label("against").select_option("latency")
    expect(lens.get_by_text("where it was measured: 1 of 4 tries.")).to_be_visible()
    lens.get_by_text("As a recipe").click()
    expect(lens.get_by_text("A recipe quantises to 8 bits, and layer fc2 has 4.")).to_be_visible()

    chinese = panel.get_by_role("region", name="压缩透镜")
    expect(chinese.get_by_role("group", name="层 fc1")).to_be_visible()
    expect(chinese.get_by_role("button", name="测量")).to_have_count(0)
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        choose_theme(page, theme)
        for place in (
            "details .pw-Text-note",
            "table .pw-mod-changed .pw-CompressionLens-facts",
            "table .pw-mod-baseline .pw-CompressionLens-facts",
        ):
            ratio = contrast(page, f".pw-CompressionLens-{place}")
            assert ratio >= 4.5, f"{theme}: {place} {ratio:.1f}"


GONE = "The kernel of this widget has stopped or was restarted"


# ipywidgets looks for the kernel's widgets every 100 ms for two seconds. Of the first output it is
# kept waiting between the last two looks until `release` is called, as on a busy machine.
BUSY_PAGE = """
const { setTimeout } = window;
let resume;
window.setTimeout = (handler, delay, ...values) => {
  if (delay === 100 && !resume && /get_model/.test(new Error().stack)) {
    resume = handler;
    return 0;
  }
  return setTimeout(handler, delay, ...values);
};
window.release = () => {
  const { now } = Date;
  Date.now = () => now() + 60_000;
  resume();
};
"""


def ask_server(page: Page, name: str, method: str, path: str) -> None:
    """Send a request about a notebook's kernel, as another client would."""
    page.evaluate(
        """async ([name, method, path]) => {
          const sessions = await (await fetch('/api/sessions')).json();
          const { kernel } = sessions.find(each => each.path === name);
          const key = document.cookie.match(/_xsrf=([^;]*)/)?.[1] ?? '';
          const headers = { 'X-XSRFToken': key };
          await fetch(`/api/kernels/${kernel.id}${path}`, { method, headers });
        }""",
        [name, method, path],
    )


def save_notebook(page: Page) -> None:
    page.keyboard.press("Control+s")
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)


def refuses(place: Locator) -> Locator:
    """Return the widget's output, once it says that its kernel is gone."""
    output = place.locator("xpath=ancestor::*[contains(@class, 'jp-OutputArea-output')][1]")
    expect(output.get_by_role("alert")).to_contain_text(GONE)
    return output


def test_widgets_without_their_kernel_say_so_and_take_no_input(
    english_lab: Lab, open_page: OpenPage
) -> None:
    home = english_lab.home / "gone"
    save_picture(home / "a.png", ("一",), (420, 200))
    save_picture(home / "b.png", ("二",), (420, 200))
    save(regular_capture(20), home / "captured.zip")
    page = open_page(english_lab)
    cells = [TOKENS, SPANS, LENS, DESK, MICROSCOPE]
    cells = [cell.replace("HOME", str(home)) for cell in cells]
    notebook = open_cells(english_lab, page, "gone", cells)
    panel = notebook.panel
    lens = panel.get_by_role("region", name="Text lens")
    text = lens.get_by_role("textbox")
    expect(text).to_have_value("不好")
    text.fill("真好")
    expect(lens.get_by_text("90.0 % positive")).to_be_visible()

    # JupyterLab does not notice that another client restarts the kernel.
    ask_server(page, "gone.ipynb", "POST", "/restart")
    text.fill("不好")
    refuses(lens)
    expect(text).to_have_value("真好")
    expect(text).not_to_be_editable()
    expect(lens.get_by_text("90.0 % positive")).to_be_visible()

    notebook.run_all()
    expect(page.get_by_text(GONE)).to_have_count(0)
    notebook.menu("Kernel", "Restart Kernel…")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    notebook.wait_until_idle()
    spans = panel.get_by_role("region", name="Gold and predicted spans")
    spans.get_by_role("button", name="Next").click()
    expect(refuses(spans).get_by_text("1 of 4")).to_be_visible()
    expect(spans.get_by_role("button", name="Next")).to_be_disabled()
    text.press("a")
    refuses(lens)
    expect(text).to_have_value("不好")
    tokens = panel.get_by_role("region", name="One text, several tokenisations")
    tokens.get_by_role("button", name="Show numbers").click()
    refuses(tokens)
    desk = panel.get_by_role("region", name="OCR desk")
    desk.get_by_role("button", name="Next page").click()
    refuses(desk)
    expect(desk.get_by_role("combobox", name="Page")).to_contain_text("a.png")
    microscope = panel.get_by_role("region", name=re.compile("^Program microscope"))
    microscope.get_by_role("application", name="Graph").click()
    refuses(microscope)
    expect(notebook.cells).to_have_count(len(cells))


def test_notebook_shows_static_widgets_until_its_cells_run(
    english_lab: Lab, open_page: OpenPage
) -> None:
    page = open_page(english_lab)
    notebook = open_cells(english_lab, page, "reopened", [LENS, SPANS])
    live = notebook.panel.locator(".pw-Widget")
    static = notebook.panel.locator(".pw-WidgetTwin")
    error = notebook.panel.get_by_text("Error displaying widget")
    expect(live).to_have_count(2)
    save_notebook(page)

    # The next day another kernel is running.
    ask_server(page, "reopened.ipynb", "DELETE", "")
    page.reload()
    expect(static).to_have_count(2)
    expect(static.first).to_contain_text("To use it, run the cells up to this one.")
    expect(static.first).to_contain_text("counts: 10.0% positive")
    expect(static.last.get_by_role("table")).to_contain_text("ORG")
    expect(error.filter(visible=True)).to_have_count(0)
    notebook.wait_until_idle()
    notebook.run_all()
    expect(live).to_have_count(2)
    expect(static).to_have_count(0)
    save_notebook(page)

    # The kernel is running, but the page is too busy to find the first widget in time.
    page.add_init_script(BUSY_PAGE)
    page.reload()
    expect(live).to_have_count(1)
    expect(static).to_contain_text("The widget is loading.")
    page.evaluate("release()")
    expect(live).to_have_count(2)
    expect(static).to_have_count(0)
