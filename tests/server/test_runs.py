"""The panel of runs gets lists, forms, reports and notebooks, and changes as they happen."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest

from paddle_workbench.contract import (
    OpenedRun,
    RunComparison,
    RunForm,
    RunGroup,
    RunGroupTable,
    RunList,
    StartedRuns,
)
from paddle_workbench.runs.store.ownership import ownership
from paddle_workbench.server.extension import PREFIX

from ..runs.conftest import make_notebook
from .conftest import next_event
from .run_routes import Client, add_run, parsed, rejection


async def test_lists_runs_newest_first(client: Client, home: Path) -> None:
    assert (await client.list()).runs == []
    add_run(home, "20261123-091530-a-0001")
    add_run(home, "20261123-091531-b-0002", state="failed")
    listed = await client.list()
    assert [status.run.state for status in listed.runs] == ["failed", "succeeded"]
    assert listed.limit >= 1


async def test_stream_reports_new_and_removed_runs(
    client: Client, jp_ws_fetch: Any, home: Path
) -> None:
    await client.list()
    socket = await jp_ws_fetch(PREFIX, "events")
    folder = add_run(home, "20261123-091530-a-0001")
    event = await next_event(socket)
    assert event.run is not None
    assert (event.topic, event.run.run.id) == ("run", folder.name)
    shutil.rmtree(folder)
    event = await next_event(socket)
    assert (event.topic, event.run, event.removed_run) == ("run", None, folder.name)
    socket.close()


async def test_form_is_that_of_the_notebook_in_the_editor(client: Client, notebook: Path) -> None:
    form = parsed(RunForm, await client.post("runs/form", path=notebook.name))
    assert [parameter.name for parameter in form.parameters] == ["num_epochs", "lr"]
    assert form.parameters[0].help == "passes over the data"
    assert (form.kernel, form.records_metrics, form.hint) == ("paddle", True, "")
    assert "python3" in form.kernels
    content = json.loads(notebook.read_text(encoding="utf-8"))
    content["cells"][0]["source"] = "seed = 1"
    content["cells"][1]["source"] = "# record(seed)"
    form = parsed(RunForm, await client.post("runs/form", path=notebook.name, content=content))
    assert [parameter.name for parameter in form.parameters] == ["seed"]
    assert not form.records_metrics
    del content["cells"][0]
    form = parsed(RunForm, await client.post("runs/form", path="unsaved.ipynb", content=content))
    assert form.parameters == []
    assert "tag `parameters`" in form.hint


@pytest.mark.parametrize(
    ("fields", "status", "reason"),
    [
        ({"path": "missing.ipynb"}, 422, "There is no notebook"),
        ({"path": "../other.ipynb"}, 403, "outside the root folder"),
        ({"path": "a.ipynb", "content": {}}, 422, "it has no cells"),
        ({"path": "a.ipynb", "content": {"cells": 1, "nbformat": 4}}, 422, "not a valid notebook"),
        ({"path": "a.ipynb", "content": {"cells": [], "nbformat": 3}}, 422, "format 3"),
    ],
)
async def test_rejects_what_is_not_a_notebook(
    client: Client, fields: dict[str, Any], status: int, reason: str
) -> None:
    code, message = await rejection(client.post("runs/form", **fields))
    assert (code, reason in message) == (status, True), message


async def test_form_of_a_notebook_larger_than_other_requests(client: Client) -> None:
    cell = nbformat.v4.new_markdown_cell("x" * 3_000_000, id="long")
    content = nbformat.v4.new_notebook(cells=[cell])
    assert parsed(RunForm, await client.post("runs/form", path="a.ipynb", content=content))


async def test_opens_the_notebook_of_a_run(client: Client, home: Path, notebook: Path) -> None:
    folder = add_run(home, "20261123-091530-a-0001")
    status, message = await rejection(client.post("runs/open", ids=[folder.name]))
    assert (status, message) == (404, f"{folder.name} has no outputs.")
    shutil.copy(notebook, folder / "output.ipynb")
    opened = parsed(OpenedRun, await client.post("runs/open", ids=[folder.name]))
    assert opened.path == f"runs/{folder.name}/output.ipynb"


async def test_report_cannot_act_as_a_page_of_the_server(
    client: Client, home: Path, notebook: Path
) -> None:
    folder = add_run(home, "20261123-091530-a-0001")
    shutil.copy(notebook, folder / "output.ipynb")
    # It is missing, and is made.
    answer = await client.report(folder.name)
    assert answer.headers["Content-Type"].startswith("text/html")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-same-origin" not in policy
    assert answer.body == (folder / "report.html").read_bytes()
    (folder / "report.html").write_text("as it is")
    assert (await client.report(folder.name)).body == b"as it is"


async def test_active_run_has_no_report_yet(
    client: Client, home: Path, no_dispatcher: None
) -> None:
    folder = add_run(home, "20261123-091530-a-0001", state="running")
    with ownership(folder):
        status, message = await rejection(client.report(folder.name))
    assert (status, message) == (404, f"{folder.name} has no report yet: it is running.")
    assert not (folder / "report.html").exists()


@pytest.mark.parametrize("name", ["", ".", "..", "missing", "../elsewhere", "a\0b", "file"])
async def test_id_is_the_name_of_a_run_and_not_a_path(
    client: Client, home: Path, tmp_path: Path, name: str
) -> None:
    elsewhere = add_run(home, "20261123-091530-a-0001").rename(home / "elsewhere")
    (home / "runs" / "file").touch()
    for run_id in (name, str(elsewhere)):
        status, message = await rejection(client.post("runs/compare", ids=[run_id, "other"]))
        assert (status, "There is no run" in message) == (404, True)
        for route in ("runs/open", "runs/cancel", "runs/delete", "runs/rerun"):
            status, message = await rejection(client.post(route, ids=[run_id]))
            assert (status, "There is no run" in message) == (404, True)
        status, message = await rejection(client.post("runs/restore", ids=[run_id]))
        assert (status, "There is no deleted run" in message) == (404, True)
        status, _message = await rejection(client.report(run_id))
        assert status in (400, 404)


async def test_deletes_and_restores_runs(client: Client, home: Path) -> None:
    first = add_run(home, "20261123-091530-a-0001")
    second = add_run(home, "20261123-091531-b-0002")
    deleted = parsed(RunList, await client.post("runs/delete", ids=[first.name, first.name]))
    assert deleted.runs == []
    assert [status.run.id for status in (await client.list()).runs] == [second.name]
    restored = parsed(RunList, await client.post("runs/restore", ids=[first.name]))
    assert [status.run.id for status in restored.runs] == [first.name]
    assert len((await client.list()).runs) == 2


async def test_active_run_is_not_deleted(client: Client, home: Path, no_dispatcher: None) -> None:
    folder = add_run(home, "20261123-091530-a-0001", state="running")
    with ownership(folder):
        status, message = await rejection(client.post("runs/delete", ids=[folder.name]))
    assert (status, message) == (409, f"{folder.name} is running.")


async def test_cancels_waiting_runs_and_leaves_ended_ones(
    client: Client, home: Path, no_dispatcher: None
) -> None:
    names = ["20261123-091530-a-0001", "20261123-091531-b-0002", "20261123-091532-c-0003"]
    for name in names[:2]:
        add_run(home, name, state="queued", attached=False, process_id=None)
    add_run(home, names[2])
    cancelled = parsed(RunList, await client.post("runs/cancel", ids=names))
    assert [(each.run.id, each.run.state) for each in cancelled.runs] == [
        (names[0], "cancelled"),
        (names[1], "cancelled"),
        (names[2], "succeeded"),
    ]
    again = parsed(RunList, await client.post("runs/cancel", ids=names))
    assert again == cancelled
    assert parsed(RunList, await client.post("runs/cancel", ids=[])).runs == []


async def test_compares_runs(client: Client, home: Path) -> None:
    names = ["20261123-091530-a-0001", "20261123-091531-b-0002"]
    for name, loss in zip(names, (0.5, 0.25), strict=True):
        add_run(home, name, metrics={"loss": loss})
    comparison = parsed(RunComparison, await client.post("runs/compare", ids=names[::-1]))
    assert [run.id for run in comparison.runs] == names[::-1]
    (loss,) = [each for each in comparison.differences if each.kind == "metric"]
    assert (loss.name, loss.values) == ("loss", [0.25, 0.5])
    for ids in ([], names[:1], names[:1] * 2, [f"run-{number}" for number in range(51)]):
        status, message = await rejection(client.post("runs/compare", ids=ids))
        assert (status, "From 2 to 50 runs are compared" in message) == (400, True)


async def test_table_of_a_sweep(client: Client, home: Path, jp_fetch: Any) -> None:
    group = RunGroup(id="20261123-091530-sweep-0001", axes=["lr", "seed"], size=3)
    for seed, loss in ((1, 0.5), (2, 0.25)):
        values = {"lr": 0.1, "seed": seed}
        name = f"20261123-09153{seed}-a-0001"
        add_run(home, name, group=group, parameters=values, metrics={"loss": loss})
    answer = await jp_fetch(PREFIX, "runs", "group", params={"id": group.id})
    table = RunGroupTable.model_validate_json(answer.body)
    (row,) = table.rows
    assert (table.seeds, table.missing, row.metrics["loss"].mean) == (["seed"], 1, 0.375)
    code, message = await rejection(jp_fetch(PREFIX, "runs", "group", params={"id": "other"}))
    assert (code, message) == (404, "There is no run or sweep 'other'.")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"values": {"lr": "fast"}}, "lr takes a number, not 'fast'."),
        ({"sweep": {"lr": "0.1,fast"}}, "lr takes a number, not 'fast'."),
        ({"values": {"lr": "1"}, "sweep": {"lr": "1,2"}}, "lr has a value and is swept."),
        ({"values": {"rate": "1"}}, "The notebook has no parameter 'rate'."),
        ({"kernel": "cobol"}, "01_training.ipynb needs the kernel 'cobol', which is not installed"),
    ],
)
async def test_rejects_wrong_values(
    client: Client, home: Path, notebook: Path, fields: dict[str, Any], reason: str
) -> None:
    for only_count in (True, False):
        request = {"path": notebook.name, "kernel": "python3", "only_count": only_count} | fields
        status, message = await rejection(client.post("runs", **request))
        assert (status, message.startswith(reason)) == (422, True), message
    assert not (home / "runs").exists()


async def test_counts_the_runs_of_a_sweep(client: Client, home: Path, notebook: Path) -> None:
    make_notebook(notebook, [], parameters="lr = 0.1\nseed = 1\nname = f'run {seed}'")
    started = parsed(
        StartedRuns,
        await client.post(
            "runs",
            path=notebook.name,
            kernel="python3",
            sweep={"lr": "0.1,0.01", "seed": "1,2,3"},
            only_count=True,
        ),
    )
    assert (started.ids, started.count) == ([], 6)
    assert started.warnings[0].startswith("name keeps its default value")
    assert not (home / "runs").exists()
