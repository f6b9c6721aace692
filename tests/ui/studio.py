"""A JupyterLab that is arranged for pictures."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from paddle_workbench.contract import Language

from ..pictures import LESSON, ROOT
from .conftest import Lab
from .pages import CoursePanel, Notebook

SIZE: ViewportSize = {"width": 1280, "height": 860}
# As many equal screenshots in a row are a screen at rest.
EQUAL_SCREENSHOTS = 3
MOST_SCREENSHOTS = 200


@dataclass(frozen=True, slots=True)
class Studio:
    """A JupyterLab in one language, and a browser to take pictures of it."""

    browser: Browser
    lab: Lab
    language: Language
    translations: Mapping[str, str]

    def words(self, text: str) -> str:
        """Return a text of the interface in the studio's language."""
        return text if self.language == "en" else self.translations[text]

    @contextmanager
    def open_page(self, *, dark: bool) -> Iterator[Page]:
        """Open JupyterLab in a new window, light or dark."""
        folder = self.lab.home.parent / "settings" / "@jupyterlab" / "apputils-extension"
        folder.mkdir(parents=True, exist_ok=True)
        theme = {"theme": "JupyterLab Dark" if dark else "JupyterLab Light"}
        (folder / "themes.jupyterlab-settings").write_text(json.dumps(theme), encoding="utf-8")
        context = self.browser.new_context(viewport=SIZE, locale="en-US", reduced_motion="reduce")
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{self.lab.url}/lab/workspaces/pictures-{time.monotonic_ns()}")
        # It comes last; after it nothing takes the focus.
        expect(page.locator(".jp-Launcher")).to_be_visible()
        yield page
        context.close()

    def open_lesson(self, page: Page) -> tuple[Notebook, Locator]:
        """Open the lesson from the course panel; return its notebook and its bar."""
        panel = CoursePanel(page, self.words("Course"))
        panel.tree.locator(f"[data-lesson='{LESSON}']").click()
        notebook = Notebook(page)
        bar = notebook.panel.get_by_role("group", name=self.words("Lesson"), exact=True)
        expect(bar).to_be_visible()
        close_tab_behind(page)
        # What runs before the kernel is ready is lost.
        notebook.wait_until_idle()
        return notebook, bar


def read_translations() -> dict[str, str]:
    """Return the Chinese of every text of the extension and the widgets."""
    package = ROOT / "workbench" / "paddle_workbench"
    catalog = package / "locale" / "zh_CN" / "LC_MESSAGES" / "paddle_workbench.json"
    messages = json.loads(catalog.read_text(encoding="utf-8"))
    translations = {text: message[0] for text, message in messages.items() if text}
    for path in (package / "widgets" / "front_end").glob("*.zh.json"):
        translations |= json.loads(path.read_text(encoding="utf-8"))
    return translations


def close_tab_behind(page: Page) -> None:
    """Close the only tab next to the one in front: the launcher's."""
    tabs = page.locator("#jp-main-dock-panel .lm-TabBar-tab:not(.lm-mod-current)")
    tabs.locator(".lm-TabBar-tabCloseIcon").click()


def toggle_left_sidebar(page: Page) -> None:
    page.keyboard.press("Control+B")


def drag_left_sidebar(page: Page, right: int) -> None:
    """Drag the right edge of the left sidebar, to that many pixels from the left."""
    handles = "#jp-main-split-panel > .lm-SplitPanel-handle:not(.lm-mod-hidden)"
    box = page.locator(handles).first.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    _drag(page, (box["x"] + box["width"] / 2, y), (right, y))


def drag_right_sidebar(page: Page, left: int) -> None:
    """Drag the left edge of the right sidebar, to that many pixels from the left."""
    handles = "#jp-main-split-panel > .lm-SplitPanel-handle:not(.lm-mod-hidden)"
    box = page.locator(handles).last.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    _drag(page, (box["x"] + box["width"] / 2, y), (left, y))


def drag_lower_edge(widget: Locator, bottom: int) -> None:
    """Drag the corner of a widget, to that many pixels from the top."""
    box = widget.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] - 4, box["y"] + box["height"] - 4
    _drag(widget.page, (x, y), (x, bottom - 4))


def _drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=4)
    page.mouse.up()


def scroll_to_top(cell: Locator) -> None:
    """Scroll a notebook until a cell is the first that is seen."""
    cell.evaluate("node => node.scrollIntoView({ block: 'start' })")


def screenshot_at_rest(page: Page) -> bytes:
    """Take screenshots until nothing changes any more, and return the last."""
    page.mouse.move(0, 0)
    last, equal = b"", 0
    for _ in range(MOST_SCREENSHOTS):
        screenshot = page.screenshot(animations="disabled", caret="hide")
        equal = equal + 1 if screenshot == last else 1
        if equal == EQUAL_SCREENSHOTS:
            return screenshot
        last = screenshot
    raise AssertionError("The screen does not come to rest.")
