"""Exercises: the API for lessons, and the decorator for their checker modules.

The checkers of a lesson `NN_lesson.ipynb` are next to it, in `NN_lesson_exercises.py`:

    @checker("masked_mean", title=Text(zh="…", en="…"), points=2)
    def check_masked_mean(masked_mean):
        if …:
            raise Mistake("counts_padding", Text(zh="…", en="…"), expected=…, found=…)

In the notebook, a call after the learner's cell shows the result:

    exercises("dynamic_graph/text_classifier").check("masked_mean", masked_mean)
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from ..contract import ExerciseResult, Text
from ..errors import CourseError, ExerciseNotFoundError
from ..settings import LANGUAGE_VARIABLE
from ..time_limit import TimeLimitExceeded, time_limit
from .catalog import find_lesson
from .declarations import checkers_of
from .notebook import solution_of

__all__ = ["Checker", "ExerciseSet", "Mistake", "checker", "exercises", "load_checkers"]

MIME_TYPE = "application/vnd.paddle-workbench.exercise+json"
ATTEMPTS_BEFORE_SOLUTION = 3

_Check = TypeVar("_Check", bound=Callable[..., None])


class Mistake(Exception):  # noqa: N818 - the learner's mistake, not an error of the program
    """A mistake that a checker recognises.

    Parameters
    ----------
    name : str
        Identifies the mistake within its exercise, for example `counts_padding`.
    hint : Text
        What the learner should look at, without giving the solution away.
    expected, found : object, optional
        Shown to the learner, as `str`.
    """

    def __init__(
        self, name: str, hint: Text, *, expected: object = None, found: object = None
    ) -> None:
        super().__init__(name)
        self.name = name
        self.hint = hint
        self.expected = expected
        self.found = found


@dataclass(frozen=True, slots=True)
class Checker:
    """The checker of one exercise, created by the decorator `checker`."""

    exercise: str
    title: Text
    points: float
    limit_s: float
    check: Callable[..., None]


def checker(
    exercise: str, *, title: Text, points: float, limit_s: float = 10.0
) -> Callable[[_Check], _Check]:
    """Mark a function as the checker of one exercise.

    Parameters
    ----------
    exercise : str
        The `grade_id` of the solution cell.
    title : Text
        The title of the exercise in the lesson bar.
    points : float
        The points in the notebook's nbgrader metadata.
    limit_s : float
        The time in seconds after which the check is stopped.
    """

    def mark(check: _Check) -> _Check:
        check.__workbench_checker__ = Checker(exercise, title, points, limit_s, check)  # type: ignore[attr-defined]
        return check

    return mark


def load_checkers(notebook: Path) -> dict[str, Checker]:
    """Return the checkers of a lesson by exercise; empty if it has no checker module.

    Raises
    ------
    CourseError
        If the module cannot be imported.
    """
    source = checkers_of(notebook)
    if not source.is_file():
        return {}
    spec = importlib.util.spec_from_file_location(f"_workbench_exercises_{notebook.stem}", source)
    if spec is None or spec.loader is None:
        raise CourseError(f"{source.name} is not a Python module.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise CourseError(
            f"The checkers in {source.name} cannot be loaded: {type(error).__name__}: {error}",
            "Run `workbench doctor`. If it finds nothing, report the problem.",
        ) from error
    marks = (getattr(value, "__workbench_checker__", None) for value in vars(module).values())
    return {mark.exercise: mark for mark in marks if isinstance(mark, Checker)}


class ExerciseSet:
    """The exercises of one lesson, in a running notebook.

    Parameters
    ----------
    lesson : str
        The lesson's name, for example `dynamic_graph/text_classifier`.

    Raises
    ------
    LessonNotFoundError
        If the course has no such lesson.
    """

    def __init__(self, lesson: str) -> None:
        self.lesson = lesson
        self._notebook = find_lesson(lesson).notebook
        self._checkers = load_checkers(self._notebook)
        self._failures: dict[str, int] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._checkers)

    def __repr__(self) -> str:
        return f"exercises({self.lesson!r}): {', '.join(self)}"

    def check(self, exercise: str, *answer: object) -> float:
        """Check an answer, show the result under the cell, and return the points.

        Parameters
        ----------
        exercise : str
            The exercise's name.
        *answer : object
            What the exercise asks for, for example a function, a layer or a number.

        Returns
        -------
        float
            All points or 0, which nbgrader uses as the score of the cell.

        Raises
        ------
        ExerciseNotFoundError
            If the lesson has no such exercise.
        """
        result = self.examine(exercise, *answer)
        _show(result)
        return result.points

    def examine(self, exercise: str, *answer: object) -> ExerciseResult:
        """Check an answer and return the result, without showing it.

        Raises
        ------
        ExerciseNotFoundError
            If the lesson has no such exercise.
        """
        checker = self._checkers.get(exercise)
        if checker is None:
            raise ExerciseNotFoundError(
                f"{self.lesson} has no exercise {exercise!r}.",
                f"It has: {', '.join(self) or 'none'}.",
            )
        mistake = _run(checker, answer)
        failures = self._failures.get(exercise, 0) + (mistake is not None)
        self._failures[exercise] = failures
        if mistake is None:
            return ExerciseResult(
                lesson=self.lesson,
                exercise=exercise,
                passed=True,
                points=checker.points,
                max_points=checker.points,
                attempts=failures + 1,
                mistake=None,
                message=Text(zh="通过。", en="Passed."),
            )
        shows_solution = failures >= ATTEMPTS_BEFORE_SOLUTION
        return ExerciseResult(
            lesson=self.lesson,
            exercise=exercise,
            passed=False,
            points=0.0,
            max_points=checker.points,
            attempts=failures,
            mistake=mistake.name,
            message=mistake.hint,
            expected=_text(mistake.expected),
            found=_text(mistake.found),
            solution=solution_of(self._notebook, exercise) if shows_solution else None,
        )


# Cached so that the attempts add up, however many cells of a kernel call this.
@cache
def exercises(lesson: str) -> ExerciseSet:
    """Return the exercises of a lesson, ready to check answers.

    Raises
    ------
    LessonNotFoundError
        If the course has no such lesson.
    """
    return ExerciseSet(lesson)


def _run(checker: Checker, answer: tuple[object, ...]) -> Mistake | None:
    """Run a checker and return the mistake in the answer; any exception counts as one."""
    try:
        with time_limit(checker.limit_s):
            checker.check(*answer)
    except Mistake as mistake:
        return mistake
    except NotImplementedError:
        return Mistake(
            "blank",
            Text(
                zh="这道题还没有作答：把 raise NotImplementedError() 换成你的代码。",
                en="Not answered yet: replace raise NotImplementedError() with your code.",
            ),
        )
    except TimeLimitExceeded:
        limit = f"{checker.limit_s:g}"
        return Mistake(
            "too_slow",
            Text(
                zh=f"检查超过 {limit} 秒，已停止。代码里是不是有不会结束的循环？",
                en=f"The check was stopped after {limit} s. Is there an endless loop?",
            ),
        )
    except (Exception, SystemExit) as error:
        message = f"{type(error).__name__}: {error}"
        return Mistake(
            "raises",
            Text(zh=f"运行时出错：{message}", en=f"It raised an error: {message}"),
        )
    return None


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _show(result: ExerciseResult) -> None:
    from IPython.display import display

    language = "en" if os.environ.get(LANGUAGE_VARIABLE) == "en" else "zh"
    sign = "✓" if result.passed else "✗"
    lines = [f"{sign} {result.exercise}: {getattr(result.message, language)}"]
    if result.expected is not None:
        lines.append(f"{'expected' if language == 'en' else '应为'}: {result.expected}")
    if result.found is not None:
        lines.append(f"{'found' if language == 'en' else '得到'}: {result.found}")
    bundle: dict[str, Any] = {
        MIME_TYPE: result.model_dump(mode="json"),
        "text/plain": "\n".join(lines),
    }
    display(bundle, raw=True)
