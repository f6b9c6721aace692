"""The base of all widgets, in a running notebook."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from .conftest import Lab
from .notebooks import open_cells

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
