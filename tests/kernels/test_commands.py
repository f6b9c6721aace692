"""Commands of `workbench` that run in forks of the fork server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

from paddle_workbench.kernels import client
from paddle_workbench.kernels.warm_command import run_in_fork

from .conftest import kernels_directory, start
from .sessions import is_running, wait_until

pytestmark = [pytest.mark.kernel, pytest.mark.paddle]

# Before a fork is asked for, every import counts. These are the slow ones of the standard library.
SLOW_MODULES = {"asyncio", "dataclasses", "inspect", "logging", "runpy", "subprocess", "tempfile"}

COMMAND = [sys.executable, "-m", "paddle_workbench.cli"]
LIMIT_S = 60

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="module", autouse=True)
def command_server(imported_paddle: None) -> Iterator[dict[str, Any]]:
    """A fork server that has the variables that importing Paddle sets in this process."""
    with kernels_directory():
        yield start("paddle_workbench.runs.warm_up")


@pytest.fixture
def start_command(home: Path, small_course: Path, tmp_path: Path) -> Iterator[Start]:
    """Start a command in the test's folder; kill it after the test if it is still running."""
    processes: list[subprocess.Popen[str]] = []

    def begin(*arguments: object, **options: Any) -> subprocess.Popen[str]:
        command = [*COMMAND, *(str(argument) for argument in arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        process = subprocess.Popen(command, cwd=tmp_path, text=True, **pipes)
        processes.append(process)
        return process

    yield begin
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.usefixtures("command_server")
def test_starts_without_slow_imports() -> None:
    code = "import sys; from paddle_workbench.kernels import warm_command; print(*sys.modules)"
    output = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert "paddle_workbench.kernels.launching" in output.split()
    assert not SLOW_MODULES & set(output.split())


def write_notebook(path: Path, *sources: str, kernel: str = "paddle") -> Path:
    new = nbformat.v4
    cells = [new.new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(sources)]
    kernelspec = {"name": kernel, "display_name": kernel, "language": "python"}
    nbformat.write(new.new_notebook(cells=cells, metadata={"kernelspec": kernelspec}), path)
    return path


def launched() -> int:
    status = client.read_status()
    assert status is not None
    return int(status["launched"])


def record_of(runs: Path) -> dict[str, Any]:
    (path,) = runs.glob("*/run.json")
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def outputs_of(runs: Path) -> list[Any]:
    (path,) = runs.glob("*/output.ipynb")
    cells = nbformat.read(path, as_version=4).cells
    return [output for cell in cells for output in cell.outputs]


def test_run_and_its_kernel_are_forks(start_command: Start, tmp_path: Path) -> None:
    write_notebook(tmp_path / "small.ipynb", "import os; os.getcwd()")
    before = launched()
    # A relative folder is relative to the client's, and not to the fork server's.
    process = start_command("run", "small.ipynb", "--output-dir", "out")
    stdout, stderr = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, stderr
    assert launched() == before + 2
    record = record_of(tmp_path / "out")
    assert stdout.startswith("succeeded")
    assert record["process_id"] != process.pid
    [folder] = outputs_of(tmp_path / "out")
    assert folder.data["text/plain"] == repr(str(tmp_path / "out" / record["id"] / "work"))


def test_exit_statuses_and_messages_are_those_of_a_cold_command(
    start_command: Start, tmp_path: Path
) -> None:
    write_notebook(tmp_path / "failing.ipynb", "1 / 0")
    before = launched()
    expected = {
        ("run", "nowhere.ipynb"): (2, "There is no notebook or lesson 'nowhere.ipynb'."),
        ("run", "failing.ipynb"): (1, "ZeroDivisionError: division by zero"),
        ("run", "--nothing"): (2, "No such option"),
        ("runs", "list"): (0, ""),
    }
    for arguments, (status, message) in expected.items():
        process = start_command(*arguments)
        _stdout, stderr = process.communicate(timeout=LIMIT_S)
        assert process.returncode == status, (arguments, stderr)
        assert message in stderr
    assert launched() == before + 5


def test_bundle_is_exported_and_compared_in_forks(start_command: Start, tmp_path: Path) -> None:
    from paddle.static import InputSpec

    from paddle_workbench import Bundle

    from ..export.networks import Mean, Picture

    for name, network, shape in (("right", Picture(), [1, 3, 8, 8]), ("wrong", Mean(), [2, 4])):
        spec, example = InputSpec(shape, "float32", "x"), np.ones(shape, np.float32)
        Bundle.create(tmp_path / name, network, input_spec=[spec], examples=[example])
    before = launched()
    expected = {
        ("export", "right", "--to", "onnx"): (0, "onnx: equal to the eager network"),
        ("export", "wrong", "--to", "onnx"): (1, "PW-X204"),
        ("bundle", "diff", "right", "inference", "inference"): (0, ""),
        ("bundle", "diff", "right", "wrong"): (1, "Ops:"),
    }
    for arguments, (status, message) in expected.items():
        process = start_command(*arguments)
        stdout, stderr = process.communicate(timeout=LIMIT_S)
        assert (process.returncode, stderr) == (status, ""), arguments
        assert message in stdout
    assert launched() == before + len(expected)


def test_does_not_keep_the_variables_of_the_kernelspec(
    start_command: Start, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, *_others = client.kernel_variables()
    monkeypatch.delenv(name, raising=False)  # importing paddlex may have set it here
    source = f"import os; os.environ.get({name!r})"
    write_notebook(tmp_path / "other.ipynb", source, kernel="python3")
    process = start_command("run", "other.ipynb")
    process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0
    assert outputs_of(home / "runs") == []


def test_works_without_standard_streams(start_command: Start, tmp_path: Path, home: Path) -> None:
    write_notebook(tmp_path / "small.ipynb", "1 + 1")
    before = launched()
    process = start_command(
        "run", "small.ipynb", stdout=None, stderr=None, preexec_fn=lambda: os.closerange(0, 3)
    )
    assert process.wait(LIMIT_S) == 0
    assert launched() == before + 2
    assert record_of(home / "runs")["state"] == "succeeded"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_signals_to_the_client_cancel_the_run(
    start_command: Start, tmp_path: Path, home: Path, number: signal.Signals
) -> None:
    marker = tmp_path / "sleeping"
    source = f"import pathlib, time\npathlib.Path({str(marker)!r}).touch()\ntime.sleep(600)"
    write_notebook(tmp_path / "long.ipynb", source)
    process = start_command("run", "long.ipynb")
    wait_until(marker.exists, limit_s=LIMIT_S)
    record = record_of(home / "runs")
    process.send_signal(number)
    _stdout, stderr = process.communicate(timeout=LIMIT_S)
    wait_until(lambda: not is_running(record["process_id"]), limit_s=LIMIT_S)
    assert record_of(home / "runs")["state"] == "cancelled"
    if number != signal.SIGKILL:
        assert process.returncode == 1
        assert "The run was cancelled: the kernel was interrupted." in stderr


def write_waiting_notebook(folder: Path) -> tuple[Path, Path]:
    """Write `long.ipynb`; return the file that its cell makes, and the one that it waits for."""
    begun, go = folder / "begun", folder / "go"
    source = (
        f"import pathlib, time\npathlib.Path({str(begun)!r}).touch()\n"
        f"while not pathlib.Path({str(go)!r}).exists():\n    time.sleep(0.05)"
    )
    write_notebook(folder / "long.ipynb", source)
    return begun, go


def test_ignored_signals_do_not_cancel_the_run(
    start_command: Start, tmp_path: Path, home: Path
) -> None:
    begun, go = write_waiting_notebook(tmp_path)
    ignore = partial(signal.signal, signal.SIGINT, signal.SIG_IGN)
    process = start_command("run", "long.ipynb", preexec_fn=ignore)
    wait_until(begun.exists, limit_s=LIMIT_S)
    process.send_signal(signal.SIGINT)
    os.kill(record_of(home / "runs")["process_id"], signal.SIGINT)
    go.touch()
    assert process.wait(LIMIT_S) == 0


def test_ctrl_z_stops_the_fork_and_fg_continues_it(
    start_command: Start, tmp_path: Path, home: Path
) -> None:
    begun, go = write_waiting_notebook(tmp_path)
    process = start_command("run", "long.ipynb")
    wait_until(begun.exists, limit_s=LIMIT_S)
    fork = record_of(home / "runs")["process_id"]
    process.send_signal(signal.SIGTSTP)
    wait_until(lambda: state_of(fork) == state_of(process.pid) == "T", limit_s=LIMIT_S)
    process.send_signal(signal.SIGCONT)
    go.touch()
    assert process.wait(LIMIT_S) == 0


def state_of(pid: int) -> str:
    """Return the state of a process as the kernel abbreviates it, such as `T` for stopped."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]


def test_fork_that_is_killed_ends_the_client_by_the_same_signal(
    start_command: Start, tmp_path: Path, home: Path
) -> None:
    marker = tmp_path / "sleeping"
    source = f"import pathlib, time\npathlib.Path({str(marker)!r}).touch()\ntime.sleep(600)"
    write_notebook(tmp_path / "long.ipynb", source)
    process = start_command("run", "long.ipynb")
    wait_until(marker.exists, limit_s=LIMIT_S)
    os.kill(record_of(home / "runs")["process_id"], signal.SIGKILL)
    assert process.wait(LIMIT_S) == -signal.SIGKILL
    show = start_command("runs", "show", record_of(home / "runs")["id"], "--json")
    assert json.loads(show.communicate(timeout=LIMIT_S)[0])["state"] == "lost"


def test_runs_here_if_imports_depend_on_the_environment(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    monkeypatch.setenv("PADDLE_OF_ANOTHER_KIND", "1")
    assert run_in_fork(["runs", "list"]) is None
    assert len(list(Path("/proc/self/fd").iterdir())) == before
