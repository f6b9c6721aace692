"""The tests that the exercises of every lesson have."""

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
from paddle_workbench.course.notebook import (
    blank_solutions,
    read_notebook,
    solution_cells,
    solution_of,
)
from paddle_workbench.course.workspace import Workspace
from paddle_workbench.settings import settings
from paddle_workbench.time_limit import TimeLimitExceeded, time_limit


@pytest.mark.usefixtures("home", "imported_paddle")
# Paddle warns at its import where ccache is not installed; nothing here compiles.
@pytest.mark.filterwarnings("ignore:No ccache found:UserWarning")
class ExerciseTests:
    """A lesson subclasses it and says what a learner might answer.

    `conftest.py` gives `exercise`, `mistake` and `answer` their values from the class.
    """

    LESSON: ClassVar[str]
    # What the learner writes, by exercise.
    ANSWERS: ClassVar[dict[str, str]]
    # Exercise, mistake, an answer that makes it.
    MISTAKES: ClassVar[list[tuple[str, str, Callable[..., Any]]]]

    @staticmethod
    def names() -> dict[str, Any]:
        """What the lesson has imported and defined before its exercises, if its answers need it."""
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
        # From a file, since Paddle reads the source of what it transforms.
        source = tmp_path / "answer.py"
        source.write_text(solution_of(self.notebook, exercise) or "", encoding="utf-8")
        exec(compile(source.read_text(encoding="utf-8"), source, "exec"), names)  # noqa: S102
        result = lesson.examine(exercise, names[self.ANSWERS[exercise]])
        assert result.passed, result
        assert result.points == result.max_points

    def test_blank_is_called_blank(self, lesson: ExerciseSet, exercise: str) -> None:
        names = self.names()
        notebook = read_notebook(self.notebook)
        blank_solutions(notebook)
        exec(solution_cells(notebook)[exercise].source, names)  # noqa: S102
        assert lesson.examine(exercise, names[self.ANSWERS[exercise]]).mistake == "blank"

    def test_foreseen_mistake_gets_its_hint(
        self, lesson: ExerciseSet, exercise: str, mistake: str, answer: Callable[..., Any]
    ) -> None:
        result = lesson.examine(exercise, answer)
        assert (result.mistake, result.points) == (mistake, 0), result.message.en
        assert re.search("[一-鿿]", result.message.zh)
        assert result.message.en.isascii()

    def test_every_mistake_that_the_checkers_know_is_tried(self) -> None:
        tried = {mistake for _, mistake, _ in self.MISTAKES}
        assert tried == declared_mistakes(checkers_of(self.notebook))

    def test_answer_that_raises_is_reported(self, lesson: ExerciseSet, exercise: str) -> None:
        result = lesson.examine(exercise, lambda *given: 1 / 0)
        assert result.mistake == "raises"
        assert "ZeroDivisionError" in result.message.en

    def test_endless_answer_is_stopped(self) -> None:
        def endless(*given: object) -> None:
            while True:
                pass

        checker = next(iter(load_checkers(self.notebook).values()))
        # tests/course shows that it is called too slow; here, that this checker can be stopped.
        with pytest.raises(TimeLimitExceeded), time_limit(0.5):
            checker.check(endless)

    # Here, not with what holds for every lesson: workers share the tests by module.
    @pytest.mark.kernel
    def test_copy_with_blank_exercises_runs_to_its_end(self) -> None:
        copy = Workspace(settings()).open(self.LESSON, "en").path
        notebook = nbformat.read(copy, as_version=4)
        # Errors that are not part of the lesson stop it here.
        NotebookClient(
            notebook,
            timeout=300,
            kernel_name="paddle",
            resources={"metadata": {"path": copy.parent}},
        ).execute()
        shown = [
            ExerciseResult.model_validate(output.data[MIME_TYPE])
            for cell in notebook.cells
            for output in cell.get("outputs", [])
            if MIME_TYPE in output.get("data", {})
        ]
        blank = dict.fromkeys(load_checkers(self.notebook), "blank")
        assert {result.exercise: result.mistake for result in shown} == blank


def declared_mistakes(source: Path) -> set[str]:
    """Return the names of a checker module's mistakes, those in its tables of cases too."""
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
