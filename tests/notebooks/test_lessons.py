"""What holds for every lesson of the course."""

from __future__ import annotations

from pathlib import Path

import nbformat
import polib
import pytest
from nbclient import NotebookClient

from paddle_workbench.contract import ExerciseResult
from paddle_workbench.course.catalog import LessonFile, read_lessons
from paddle_workbench.course.exercises import MIME_TYPE, load_checkers
from paddle_workbench.course.notebook import read_notebook, solution_cells
from paddle_workbench.course.translation import read_catalog, untranslated_cells
from paddle_workbench.course.workspace import Workspace
from paddle_workbench.settings import settings

COURSE = Path(__file__).parents[2] / "notebooks"
LESSONS = read_lessons(COURSE)
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda found: found.metadata.lesson)


def test_nearly_every_output_is_compared() -> None:
    cells = [
        cell
        for lesson in LESSONS
        for cell in read_notebook(lesson.notebook).cells
        if cell.cell_type == "code" and cell.outputs
    ]
    left_out = {"nbval-ignore-output", "nbval-skip", "skip-execution"}
    compared = [cell for cell in cells if not left_out & set(cell.metadata.get("tags", []))]
    assert len(compared) / len(cells) > 0.95


@each_lesson
def test_english_has_every_cell_and_none_that_is_gone(lesson: LessonFile) -> None:
    notebook = read_notebook(lesson.notebook)
    assert untranslated_cells(notebook, read_catalog(lesson, "en")) == []
    name = lesson.metadata.lesson.split("/")[1]
    sources = {cell.source for cell in notebook.cells if cell.cell_type == "markdown"}
    stale = [e.msgid for e in polib.pofile(str(COURSE / "locale/en" / f"{name}.po"))]
    assert [text for text in stale if text not in sources] == []


@each_lesson
def test_every_exercise_is_one_of_nbgraders(lesson: LessonFile) -> None:
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
    assert checks == {f"{name}_check": found.points for name, found in checkers.items()}


@each_lesson
def test_lessons_it_requires_come_before_it(lesson: LessonFile) -> None:
    before = [other.metadata.lesson for other in LESSONS[: LESSONS.index(lesson)]]
    assert set(lesson.metadata.requires) <= set(before)


@each_lesson
@pytest.mark.kernel
def test_copy_with_blank_exercises_runs_to_its_end(lesson: LessonFile, home: Path) -> None:
    copy = Workspace(settings()).open(lesson.metadata.lesson, "en").path
    notebook = nbformat.read(copy, as_version=4)
    # Errors that are no part of the lesson stop it here.
    NotebookClient(
        notebook, timeout=300, kernel_name="paddle", resources={"metadata": {"path": copy.parent}}
    ).execute()
    shown = [
        ExerciseResult.model_validate(output.data[MIME_TYPE])
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if MIME_TYPE in output.get("data", {})
    ]
    assert {result.exercise: result.mistake for result in shown} == dict.fromkeys(
        load_checkers(lesson.notebook), "blank"
    )
