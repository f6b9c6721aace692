"""A notebook that passed is run again when anything changes that its outputs may depend on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from paddle_workbench.checks import cache as cache_module
from paddle_workbench.checks.cache import CheckCache, cache_key
from paddle_workbench.checks.results import CheckedCell, NotebookReport
from paddle_workbench.checks.session import check_notebooks
from paddle_workbench.notebooks import Notebook

from ..broken_files import NOT_JSON, NOT_REGULAR, Maker
from .conftest import code, make_lesson, result

PASSED = NotebookReport(notebook="a", cells=[CheckedCell(cell="a", outcome="compared")])
OPTIONS = {"threads": 1, "limit_s": None}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package and a lock that a test may change."""
    root = tmp_path / "workbench"
    package = root / "paddle_workbench"
    (package / "text").mkdir(parents=True)
    (package / "text" / "reviews.py").write_text("x = 1\n", encoding="utf-8")
    (package / "labextension").mkdir()
    (package / "labextension" / "a.js").write_text("1", encoding="utf-8")
    (root / "requirements").mkdir()
    (root / "requirements" / "cpu.txt").write_text("paddlepaddle==3.2.2\n", encoding="utf-8")
    monkeypatch.setattr(cache_module, "PACKAGE", package)
    return package


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    folder = tmp_path / "chapter"
    (folder / "assets").mkdir(parents=True)
    (folder / "assets" / "data.txt").write_text("7", encoding="utf-8")
    path = make_lesson(folder / "lesson.ipynb", code("sum", "n + 1", result("4")))
    (folder / "lesson_exercises.py").write_text("y = 1\n", encoding="utf-8")
    return path


def edit_cell(path: Path, change: Callable[[nbformat.NotebookNode], None]) -> None:
    notebook = nbformat.read(path, as_version=4)
    change(notebook.cells[-1])
    nbformat.write(notebook, path)


def set_source(cell: nbformat.NotebookNode) -> None:
    cell.source = "n + 2"


def set_output(cell: nbformat.NotebookNode) -> None:
    cell.outputs[0].data["text/plain"] = "5"


def set_tolerance(cell: nbformat.NotebookNode) -> None:
    cell.metadata["paddle_workbench"] = {"check": {"rtol": 0.1}}


def set_tag(cell: nbformat.NotebookNode) -> None:
    cell.metadata["tags"] = ["nbval-ignore-output"]


