"""`workbench run` and `workbench runs`, as somebody types them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path

import nbformat
import pytest

from paddle_workbench.contract import RunRecord

from ..broken_files import make_pipe

NOW = datetime(2026, 11, 23, 9, 15, 30, tzinfo=timezone.utc)

pytestmark = pytest.mark.kernel

Workbench = Callable[..., subprocess.CompletedProcess[str]]
Starter = Callable[..., subprocess.Popen[str]]

COMMAND = [sys.executable, "-m", "paddle_workbench.cli"]
PATIENCE_S = 60.0


@pytest.fixture
def workbench(home: Path, tmp_path: Path) -> Workbench:
    """Run the command line to its end."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [*COMMAND, *(str(argument) for argument in arguments)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def start(home: Path, tmp_path: Path) -> Iterator[Starter]:
    """Start the command line, and end it after the test if the test has not."""
    processes: list[subprocess.Popen[str]] = []

    def begin(*arguments: object) -> subprocess.Popen[str]:
        command = [*COMMAND, *(str(argument) for argument in arguments)]
        process = subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        processes.append(process)
        return process

    yield begin
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """A notebook that records a metric and then sleeps for a given time."""
    new = nbformat.v4
    cells = [
        new.new_code_cell(
            "num_epochs = 2  # passes over the data\nsleep_s = 0.0",
            id="parameters",
            metadata={"tags": ["parameters"]},
        ),
        new.new_code_cell(
            "from paddle_workbench import record\nrecord('loss', 1 / num_epochs)", id="train"
        ),
        # A signal that comes just before a call to sleep does not end that call.
        new.new_code_cell(
            "import pathlib, time\npathlib.Path('begun').touch()\n"
            "end = time.monotonic() + sleep_s\nwhile time.monotonic() < end:\n    time.sleep(0.1)",
            id="sleep",
        ),
    ]
    kernelspec = {"name": "paddle", "display_name": "Paddle", "language": "python"}
    path = tmp_path / "01_training.ipynb"
    nbformat.write(new.new_notebook(cells=cells, metadata={"kernelspec": kernelspec}), path)
    return path


