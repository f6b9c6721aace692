from pathlib import Path

import nbformat
import pytest
from nbgrader.preprocessors import ClearSolutions

from paddle_workbench.course.notebook import blank_solutions, read_notebook, solution_of
from paddle_workbench.errors import NotebookError


def test_blanks_are_those_of_nbgrader(small_course: Path, repository: Path) -> None:
    notebooks = [
        small_course / "01_basics" / "01_sums.ipynb",
        *sorted((repository / "notebooks").glob("*/*.ipynb")),
    ]
    for path in notebooks:
        ours, theirs = read_notebook(path), read_notebook(path)
        blank_solutions(ours)
        theirs, _ = ClearSolutions().preprocess(theirs, {})
        assert [cell.source for cell in ours.cells] == [cell.source for cell in theirs.cells]


def test_checks_cannot_be_edited_or_deleted(small_course: Path) -> None:
    notebook = read_notebook(small_course / "01_basics" / "01_sums.ipynb")
    blank_solutions(notebook)
    checks = [cell for cell in notebook.cells if cell.id.endswith("-check")]
    assert len(checks) == 2
    assert all(cell.metadata.editable is cell.metadata.deletable is False for cell in checks)


def test_solution_is_the_cell_without_its_marks(small_course: Path) -> None:
    path = small_course / "01_basics" / "01_sums.ipynb"
    assert solution_of(path, "half") == "def half(x):\n    return x / 2"
    assert solution_of(path, "nothing") is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe", "cannot be read"),
        (b"[]", "no cells"),
        (b'{"nbformat": 3, "worksheets": []}', "format 3"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{}]}', "not a valid"),
    ],
)
def test_what_is_no_notebook_is_said(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "lesson.ipynb"
    path.write_bytes(content)
    with pytest.raises(NotebookError, match=reason):
        read_notebook(path)


def test_missing_notebook_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match="nowhere.ipynb"):
        read_notebook(tmp_path / "nowhere.ipynb")


def test_written_notebook_is_read_as_it_was(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", id="one")])
    nbformat.write(notebook, tmp_path / "one.ipynb")
    assert read_notebook(tmp_path / "one.ipynb") == notebook
