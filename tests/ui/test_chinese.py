"""JupyterLab and the workbench in Chinese."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from paddle_workbench.course.catalog import read_lessons

from .conftest import Lab
from .pages import CoursePanel, Notebook


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
    assert (chinese_lab.home / "lessons" / "start" / "environment.ipynb").is_file()


def test_whole_workbench_is_translated(
    chinese_lab: Lab, open_page: Callable[[Lab], Page], repository: Path
) -> None:
    page = open_page(chinese_lab)
    panel = CoursePanel(page, "课程")
    expect(panel.tree).to_be_visible()
    words = panel.region.inner_text()
    # Names of devices and keys, and names that lessons use in Chinese texts, such as ERNIE.
    names = {"CPU", "GPU", "Enter"}
    for lesson in read_lessons(repository / "notebooks"):
        metadata = lesson.metadata
        names |= latin_words("\n".join([metadata.title.zh, *metadata.objectives.zh]))
    assert latin_words(words) - names == set()


def latin_words(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z]{3,}", text))
