"""Tests for the exercises of each lesson."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import nbformat
import pytest
from nbclient import NotebookClient

from paddle_workbench.contract import ExerciseResult
from paddle_workbench.course.catalog import find_lesson
from paddle_workbench.course.declarations import checkers_of
from paddle_workbench.course.exercises import MIME_TYPE, ExerciseSet, load_checkers
from paddle_workbench.course.notebook import blank_solutions, solution_cells, solution_of
from paddle_workbench.course.workspace import Workspace
from paddle_workbench.notebooks import read_notebook
from paddle_workbench.settings import settings
from paddle_workbench.time_limit import TimeLimitExceeded, time_limit


@pytest.mark.usefixtures("home", "imported_paddle")
class ExerciseTests:
    """The base of the tests of one lesson, whose subclass lists possible answers.

    `conftest.py` parametrises `exercise`, `mistake` and `answer` with the values in the class.
    """

    LESSON: ClassVar[str]
    # The name that the learner defines, by exercise.
    ANSWERS: ClassVar[dict[str, str]]
    # Exercise, mistake, and an answer with this mistake.
    MISTAKES: ClassVar[list[tuple[str, str, Callable[..., Any]]]]

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises and that answers need."""
        return {}

    @pytest.fixture
    def lesson(self) -> ExerciseSet:
        return ExerciseSet(self.LESSON)

    @property
    def notebook(self) -> Path:
        return find_lesson(self.LESSON).notebook

    def test_stored_solution_passes(
        self, lesson: ExerciseSet, exercise: str, tmp_path: Path
    ) -> None:
        names = self.names()
        # In a file, since Paddle reads the source of functions that it transforms.
        source = tmp_path / "answer.py"
        source.write_text(solution_of(self.notebook, exercise) or "", encoding="utf-8")
        exec(compile(source.read_text(encoding="utf-8"), source, "exec"), names)  # noqa: S102
        result = lesson.examine(exercise, names[self.ANSWERS[exercise]])
        assert result.passed, result
        assert result.points == result.max_points

    def test_recognises_blank_answer(self, lesson: ExerciseSet, exercise: str) -> None:
        names = self.names()
        notebook = read_notebook(self.notebook)
        blank_solutions(notebook)
        exec(solution_cells(notebook)[exercise].source, names)  # noqa: S102
        assert lesson.examine(exercise, names[self.ANSWERS[exercise]]).mistake == "blank"

    def test_recognises_mistake_and_gives_a_hint(
        self, lesson: ExerciseSet, exercise: str, mistake: str, answer: Callable[..., Any]
    ) -> None:
        result = lesson.examine(exercise, answer)
        assert (result.mistake, result.points) == (mistake, 0), result.message.en
        assert re.search("[一-鿿]", result.message.zh)
        assert result.message.en.isascii()

    def test_covers_every_mistake_of_the_checkers(self) -> None:
        mistakes = {mistake for _, mistake, _ in self.MISTAKES}
        assert mistakes == declared_mistakes(checkers_of(self.notebook))

    def test_reports_error_of_the_answer(self, lesson: ExerciseSet, exercise: str) -> None:
        result = lesson.examine(exercise, lambda *_arguments: 1 / 0)
        assert result.mistake == "raises"
        assert "ZeroDivisionError" in result.message.en

    def test_stops_endless_answer(self) -> None:
        def endless(*_arguments: object) -> None:
            while True:
                pass

        checker = next(iter(load_checkers(self.notebook).values()))
        # tests/course tests the result for a slow answer; here the checker must be interruptible.
        with pytest.raises(TimeLimitExceeded), time_limit(0.5):
            checker.check(endless)

    # Not in test_lessons.py, since tests are distributed to workers by module.
    @pytest.mark.kernel
    @pytest.mark.lesson
    def test_runs_copy_with_blank_exercises(self) -> None:
        copy = Workspace(settings()).open(self.LESSON, "en").path
        notebook = nbformat.read(copy, as_version=4)
        # Raises errors that are not part of the lesson.
        NotebookClient(
            notebook,
            timeout=300,
            kernel_name="paddle",
            resources={"metadata": {"path": copy.parent}},
        ).execute()
        results = [
            ExerciseResult.model_validate(output.data[MIME_TYPE])
            for cell in notebook.cells
            for output in cell.get("outputs", [])
            if MIME_TYPE in output.get("data", {})
        ]
        blank = dict.fromkeys(load_checkers(self.notebook), "blank")
        assert {result.exercise: result.mistake for result in results} == blank


def declared_mistakes(source: Path) -> set[str]:
    """Return the names of the mistakes in a checker module, including those in tables of cases."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    firsts = [node.args[0] for node in ast.walk(tree) if is_call(node, "Mistake") and node.args]
    rows = [
        node.elts[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Tuple) and any(is_call(part, "Text") for part in node.elts)
    ]
    return {first.value for first in firsts + rows if isinstance(first, ast.Constant)}


def is_call(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
