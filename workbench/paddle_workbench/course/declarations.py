"""The exercises that a checker module declares, read without running it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from ..contract import Text
from ..errors import LessonMetadataError
from ..reading import read_text, storage_errors_as

__all__ = ["ExerciseFile", "checkers_of", "declared_exercises"]


@dataclass(frozen=True, slots=True)
class ExerciseFile:
    """An exercise of a lesson, as its checker module declares it."""

    name: str
    title: Text
    points: float


def checkers_of(notebook: Path) -> Path:
    """Return the path of a lesson's checker module, whether or not it exists."""
    return notebook.with_name(f"{notebook.stem}_exercises.py")


@storage_errors_as(LessonMetadataError)
def declared_exercises(notebook: Path) -> dict[str, ExerciseFile]:
    """Return the exercises that the checker module of a lesson declares, by name.

    The module is parsed, not imported: it may import Paddle, which the Jupyter server must not.

    Raises
    ------
    LessonMetadataError
        If the module is not valid Python, or the arguments of a decorator are not literals.
    """
    source = checkers_of(notebook)
    if not source.is_file():
        return {}
    try:
        tree = ast.parse(read_text(source, kind="module of checkers"))
    # Deeply nested brackets raise MemoryError or RecursionError, a NUL raises ValueError.
    except (MemoryError, RecursionError, SyntaxError, ValueError) as error:
        raise LessonMetadataError(
            f"{source.name} is not Python: {error}.",
            f"Fix it. To see the error: python -m py_compile {source}",
        ) from error
    exercises = {}
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if not (isinstance(call.func, ast.Name) and call.func.id == "checker" and call.args):
            continue
        try:
            options = {option.arg: option.value for option in call.keywords}
            title = options["title"]
            assert isinstance(title, ast.Call)  # noqa: S101 - converted to the error below
            texts = {text.arg: ast.literal_eval(text.value) for text in title.keywords}
            exercise = ExerciseFile(
                name=ast.literal_eval(call.args[0]),
                title=Text.model_validate(texts),
                points=float(ast.literal_eval(options["points"])),
            )
        except (AssertionError, KeyError, TypeError, ValueError) as error:
            raise LessonMetadataError(
                f"{source.name}, line {call.lineno}: the decorator's arguments are not literals.",
                'Write @checker("name", title=Text(zh="…", en="…"), points=2).',
            ) from error
        exercises[exercise.name] = exercise
    return exercises
