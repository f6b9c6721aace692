"""Queued runs in processes of their own: limits, restarts, secrets, retries, cancellation."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import venv
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

from paddle_workbench.contract import RunRecord
from paddle_workbench.runs.cancellation import cancel_run
from paddle_workbench.runs.queue import continue_queue, queue_runs, wait_for
from paddle_workbench.runs.queue.slots import dispatcher_lock
from paddle_workbench.runs.running.runner import Plan
from paddle_workbench.runs.store.folders import run_folders
from paddle_workbench.runs.store.ownership import owner_of
from paddle_workbench.runs.store.records import list_records, read_record

from ..kernels.sessions import wait_until
from .conftest import NotebookMaker

pytestmark = pytest.mark.kernel

WAIT = "import time, os\nwhile not os.path.exists(marker): time.sleep(0.05)"


@pytest.fixture
def runs(home: Path) -> Iterator[Path]:
    runs = home / "runs"
    yield runs
    # Its dispatcher ends when the folder is gone.
    for folder in run_folders(runs):
        process = owner_of(folder, None)
        if process is not None:
            os.kill(process, signal.SIGKILL)
    shutil.rmtree(runs)


def ignore(_record: RunRecord) -> None:
    """Ignore the record."""


def dispatcher_of(runs: Path) -> int:
    """Return the process that starts the runs of a folder."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"paddle_workbench.runs.queue" in arguments and os.fsencode(runs) in arguments:
            return int(path.parent.name)
    raise AssertionError("no dispatcher")


class Environment:
    """Another Python environment, with the packages of this one."""

    def __init__(self, path: Path) -> None:
        venv.create(path, symlinks=True)
        (sites,) = path.glob("lib/python*/site-packages")
        self.path = path
        self.python = path / "bin" / "python"
        self.packages = sites / "packages.pth"
        self.packages.write_text("\n".join(sys.path), encoding="utf-8")

    def queue_run(self, notebook: Path, runs: Path) -> str:
        """Queue a run in a process of this environment, and return its id."""
        code = (
            "import sys; from pathlib import Path; "
            "from paddle_workbench.runs.queue import queue_runs; "
            "from paddle_workbench.runs.running.runner import Plan; "
            "print(queue_runs([Plan(Path(sys.argv[1]), {}, Path(sys.argv[2]))])[0].id)"
        )
        command = [self.python, "-c", code, notebook, runs]
        variables = {name: os.environ[name] for name in os.environ if name != "PYTHONPATH"}
        return subprocess.check_output(command, text=True, env=variables).strip()


def states(runs: Path) -> list[str]:
    return [record.state for record in list_records(runs)[0]]


