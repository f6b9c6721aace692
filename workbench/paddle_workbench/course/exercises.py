"""Exercises as a lesson uses them, and as its checker module writes them.

A lesson `NN_lesson.ipynb` has its checkers next to it in `NN_lesson_exercises.py`:

    @checker("masked_mean", title=Text(zh="…", en="…"), points=2)
    def check_masked_mean(masked_mean):
        if …:
            raise Mistake("counts_padding", Text(zh="…", en="…"), expected=…, found=…)

and in the notebook, after the learner's cell, one call shows what came out:

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
    """A mistake that the checker foresaw.

    Parameters
    ----------
    name : str
        Identifies the mistake within its exercise, for example `counts_padding`.
    hint : Text
        What the learner should look at; never the solution.
    expected, found : object, optional
        Shown side by side, as `str`.
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
    """One exercise's checker, as the decorator `checker` made it."""

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
        What the exercise is called in the lesson bar.
    points : float
        As in the notebook's nbgrader metadata.
    limit_s : float
        Seconds after which the check is stopped.
    """

    def mark(check: _Check) -> _Check:
        check.__workbench_checker__ = Checker(exercise, title, points, limit_s, check)  # type: ignore[attr-defined]
        return check

    return mark


def load_checkers(notebook: Path) -> dict[str, Checker]:
    """Return the checkers of a lesson's module, by exercise; empty if there is none.

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
            "Run `workbench doctor`; if it finds nothing, report the lesson.",
        ) from error
    marked = (getattr(value, "__workbench_checker__", None) for value in vars(module).values())
    return {found.exercise: found for found in marked if isinstance(found, Checker)}


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
        """Check an answer, show what came out under the cell, and return the points.

        Parameters
        ----------
        exercise : str
            The exercise's name.
        *answer : object
            What the exercise asked for: a function, a layer, a number.

        Returns
        -------
        float
            All points or 0; nbgrader reads it as the score of the cell.

        Raises
        ------
        ExerciseNotFoundError
            If the lesson has no such exercise.
        """
        result = self.examine(exercise, *answer)
        _show(result)
        return result.points

    def examine(self, exercise: str, *answer: object) -> ExerciseResult:
        """Check an answer and return what came out, without showing it."""
        found = self._checkers.get(exercise)
        if found is None:
            raise ExerciseNotFoundError(
                f"{self.lesson} has no exercise {exercise!r}.",
                f"It has: {', '.join(self) or 'none'}.",
            )
        mistake = _run(found, answer)
        failures = self._failures.get(exercise, 0) + (mistake is not None)
        self._failures[exercise] = failures
        if mistake is None:
            return ExerciseResult(
                lesson=self.lesson,
                exercise=exercise,
                passed=True,
                points=found.points,
                max_points=found.points,
                attempts=failures + 1,
                mistake=None,
                message=Text(zh="通过。", en="Passed."),
            )
        show_solution = failures >= ATTEMPTS_BEFORE_SOLUTION
        return ExerciseResult(
            lesson=self.lesson,
            exercise=exercise,
            passed=False,
            points=0.0,
            max_points=found.points,
            attempts=failures,
            mistake=mistake.name,
            message=mistake.hint,
            expected=_shown(mistake.expected),
            found=_shown(mistake.found),
            solution=solution_of(self._notebook, exercise) if show_solution else None,
        )


# One set for each lesson in a kernel, so that attempts add up however a cell asks for it.
@cache
def exercises(lesson: str) -> ExerciseSet:
    """Return the exercises of a lesson, ready to check answers.

    Raises
    ------
    LessonNotFoundError
        If the course has no such lesson.
    """
    return ExerciseSet(lesson)


def _run(found: Checker, answer: tuple[object, ...]) -> Mistake | None:
    """Run a checker on an answer; anything that goes wrong in the answer is a mistake."""
    try:
        with time_limit(found.limit_s):
            found.check(*answer)
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
        limit = f"{found.limit_s:g}"
        return Mistake(
            "too_slow",
            Text(
                zh=f"检查超过 {limit} 秒，已停止。代码里是不是有不会结束的循环？",
                en=f"The check was stopped after {limit} s. Is there an endless loop?",
            ),
        )
    except (Exception, SystemExit) as error:
        what = f"{type(error).__name__}: {error}"
        return Mistake(
            "raises",
            Text(zh=f"运行时出错：{what}", en=f"It raised an error: {what}"),
        )
    return None


def _shown(value: object) -> str | None:
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
