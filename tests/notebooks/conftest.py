from __future__ import annotations

import pytest

from .exercise_tests import ExerciseTests


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrise the tests of a lesson's exercises with the values in its class."""
    lesson = metafunc.cls
    if lesson is None or not issubclass(lesson, ExerciseTests):
        return
    if "mistake" in metafunc.fixturenames:
        names = [f"{exercise}-{mistake}" for exercise, mistake, _ in lesson.MISTAKES]
        metafunc.parametrize(("exercise", "mistake", "answer"), lesson.MISTAKES, ids=names)
    elif "exercise" in metafunc.fixturenames:
        metafunc.parametrize("exercise", list(lesson.ANSWERS))