def test_runs_one_after_another_in_order(
    lesson: NotebookMaker, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADDLE_WORKBENCH_PARALLEL_RUNS", "1")
    source = lesson(("record", "from paddle_workbench import record\nrecord('lr', lr)"))
    queued = queue_runs([Plan(source, {"lr": 0.1 * i}, runs) for i in range(1, 4)])
    assert [record.state for record in queued] == ["queued"] * 3
    ended = wait_for(runs, [record.id for record in queued], ignore)
    assert [record.metrics["lr"] for record in ended] == [0.1, 0.2, pytest.approx(0.3)]
    times = [(record.started_at, record.finished_at) for record in ended]
    for (_, end), (start, _) in pairwise(times):
        assert end is not None
        assert start is not None
        assert end <= start
    modes = {path: path.lstat().st_mode & 0o077 for path in runs.parent.rglob("*")}
    assert {path for path, mode in modes.items() if mode} == set()


def test_runs_of_a_sweep_have_the_same_notebook(lesson: NotebookMaker, runs: Path) -> None:
    """It is read once, though it may be saved again while its runs are queued."""

    class Plans(list[Plan]):
        def __iter__(self) -> Iterator[Plan]:
            for plan in list[Plan].__iter__(self):
                yield plan
                plan.notebook.write_text("{}")

    source = lesson(("end", "1"))
    runs.mkdir(parents=True)
    lock = dispatcher_lock(runs)  # none is started
    records = queue_runs(Plans([Plan(source, {"lr": lr}, runs) for lr in (0.1, 0.2)]))
    assert lock is not None
    os.close(lock)
    copies = {(runs / each.id / "work" / source.name).read_text() for each in records}
    assert len(copies) == 1
    assert copies != {"{}"}
    assert [each.parameters["lr"] for each in records] == [0.1, 0.2]


def test_run_has_the_variables_of_whoever_queued_it(
    lesson: NotebookMaker, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that starts it has those of whoever queued the first run."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    source = lesson(
        (
            "record",
            "import os\nfrom paddle_workbench import record\n"
            "for name in ('CUDA_VISIBLE_DEVICES', 'FLAGS_call_stack_level', 'OMP_NUM_THREADS'):\n"
            "    record(name, os.environ.get(name, ''))",
        ),
    )
    first = queue_runs([Plan(source, {}, runs)])
    dispatcher = dispatcher_of(runs)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    monkeypatch.setenv("FLAGS_call_stack_level", "2")
    monkeypatch.setenv("FLAGS_api_key", "geheim-4712")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    second = queue_runs([Plan(source, {}, runs)])
    ended = wait_for(runs, [record.id for record in (*first, *second)], ignore)
    assert dispatcher_of(runs) == dispatcher
    assert [record.metrics["CUDA_VISIBLE_DEVICES"] for record in ended] == ["0", ""]
    assert [record.metrics["FLAGS_call_stack_level"] for record in ended] == ["", "2"]
    assert ended[1].metrics["OMP_NUM_THREADS"] == "1"
    assert [len(record.warnings) for record in second] == [1]
    provenance = ended[1].provenance
    assert provenance is not None
    assert provenance.variables is not None
    assert provenance.variables["FLAGS_call_stack_level"] == "2"
    assert provenance.thread_variables["OMP_NUM_THREADS"] == "1"
    files = [path for path in runs.rglob("*") if path.is_file()]
    assert [path for path in files if b"geheim-4712" in path.read_bytes()] == []


def test_run_has_the_environment_from_which_it_was_queued(
    lesson: NotebookMaker, runs: Path, tmp_path: Path
) -> None:
    """The process that starts it is of another one."""
    other, broken, deleted = (Environment(tmp_path / name) for name in ("a", "b", "c"))
    source = lesson(
        (
            "record",
            "import shutil, sys\nfrom paddle_workbench import record\n"
            "record('prefix', sys.prefix)\nrecord('python', shutil.which('python'))",
        ),
        kernel="python3",
    )
    first = queue_runs([Plan(source, {}, runs)])
    second = other.queue_run(source, runs)
    ended = wait_for(runs, [first[0].id, second], ignore)
    assert [record.metrics["prefix"] for record in ended] == [sys.prefix, str(other.path)]
    assert ended[1].metrics["python"] == str(other.python)
    assert ended[1].provenance is not None
    assert ended[1].provenance.interpreter == str(other.python)
    assert ended[1].warnings == ended[0].warnings

    os.kill(dispatcher_of(runs), signal.SIGKILL)
    locks: list[int] = []
    wait_until(lambda: (lock := dispatcher_lock(runs)) is not None and locks.append(lock) is None)
    ids = [environment.queue_run(source, runs) for environment in (broken, deleted)]
    broken.packages.unlink()
    shutil.rmtree(deleted.path)
    os.close(locks[0])
    ended = wait_for(runs, ids, ignore)
    assert [record.state for record in ended] == ["failed", "succeeded"]
    assert ended[0].error is not None
    assert str(broken.path) in ended[0].error.message
    assert ended[1].metrics["prefix"] == sys.prefix
    assert str(deleted.python) in ended[1].warnings[-1]


def test_queue_goes_on_after_its_dispatcher_and_a_run_were_killed(
    lesson: NotebookMaker, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is lost and tried again; those behind it run, and none runs twice."""
    monkeypatch.setenv("PADDLE_WORKBENCH_PARALLEL_RUNS", "1")
    marker, log = tmp_path / "marker", tmp_path / "log"
    source = lesson(
        ("log", "import os; os.write(os.open(log, os.O_APPEND | os.O_CREAT | os.O_WRONLY), b'x')"),
        ("pid", "open(f'{log}-pids', 'a').write(f'{os.getpid()}\\n')"),
        ("wait", WAIT),
        parameters="marker = ''\nlog = ''",
    )
    values = {"marker": str(marker), "log": str(log)}
    plans = [Plan(source, values, runs, retries=1), Plan(source, values, runs)]
    first, second = queue_runs(plans)
    wait_until(lambda: read_record(runs / first.id).cells_done == 4)
    (runner,) = {owner_of(runs / first.id, None)}
    assert runner is not None
    os.kill(dispatcher_of(runs), signal.SIGKILL)
    os.kill(runner, signal.SIGKILL)
    wait_until(lambda: read_record(runs / first.id).state == "lost")
    assert read_record(runs / second.id).state == "queued"
    marker.touch()
    continue_queue(runs)
    continue_queue(runs)
    ended = wait_for(runs, [first.id, second.id], ignore)
    assert [(record.state, record.attempt) for record in ended] == [
        ("succeeded", 2),
        ("succeeded", 1),
    ]
    assert ended[0].previous == first.id
    assert log.read_text() == "xxx"
    # The kernel of the killed run has ended, too.
    kernel = (tmp_path / "log-pids").read_text().splitlines()[0]
    wait_until(lambda: not Path(f"/proc/{kernel}").exists())


def test_cancels_running_and_queued_runs(
    lesson: NotebookMaker, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADDLE_WORKBENCH_PARALLEL_RUNS", "1")
    source = lesson(("wait", WAIT), parameters="marker = 'none'")
    first, second = queue_runs([Plan(source, {}, runs)] * 2)
    wait_until(lambda: read_record(runs / first.id).cells_done == 1)
    assert cancel_run(runs / second.id).stop == "not_started"
    cancelled = cancel_run(runs / first.id)
    assert (cancelled.state, cancelled.stop) == ("cancelled", "interrupted")
    assert cancelled.error is not None
    assert cancelled.error.message == "The run was cancelled: the kernel was interrupted."
    assert not (runs / first.id / "live.json").exists()


def test_secrets_reach_the_notebook_and_no_file(lesson: NotebookMaker, runs: Path) -> None:
    secret = "geheim-4711 \"'\\中文"  # noqa: S105 - it is not one
    source = lesson(
        ("use", "print(api_key, len(api_key)); print(repr(api_key)); import os"),
        ("typed", "print(pin + 1, pin, pair, pair[0])"),
        ("native", "_ = os.write(2, api_key.encode())"),
        ("environment", "[name for name in os.environ if 'SECRET' in name]"),
        ("fail", "raise ValueError(api_key)"),
        parameters="api_key = ''",
    )
    secrets = {"api_key": secret, "pin": 31415926, "pair": ("geheim-2", 1)}
    (queued,) = queue_runs([Plan(source, {}, runs, secrets=secrets, retries=1)])
    (record,) = wait_for(runs, [queued.id], ignore)
    assert (record.state, record.attempt, record.secrets) == ("failed", 2, list(secrets))
    cells = nbformat.read(runs / record.id / "output.ipynb", as_version=4).cells
    outputs = {cell.id: cell.outputs for cell in cells}
    assert outputs["use"][0].text == f"[secret] {len(secret)}\n'[secret]'\n"
    assert outputs["typed"][0].text == "31415927 [secret] [secret] [secret]\n"
    assert outputs["environment"][0].data["text/plain"] == "[]"
    for path in runs.parent.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"geheim" not in content, path
            assert b"31415926" not in content, path
            assert "中文".encode() not in content, path


def test_run_that_ends_its_process_before_its_cells_is_not_started_again(
    lesson: NotebookMaker, runs: Path
) -> None:
    source = lesson(("one", "1"))
    notebook = nbformat.read(source, as_version=4)
    notebook.metadata["language_info"] = {"name": "klingon"}
    nbformat.write(notebook, source)
    (queued,) = queue_runs([Plan(source, {"lr": 0.2}, runs)])
    (record,) = wait_for(runs, [queued.id], ignore)
    assert record.state == "failed"
    assert record.error is not None
    assert "is in klingon, in which no parameters can be set" in record.error.message
    assert states(runs) == ["failed"]


def test_cancelled_run_is_neither_started_nor_retried(
    lesson: NotebookMaker, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if its process dies before it can say that it was cancelled."""
    monkeypatch.setenv("PADDLE_WORKBENCH_PARALLEL_RUNS", "1")
    source = lesson(("wait", WAIT), parameters="marker = 'none'")
    (queued,) = queue_runs([Plan(source, {}, runs, retries=3)])
    folder = runs / queued.id
    wait_until(lambda: read_record(folder).cells_done == 1)
    (folder / "cancel-requested").touch()
    runner = owner_of(folder, None)
    assert runner is not None
    os.kill(runner, signal.SIGKILL)
    (record,) = wait_for(runs, [queued.id], ignore)
    assert (record.state, record.stop) == ("cancelled", "killed")
    assert states(runs) == ["cancelled"]


def test_one_dispatcher_at_a_time(lesson: NotebookMaker, runs: Path) -> None:
    source = lesson(("one", "1"))
    (queued,) = queue_runs([Plan(source, {}, runs)])
    assert dispatcher_lock(runs) is None
    wait_for(runs, [queued.id], ignore)
    assert states(runs) == ["succeeded"]
