"""The whole of JupyterLab in Chinese."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from .conftest import Lab
from .pages import CoursePanel, Notebook
from .test_learning import save_screenshot


def test_lab_and_course_are_in_chinese(chinese_lab: Lab, open_page: Callable[[Lab], Page]) -> None:
    page = open_page(chinese_lab)
    menu = page.get_by_role("menubar")
    expect(menu.get_by_role("menuitem", name="文件", exact=True)).to_be_visible()
    panel = CoursePanel(page, "课程")
    expect(panel.region.get_by_role("heading", name="飞桨工作台")).to_be_visible()
    expect(panel.region.get_by_role("button", name=re.compile("开始|继续"))).to_be_visible()
    panel.tree.locator("[data-lesson]").first.click()
    notebook = Notebook(page)
    expect(notebook.cells.first).to_be_visible()
    bar = notebook.panel.get_by_role("group", name="本课", exact=True)
    expect(bar.get_by_role("button", name="练习 0")).to_be_visible()
    expect(bar.get_by_role("button", name="重置")).to_be_visible()
    save_screenshot(page, "course")
    assert (chinese_lab.home / "lessons" / "start" / "environment.ipynb").is_file()


def test_nothing_of_the_workbench_is_left_in_english(
    chinese_lab: Lab, open_page: Callable[[Lab], Page]
) -> None:
    page = open_page(chinese_lab)
    panel = CoursePanel(page, "课程")
    expect(panel.tree).to_be_visible()
    words = panel.region.inner_text()
    # Enter is a key and while a keyword; the others are names.
    names = {"CPU", "GPU", "Enter", "Paddle", "Predictor", "while"}
    assert set(re.findall(r"[A-Za-z]{3,}", words)) - names == set()
