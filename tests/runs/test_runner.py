"""Runs in a real kernel, and their results after success, failure, time-out and full disks."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bs4
import nbformat
import pytest

from paddle_workbench.contract import RunEvent, RunRecord
from paddle_workbench.errors import NotebookError, RunNotFoundError, StorageError
from paddle_workbench.runs.reports.report import write_report
from paddle_workbench.runs.running.runner import Plan, plan_rerun, run_attempts, run_notebook
from paddle_workbench.runs.store.records import read_events, read_record

from ..kernels.sessions import wait_until
from .conftest import NotebookMaker, make_notebook

pytestmark = pytest.mark.kernel


def ignore(_event: RunEvent, _record: RunRecord) -> None:
    """Ignore the event."""


def output_of(folder: Path) -> nbformat.NotebookNode:
    notebook = nbformat.read(folder / "output.ipynb", as_version=4)
    nbformat.validate(notebook)
    return notebook


def statuses(folder: Path) -> dict[str, str]:
    return {cell.id: cell.metadata.papermill.status for cell in output_of(folder).cells}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, RunRecord, list[str]]:
    """A run that succeeded: its source, folder, record, and the events that a listener got."""
    base = tmp_path_factory.mktemp("finished")
    (base / "lesson" / "assets").mkdir(parents=True)
    (base / "lesson" / "assets" / "data.txt").write_text("7", encoding="utf-8")
    source = make_notebook(
        base / "lesson" / "01_training.ipynb",
        [
            ("record", "from paddle_workbench import record\nrecord('loss', 1 / num_epochs)"),
            ("learn-error", "1 / 0"),
            ("write", "from pathlib import Path\nPath('made.txt').write_text('x')"),
            ("read", "Path('assets/data.txt').read_text()"),
            (
                "page",
                "from IPython.display import HTML, display\n"
                "display(HTML('<img src=\"https://example.org/x.png\">'))\n"
                "display(HTML('<META\\nhttp-equiv=refresh content=\"0;url=https://example.org\">'))",
            ),
        ],
        tags={"learn-error": ["raises-exception"]},
    )
    reported: list[str] = []
    folder, record = run_notebook(
        Plan(source, {"num_epochs": 4}, base / "runs", timeout_s=120),
        lambda event, _record: reported.append(event.event),
    )
    return source, folder, record, reported


Finished = tuple[Path, Path, RunRecord, list[str]]


def test_records_success(finished: Finished) -> None:
    _source, folder, record, _events = finished
    assert record.state == "succeeded"
    assert record.error is None
    assert record.parameters == {"num_epochs": 4, "lr": 0.1}
    assert record.metrics == {"loss": 0.25}
    assert record.cells_done == record.cells_total == 7
    assert record.provenance is not None
    assert read_record(folder) == record


def test_events_report_every_cell(finished: Finished) -> None:
    _source, folder, _record, reported = finished
    events = read_events(folder)
    assert [event.event for event in events] == reported
    assert reported[:2] == ["queued", "started"]
    assert reported[-1] == "finished"
    cells = [event.cell for event in events if event.event == "cell_started"]
    assert cells[:3] == ["parameters", "injected-parameters", "record"]
    ends = [event for event in events if event.event == "cell_finished"]
    assert [event.cell for event in ends] == cells
    assert all(event.duration_s is not None and event.duration_s >= 0 for event in ends)


def test_notebook_writes_into_the_run_folder(finished: Finished) -> None:
    source, folder, _record, _events = finished
    assert (folder / "work" / "made.txt").read_text(encoding="utf-8") == "x"
    assert sorted(path.name for path in source.parent.iterdir()) == ["01_training.ipynb", "assets"]


def test_report_shows_everything_and_loads_no_resources(finished: Finished) -> None:
    _source, folder, record, _events = finished
    html = (folder / "report.html").read_text(encoding="utf-8")
    for text in (record.id, "succeeded", "num_epochs", "0.25", "ZeroDivisionError"):
        assert text in html
    assert "default-src 'none'" in html
    assert "form-action 'none'; base-uri 'none'" in html
    assert "<script" not in html
    assert "<meta" not in html.lower().partition("<body")[2]
    page = bs4.BeautifulSoup(html, "html.parser")
    addresses = [
        element[attribute]
        for attribute in ("src", "href", "data", "srcset")
        for element in page.find_all(attrs={attribute: True})
        if not element[attribute].startswith(("data:", "#"))
    ]
    assert addresses == []
    # What the notebook itself shows is in frames, whose policy prevents loading it.
    frames = "".join(str(frame["srcdoc"]) for frame in page.find_all("iframe"))
    assert "https://example.org/x.png" in frames
    styles = "".join(style.get_text() for style in page.find_all("style"))
    assert not re.search(r"""@import|url\(\s*["']?(?!data:|["']?#)""", styles)


def test_rebuilds_report_from_the_folder_alone(finished: Finished, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    subprocess.run(["cp", "-r", str(finished[1]), str(folder)], check=True)
    (folder / "report.html").unlink()
    assert finished[2].id in write_report(folder).read_text(encoding="utf-8")


def test_record_does_not_reveal_the_home(finished: Finished) -> None:
    text = (finished[1] / "run.json").read_text(encoding="utf-8")
    assert str(Path.home()) + "/" not in text


def test_rerun_uses_the_same_notebook_and_parameters(finished: Finished, tmp_path: Path) -> None:
    source, folder, record, _events = finished
    plan = plan_rerun(folder, parent=tmp_path, anyway=False)
    assert (plan.notebook, plan.parameters) == (source, {"num_epochs": 4})
    assert plan.kernel == record.kernel == "paddle"


def test_rejects_rerun_of_changed_notebook(
    lesson: NotebookMaker, finished: Finished, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    source = lesson(("other", "1"))
    record = json.loads(finished[2].model_dump_json()) | {"notebook": str(source)}
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(NotebookError, match="has changed") as caught:
        plan_rerun(folder, parent=tmp_path, anyway=False)
    assert f"{source.name} -p num_epochs 4 --kernel paddle" in caught.value.hint
    assert plan_rerun(folder, parent=tmp_path, anyway=True).notebook == source
    # Without the notebook, and without a copy in the run folder.
    source.unlink()
    with pytest.raises(RunNotFoundError):
        plan_rerun(folder, parent=tmp_path, anyway=True)


def test_rerun_uses_the_copy_of_a_missing_notebook(finished: Finished, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    subprocess.run(["cp", "-r", str(finished[1]), str(folder)], check=True)
    record = json.loads(finished[2].model_dump_json()) | {"notebook": "/gone/01_training.ipynb"}
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    plan = plan_rerun(folder, parent=tmp_path, anyway=False)
    assert plan.notebook == folder / "work" / "01_training.ipynb"


def test_failing_cell_fails_the_run_and_keeps_outputs(lesson: NotebookMaker, runs: Path) -> None:
    source = lesson(("good", "print('kept')"), ("bad", "{}['key']"), ("after", "1"))
    folder, record = run_attempts(Plan(source, {}, runs, retries=1), listener=ignore)
    assert record.state == "failed"
    assert record.failed_cell == "bad"
    assert record.error is not None
    assert record.error.message == "KeyError: 'key' (in cell `bad`)"
    assert statuses(folder) == {
        "parameters": "completed",
        "good": "completed",
        "bad": "failed",
        "after": "pending",
    }
    assert output_of(folder).cells[1].outputs[0].text == "kept\n"
    assert "KeyError" in (folder / "report.html").read_text(encoding="utf-8")
    # The first attempt has a folder of its own.
    attempts = sorted(read_record(path).attempt for path in runs.iterdir())
    assert attempts == [1, 2]


def test_dying_kernel_fails_the_run(lesson: NotebookMaker, runs: Path) -> None:
    source = lesson(
        ("last-words", "import os\nos.write(2, b'')"), ("die", "os.kill(os.getpid(), 9)"),
        ("after", "1"),
    )  # fmt: skip
    folder, record = run_notebook(Plan(source, {}, runs), ignore)
    assert record.state == "failed"
    assert record.failed_cell == "die"
    assert record.error is not None
    assert "died" in record.error.message
    assert statuses(folder)["after"] == "pending"


def run_until_timeout_in(cell: str, source: Path, runs: Path) -> tuple[Path, RunRecord, int]:
    """Run with limits of time that grow until a cell is reached before; return the last."""
    timeout_s = 4
    while True:
        folder, record = run_notebook(Plan(source, {}, runs, timeout_s=timeout_s), ignore)
        assert record.state == "timed_out"
        if record.failed_cell == cell:
            return folder, record, timeout_s
        timeout_s *= 2  # the machine is busy


def test_timeout_covers_the_whole_run_and_kills_a_stuck_kernel(
    lesson: NotebookMaker, runs: Path
) -> None:
    stubborn = """
import time
while True:
    try:
        time.sleep(60)
    except BaseException:
        pass
"""
    source = lesson(("pid", "import os; os.getpid()"), ("stubborn", stubborn), ("after", "1"))
    folder, record, timeout_s = run_until_timeout_in("stubborn", source, runs)
    assert record.error is not None
    assert f"{timeout_s} s" in record.error.message
    cells = {cell.id: cell for cell in output_of(folder).cells}
    kernel = int(cells["pid"].outputs[0].data["text/plain"])
    assert not Path(f"/proc/{kernel}").exists()


def test_timeout_interrupts_the_kernel_first(lesson: NotebookMaker, runs: Path) -> None:
    source = lesson(("sleep", "import time; time.sleep(60)"), ("after", "1"))
    folder, _, _ = run_until_timeout_in("sleep", source, runs)
    cells = {cell.id: cell for cell in output_of(folder).cells}
    assert cells["sleep"].outputs[0].ename == "KeyboardInterrupt"


def test_runs_in_another_kernel_and_again_with_the_same_values(
    lesson: NotebookMaker, runs: Path, tmp_path: Path
) -> None:
    source = lesson(
        ("dict", "{size: k}"), ("infinity", "assert limit == -float('inf'), limit"),
        parameters="%matplotlib inline\n!echo x\nsize = (1, 2)\nk = 3\nlimit = float('inf')",
        kernel="pte",
    )  # fmt: skip
    values = {"k": 4, "limit": float("-inf")}
    folder, record = run_notebook(Plan(source, values, runs, kernel="paddle"), ignore)
    assert record.state == "succeeded", record.error
    assert record == read_record(folder)
    assert record.parameters == {"size": [1, 2], "k": 4, "limit": "-inf"}
    output = json.loads((folder / "output.ipynb").read_text("utf-8"), parse_constant=pytest.fail)
    assert output["metadata"]["kernelspec"]["name"] == "paddle"
    assert output["metadata"]["papermill"]["parameters"] == {"k": 4, "limit": "-inf"}
    plan = plan_rerun(folder, parent=runs, anyway=False)
    assert (plan.parameters, plan.kernel) == (values, "paddle")
    # The output notebook again: what it was given stays, except what is given now.
    again = Plan(folder / "output.ipynb", {"k": 5}, runs)
    _folder, record = run_notebook(again, ignore)
    assert record.state == "succeeded", record.error
    assert record.parameters == {"size": [1, 2], "k": 5, "limit": "-inf"}


def test_rejects_unknown_kernel_before_creating_a_run(lesson: NotebookMaker, runs: Path) -> None:
    with pytest.raises(NotebookError, match="the kernel 'pte', which is not installed"):
        run_notebook(Plan(lesson(("a", "1"), kernel="pte"), {}, runs), ignore)
    with pytest.raises(NotebookError, match="the kernel 'r', which is not installed"):
        run_notebook(Plan(lesson(("a", "1")), {}, runs, kernel="r"), ignore)
    assert not runs.exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    if os.geteuid() != 0:
        pytest.skip("Only root can mount a small disk to fill.")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if mount.returncode != 0:
        pytest.skip(f"No small disk can be mounted here: {mount.stderr.strip()}")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_full_disk_fails_the_run_and_leaves_complete_files(
    lesson: NotebookMaker, small_disk: Path
) -> None:
    source = lesson(("small", "'kept'"), ("big", "print('x' * 2_000_000)"), ("after", "1"))
    folder, record = run_notebook(Plan(source, {}, small_disk), ignore)
    assert record.state == "failed"
    assert record.error is not None
    assert "disk is full" in record.error.message
    assert read_record(folder) == record
    _parameters, small, big, _after = output_of(folder).cells
    assert small.outputs[0].data["text/plain"] == "'kept'"
    assert big.outputs[0].text == "This output was left out, since there was no space for it.\n"


def test_reports_read_only_folder(lesson: NotebookMaker, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StorageError) as caught:
        run_notebook(Plan(lesson(("a", "1")), {}, small_disk / "runs"), ignore)
    assert "cannot be written" in caught.value.message
    assert caught.value.hint.startswith("Choose a folder that you can write to")


def test_reports_file_in_place_of_the_home(lesson: NotebookMaker, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StorageError, match="something is a file and not a folder"):
        run_notebook(Plan(lesson(("a", "1")), {}, tmp_path / "file" / "runs"), ignore)


def test_saves_and_counts_quick_cells_while_a_long_one_runs(
    lesson: NotebookMaker, runs: Path, tmp_path: Path
) -> None:
    """Saves that were postponed are made before the long cell ends."""
    marker = tmp_path / "marker"
    wait = f"import time, os\nwhile not os.path.exists({str(marker)!r}): time.sleep(0.05)"
    source = lesson(*((f"cell-{i}", f"print({i})") for i in range(20)), ("long", wait))

    def watch(folder: Path) -> None:
        def is_saved() -> bool:
            cells = json.loads((folder / "output.ipynb").read_text(encoding="utf-8"))["cells"]
            outputs = {cell["id"]: cell["outputs"] for cell in cells}
            return bool(outputs["cell-19"]) and read_record(folder).cells_done == 21

        wait_until(is_saved)
        marker.touch()

    def listen(event: RunEvent, record: RunRecord) -> None:
        if event.event == "cell_started" and event.cell == "long":
            threading.Thread(target=watch, args=(runs / record.id,), daemon=True).start()

    _folder, record = run_notebook(Plan(source, {}, runs, timeout_s=60), listen)
    assert record.state == "succeeded"
    assert marker.exists()


def test_final_save_is_made_after_a_failed_save(lesson: NotebookMaker, tmp_path: Path) -> None:
    from paddle_workbench.runs.running.output import RunOutput, prepare

    folder = tmp_path / "run"
    folder.mkdir()
    output = RunOutput(prepare(lesson(("cell", "1")), {}), folder / "output.ipynb")

    async def fail_postponed_save() -> None:
        output.notebook_start()
        output.save()  # so soon after the first that it is postponed
        shutil.rmtree(folder)
        folder.write_text("a file where the folder was")
        while output._failure is None:
            await asyncio.sleep(0.01)
        with pytest.raises(StorageError):
            output.save()

    asyncio.run(fail_postponed_save())
    folder.unlink()
    output.notebook_complete()
    content = json.loads((folder / "output.ipynb").read_text(encoding="utf-8"))
    assert content["metadata"]["papermill"]["end_time"] is not None


def test_output_is_complete_at_any_time(lesson: NotebookMaker, runs: Path) -> None:
    source = lesson(*((f"cell-{i}", f"print('x' * 100_000, {i})") for i in range(5)))
    contents: list[Any] = []

    def look(_event: RunEvent, record: RunRecord) -> None:
        path = runs / record.id / "output.ipynb"
        if path.exists():
            contents.append(json.loads(path.read_text(encoding="utf-8")))
        assert json.loads((runs / record.id / "run.json").read_text(encoding="utf-8"))

    _folder, record = run_notebook(Plan(source, {}, runs), look)
    assert record.state == "succeeded"
    assert len(contents) > 10
