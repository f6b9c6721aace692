"""Checks through real kernels: what passes, what fails, and what is reported as unchecked."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

from paddle_workbench.checks.cache import CheckCache
from paddle_workbench.checks.results import NotebookReport
from paddle_workbench.checks.session import check_notebooks, read_notebooks
from paddle_workbench.course.catalog import find_notebooks
from paddle_workbench.errors import NotebookError

from ..broken_files import NOT_REGULAR, Maker
from .conftest import code, make_lesson, result, stream

pytestmark = pytest.mark.kernel

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABXvMqOgAAAABJRU5ErkJg"
)
SHOW_PIXEL = f"""
from IPython.display import display
display(
    {{"image/png": "{PIXEL[:60]}"
                   "{PIXEL[60:]}"}},
    raw=True,
)
"""


CLEAR = """
from IPython.display import clear_output
print(1)
clear_output()
print(2)
"""
STUBBORN = """
import time
while True:
    try:
        time.sleep(60)
    except BaseException:
        pass
"""


def picture() -> nbformat.NotebookNode:
    return nbformat.v4.new_output("display_data", {"image/png": PIXEL})


Reports = dict[str, NotebookReport]


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes], Reports]:
    """A folder of lessons, their content before the check, and the reports by name."""
    folder = tmp_path_factory.mktemp("lessons")
    (folder / "assets").mkdir()
    (folder / "assets" / "data.txt").write_text("7", encoding="utf-8")
    zero = nbformat.v4.new_output("error", ename="ZeroDivisionError", evalue="division by zero")
    make_lesson(
        folder / "a_right.ipynb",
        code("sum", "n + 1", result("4")),
        code("asset", "open('assets/data.txt').read()", result("'7'")),
        code("noise", "import sys\nprint('I1122 07:28:38.123456 12 a.cc:1] x', file=sys.stderr)"),
        code("time", "print('Wall time: 1.5 ms')", stream("Wall time: 9.8 ms\n")),
        code("printed", "print('took 1.5 ms')", stream("took 1.5 ms\n")),
        code("cleared", CLEAR, stream("2\n")),
        code("raises", "1 / 0", zero, tags=["raises-exception"]),
        code("ignored", "import os; os.getpid()", result("1"), tags=["nbval-ignore-output"]),
        code("skipped", "1 / 0", tags=["skip-execution"]),
        code("write", "open('assets/made.txt', 'w').close()"),
        code("exact", SHOW_PIXEL, picture()),
    )  # fmt: skip
    make_lesson(
        folder / "b_changed.ipynb",
        code("number", "0.5", result("0.25")),
        code("no-picture", "1;", picture()),
        code("silent", "1;", tags=["raises-exception"]),
        code("fine", "1", result("1")),
    )
    make_lesson(
        folder / "c_failing.ipynb",
        code("boom", "{}['key']"),
        code("after", "1", result("1")),
    )
    make_lesson(folder / "d_dying.ipynb", code("die", "import os; os._exit(3)"), code("after", "1"))
    make_lesson(
        folder / "e_endless.ipynb",
        code("loop", STUBBORN),
    )
    for name, source in (("shell", "!sleep 600"), ("bash", "%%bash\nsleep 600")):
        sleep = code("sleep", source, tags=["raises-exception", "nbval-ignore-output"])
        make_lesson(folder / f"e_{name}.ipynb", sleep, code("after", "1", result("1")))
    make_lesson(folder / "f_kernel.ipynb", kernel="pte")
    (folder / "g_text.ipynb").write_text("this is not JSON", encoding="utf-8")
    (folder / "h_old.ipynb").write_text(
        '{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}', encoding="utf-8"
    )
    before = {path.name: path.read_bytes() for path in folder.glob("*.ipynb")}
    paths = find_notebooks([str(folder)])
    endless = [path for path in paths if path.stem.startswith("e_")]
    found = check_notebooks([path for path in paths if path not in endless], jobs=2)
    found += check_notebooks(endless, jobs=3, limit_s=6)
    return folder, before, {notebook.path.stem: notebook.report for notebook in found}


Checked = tuple[Path, dict[str, bytes], Reports]


def outcomes(report: NotebookReport) -> dict[str, tuple[str, str]]:
    return {cell.cell: (cell.outcome, cell.reason) for cell in report.cells}


def test_unchanged_outputs_pass(checked: Checked) -> None:
    report = checked[2]["a_right"]
    assert report.passed, report
    assert outcomes(report) == {
        "parameters": ("compared", ""),
        "sum": ("compared", ""),
        "asset": ("compared", ""),
        "noise": ("compared", ""),
        "time": ("compared", ""),
        "printed": ("compared", ""),
        "cleared": ("compared", ""),
        "raises": ("compared", ""),
        "ignored": ("not_compared", "tagged nbval-ignore-output"),
        "skipped": ("not_run", "tagged skip-execution"),
        "write": ("compared", ""),
        "exact": ("compared", ""),
    }
    assert report.compared == 10
    assert (report.compared_outputs, report.outputs) == (7, 8)
    noise = {
        cell.cell: [(one.kind, one.count) for one in cell.ignored]
        for cell in report.cells
        if cell.ignored
    }
    assert noise == {"noise": [("log_line", 1)], "time": [("duration", 1)]}


def test_calls_the_listener_after_the_last_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The child ends before a second look at it, as with a short lesson on a quick machine.
    monkeypatch.setattr("paddle_workbench.checks.pytest_child.POLL_S", 120.0)
    skipped = code("skipped", "1 / 0", tags=["skip-execution"])
    whole = make_lesson(tmp_path / "whole.ipynb", skipped, code("last", "n", result("3")))
    dying = make_lesson(
        tmp_path / "dying.ipynb", code("die", "import os; os._exit(3)"), code("after", "1")
    )
    calls: list[tuple[int, int]] = []
    check_notebooks([whole, dying], listener=lambda done, total: calls.append((done, total)))
    assert calls == [(0, 6), (6, 6)]


def test_changed_outputs_fail_and_show_the_difference(checked: Checked) -> None:
    report = checked[2]["b_changed"]
    assert not report.passed
    cells = {cell.cell: cell for cell in report.cells}
    (number,) = cells["number"].differences
    assert (number.expected, number.found, number.deviation) == ("0.25", "0.5", 1.0)
    (picture,) = cells["no-picture"].differences
    assert (picture.kind, picture.output) == ("missing", "image/png")
    assert cells["silent"].reason == "it is tagged raises-exception, and raised nothing"
    # The cells after a difference are compared too.
    assert cells["fine"].outcome == "compared"


def test_exception_ends_the_notebook(checked: Checked) -> None:
    report = checked[2]["c_failing"]
    found = outcomes(report)
    assert found["boom"] == ("raised", "KeyError: 'key'")
    assert found["after"] == ("not_run", "after `boom`: KeyError: 'key'")
    assert "----> 1 {}['key']" in report.cells[1].traceback


def test_reports_dead_kernel_in_one_sentence(checked: Checked) -> None:
    found = outcomes(checked[2]["d_dying"])
    assert found["die"] == ("raised", "the kernel died")
    assert found["after"][0] == "not_run"


def test_stops_endless_cell_at_the_time_limit(checked: Checked) -> None:
    found = outcomes(checked[2]["e_endless"])
    assert found["loop"] == ("raised", "the notebook reached its time limit")


@pytest.mark.parametrize("name", ["e_shell", "e_bash"])
def test_subprocess_at_the_time_limit_fails_its_cell(checked: Checked, name: str) -> None:
    found = outcomes(checked[2][name])
    assert found["sleep"] == ("raised", "the notebook reached its time limit")
    assert found["after"][0] == "not_run"
    assert not checked[2][name].passed


def test_explains_why_a_notebook_cannot_run(checked: Checked) -> None:
    errors = {
        name: report.error.message
        for name, report in checked[2].items()
        if report.error is not None
    }
    assert "the kernel 'pte', which is not installed" in errors.pop("f_kernel")
    assert "not JSON" in errors.pop("g_text")
    assert "notebook format 3" in errors.pop("h_old")
    assert errors == {}


def test_writes_nothing_next_to_the_lessons(checked: Checked) -> None:
    folder, before, _reports = checked
    assert {path.name: path.read_bytes() for path in folder.glob("*.ipynb")} == before
    assert {path.name for path in folder.iterdir()} == {*before, "assets"}
    assert [path.name for path in (folder / "assets").iterdir()] == ["data.txt"]


def test_finds_the_course_by_default(small_course: Path) -> None:
    chapter = small_course / "01_basics"
    (chapter / ".ipynb_checkpoints").mkdir()
    (chapter / ".ipynb_checkpoints" / "a.ipynb").write_text("", encoding="utf-8")
    (chapter / "assets" / "experiment.ipynb").write_text("", encoding="utf-8")
    lessons = [chapter / "01_sums.ipynb", chapter / "02_products.ipynb"]
    assert find_notebooks([]) == lessons
    assert find_notebooks(["basics/products", str(chapter)]) == lessons[::-1]


def test_rejects_non_notebook(small_course: Path, tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match="There is no notebook or lesson 'basics/quotients'"):
        find_notebooks(["basics/quotients"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotebookError, match="There is no notebook in"):
        find_notebooks([str(tmp_path / "empty")])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_signal_shuts_down_the_kernel(tmp_path: Path, number: signal.Signals) -> None:
    written = tmp_path / "assets" / "pid.txt"
    source = (
        f"import os, pathlib, time\npathlib.Path({str(written)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(600)"
    )
    written.parent.mkdir()
    path = make_lesson(tmp_path / "lesson.ipynb", code("sleep", source), kernel="python3")
    command = [sys.executable, "-m", "paddle_workbench.cli", "check", "--no-cache", str(path)]
    child = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not (written.is_file() and written.read_text()) and time.monotonic() < end:
            time.sleep(0.1)
        kernel = psutil.Process(int(written.read_text()))
        child.send_signal(number)
        assert child.wait(60) != 0
    finally:
        child.kill()
    psutil.wait_procs([kernel], timeout=20)
    assert not kernel.is_running()


@pytest.mark.parametrize(("make", "reason"), NOT_REGULAR)
def test_reports_unreadable_notebook(make: Maker, reason: str, tmp_path: Path) -> None:
    make(tmp_path / "lesson.ipynb")
    for check in (check_notebooks, read_notebooks):
        (checked,) = check([tmp_path / "lesson.ipynb"])
        assert checked.report.error is not None
        assert reason in checked.report.error.message


_opened: list[str] | None = None


def _note_opened(event: str, arguments: tuple[object, ...]) -> None:
    # What an opener opens for `open` is reported a second time, without a mode.
    if _opened is not None and event == "open" and arguments[1] is not None:
        _opened.append(str(arguments[0]))


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """The paths that this process opens; an audit hook cannot be removed, but can do nothing."""
    global _opened
    sys.addaudithook(_note_opened)
    _opened = []
    yield _opened
    _opened = None


def test_reads_the_notebook_once(opened: list[str], home: Path, tmp_path: Path) -> None:
    path = make_lesson(tmp_path / "lesson.ipynb", code("sum", "n + 1", result("4")))
    opened.clear()
    (checked,) = check_notebooks([path], cache=CheckCache())
    assert checked.report.passed
    assert opened.count(str(path)) == 1


def elsewhere(path: Path, *cells: dict[str, Any], **fields: Any) -> Path:
    """Write a notebook as another program might, with a byte order mark."""
    metadata = {"kernelspec": {"name": "no-such-kernel"}}
    content = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 9} | fields
    path.write_text("\ufeff" + json.dumps(content), encoding="utf-8")
    return path


def test_checks_notebooks_from_other_programs(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    half = nbformat.v4.new_output("stream", text="a\ud83d\n")
    new = {"metadata": {}, "outputs": [], "execution_count": 1, "mood": "new"}
    path = elsewhere(
        tmp_path / "a.ipynb",
        {"cell_type": "heading", "level": 1, "source": "Sums"},
        {"cell_type": "code", "id": "my cell", "source": "x = 1"},
        {"cell_type": "code", "id": "same", "source": "x", "outputs": [result("1")]} | new
        | {"outputs": [result("1")]},
        {"cell_type": "code", "id": "same", "source": "print('a\ufffd')"} | new
        | {"outputs": [half]},
        {"cell_type": "code", "source": "print('a')"} | new | {"outputs": [half]},
        theme="dark",
    )  # fmt: skip
    (unchecked,) = check_notebooks([path])
    assert unchecked.report.error is not None
    assert "'no-such-kernel', which is not installed" in unchecked.report.error.message
    (checked,) = check_notebooks([path], kernel="python3")
    assert outcomes(checked.report) == {
        "my-cell": ("compared", ""),
        "same": ("compared", ""),
        "same-2": ("compared", ""),
        "cell-5": ("differs", "the output differs"),
    }
    # The rules for lessons do not apply.
    assert checked.report.findings == []
    assert capfd.readouterr() == ("", "")


def test_names_missing_kernel(tmp_path: Path) -> None:
    path = make_lesson(tmp_path / "lesson.ipynb", code("sum", "n + 1", result("4")))
    (checked,) = check_notebooks([path], kernel="no-such-kernel")
    assert checked.report.error is not None
    assert "'no-such-kernel', which is not installed" in checked.report.error.message
