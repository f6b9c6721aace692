"""A learner's work on a lesson, from the course panel to a passed exercise."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

from paddle_workbench.course.notebook import solution_of

from .conftest import Lab, running_lab
from .pages import RUN_LIMIT_MS, CoursePanel, Notebook, choose_theme, contrast, search_commands

OpenPage = Callable[[Lab], Page]
TITLE = re.compile("environment", re.I)
LESSON = Path(__file__).parents[2] / "notebooks" / "00_start" / "01_environment.ipynb"


def copy_in(lab: Lab) -> Path:
    return lab.home / "lessons" / "start" / "environment.en.ipynb"


def open_lesson(page: Page) -> Notebook:
    panel = CoursePanel(page)
    panel.lesson("environment").first.click()
    notebook = Notebook(page)
    expect(notebook.cells.first).to_be_visible()
    return notebook


def test_course_panel_is_open_and_lists_every_lesson(english_lab: Lab, open_page: OpenPage) -> None:
    page = open_page(english_lab)
    panel = CoursePanel(page)
    expect(panel.region).to_be_visible()
    notebooks = sorted(LESSON.parents[1].glob("[0-9]*/*.ipynb"))
    titles = [nbformat.read(path, 4).metadata.paddle_workbench.title.en for path in notebooks]
    expect(panel.tree.locator("[data-lesson]")).to_have_count(len(titles))
    for title in titles:
        expect(panel.tree).to_contain_text(title)
    expect(panel.region.get_by_role("button", name=re.compile("^.?Start: "))).to_be_visible()


def test_keyboard_navigates_the_panel_and_opens_a_lesson(
    english_lab: Lab, open_page: OpenPage
) -> None:
    page = open_page(english_lab)
    panel = CoursePanel(page)
    expect(panel.tree).to_be_visible()
    # It takes the focus when it comes.
    expect(page.locator(".jp-Launcher")).to_be_visible()
    panel.tree.get_by_role("treeitem").first.press("End")
    last = panel.tree.locator("[data-lesson]").last
    expect(last).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    first = panel.tree.locator("[data-lesson]").first
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(Notebook(page).cells.first).to_be_visible()


def test_filter_shows_matching_lessons(english_lab: Lab, open_page: OpenPage) -> None:
    panel = CoursePanel(open_page(english_lab))
    panel.region.get_by_role("searchbox").fill("environment")
    expect(panel.tree.locator("[data-lesson]")).to_have_count(1)
    panel.region.get_by_role("searchbox").fill("no such lesson")
    expect(panel.region.get_by_text("No lesson matches")).to_be_visible()
    panel.region.get_by_role("button", name="Show all").click()
    expect(panel.tree.locator("[data-lesson]").nth(1)).to_be_visible()


def test_lesson_opens_and_runs_and_exercise_passes(english_lab: Lab, open_page: OpenPage) -> None:
    page = open_page(english_lab)
    notebook = open_lesson(page)
    kernel = notebook.panel.get_by_role("button", name="Paddle (Python 3)", exact=True)
    expect(kernel).to_be_visible()
    expect(notebook.bar).to_contain_text("0.1")
    expect(notebook.bar.get_by_role("button", name="Exercises 0")).to_be_visible()
    notebook.run_all()
    expect(notebook.panel.get_by_text("Not right yet").first).to_be_visible()

    solution = solution_of(LESSON, "parse_tag")
    assert solution is not None
    notebook.rewrite(notebook.cell("def parse_tag"), solution)
    check = notebook.cell('check("parse_tag"')
    check.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    expect(check.get_by_role("status")).to_contain_text("Passed", timeout=RUN_LIMIT_MS)
    expect(notebook.bar.get_by_role("button", name="Exercises 1")).to_be_visible()
    progress = json.loads((english_lab.home / "progress.json").read_text())
    attempts = progress["lessons"]["start/environment"]["exercises"]
    assert attempts["parse_tag"]["state"] == "passed"
    status = page.locator("#jp-main-statusbar")
    expect(status.get_by_role("button", name=re.compile("Paddle 3"))).to_be_visible()


def test_opening_and_reading_does_not_change_the_file(
    english_lab: Lab, open_page: OpenPage
) -> None:
    page = open_page(english_lab)
    notebook = open_lesson(page)
    content = copy_in(english_lab).read_bytes()
    notebook.wait_until_idle()
    expect(notebook.bar.get_by_role("button", name="Exercises")).to_be_visible()
    notebook.bar.get_by_role("button", name="What you will learn").click()
    # Neither the start of the kernel nor the lesson bar has changed the notebook.
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)
    assert copy_in(english_lab).read_bytes() == content


def test_reset_keeps_the_old_copy_and_shows_its_name(english_lab: Lab, open_page: OpenPage) -> None:
    page = open_page(english_lab)
    notebook = open_lesson(page)
    notebook.rewrite(notebook.cells.nth(1), "my_own_work = 1")
    notebook.menu("File", "Save Notebook")
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)
    notebook.bar.get_by_role("button", name="Reset").click()
    page.get_by_role("dialog").get_by_role("button", name="Reset").click()
    expect(page.get_by_text(re.compile(r"environment\.en\.kept-"))).to_be_visible()
    (backup,) = copy_in(english_lab).parent.glob("environment.en.kept-*.ipynb")
    assert "my_own_work" in backup.read_text(encoding="utf-8")
    assert "my_own_work" not in copy_in(english_lab).read_text(encoding="utf-8")
    expect(notebook.cell("my_own_work")).to_have_count(0)


def test_progress_is_shared_with_other_windows_and_kept_after_reload(
    english_lab: Lab, open_page: OpenPage
) -> None:
    first, second = open_page(english_lab), open_page(english_lab)
    panels = [CoursePanel(first), CoursePanel(second)]
    for panel in panels:
        expect(panel.region).to_be_visible()
    lesson = panels[0].tree.locator("[data-lesson='static_graph/inference']")
    lesson.press("d")
    expect(lesson).to_contain_text("done", ignore_case=True)
    panels[1].region.get_by_role("button", name="Refresh").click()
    other = panels[1].tree.locator("[data-lesson='static_graph/inference']")
    expect(other).to_contain_text("done", ignore_case=True)
    second.reload()
    expect(other).to_contain_text("done", ignore_case=True)


def test_second_server_with_the_same_home_shares_progress(
    english_lab: Lab, open_page: OpenPage
) -> None:
    with running_lab(english_lab.home, "en") as other_lab:
        first, second = open_page(english_lab), open_page(other_lab)
        lesson = CoursePanel(first).tree.locator("[data-lesson='static_graph/to_static']")
        expect(lesson).to_be_visible()
        lesson.press("d")
        expect(lesson).to_contain_text("done", ignore_case=True)
        # The change appears in the other window without a refresh.
        other = CoursePanel(second).tree.locator("[data-lesson='static_graph/to_static']")
        expect(other).to_contain_text("done", ignore_case=True)
        # Before its server ends: JupyterLab does not catch errors of its own requests.
        second.context.close()


def test_panel_switches_the_language_of_lessons(english_lab: Lab, open_page: OpenPage) -> None:
    page = open_page(english_lab)
    panel = CoursePanel(page)
    chinese = nbformat.read(LESSON, 4).metadata.paddle_workbench.title.zh
    panel.region.get_by_role("button", name="中文").click()
    panel.lesson(chinese).click()
    expect(Notebook(page).cells.first).to_be_visible()
    assert (english_lab.home / "lessons" / "start" / "environment.ipynb").is_file()
    panel.region.get_by_role("button", name="EN").click()
    expect(panel.lesson(chinese)).to_have_count(0)


def test_panel_reports_broken_progress(english_lab: Lab, open_page: OpenPage) -> None:
    (english_lab.home / "progress.json").write_text("{", encoding="utf-8")
    panel = CoursePanel(open_page(english_lab))
    expect(panel.region.get_by_text("is not a progress file")).to_be_visible()
    panel.region.get_by_role("button", name="Dismiss").click()
    expect(panel.region.get_by_text("is not a progress file")).to_have_count(0)


def test_doctor_panel_shows_every_finding(english_lab: Lab, open_page: OpenPage) -> None:
    page = open_page(english_lab)
    expect(CoursePanel(page).tree).to_be_visible()
    expect(page.locator(".jp-Launcher")).to_be_visible()
    search_commands(page, "doctor")
    page.keyboard.press("Enter")
    table = page.locator(".pw-Doctor").get_by_role("table")
    expect(table.get_by_role("row")).not_to_have_count(0, timeout=RUN_LIMIT_MS)
    expect(table).to_contain_text("oneDNN")
    expect(table.get_by_text("broken", exact=True)).to_have_count(0)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_panel_is_legible_in_both_themes(english_lab: Lab, open_page: OpenPage, theme: str) -> None:
    page = open_page(english_lab)
    panel = CoursePanel(page)
    expect(panel.region).to_be_visible()
    choose_theme(page, theme)
    for name in ("pw-LessonTree-title", "pw-CoursePanel-title", "pw-LessonTree-minutes"):
        ratio = contrast(page, f".{name}")
        assert ratio >= 4.5, f"{name}: contrast {ratio:.1f} in {theme}"
