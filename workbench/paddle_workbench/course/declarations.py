"""What the checker module of a lesson declares, read without running it."""

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
    """An exercise of a lesson: a cell to fill in, and a checker next to the notebook."""

    name: str
    title: Text
    points: float


def checkers_of(notebook: Path) -> Path:
    """Return the path of a lesson's checker module, whether or not it exists."""
    return notebook.with_name(f"{notebook.stem}_exercises.py")


@storage_errors_as(LessonMetadataError)
def declared_exercises(notebook: Path) -> dict[str, ExerciseFile]:
    """Return what the checker module of a lesson declares, without running it.

    The module may import Paddle; the Jupyter server, which asks, must not. So its decorators are
    read as text.

    Raises
    ------
    LessonMetadataError
        If the module is not Python, or a decorator's arguments are not literals.
    """
    source = checkers_of(notebook)
    if not source.is_file():
        return {}
    try:
        tree = ast.parse(read_text(source, kind="module of checkers"))
    # Deeply nested brackets raise a MemoryError or a RecursionError, a NUL a ValueError.
    except (MemoryError, RecursionError, SyntaxError, ValueError) as error:
        raise LessonMetadataError(
            f"{source.name} is not Python: {error}.", f"Correct it: python -m py_compile {source}"
        ) from error
    declared = {}
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if not (isinstance(call.func, ast.Name) and call.func.id == "checker" and call.args):
            continue
        try:
            options = {option.arg: option.value for option in call.keywords}
            text = options["title"]
            assert isinstance(text, ast.Call)  # noqa: S101 - turned into the error below
            words = {word.arg: ast.literal_eval(word.value) for word in text.keywords}
            exercise = ExerciseFile(
                name=ast.literal_eval(call.args[0]),
                title=Text.model_validate(words),
                points=float(ast.literal_eval(options["points"])),
            )
        except (AssertionError, KeyError, TypeError, ValueError) as error:
            raise LessonMetadataError(
                f"{source.name}, line {call.lineno}: the decorator's arguments are not literals.",
                'Write @checker("name", title=Text(zh="…", en="…"), points=2).',
            ) from error
        declared[exercise.name] = exercise
    return declared
