"""`workbench run` and `workbench runs`, in processes of their own."""

from __future__ import annotations

import json
import re
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
from paddle_workbench.settings import WARM_VARIABLE

from ..broken_files import make_pipe

NOW = datetime(2026, 11, 23, 9, 15, 30, tzinfo=timezone.utc)

pytestmark = pytest.mark.kernel

Workbench = Callable[..., subprocess.CompletedProcess[str]]
Starter = Callable[..., subprocess.Popen[str]]

COMMAND = [sys.executable, "-m", "paddle_workbench.cli"]
PATIENCE_S = 60.0


@pytest.fixture
def workbench(home: Path, tmp_path: Path) -> Workbench:
    """Run a command and wait for its end."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [*COMMAND, *(str(argument) for argument in arguments)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def start(home: Path, tmp_path: Path) -> Iterator[Starter]:
    """Start a command, and kill it after the test if it is still running."""
    processes: list[subprocess.Popen[str]] = []

    def start_command(*arguments: object) -> subprocess.Popen[str]:
        command = [*COMMAND, *(str(argument) for argument in arguments)]
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start_command
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """A notebook that records a metric and then sleeps for `sleep_s` seconds."""
    new = nbformat.v4
    cells = [
        new.new_code_cell(
            "num_epochs = 2  # passes over the data\nsleep_s = 0.0\nsteps = num_epochs * 10",
            id="parameters",
            metadata={"tags": ["parameters"]},
        ),
        new.new_code_cell(
            "from paddle_workbench import record\nrecord('loss', 1 / num_epochs)", id="train"
        ),
        # A signal that arrives just before a call to sleep does not end that call.
        new.new_code_cell(
            "import pathlib, time\npathlib.Path('sleeping').touch()\n"
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
        # A cell's event is reported before the kernel starts it.
        for marker in runs.glob("*/work/sleeping"):
            return marker.parents[1]
        time.sleep(0.1)
    raise AssertionError(f"The cell did not start within {PATIENCE_S} s.")


def state(folder: Path) -> str:
    return str(json.loads((folder / "run.json").read_text(encoding="utf-8"))["state"])


def test_rejects_wrong_parameters(workbench: Workbench, notebook: Path, home: Path) -> None:
    name = workbench("run", notebook, "-p", "num_epoch", "3")
    assert name.returncode == 2
    assert "Did you mean num_epochs?" in name.stderr
    assert "num_epochs: int = 2  # passes over the data" in name.stderr
    value = workbench("run", notebook, "-p", "num_epochs", "some")
    assert value.returncode == 2
    assert "num_epochs takes a whole number, not 'some'." in value.stderr
    kernel = workbench("run", notebook, "-k", "none-such")
    assert kernel.returncode == 2
    assert "needs the kernel 'none-such', which is not installed" in kernel.stderr
    assert not (home / "runs").exists()


def test_reads_a_file_draws_samples_and_rejects_what_does_not_fit(
    workbench: Workbench, notebook: Path, tmp_path: Path
) -> None:
    file = tmp_path / "parameters.yml"
    file.write_text("sleep_s: 1e-3\nnum_epochs: 9\n", encoding="utf-8")
    sweep = ("--sweep", "num_epochs=5..7", "--samples", "1", "--seed", "2")
    drawn = workbench("run", notebook, "-f", file, *sweep)
    assert drawn.returncode == 0, drawn.stderr
    assert re.match("num_epochs=[567]  succeeded", drawn.stdout)
    (run,) = json.loads(workbench("runs", "list", "--json").stdout)
    assert run["parameters"]["sleep_s"] == 0.001
    file.write_text("sleep_s: long\n", encoding="utf-8")
    for arguments, message in (
        (("-f", file), "parameters.yml, line 1)"),
        (("--sweep", "num_epochs=1..3"), "Add --samples N"),
        (("--sweep", "num_epochs=1", "-p", "num_epochs", "2"), "is given more than once"),
    ):
        rejected = workbench("run", notebook, *arguments)
        assert rejected.returncode == 2
        assert message in rejected.stderr


def test_reports_missing_notebook(workbench: Workbench, small_course: Path) -> None:
    process = workbench("run", "nowhere.ipynb")
    assert process.returncode == 2
    assert "There is no notebook or lesson 'nowhere.ipynb'" in process.stderr
    assert "basics/sums" in process.stderr


def test_sweep_then_list_compare_show_and_report(
    workbench: Workbench, notebook: Path, home: Path
) -> None:
    sweep = workbench("run", notebook, "--sweep", "num_epochs=1,4", "-p", "sleep_s", "0")
    assert sweep.returncode == 0, sweep.stderr
    first, second, *table = sweep.stdout.splitlines()
    assert first.startswith("num_epochs=1  succeeded")
    assert "loss=0.25" in second
    assert ["4", "1 of 1", "0.25", "-"] in [re.split(r"  +", line) for line in table]
    assert "2/2" in sweep.stderr
    assert (
        "steps keeps its default value: the parameters cell computes it from num_epochs"
        in sweep.stderr
    )
    runs = json.loads(workbench("runs", "list", "--json").stdout)
    assert [run["metrics"] for run in runs] == [{"loss": 1.0}, {"loss": 0.25}]
    ids = [run["id"] for run in runs]
    assert all(run_id in workbench("runs", "list").stdout for run_id in ids)
    comparison = json.loads(workbench("runs", "compare", *ids, "--json").stdout)
    assert comparison["differences"] == [
        {"kind": "parameter", "name": "num_epochs", "values": [1, 4]},
        {"kind": "metric", "name": "loss", "values": [1.0, 0.25]},
    ]
    record = workbench("runs", "show", home / "runs" / ids[1])
    assert "num_epochs" in record.stdout
    assert "0.25" in record.stdout
    report = home / "runs" / ids[0] / "report.html"
    report.unlink()
    assert workbench("runs", "report", ids[0]).stdout.strip() == str(report)
    assert report.is_file()


def test_output_dir_and_rerun_of_a_changed_notebook(
    workbench: Workbench, notebook: Path, home: Path, tmp_path: Path
) -> None:
    run = workbench("run", notebook, "-k", "python3", "--output-dir", tmp_path / "elsewhere")
    assert run.returncode == 0, run.stderr
    assert "steps" not in run.stderr
    (folder,) = (tmp_path / "elsewhere").iterdir()
    assert not (home / "runs").exists()
    notebook.write_text(notebook.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    rerun = workbench("runs", "rerun", folder)
    assert rerun.returncode == 2
    assert "has changed" in rerun.stderr
    assert "--anyway" in rerun.stderr
    again = workbench("runs", "rerun", folder, "--anyway")
    assert again.returncode == 0
    assert again.stdout.startswith("succeeded")
    assert "metrics agree with" in again.stdout
    (folder,) = (home / "runs").iterdir()
    assert json.loads((folder / "run.json").read_text(encoding="utf-8"))["kernel"] == "python3"


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
    cancellation = workbench("runs", "cancel", folder.name)
    assert cancellation.returncode == 0, cancellation.stderr
    assert "cancelled" in cancellation.stdout
    process.communicate(timeout=PATIENCE_S)
    again = workbench("runs", "cancel", folder.name)
    assert again.returncode == 2
    assert "already ended: cancelled" in again.stderr


def test_killed_run_is_lost_and_its_kernel_ends(
    start: Starter,
    workbench: Workbench,
    notebook: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # In a fork the process that runs the notebook is another one; see tests/kernels/test_commands.
    monkeypatch.setenv(WARM_VARIABLE, "0")
    process = start("run", notebook, "-p", "sleep_s", "100")
    folder = wait_for_sleep(home / "runs")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8")
    process.kill()
    process.wait()
    assert state(folder) == "running"
    record = json.loads(workbench("runs", "show", folder.name, "--json").stdout)
    assert record["state"] == "lost"
    end = time.monotonic() + PATIENCE_S
    while any(_is_running(int(child)) for child in children.split()):
        assert time.monotonic() < end
        time.sleep(0.2)


def _is_running(process_id: int) -> bool:
    """Return whether a process is running; a zombie is not."""
    try:
        status = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


def test_reports_broken_record_and_lists_the_others(workbench: Workbench, home: Path) -> None:
    folder = home / "runs" / "20261123-091530-broken-0000"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{", encoding="utf-8")
    listing = workbench("runs", "list")
    assert listing.returncode == 0
    assert "20261123-091530-broken-0000  lost" in listing.stdout
    assert "run.json is not a run record: it is not JSON" in listing.stderr
    assert [path.name for path in folder.iterdir()] == ["run.json"]


def test_list_reports_each_broken_record(workbench: Workbench, home: Path) -> None:
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
    listing = workbench("runs", "list", "--json")
    assert listing.returncode == 0
    states = {record["id"]: record["state"] for record in json.loads(listing.stdout)}
    assert states == dict.fromkeys(("brackets", "date", "pipe"), "lost") | {"good": "succeeded"}
    for name, reason in (
        ("brackets", "is not a run record: it is nested too deeply."),
        ("date", "is not a run record: field 'created_at' is '2026-11-29T00:00:00' ("),
        ("newer", "was written by a newer version of the workbench: "),
        ("pipe", "is not a run record: it is a named pipe."),
    ):
        assert f"workbench: {home / 'runs' / name / 'run.json'} {reason}" in listing.stderr
    record = workbench("runs", "show", "pipe")
    assert record.returncode == 2
    assert "it is a named pipe" in record.stderr
