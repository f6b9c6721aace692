"""Runs that a browser starts, in real kernels."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paddle_workbench.contract import (
    OpenedRun,
    ResumedFrom,
    ResumeForm,
    RunStatus,
    StartedRuns,
)
from paddle_workbench.runs.running.runner import Plan, new_run
from paddle_workbench.runs.store.folders import run_folders
from paddle_workbench.scratch import is_locked
from paddle_workbench.server.extension import PREFIX

from ..runs.conftest import make_notebook
from .conftest import next_event
from .run_routes import Client, parsed, rejection


@pytest.fixture
def dispatched(home: Path) -> Iterator[Path]:
    """The folder of runs, whose dispatcher ends with the test."""
    runs = home / "runs"
    yield runs
    # A run writes its report after its end.
    while any(is_locked(folder) for folder in run_folders(runs)):
        time.sleep(0.05)
    shutil.rmtree(runs)


async def ended(socket: Any, ids: list[str]) -> list[RunStatus]:
    """Follow the event stream until runs have ended, and return all their states."""
    seen: list[RunStatus] = []
    waiting = set(ids)
    while waiting:
        status = (await next_event(socket)).run
        if status is not None and status.run.id in ids:
            seen.append(status)
            if not status.run.is_active:
                waiting.discard(status.run.id)
    return seen


@pytest.mark.kernel
async def test_runs_the_notebook_in_the_editor_and_repeats_it(
    client: Client, jp_ws_fetch: Any, home: Path, notebook: Path, dispatched: Path
) -> None:
    (home / "assets").mkdir()
    (home / "assets" / "rate.txt").write_text("7")
    cell = """from pathlib import Path
import time
from paddle_workbench import record
print(Path("assets/rate.txt").read_text())
for step in range(3):
    record("loss", lr / (step + 1))
    time.sleep(0.3)"""
    make_notebook(home / "other.ipynb", [("train", cell)])
    content = json.loads((home / "other.ipynb").read_text(encoding="utf-8"))
    socket = await jp_ws_fetch(PREFIX, "events")
    started = parsed(
        StartedRuns,
        await client.post(
            "runs",
            path=notebook.name,
            content=content,
            kernel="python3",
            values={"num_epochs": "2"},
            sweep={"lr": "3"},
        ),
    )
    assert (started.count, started.warnings) == (1, [])
    seen = await ended(socket, started.ids)
    last = seen[-1].run
    assert (last.state, last.metrics, last.given) == (
        "succeeded",
        {"loss": 1.0},
        ["num_epochs", "lr"],
    )
    assert last.group is not None
    assert last.group.id == started.group
    # Live: the cell with its output, and metrics as they come.
    assert any(each.live is not None and each.live.cell == "train" for each in seen)
    assert any(len(each.series.get("loss", [])) in (1, 2) for each in seen)
    assert [value for _, value in seen[-1].series["loss"]] == [3.0, 1.5, 1.0]
    opened = parsed(OpenedRun, await client.post("runs/open", ids=started.ids))
    assert "7" in (home / opened.path).read_text(encoding="utf-8")
    assert b"loss" in (await client.report(last.id)).body
    # The file differs from what ran, and what ran is repeated.
    again = parsed(StartedRuns, await client.post("runs/rerun", ids=started.ids))
    assert again.count == 1
    seen = await ended(socket, again.ids)
    assert seen[-1].run.parameters["lr"] == 3
    assert (seen[-1].run.state, seen[-1].run.metrics) == ("succeeded", {"loss": 1.0})
    assert any(each.expected_s == last.duration_s for each in seen)
    socket.close()


@pytest.mark.kernel
async def test_resumes_with_the_notebook_in_the_editor(
    client: Client,
    jp_ws_fetch: Any,
    jp_data_dir: Path,
    repository: Path,
    notebook: Path,
    dispatched: Path,
) -> None:
    spec = repository / "workbench" / "jupyter-config" / "kernels" / "paddle"
    shutil.copytree(spec, jp_data_dir / "kernels" / "paddle")
    make_notebook(notebook, [("ready", "print('ready')"), ("fail", "1 / 0")])
    socket = await jp_ws_fetch(PREFIX, "events")
    started = parsed(StartedRuns, await client.post("runs", path=notebook.name, snapshots=True))
    (failed,) = started.ids
    assert (await ended(socket, started.ids))[-1].run.failed_cell == "fail"
    content = json.loads(notebook.read_text(encoding="utf-8"))
    content["cells"][-1]["source"] = "print('repaired')"
    form = parsed(ResumeForm, await client.post("runs/resume-form", id=failed, content=content))
    assert (form.cell, form.reason) == ("fail", "")
    assert [(point.cell, point.code) for point in form.points][1:] == [
        ("ready", "print('ready')"),
        ("fail", "print('repaired')"),
    ]
    resumed = parsed(StartedRuns, await client.post("runs/resume", id=failed, content=content))
    assert resumed.resumed_from == ResumedFrom(run=failed, cell="fail", state="snapshot")
    last = (await ended(socket, resumed.ids))[-1].run
    assert (last.state, last.cells_total, last.resumed_from) == (
        "succeeded",
        1,
        resumed.resumed_from,
    )
    status, message = await rejection(client.post("runs/resume", id=last.id))
    assert (status, message) == (422, f"{last.id} has succeeded; there is nothing to continue.")
    # Snapshots end with the run that they were kept for.
    form = parsed(ResumeForm, await client.post("runs/resume-form", id=failed))
    assert (form.reason, form.points) == ("no snapshot before cell `fail` is kept", [])
    socket.close()


@pytest.mark.kernel
async def test_first_request_continues_the_queue(
    jp_ws_fetch: Any, home: Path, notebook: Path, dispatched: Path
) -> None:
    # As a server leaves it that was killed together with the dispatcher.
    make_notebook(notebook, [("sum", "1 + 1")], kernel="python3")
    with new_run(Plan(notebook, {}, dispatched), attached=False) as (folder, _lock):
        pass
    socket = await jp_ws_fetch(PREFIX, "events")
    assert (await ended(socket, [folder.name]))[-1].run.state == "succeeded"
    socket.close()
