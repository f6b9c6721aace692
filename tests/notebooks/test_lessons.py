"""Tests for every lesson of the course."""

from __future__ import annotations

from pathlib import Path

import nbformat
import polib
import pytest

from paddle_workbench.course.catalog import LessonFile, read_lessons
from paddle_workbench.course.exercises import load_checkers
from paddle_workbench.course.notebook import solution_cells
from paddle_workbench.course.translation import read_catalog, untranslated_cells
from paddle_workbench.notebooks import read_notebook

COURSE = Path(__file__).parents[2] / "notebooks"
LESSONS = read_lessons(COURSE)
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.metadata.lesson)


def test_nearly_every_output_is_compared() -> None:
    cells = [
        cell
        for lesson in LESSONS
        for cell in read_notebook(lesson.notebook).cells
        if cell.cell_type == "code" and cell.outputs
    ]
    tags = {"nbval-ignore-output", "nbval-skip", "skip-execution"}
    compared_cells = [cell for cell in cells if not tags & set(cell.metadata.get("tags", []))]
    assert len(compared_cells) / len(cells) > 0.95


@each_lesson
def test_english_catalog_has_exactly_the_cells_of_the_lesson(lesson: LessonFile) -> None:
    notebook = read_notebook(lesson.notebook)
    assert untranslated_cells(notebook, read_catalog(lesson, "en")) == []
    name = lesson.metadata.lesson.split("/")[1]
    sources = {cell.source for cell in notebook.cells if cell.cell_type == "markdown"}
    texts = [entry.msgid for entry in polib.pofile(str(COURSE / "locale/en" / f"{name}.po"))]
    assert [text for text in texts if text not in sources] == []


@each_lesson
def test_exercises_have_valid_nbgrader_metadata(lesson: LessonFile) -> None:
    from nbgrader.nbgraderformat import MetadataValidator

    notebook = nbformat.read(lesson.notebook, as_version=4)
    MetadataValidator().validate_nb(notebook)
    checks = {
        cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader.points
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade", False)
    }
    checkers = load_checkers(lesson.notebook)
    assert list(solution_cells(notebook)) == list(checkers)
    assert len(checkers) in (2, 3)
    assert checks == {f"{name}_check": checker.points for name, checker in checkers.items()}


@each_lesson
def test_required_lessons_come_first(lesson: LessonFile) -> None:
    earlier = [other.metadata.lesson for other in LESSONS[: LESSONS.index(lesson)]]
    assert set(lesson.metadata.requires) <= set(earlier)
