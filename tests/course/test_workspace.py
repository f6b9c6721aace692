import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest

from paddle_workbench.contract import ExerciseReport, ProgressUpdate, Text
from paddle_workbench.course.catalog import find_notebooks
from paddle_workbench.course.workspace import Workspace
from paddle_workbench.errors import (
    CourseError,
    ExerciseNotFoundError,
    LessonNotFoundError,
    NotebookError,
    SchemaVersionError,
    StorageError,
)
from paddle_workbench.settings import settings

from ..broken_files import NOT_JSON, NOT_REGULAR, Maker

pytestmark = pytest.mark.usefixtures("home", "small_course")


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(settings())


def report(exercise: str, *, passed: bool) -> ProgressUpdate:
    message = Text(zh="看看这里", en="Look here")
    return ProgressUpdate(
        lesson="basics/sums",
        exercise=ExerciseReport(exercise=exercise, passed=passed, message=message),
    )


def test_copy_has_no_outputs_and_no_solutions(workspace: Workspace, home: Path) -> None:
    copy = workspace.open("basics/sums", "zh")
    assert copy.created
    assert copy.path == home / "lessons" / "basics" / "sums.ipynb"
    notebook = nbformat.read(copy.path, 4)
    assert all(not cell.get("outputs") for cell in notebook.cells)
    assert "return 2 * x" not in copy.path.read_text(encoding="utf-8")
    assert any("raise NotImplementedError()" in cell.source for cell in notebook.cells)


def test_copies_assets_next_to_the_notebook(workspace: Workspace) -> None:
    copy = workspace.open("basics/sums", "zh")
    assert (copy.path.parent / "assets" / "numbers.txt").read_text() == "1 2 3\n"


def test_opening_again_keeps_the_learners_work(workspace: Workspace) -> None:
    path = workspace.open("basics/sums", "zh").path
    notebook = nbformat.read(path, 4)
    notebook.cells[2].source = "my_work = 1"
    nbformat.write(notebook, path)
    again = workspace.open("basics/sums", "zh")
    assert not again.created
    assert nbformat.read(path, 4).cells[2].source == "my_work = 1"


def test_reset_keeps_the_old_copy_next_to_the_new_one(workspace: Workspace) -> None:
    path = workspace.open("basics/sums", "zh").path
    path.write_text(path.read_text().replace("sum(range(n))", "my_work"), encoding="utf-8")
    copies = [workspace.reset("basics/sums", "zh") for _ in range(2)]
    assert copies[0].backup is not None
    assert copies[0].backup.parent == path.parent
    assert "my_work" in copies[0].backup.read_text(encoding="utf-8")
    assert "my_work" not in path.read_text(encoding="utf-8")
    assert copies[1].backup not in (None, copies[0].backup)


def test_translates_english_copy_and_marks_missing_translations(
    workspace: Workspace, small_course: Path
) -> None:
    path = workspace.open("basics/sums", "en").path
    assert nbformat.read(path, 4).cells[0].source == "# Sums"
    catalog = small_course / "locale" / "en" / "sums.po"
    catalog.write_text(catalog.read_text().replace("# 求和", "# 旧的"), encoding="utf-8")
    workspace.reset("basics/sums", "en")
    assert nbformat.read(path, 4).cells[0].source == "> **Not yet translated.**\n\n# 求和"


def test_finds_lesson_by_its_path_in_the_course(workspace: Workspace) -> None:
    path = workspace.open("basics/sums", "zh").path
    assert workspace.open("01_basics/01_sums", "zh").path == path


@pytest.mark.parametrize(
    "name",
    [
        "../sums",
        "/etc/passwd",
        "basics/../basics/sums",
        "basics/sums/..",
        "../course-evil/01_basics/01_sums",
        "",
        "basics",
    ],
)
def test_opens_only_lessons_of_the_course(workspace: Workspace, name: str, home: Path) -> None:
    with pytest.raises(LessonNotFoundError, match="basics/sums"):
        workspace.open(name, "zh")
    assert not list(home.rglob("*.ipynb"))


