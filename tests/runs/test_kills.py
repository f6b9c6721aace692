"""Whatever is killed, at any moment: no record breaks, the queue goes on, and nothing is left."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from paddle_workbench.contract import RunRecord
from paddle_workbench.runs.queue import queue_runs, wait_for
from paddle_workbench.runs.running.runner import Plan
from paddle_workbench.runs.store.folders import run_folders
from paddle_workbench.runs.store.ownership import owner_of
from paddle_workbench.runs.store.records import list_records

from ..kernels.sessions import wait_until
from .conftest import NotebookMaker

pytestmark = pytest.mark.kernel

RETRIES = 20
KILLS = int(os.environ.get("KILLS", "6"))
"""How many processes are killed; `make test-all` kills fifty."""


@pytest.fixture
def runs(home: Path) -> Iterator[Path]:
    runs = home / "runs"
    yield runs
    # The dispatcher first, which starts others.
    while processes := processes_of(runs):
        for process in sorted(processes, key=lambda each: each.pid):
            with contextlib.suppress(psutil.Error):
                process.kill()
    shutil.rmtree(runs)


def processes_of(runs: Path) -> list[psutil.Process]:
    """Return the dispatcher of a folder of runs, the processes of its runs, and their kernels."""
    processes = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            arguments = process.cmdline()
            is_queue = "paddle_workbench.runs.queue" in arguments and str(runs) in arguments
            if is_queue or process.cwd().startswith(str(runs)):
                processes.append(process)
    return processes


def kill_one(runs: Path, rng: random.Random) -> None:
    with contextlib.suppress(psutil.Error, IndexError):
        rng.choice(processes_of(runs)).kill()


def test_kills_at_random_moments(
    lesson: NotebookMaker, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADDLE_WORKBENCH_PARALLEL_RUNS", "2")
    kills = KILLS
    rng = random.Random(kills)  # noqa: S311 - not for secrets
    source = lesson(
        *((f"cell-{i}", f"import time; time.sleep(0.05); {i}") for i in range(8)),
        ("record", "from paddle_workbench import record\nrecord('seed', seed)"),
        parameters="seed = 0",
    )
    count = max(3, kills // 8)
    plans = [Plan(source, {"seed": i}, runs, retries=RETRIES) for i in range(1, count + 1)]
    queued = queue_runs(plans)
    ended = threading.Event()

    def kill() -> None:
        for _ in range(kills):
            if ended.wait(rng.uniform(0.05, 0.6)):
                return
            kill_one(runs, rng)

    killer = threading.Thread(target=kill)
    killer.start()
    final = wait_for(runs, [record.id for record in queued], lambda _record: None)
    ended.set()
    killer.join()
    # Each has succeeded in the end, with all that it does.
    assert [(record.state, record.metrics) for record in final] == [
        ("succeeded", {"seed": i}) for i in range(1, count + 1)
    ]
    records, problems = list_records(runs)
    assert problems == []
    for record in records:
        assert_consistent(runs / record.id, record)
    # Only the dispatcher stays, and no part of a file.
    wait_until(lambda: all("runs.queue" in " ".join(each) for each in commands(runs)))
    leftovers = [path for path in runs.rglob(".*") if path.name not in (".queue", ".trash")]
    assert leftovers == []


def commands(runs: Path) -> list[list[str]]:
    lines = []
    for process in processes_of(runs):
        with contextlib.suppress(psutil.Error):
            lines.append(process.cmdline())
    return lines


def assert_consistent(folder: Path, record: RunRecord) -> None:
    """A run that succeeded has run every cell; one that was killed is lost or failed."""
    assert record.state in ("succeeded", "lost", "failed")
    if record.state != "succeeded":
        assert record.error is not None
        return
    assert record.cells_done == record.cells_total
    notebook = json.loads((folder / "output.ipynb").read_text(encoding="utf-8"))
    statuses = {cell["metadata"]["papermill"]["status"] for cell in notebook["cells"]}
    assert statuses == {"completed"}


def test_200_queued_runs_survive_a_restart(
    lesson: NotebookMaker, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADDLE_WORKBENCH_PARALLEL_RUNS", "1")
    source = lesson(("wait", "import time\ntime.sleep(600)"))
    queued = queue_runs([Plan(source, {}, runs)] * 200)
    wait_until(lambda: owner_of(runs / queued[0].id, None) is not None)
    for process in processes_of(runs):
        with contextlib.suppress(psutil.Error):
            process.kill()
    wait_until(lambda: not processes_of(runs))
    states = [record.state for record in list_records(runs)[0]]
    assert states.count("queued") >= 199
    # The next process that looks at the queue goes on with it.
    queue_runs([Plan(source, {}, runs)])
    wait_until(lambda: any(owner_of(folder, None) for folder in run_folders(runs)))
    running = [folder for folder in run_folders(runs) if owner_of(folder, None)]
    assert [folder.name for folder in running] != [queued[0].id]