def wait_for_sleep(runs: Path) -> Path:
    """Wait until the only run sleeps, and return its folder."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        # The events tell of a cell before the kernel has it.
        for begun in runs.glob("*/work/begun"):
            return begun.parents[1]
        time.sleep(0.1)
    raise AssertionError(f"The cell has not begun within {PATIENCE_S} s.")


def state(folder: Path) -> str:
    return str(json.loads((folder / "run.json").read_text(encoding="utf-8"))["state"])


def test_wrong_parameters_are_refused(workbench: Workbench, notebook: Path, home: Path) -> None:
    name = workbench("run", notebook, "-p", "num_epoch", "3")
    assert name.returncode == 2
    assert "Did you mean num_epochs?" in name.stderr
    assert "num_epochs: int = 2  # passes over the data" in name.stderr
    value = workbench("run", notebook, "-p", "num_epochs", "some")
    assert value.returncode == 2
    assert "num_epochs takes a whole number, not 'some'." in value.stderr
    assert not (home / "runs").exists()


def test_no_such_notebook(workbench: Workbench, small_course: Path) -> None:
    found = workbench("run", "nowhere.ipynb")
    assert found.returncode == 2
    assert "There is no notebook 'nowhere.ipynb'" in found.stderr
    assert "basics/sums" in found.stderr


def test_sweep_then_list_compare_show_and_report(
    workbench: Workbench, notebook: Path, home: Path
) -> None:
    swept = workbench("run", notebook, "--sweep", "num_epochs=1,4", "-p", "sleep_s", "0")
    assert swept.returncode == 0, swept.stderr
    first, second = swept.stdout.splitlines()
    assert first.startswith("num_epochs=1  succeeded")
    assert "loss=0.25" in second
    assert "sleep" in swept.stderr
    listed = json.loads(workbench("runs", "list", "--json").stdout)
    assert [run["metrics"] for run in listed] == [{"loss": 1.0}, {"loss": 0.25}]
    ids = [run["id"] for run in listed]
    assert all(run_id in workbench("runs", "list").stdout for run_id in ids)
    compared = json.loads(workbench("runs", "compare", *ids, "--json").stdout)
    assert compared["differences"] == [
        {"kind": "parameter", "name": "num_epochs", "values": [1, 4]},
        {"kind": "metric", "name": "loss", "values": [1.0, 0.25]},
    ]
    shown = workbench("runs", "show", home / "runs" / ids[1])
    assert "num_epochs" in shown.stdout
    assert "0.25" in shown.stdout
    report = home / "runs" / ids[0] / "report.html"
    report.unlink()
    assert workbench("runs", "report", ids[0]).stdout.strip() == str(report)
    assert report.is_file()


def test_output_dir_and_rerun_of_a_changed_notebook(
    workbench: Workbench, notebook: Path, home: Path, tmp_path: Path
) -> None:
    ran = workbench("run", notebook, "--output-dir", tmp_path / "elsewhere")
    assert ran.returncode == 0, ran.stderr
    (folder,) = (tmp_path / "elsewhere").iterdir()
    assert not (home / "runs").exists()
    notebook.write_text(notebook.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    refused = workbench("runs", "rerun", folder)
    assert refused.returncode == 2
    assert "has changed" in refused.stderr
    assert "--anyway" in refused.stderr
    again = workbench("runs", "rerun", folder, "--anyway")
    assert again.returncode == 0
    assert again.stdout.startswith("succeeded")


def test_ctrl_c_cancels_and_keeps_the_notebook(start: Starter, notebook: Path, home: Path) -> None:
    process = start("run", notebook, "-p", "sleep_s", "100")
    folder = wait_for_sleep(home / "runs")
    process.send_signal(signal.SIGINT)
    stdout, _stderr = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert stdout.startswith("cancelled")
    assert state(folder) == "cancelled"
    cells = {cell.id: cell for cell in nbformat.read(folder / "output.ipynb", 4).cells}
    assert cells["train"].metadata.papermill.status == "completed"
    assert cells["sleep"].outputs[0].ename == "KeyboardInterrupt"
    assert (folder / "report.html").is_file()


def test_cancel_from_another_terminal(
    start: Starter, workbench: Workbench, notebook: Path, home: Path
) -> None:
    process = start("run", notebook, "-p", "sleep_s", "100")
    folder = wait_for_sleep(home / "runs")
    cancelled = workbench("runs", "cancel", folder.name)
    assert cancelled.returncode == 0, cancelled.stderr
    assert "cancelled" in cancelled.stdout
    process.communicate(timeout=PATIENCE_S)
    again = workbench("runs", "cancel", folder.name)
    assert again.returncode == 2
    assert "already ended: cancelled" in again.stderr


def test_killed_run_is_lost_and_its_kernel_ends(
    start: Starter, workbench: Workbench, notebook: Path, home: Path
) -> None:
    process = start("run", notebook, "-p", "sleep_s", "100")
    folder = wait_for_sleep(home / "runs")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8")
    process.kill()
    process.wait()
    assert state(folder) == "running"
    shown = json.loads(workbench("runs", "show", folder.name, "--json").stdout)
    assert shown["state"] == "lost"
    end = time.monotonic() + PATIENCE_S
    while any(_is_running(int(child)) for child in children.split()):
        assert time.monotonic() < end
        time.sleep(0.2)


def _is_running(process_id: int) -> bool:
    """Return whether a process runs; one that ended and was not waited for does not."""
    try:
        status = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


def test_reports_broken_record_and_lists_the_others(workbench: Workbench, home: Path) -> None:
    folder = home / "runs" / "20261123-091530-broken-0000"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{", encoding="utf-8")
    listed = workbench("runs", "list")
    assert listed.returncode == 0
    assert "No runs yet" in listed.stdout
    assert "run.json is not a run record: it is not JSON" in listed.stderr
    assert [path.name for path in folder.iterdir()] == ["run.json"]


def test_list_names_each_broken_record(workbench: Workbench, home: Path) -> None:
    good = json.loads(
        RunRecord(
            id="good", notebook="a.ipynb", state="succeeded", parameters={}, created_at=NOW
        ).model_dump_json()
    )
    contents = {
        "brackets": "[" * 5000,
        "date": json.dumps(good | {"created_at": "2026-11-29T00:00:00"}),
        "good": json.dumps(good),
        "newer": json.dumps(good | {"schema_version": 2}),
    }
    for name, content in contents.items():
        (home / "runs" / name).mkdir(parents=True)
        (home / "runs" / name / "run.json").write_text(content, encoding="utf-8")
    (home / "runs" / "pipe").mkdir()
    make_pipe(home / "runs" / "pipe" / "run.json")
    listed = workbench("runs", "list", "--json")
    assert listed.returncode == 0
    assert [record["id"] for record in json.loads(listed.stdout)] == ["good"]
    for name, reason in (
        ("brackets", "is not a run record: it is nested too deeply."),
        ("date", "is not a run record: field 'created_at' is '2026-11-29T00:00:00' ("),
        ("newer", "was written by a newer version of the workbench: "),
        ("pipe", "is not a run record: it is a named pipe."),
    ):
        assert f"workbench: {home / 'runs' / name / 'run.json'} {reason}" in listed.stderr
    shown = workbench("runs", "show", "pipe")
    assert (shown.returncode, "it is a named pipe" in shown.stderr) == (2, True)