def test_rejects_lesson_that_links_to_itself(workspace: Workspace, small_course: Path) -> None:
    path = small_course / "01_basics" / "02_products.ipynb"
    path.unlink()
    path.symlink_to(path.name)
    (notice,) = workspace.catalog().notices
    assert "its links lead in a circle" in notice.message
    with pytest.raises(NotebookError, match="its links lead in a circle"):
        find_notebooks([str(small_course)])
    with pytest.raises(NotebookError, match="no notebook or lesson 'xxx"):
        find_notebooks(["x" * 300])


def test_rejects_lesson_that_links_out_of_the_course(
    workspace: Workspace, small_course: Path
) -> None:
    # A folder whose name starts with that of the course.
    outside = small_course.with_name(f"{small_course.name}-evil")
    outside.mkdir()
    original = small_course / "01_basics" / "02_products.ipynb"
    original.rename(outside / "02_products.ipynb")
    original.symlink_to(outside / "02_products.ipynb")
    assert "points outside the course" in workspace.catalog().notices[0].message
    with pytest.raises(LessonNotFoundError, match="points outside"):
        workspace.open("basics/products", "zh")


def test_reset_does_not_write_through_a_symlink(workspace: Workspace, tmp_path: Path) -> None:
    outside = tmp_path / "outside.ipynb"
    outside.write_text("precious", encoding="utf-8")
    path = workspace.open("basics/sums", "zh").path
    path.unlink()
    path.symlink_to(outside)
    workspace.reset("basics/sums", "zh")
    assert outside.read_text(encoding="utf-8") == "precious"


def test_lesson_is_new_then_started_then_done(workspace: Workspace) -> None:
    def state() -> str:
        return workspace.catalog().chapters[0].lessons[0].state

    assert state() == "new"
    workspace.open("basics/sums", "zh")
    assert state() == "started"
    workspace.update_progress(report("double", passed=True))
    assert state() == "started"
    workspace.update_progress(report("half", passed=True))
    assert state() == "done"


def test_counts_attempts_and_keeps_a_pass(workspace: Workspace) -> None:
    for passed in (False, True, False):
        workspace.update_progress(report("double", passed=passed))
    progress = workspace.catalog().chapters[0].lessons[0].exercises[0].progress
    assert (progress.state, progress.attempts) == ("passed", 3)
    assert progress.hint is not None
    assert progress.hint.en == "Look here"


def test_next_lesson_is_the_last_opened_until_it_is_done(workspace: Workspace) -> None:
    assert workspace.catalog().next_lesson == "basics/sums"
    workspace.open("basics/products", "zh")
    assert workspace.catalog().next_lesson == "basics/products"
    workspace.update_progress(ProgressUpdate(lesson="basics/products", state="done"))
    assert workspace.catalog().next_lesson == "basics/sums"
    workspace.update_progress(ProgressUpdate(lesson="basics/sums", state="done"))
    assert workspace.catalog().next_lesson is None


def test_marking_another_lesson_done_does_not_change_the_next_lesson(workspace: Workspace) -> None:
    workspace.open("basics/sums", "zh")
    workspace.update_progress(ProgressUpdate(lesson="basics/products", state="done"))
    assert workspace.catalog().next_lesson == "basics/sums"


def test_rejects_progress_of_unknown_exercise(workspace: Workspace) -> None:
    with pytest.raises(ExerciseNotFoundError, match="triple"):
        workspace.update_progress(report("triple", passed=True))


def test_copy_of_changed_lesson_is_outdated_until_reset(
    workspace: Workspace, small_course: Path
) -> None:
    workspace.open("basics/sums", "zh")
    assert not workspace.catalog().chapters[0].lessons[0].outdated
    path = small_course / "01_basics" / "01_sums.ipynb"
    path.write_text(path.read_text().replace("# 求和", "# 求总和"), encoding="utf-8")
    assert workspace.catalog().chapters[0].lessons[0].outdated
    workspace.reset("basics/sums", "zh")
    assert not workspace.catalog().chapters[0].lessons[0].outdated


