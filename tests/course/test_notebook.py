from pathlib import Path

import nbformat
import pytest

from paddle_workbench.course.notebook import blank_solutions, solution_of
from paddle_workbench.errors import NotebookError
from paddle_workbench.notebooks import read_json, read_notebook

from ..broken_files import NOT_REGULAR, Maker


def test_blanks_solutions_as_nbgrader_does(small_course: Path, repository: Path) -> None:
    # Imported here because every worker collects this module, and nbgrader is slow to import.
    from nbgrader.preprocessors import ClearSolutions

    notebooks = [
        small_course / "01_basics" / "01_sums.ipynb",
        *sorted((repository / "notebooks").glob("*/*.ipynb")),
    ]
    for path in notebooks:
        ours, theirs = read_notebook(path), read_notebook(path)
        blank_solutions(ours)
        theirs, _ = ClearSolutions().preprocess(theirs, {})
        assert [cell.source for cell in ours.cells] == [cell.source for cell in theirs.cells]


def test_check_cells_cannot_be_edited_or_deleted(small_course: Path) -> None:
    notebook = read_notebook(small_course / "01_basics" / "01_sums.ipynb")
    blank_solutions(notebook)
    checks = [cell for cell in notebook.cells if cell.id.endswith("-check")]
    assert len(checks) == 2
    assert all(cell.metadata.editable is cell.metadata.deletable is False for cell in checks)


def test_solution_is_the_cell_without_marks(small_course: Path) -> None:
    path = small_course / "01_basics" / "01_sums.ipynb"
    assert solution_of(path, "half") == "def half(x):\n    return x / 2"
    assert solution_of(path, "nothing") is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe", r"it is not UTF-8 text \(byte 1 is 0xff\)"),
        (b"[]", "no cells"),
        (b'{"nbformat": 3, "worksheets": []}', "format 3"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{}]}', "not a valid"),
    ],
)
def test_reports_non_notebook(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "lesson.ipynb"
    path.write_bytes(content)
    with pytest.raises(NotebookError, match=reason):
        read_notebook(path)


def notebook_with(field: bytes) -> bytes:
    return b'{"nbformat": 4, "nbformat_minor": 5, "cells": [], "metadata": {' + field + b"}}"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[" * 5000, "it is nested too deeply"),
        (notebook_with(b'"a": ' + b"[" * 5000 + b"]" * 5000), "it is nested too deeply"),
        (notebook_with(b'"a": ' + b'{"b": ' * 900 + b"1" + b"}" * 900), "it is nested too deeply"),
        (notebook_with(b"").replace(b": 5", b": 1e999"), "field 'nbformat_minor' is inf"),
        (b'{"nbformat": 1' + b"0" * 5000 + b', "cells": []}', "it is not JSON"),
    ],
)
def test_rejects_json_that_breaks_readers(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "lesson.ipynb"
    path.write_bytes(content)
    with pytest.raises(NotebookError) as caught:
        read_notebook(path)
    assert str(path) in caught.value.message
    assert reason in caught.value.message


@pytest.mark.parametrize(("make", "reason"), NOT_REGULAR)
def test_rejects_non_text_file(tmp_path: Path, make: Maker, reason: str) -> None:
    path = tmp_path / "lesson.ipynb"
    make(path)
    for read in (read_notebook, read_json):
        with pytest.raises(NotebookError) as caught:
            read(path)
        assert reason in caught.value.message


def test_accepts_nan_in_an_output(tmp_path: Path) -> None:
    path = tmp_path / "lesson.ipynb"
    path.write_bytes(notebook_with(b'"loss": NaN'))
    assert read_notebook(path).metadata.loss != read_notebook(path).metadata.loss


def test_reports_missing_notebook(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match="nowhere.ipynb"):
        read_notebook(tmp_path / "nowhere.ipynb")


def test_notebook_round_trips(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", id="one")])
    nbformat.write(notebook, tmp_path / "one.ipynb")
    assert read_notebook(tmp_path / "one.ipynb") == notebook
