"""The child process that checks notebooks: what it imports, and what its kernels import."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from paddle_workbench.checks.pytest_child import run_pytest
from paddle_workbench.checks.session import check_notebooks

from ..planted import imported_from, plant
from .conftest import code, make_lesson, result

pytestmark = pytest.mark.kernel


def check_in(root: Path, notebook: Path, calls: list[tuple[int, int]]) -> tuple[list[str], str]:
    results, failure = run_pytest(
        root,
        [notebook],
        jobs=1,
        threads=1,
        limit_s=60,
        kernel=None,
        total=3,
        listener=lambda done, total: calls.append((done, total)),
    )
    return [cell.outcome for cell in results.get(notebook, [])], failure


def test_only_kernels_import_from_the_folder_of_the_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, current = plant(tmp_path / "root"), plant(tmp_path / "current")
    monkeypatch.chdir(current)
    monkeypatch.setenv("PYTHONPATH", f"{os.environ.get('PYTHONPATH', '')}{os.pathsep}")
    (root / "000").mkdir()
    (root / "000" / "companion.py").write_text("answer = 42")
    notebook = make_lesson(
        root / "000" / "lesson.ipynb",
        code("companion", "import companion\ncompanion.answer", result("42")),
        code("last", "n", result("3")),
    )
    calls: list[tuple[int, int]] = []
    assert check_in(root, notebook, calls) == (["compared"] * 3, "")
    assert (calls[0], calls[-1]) == ((0, 3), (3, 3))
    assert [imported_from(folder) for folder in (root, current)] == [[], []]


def test_kernel_imports_the_checkers_next_to_the_lesson(tmp_path: Path) -> None:
    (tmp_path / "lesson_exercises.py").write_text("answer = 42")
    source = "import lesson_exercises\nlesson_exercises.answer"
    lesson = make_lesson(tmp_path / "lesson.ipynb", code("import", source, result("42")))
    (checked,) = check_notebooks([lesson])
    assert checked.report.passed, checked.report


def test_ignores_plugins_and_options_of_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    (tmp_path / "000").mkdir()
    notebook = make_lesson(tmp_path / "000" / "lesson.ipynb", code("last", "n", result("3")))
    assert check_in(tmp_path, notebook, []) == (["compared"] * 2, "")


def test_returns_the_output_if_pytest_itself_fails(tmp_path: Path) -> None:
    outcomes, failure = check_in(tmp_path, tmp_path / "none.ipynb", [])
    assert outcomes == []
    assert "file or directory not found" in failure