def test_renumbered_lesson_keeps_its_copy_and_progress(
    workspace: Workspace, small_course: Path
) -> None:
    path = workspace.open("basics/sums", "zh").path
    chapter = small_course / "01_basics"
    (chapter / "01_sums.ipynb").rename(chapter / "07_sums.ipynb")
    (chapter / "01_sums_exercises.py").rename(chapter / "07_sums_exercises.py")
    lesson = workspace.catalog().chapters[0].lessons[1]
    assert (lesson.lesson, lesson.number, lesson.state) == ("basics/sums", "1.7", "started")
    again = workspace.open("basics/sums", "zh")
    assert (again.path, again.created) == (path, False)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "not JSON"),
        ('{"nbformat": 3, "worksheets": []}', "format 3"),
        ('{"nbformat": 4, "nbformat_minor": 5, "cells": [], "metadata": {}}', "no metadata"),
        (
            '{"nbformat": 4, "nbformat_minor": 5, "cells": [], "metadata": '
            '{"paddle_workbench": {"schema_version": 99}}}',
            "version 99",
        ),
    ],
)
def test_reports_broken_lesson_and_opens_the_others(
    workspace: Workspace, small_course: Path, content: str, reason: str
) -> None:
    (small_course / "01_basics" / "02_products.ipynb").write_text(content, encoding="utf-8")
    catalog = workspace.catalog()
    assert [lesson.lesson for lesson in catalog.chapters[0].lessons] == ["basics/sums"]
    assert reason in catalog.notices[0].message
    assert "02_products" in catalog.notices[0].message
    assert workspace.open("basics/sums", "zh").created


@pytest.mark.parametrize("content", ["{", "[]", '{"schema_version": 1, "lessons": 3}', ""])
def test_sets_broken_progress_aside_and_reports_it(
    workspace: Workspace, home: Path, content: str
) -> None:
    (home / "progress.json").write_text(content, encoding="utf-8")
    catalog = workspace.catalog()
    (backup,) = home.glob("progress.broken-*.json")
    assert backup.read_text(encoding="utf-8") == content
    (notice,) = catalog.notices
    assert backup.name in notice.hint
    # Another window, or the one that was closed meanwhile, reads it as well.
    assert workspace.catalog().notices == [notice]
    workspace.dismiss("another notice")
    assert workspace.catalog().notices == [notice]
    workspace.dismiss(notice.message)
    assert not workspace.catalog().notices


def test_change_of_progress_reports_a_broken_file(workspace: Workspace, home: Path) -> None:
    (home / "progress.json").write_text("{", encoding="utf-8")
    workspace.open("basics/sums", "zh")
    (notice,) = workspace.catalog().notices
    assert "Progress starts again." in notice.message


@pytest.mark.parametrize(("make", "reason"), [*NOT_REGULAR, *NOT_JSON])
def test_sets_unreadable_progress_aside_once(
    workspace: Workspace, home: Path, make: Maker, reason: str
) -> None:
    make(home / "progress.json")
    notice = workspace.catalog().notices[0]
    assert reason in notice.message
    assert "Progress starts again." in notice.message
    assert workspace.catalog().notices == [notice]
    workspace.open("basics/sums", "zh")
    assert workspace.catalog().chapters[0].lessons[0].state == "started"
    assert len(list(home.glob("progress.broken-*.json"))) == 1


@pytest.mark.parametrize(("make", "reason"), [*NOT_REGULAR, *NOT_JSON])
def test_unreadable_course_file_is_a_course_error(
    workspace: Workspace, small_course: Path, make: Maker, reason: str
) -> None:
    path = small_course / "course.json"
    make(path)
    with pytest.raises(CourseError) as caught:
        workspace.catalog()
    assert str(path) in caught.value.message
    assert reason in caught.value.message