# What changes, and the part of the key that must say so.
CHANGES: dict[str, tuple[str, Callable[[Path, Path], object]]] = {
    "source": ("notebook", lambda path, _: edit_cell(path, set_source)),
    "stored output": ("notebook", lambda path, _: edit_cell(path, set_output)),
    "tolerance": ("notebook", lambda path, _: edit_cell(path, set_tolerance)),
    "tag": ("notebook", lambda path, _: edit_cell(path, set_tag)),
    "data": ("companions", lambda path, _: (path.parent / "assets/data.txt").write_text("8")),
    "more data": ("companions", lambda path, _: (path.parent / "assets/new.txt").write_text("8")),
    "exercises": (
        "companions",
        lambda path, _: path.with_name("lesson_exercises.py").write_text("y = 2\n"),
    ),
    "package": ("package", lambda _, package: (package / "text/reviews.py").write_text("x = 2\n")),
    "new module": ("package", lambda _, package: (package / "new.py").write_text("")),
    "lock": (
        "lock",
        lambda _, package: (package.parent / "requirements/cpu.txt").write_text("numpy==2\n"),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_runs_again_after_every_change(
    change: str, notebook: Path, package: Path, tmp_path: Path
) -> None:
    cache = CheckCache(tmp_path / "cache")
    first = cache.look_up(Notebook.read(notebook), OPTIONS)
    assert (first.report, first.reason) == (None, "it has not passed yet")
    cache.store(Notebook.read(notebook), first.key, OPTIONS, PASSED)
    again = cache.look_up(Notebook.read(notebook), OPTIONS)
    assert again.report is not None
    assert again.report.cells == PASSED.cells
    assert again.report.cached_at is not None
    part, do = CHANGES[change]
    do(notebook, package)
    changed = cache.look_up(Notebook.read(notebook), OPTIONS)
    assert changed.report is None
    assert changed.reason.startswith(f"{part} has changed")


def test_python_platform_environment_and_options_are_part_of_the_key(
    notebook: Path, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = cache_key(Notebook.read(notebook), OPTIONS)
    assert cache_key(Notebook.read(notebook), OPTIONS | {"threads": 2})["options"] != key["options"]
    monkeypatch.setenv("FLAGS_enable_pir_api", "0")
    assert cache_key(Notebook.read(notebook), OPTIONS)["environment"] != key["environment"]
    monkeypatch.setattr("sys.version", "3.12.0 (main, Jan 1 2026, 00:00:00) [GCC 12.2.0]")
    assert cache_key(Notebook.read(notebook), OPTIONS)["python"] != key["python"]
    monkeypatch.setattr("platform.platform", lambda: "Linux-arm")
    assert cache_key(Notebook.read(notebook), OPTIONS)["platform"] != key["platform"]
    # The front end is built again with every release and no notebook sees it.
    (package / "labextension" / "a.js").write_text("2", encoding="utf-8")
    assert cache_key(Notebook.read(notebook), OPTIONS)["package"] == key["package"]


def test_does_not_cache_failed_or_changed_notebooks(
    notebook: Path, package: Path, tmp_path: Path
) -> None:
    cache = CheckCache(tmp_path / "cache")
    key = cache.look_up(Notebook.read(notebook), OPTIONS).key
    failed = NotebookReport(notebook="a", cells=[CheckedCell(cell="a", outcome="differs")])
    cache.store(Notebook.read(notebook), key, OPTIONS, failed)
    assert cache.look_up(Notebook.read(notebook), OPTIONS).report is None
    (package / "text" / "reviews.py").write_text("x = 3\n", encoding="utf-8")
    cache.store(Notebook.read(notebook), key, OPTIONS, PASSED)
    assert cache.look_up(Notebook.read(notebook), OPTIONS).report is None


@pytest.mark.parametrize("content", ["", "{", '{"schema_version": 9}', "\x00"])
def test_broken_cache_is_set_aside_and_the_notebook_runs(
    content: str, notebook: Path, package: Path, tmp_path: Path
) -> None:
    cache = CheckCache(tmp_path / "cache")
    cache.store(
        Notebook.read(notebook),
        cache.look_up(Notebook.read(notebook), OPTIONS).key,
        OPTIONS,
        PASSED,
    )
    (file,) = (tmp_path / "cache").iterdir()
    file.write_text(content, encoding="utf-8")
    assert cache.look_up(Notebook.read(notebook), OPTIONS).report is None
    (kept,) = (tmp_path / "cache").iterdir()
    assert "broken" in kept.name


@pytest.mark.parametrize(("make", "_reason"), [*NOT_REGULAR, *NOT_JSON])
def test_runs_again_if_the_cache_is_unreadable(
    make: Maker, _reason: str, notebook: Path, package: Path, tmp_path: Path
) -> None:
    cache = CheckCache(tmp_path / "cache")
    cache.store(
        Notebook.read(notebook),
        cache.look_up(Notebook.read(notebook), OPTIONS).key,
        OPTIONS,
        PASSED,
    )
    (file,) = (tmp_path / "cache").iterdir()
    make(file)
    lookup = cache.look_up(Notebook.read(notebook), OPTIONS)
    assert lookup.reason == "it has not passed yet"
    assert ".broken-" in next((tmp_path / "cache").iterdir()).name
    cache.store(Notebook.read(notebook), lookup.key, OPTIONS, PASSED)
    assert cache.look_up(Notebook.read(notebook), OPTIONS).report is not None


@pytest.mark.kernel
def test_stores_the_pass_of_a_real_check(tmp_path: Path) -> None:
    path = make_lesson(tmp_path / "lesson.ipynb", code("sum", "n + 1", result("4")))
    cache = CheckCache(tmp_path / "cache")
    checked = [check_notebooks([path], cache=cache)[0] for _ in range(2)]
    first, second = (one.report for one in checked)
    assert first.passed
    assert (first.cached_at, second.cached_at is None) == (None, False)
    assert second.cells == first.cells
    assert checked[1].executed is None
    assert check_notebooks([path])[0].executed is not None
