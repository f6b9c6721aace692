"""The list of 1,000 runs, and how long a change takes until it is an event of the server."""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from paddle_workbench.contract import RunEvent, RunList, RunRecord, RunStatus
from paddle_workbench.runs.queue import queue_runs
from paddle_workbench.runs.queue.slots import dispatcher_lock
from paddle_workbench.runs.running.runner import Plan
from paddle_workbench.runs.status.statuses import RunStatuses
from paddle_workbench.runs.status.watching import RunsWatch
from paddle_workbench.runs.store.folders import EVENTS_FILE, RECORD_FILE, new_run_folder, publish
from paddle_workbench.runs.store.ownership import ownership
from paddle_workbench.runs.store.records import append_event

from ..runs.conftest import make_notebook
from .table import print_table

RUNS = 1_000
QUEUED = 1_000
CELLS = 25
CELLS_OF_A_LONG_RUN = 5_000
CHANGES = 50
WATCHED_S = 10.0
NOW = datetime(2026, 11, 1, tzinfo=timezone.utc)


def make_run(parent: Path, number: int, *, cells: int, **fields: Any) -> Path:
    """Write the folder of a run that has recorded a metric in each of its cells."""
    now = NOW + timedelta(minutes=number)
    with new_run_folder(parent, Path("01_training.ipynb"), now) as (hidden, _lock):
        folder = publish(hidden)
    values: dict[str, Any] = {
        "state": "succeeded",
        "metrics": {"loss": 0.5},
        "duration_s": 60.0,
        "cells_done": cells,
        "cells_total": cells,
    }
    record = RunRecord(
        id=folder.name,
        notebook="01_training.ipynb",
        parameters={"lr": 0.1, "seed": number},
        created_at=now,
        **(values | fields),
    )
    events = [RunEvent(time=now, event="started", state="running")]
    for index in range(cells):
        cell = f"cell-{index}"
        events += [
            RunEvent(time=now, event="cell_started", cell=cell, index=index),
            RunEvent(time=now, event="metric", cell=cell, name="loss", value=1 / (index + 1)),
            RunEvent(time=now, event="cell_finished", cell=cell, index=index, duration_s=2.0),
        ]
    lines = [event.model_dump_json(exclude_none=True) + "\n" for event in events]
    (folder / EVENTS_FILE).write_text("".join(lines), encoding="utf-8")
    # Not by `write_record`, which waits for the disk each time.
    (folder / RECORD_FILE).write_text(record.model_dump_json(), encoding="utf-8")
    return folder


def milliseconds(work: Callable[[], object], *, repeat: int = 1, per: int = 1) -> str:
    """Return how long a call takes, for each of the things that it does."""
    started = time.perf_counter()
    for _ in range(repeat):
        work()
    return f"{1e3 * (time.perf_counter() - started) / repeat / per:.3g} ms"


def queued_ms(parent: Path) -> str:
    """Return how long each run of a sweep takes to be queued."""
    notebook = make_notebook(parent.parent / "01_training.ipynb", [("train", "pass")])
    plans = [Plan(notebook, {"lr": 0.1 * number}, parent) for number in range(QUEUED)]
    parent.mkdir()
    lock = dispatcher_lock(parent)  # none is started
    time_of_all = milliseconds(lambda: queue_runs(plans), per=QUEUED)
    if lock is not None:
        os.close(lock)
    return time_of_all


def delays_ms(parent: Path, statuses: RunStatuses, arrived: threading.Event) -> list[float]:
    """Return how long changes of a long run take until they are reported."""
    folder = make_run(parent, RUNS, cells=CELLS_OF_A_LONG_RUN, state="running", attached=False)
    delays = []
    with ownership(folder):
        statuses.refresh()
        for number in range(CHANGES):
            time.sleep(0.137)  # at different times between two looks
            arrived.clear()
            started = time.perf_counter()
            event = RunEvent(time=NOW, event="metric", name="loss", value=float(number))
            append_event(folder, event)
            arrived.wait()
            delays.append(1e3 * (time.perf_counter() - started))
    return delays


def main() -> None:
    arrived = threading.Event()

    def report(_run_id: str, _status: RunStatus | None) -> None:
        arrived.set()

    with tempfile.TemporaryDirectory() as folder:
        parent = Path(folder, "runs")
        for number in range(RUNS):
            make_run(parent, number, cells=CELLS)
        statuses = RunStatuses(parent, report)
        rows = [
            ("the first list", milliseconds(statuses.all)),
            ("each further list", milliseconds(statuses.all, repeat=20)),
        ]
        runs, problems = statuses.all()
        listed = RunList(runs=runs, problems=problems, limit=1)
        size = len(listed.model_dump_json()) / 1e6
        rows += [
            (f"as {size:.1f} MB of JSON", milliseconds(listed.model_dump_json, repeat=20)),
            ("a look for changes", milliseconds(statuses.refresh, repeat=1000)),
        ]
        watch = RunsWatch(statuses)
        watch.enter()
        started = time.process_time()
        time.sleep(WATCHED_S)
        share = (time.process_time() - started) / WATCHED_S
        rows.append(("watching, of one core", f"{share:.2%}"))
        delays = delays_ms(parent, statuses, arrived)
        rows += [
            (f"to the event of a run of {CELLS_OF_A_LONG_RUN} cells: median",
             f"{statistics.median(delays):.0f} ms"),
            ("the slowest", f"{max(delays):.0f} ms"),
        ]  # fmt: skip
        watch.close()
        rows.append((f"queueing each of {QUEUED} runs", queued_ms(Path(folder, "queue"))))
    print(f"\n{RUNS} ended runs of {CELLS} cells (goal: an event within 200 ms)")
    print_table(("what", "time"), rows)


if __name__ == "__main__":
    main()