@pytest.mark.parametrize(("make", "reason"), NOT_REGULAR)
def test_reports_unreadable_lesson_and_lists_the_others(
    workspace: Workspace, small_course: Path, make: Maker, reason: str
) -> None:
    path = small_course / "01_basics" / "02_products.ipynb"
    make(path)
    catalog = workspace.catalog()
    assert [lesson.lesson for lesson in catalog.chapters[0].lessons] == ["basics/sums"]
    (message,) = (notice.message for notice in catalog.notices)
    # The device is a link out of the course.
    assert reason in message or "points outside the course" in message


@pytest.mark.parametrize(("make", "_reason"), [*NOT_REGULAR, *NOT_JSON])
def test_unreadable_copy_does_not_hide_the_catalog(
    workspace: Workspace, make: Maker, _reason: str
) -> None:
    make(workspace.open("basics/sums", "zh").path)
    assert not workspace.catalog().notices


def test_reports_checkers_nested_too_deeply(workspace: Workspace, small_course: Path) -> None:
    path = small_course / "01_basics" / "01_sums_exercises.py"
    path.write_text("x = " + "(" * 5000 + ")" * 5000, encoding="utf-8")
    assert "01_sums_exercises.py is not Python" in workspace.catalog().notices[0].message


def test_leaves_progress_of_a_newer_version_unchanged(workspace: Workspace, home: Path) -> None:
    content = '{"schema_version": 2, "stars": 5}'
    (home / "progress.json").write_text(content, encoding="utf-8")
    with pytest.raises(SchemaVersionError, match="version 2"):
        workspace.open("basics/sums", "zh")
    assert (home / "progress.json").read_text(encoding="utf-8") == content


def test_concurrent_processes_lose_no_progress(home: Path) -> None:
    script = (
        "import sys\n"
        "from paddle_workbench.contract import *\n"
        "from paddle_workbench.course.workspace import Workspace\n"
        "from paddle_workbench.settings import settings\n"
        "report = ExerciseReport(exercise='double', passed=False, message=Text(zh='', en=''))\n"
        "for _ in range(5):\n"
        "    update = ProgressUpdate(lesson='basics/sums', exercise=report)\n"
        "    Workspace(settings()).update_progress(update)\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(4)]
    assert [process.wait() for process in processes] == [0] * 4
    progress = json.loads((home / "progress.json").read_text())
    assert progress["lessons"]["basics/sums"]["exercises"]["double"]["attempts"] == 20


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk of 128 kB, which only root may do."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk")


@needs_root
def test_error_for_read_only_home_suggests_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        monkeypatch.setenv("PADDLE_WORKBENCH_HOME", str(disk))
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        workspace = Workspace(settings())
        assert workspace.catalog().next_lesson == "basics/sums"
        with pytest.raises(StorageError, match="cannot be written") as caught:
            workspace.open("basics/sums", "zh")
        assert "PADDLE_WORKBENCH_HOME" in caught.value.hint


@needs_root
def test_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_disk(tmp_path / "disk") as disk:
        monkeypatch.setenv("PADDLE_WORKBENCH_HOME", str(disk))
        full = Workspace(settings())
        path = full.open("basics/sums", "zh").path
        copy, progress = path.read_bytes(), (disk / "progress.json").read_bytes()
        ballast = os.open(disk / "ballast", os.O_CREAT | os.O_WRONLY)
        with pytest.raises(OSError, match="space"):
            while True:
                os.write(ballast, b"0" * 512)
        os.close(ballast)
        with pytest.raises(StorageError, match="disk is full"):
            full.reset("basics/sums", "zh")
        with pytest.raises(StorageError, match="disk is full"):
            full.update_progress(report("double", passed=True))
        assert path.read_bytes() == copy
        assert (disk / "progress.json").read_bytes() == progress
        assert not list(disk.rglob("*.kept-*"))
