"""A learner's working copy is compared with its lesson."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from paddle_workbench.checks.cache import CheckCache
from paddle_workbench.checks.session import check_notebooks, read_notebooks
from paddle_workbench.checks.update import prepare_recording
from paddle_workbench.course.workspace import Workspace
from paddle_workbench.errors import NotebookError
from paddle_workbench.settings import settings

from .conftest import code

pytestmark = pytest.mark.kernel


@pytest.fixture
def copy(small_course: Path, home: Path) -> Path:
    """A working copy with a cell that its learner added and did not name."""
    path = Workspace(settings()).open("basics/products", "zh").path
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(code("a1b2c3d4", "n * 2"))
    nbformat.write(notebook, path)
    return path


def test_untouched_cells_are_compared_with_the_lesson(copy: Path, small_course: Path) -> None:
    cache = CheckCache()
    (checked,) = check_notebooks([copy], cache=cache)
    assert [(cell.cell, cell.outcome, cell.reason) for cell in checked.report.cells] == [
        ("parameters", "compared", ""),
        ("total", "compared", ""),
        ("a1b2c3d4", "not_compared", "changed"),
    ]
    assert checked.report.passed
    (again,) = check_notebooks([copy], cache=cache)
    assert again.report.cached_at is not None
    # A new version of the lesson may show something else.
    lesson = small_course / "01_basics" / "02_products.ipynb"
    lesson.write_text(lesson.read_text(encoding="utf-8").replace('"3"', '"4"'), encoding="utf-8")
    (after,) = check_notebooks([copy], cache=cache)
    assert [cell.outcome for cell in after.report.cells] == ["compared", "differs", "not_compared"]
    with pytest.raises(NotebookError, match="is a learner's copy"):
        prepare_recording(checked)


def test_rules_for_lessons_do_not_apply_to_learners(copy: Path) -> None:
    (checked,) = read_notebooks([copy])
    assert checked.report.passed


def test_names_missing_lesson(copy: Path, small_course: Path) -> None:
    (small_course / "01_basics" / "02_products.ipynb").unlink()
    (checked,) = check_notebooks([copy])
    assert checked.report.error is not None
    assert "basics/products" in checked.report.error.message
