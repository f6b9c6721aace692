"""Page objects: parts of the interface, located by roles and texts."""

from __future__ import annotations

import contextlib
import re
from urllib.parse import urlsplit

from playwright.sync_api import Error, Locator, Page, expect

from ..kernels.sessions import wait_until

# Enough for a whole lesson on two busy cores.
RUN_LIMIT_MS = 240_000


def search_commands(page: Page, text: str) -> None:
    """Open the command palette with the keyboard, and search in it."""
    search = page.get_by_role("textbox", name="SEARCH")
    # Keys are lost until JupyterLab has registered its shortcuts, and the palette closes if the
    # launcher or another tab opens and takes the focus.
    for _ in range(5):
        page.keyboard.press("Control+Shift+C")
        with contextlib.suppress(Error):
            search.fill(text, timeout=10_000)
            return
    raise AssertionError("The command palette does not open.")


def wait_for_saved_layout(page: Page, pattern: str) -> None:
    """Wait until the server has the layout that JupyterLab restores after a reload.

    JupyterLab saves its layout a moment after each change.

    Parameters
    ----------
    pattern : str
        A regular expression for the workspace as JSON, without blanks: of a widget in the main
        area its id, of a panel in a sidebar `"current":"ID"`.
    """
    workspace = urlsplit(page.url).path.split("/workspaces/")[1].split("/")[0]
    # `wait_for_function` takes the promise of an async function for a true value.
    wait_until(
        lambda: re.search(pattern, page.evaluate(_WORKSPACE, workspace)) is not None,
        limit_s=RUN_LIMIT_MS / 1000,
    )


_WORKSPACE = """async name => {
    const response = await fetch(`/lab/api/workspaces/${name}`);
    return JSON.stringify(await response.json());
}"""


class CoursePanel:
    """The course panel in the left sidebar."""

    def __init__(self, page: Page, name: str = "Course") -> None:
        self.page = page
        self.region: Locator = page.get_by_role("region", name=name, exact=True)
        self.tree: Locator = self.region.get_by_role("tree")

    def lesson(self, title: str) -> Locator:
        return self.tree.locator("[data-lesson]").filter(has_text=title)


class Notebook:
    """The active notebook."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.panel: Locator = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        self.bar: Locator = self.panel.get_by_role("group", name="Lesson", exact=True)
        self.cells: Locator = self.panel.locator(".jp-CodeCell")

    def cell(self, text: str) -> Locator:
        return self.cells.filter(has_text=text).first

    def wait_until_idle(self) -> None:
        status = self.page.locator("#jp-main-statusbar")
        idle = status.get_by_text(re.compile(r"\| (Idle|空闲)"))
        expect(idle).to_be_visible(timeout=RUN_LIMIT_MS)

    def run_all(self) -> None:
        """Run every cell and wait for the last, in any language."""
        last = self.cells.last.locator(".jp-InputPrompt")
        # As in `search_commands`, keys may be lost at first; then the last cell is not waiting.
        for _ in range(5):
            self.cells.first.locator(".jp-InputPrompt").click()
            self.page.keyboard.press("Control+A")
            self.page.keyboard.press("Control+Enter")
            with contextlib.suppress(AssertionError):
                expect(last).not_to_have_text("[ ]:", timeout=10_000)
                break
        expect(last).to_have_text(re.compile(r"\[\d+\]:"), timeout=RUN_LIMIT_MS)
        self.wait_until_idle()

    def menu(self, *path: str) -> None:
        """Choose from the menu bar."""
        bar = self.page.get_by_role("menubar")
        bar.get_by_role("menuitem", name=path[0], exact=True).click()
        for name in path[1:]:
            # The rows of Lumino's menus do not have a role.
            self.page.get_by_role("menu").get_by_text(name, exact=True).last.click()

    def write(self, cell: Locator, text: str) -> None:
        """Replace the text of a cell with keys."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def rewrite(self, cell: Locator, text: str) -> None:
        """Replace the text of a cell with keys, and run it."""
        self.write(cell, text)
        self.page.keyboard.press("Control+Enter")


def choose_theme(page: Page, theme: str) -> None:
    """Choose a theme of JupyterLab in the settings menu."""
    Notebook(page).menu("Settings", "Theme", theme)
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)


def contrast(page: Page, selector: str) -> float:
    """Return the WCAG 2 contrast of an element's text and its background, from 1 to 21."""
    ratio: float = page.evaluate(_CONTRAST, selector)
    return ratio


# Paints the backgrounds on top of each other, since colours may be transparent.
_CONTRAST = """selector => {
  const element = document.querySelector(selector);
  const behind = [];
  for (let each = element; each; each = each.parentElement) {
    behind.unshift(getComputedStyle(each).backgroundColor);
  }
  const paint = new OffscreenCanvas(1, 1).getContext('2d');
  const luminance = colour => {
    paint.fillStyle = colour;
    paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3)
      .map(value => value / 255)
      .map(value => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
      .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  };
  const ground = ['white', ...behind].map(luminance).at(-1);
  const text = luminance(getComputedStyle(element).color);
  const [lighter, darker] = [ground, text].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}"""
