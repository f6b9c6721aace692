"""Lessons to check, each with its outputs stored as if it had run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest

from ..conftest import write_lesson

Cell = nbformat.NotebookNode
LessonMaker = Callable[..., Path]


def code(name: str, source: str, *outputs: Cell, tags: Sequence[str] = ()) -> Cell:
    """Return a code cell that has run and gave these outputs."""
    return nbformat.v4.new_code_cell(
        source,
        id=name,
        execution_count=1,
        outputs=list(outputs),
        metadata={"tags": list(tags)} if tags else {},
    )


def result(text: str, **data: Any) -> Cell:
    return nbformat.v4.new_output("execute_result", {"text/plain": text} | data, execution_count=1)


def stream(text: str, name: str = "stdout") -> Cell:
    return nbformat.v4.new_output("stream", name=name, text=text)


def make_lesson(path: Path, *cells: Cell, kernel: str = "paddle") -> Path:
    """Write a lesson of a parameters cell and these cells."""
    write_lesson(path, f"basics/{path.stem}")
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.kernelspec.name = kernel
    notebook.cells = [code("parameters", "n = 3", tags=["parameters"]), *cells]
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def lesson(tmp_path: Path) -> LessonMaker:
    def make(*cells: Cell, name: str = "lesson", **options: Any) -> Path:
        return make_lesson(tmp_path / f"{name}.ipynb", *cells, **options)

    return make
