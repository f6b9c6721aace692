"""Runs mirrored to a real MLflow server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest

from paddle_workbench.contract import Provenance, RunEvent, RunRecord
from paddle_workbench.runs.mlflow import MlflowMirror, mirror
from paddle_workbench.runs.running.runner import Plan, run_notebook
from paddle_workbench.runs.store.records import append_event, read_record, write_record

from ...kernels.sessions import wait_until
from ..conftest import NotebookMaker
from .server import START_S, mlflow_server

pytest.importorskip("mlflow")
# The server takes twenty seconds to start, so all of these use one.
pytestmark = pytest.mark.kernel

NOTEBOOK = "00_start/02_experiments.ipynb"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as url:
        yield url


def now() -> datetime:
    return datetime.now(timezone.utc)


def record(name: str, **changes: Any) -> RunRecord:
    provenance = Provenance(
        notebook=NOTEBOOK,
        notebook_sha256="12",
        lock_sha256=None,
        git_commit="abc",
        git_dirty=True,
        versions={},
        python="3.11",
        platform="Linux",
        processor="x",
        device="cpu",
        threads=1,
    )
    start = RunRecord(
        id=name,
        notebook=NOTEBOOK,
        state="running",
        kernel="paddle",
        parameters={"lr": 0.1, "layers": [1, 2], "名字": "a", "token": "[secret]"},
        secrets=["token"],
        created_at=now(),
        attached=True,
        provenance=provenance,
    )
    return start.model_copy(update=changes)


def finish(folder: Path, **changes: Any) -> None:
    write_record(folder, record(folder.name, finished_at=now(), **changes))


def metric(folder: Path, name: str, value: Any) -> None:
    append_event(folder, RunEvent(time=now(), event="metric", name=name, value=value))


def mirrored(url: str, name: str) -> dict[str, Any] | None:
    """Return the run with a name as the server has it; None if there is none."""
    api = f"{url}/api/2.0/mlflow"
    experiment = httpx.get(f"{api}/experiments/get-by-name?experiment_name={NOTEBOOK}")
    if experiment.status_code == 404:
        return None
    search = {
        "experiment_ids": [experiment.json()["experiment"]["experiment_id"]],
        "filter": f"attributes.run_name = '{name}'",
    }
    runs: list[dict[str, Any]] = (
        httpx.post(f"{api}/runs/search", json=search).json().get("runs", [])
    )
    return runs[0] if runs else None


def values(run: dict[str, Any], kind: str) -> dict[str, Any]:
    return {each["key"]: each["value"] for each in run["data"].get(kind, [])}


def history(url: str, run: dict[str, Any], name: str) -> list[tuple[int, float]]:
    query = {"run_id": run["info"]["run_id"], "metric_key": name}
    answer = httpx.get(f"{url}/api/2.0/mlflow/metrics/get-history", params=query).json()
    return [(each.get("step", 0), each["value"]) for each in answer["metrics"]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / f"20261130-101112-experiments-{tmp_path.name[-4:]}"
    folder.mkdir()
    write_record(folder, record(folder.name))
    return folder


def test_sends_metrics_as_they_come_and_files_at_the_end(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
    with MlflowMirror(folder, end_s=START_S) as mirroring:
        metric(folder, "loss", 2.0)
        metric(folder, "loss", 1.0)

        def has_arrived() -> bool:
            run = mirrored(url, folder.name)
            return run is not None and values(run, "metrics") == {"loss": 1.0}

        wait_until(has_arrived, limit_s=START_S)
        metric(folder, "loss", 0.5)
        metric(folder, "acc%", "nan")
        metric(folder, "verdict", "good")
        for name in ("output.ipynb", "report.html"):
            (folder / name).write_text("{}", encoding="utf-8")
        results = {"loss": 0.5, "late": 3, "verdict": "good", "rows": [1]}
        finish(folder, state="succeeded", metrics=results)
        warnings = mirroring.close()
    assert warnings == ["MLflow takes no list as a metric: rows is not mirrored."]
    run = mirrored(url, folder.name)
    assert run is not None
    assert run["info"]["status"] == "FINISHED"
    assert values(run, "params") == {"lr": "0.1", "layers": "[1, 2]", "名字": "a"}
    assert history(url, run, "loss") == [(0, 2.0), (1, 1.0), (2, 0.5)]
    assert {"acc_", "late"} < set(values(run, "metrics"))
    tags = values(run, "tags")
    assert tags["paddle_workbench.run"] == folder.name
    assert tags["mlflow.source.git.commit"] == "abc"
    assert tags["paddle_workbench.metric.verdict"] == "good"
    query = {"run_id": run["info"]["run_id"]}
    files = httpx.get(f"{url}/api/2.0/mlflow/artifacts/list", params=query).json()["files"]
    assert [file["path"] for file in files] == ["output.ipynb", "report.html"]


@pytest.mark.parametrize(
    ("state", "status"), [("failed", "FAILED"), ("cancelled", "KILLED"), ("lost", "KILLED")]
)
def test_says_how_a_run_ended(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch, state: str, status: str
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
    with MlflowMirror(folder, end_s=START_S) as mirroring:
        finish(folder, state=state)
        assert mirroring.close() == []
    run = mirrored(url, folder.name)
    assert run is not None
    assert run["info"]["status"] == status
    assert values(run, "tags")["paddle_workbench.state"] == state


def test_warns_about_a_server_that_is_not_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    with MlflowMirror(folder, end_s=START_S) as mirroring:
        finish(folder, state="succeeded")
        (warning,) = mirroring.close()
    assert "mirrored to MLflow" in warning


def test_does_not_wait_for_a_server_that_does_not_answer(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with MlflowMirror(folder, end_s=0.5) as mirroring:
            finish(folder, state="succeeded")
            (warning,) = mirroring.close()
    assert "within 0.5 s" in warning


def test_does_nothing_without_an_address(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert MlflowMirror(folder).close() == []


def test_a_run_is_mirrored(
    url: str, lesson: NotebookMaker, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror, "END_S", START_S)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", NOTEBOOK)
    source = lesson(("record", "from paddle_workbench import record\nrecord('loss', lr)"))
    _folder, ended = run_notebook(Plan(source, {"lr": 0.5}, runs), lambda _event, _record: None)
    run = mirrored(url, ended.id)
    assert run is not None, ended.warnings
    assert (ended.state, run["info"]["status"]) == ("succeeded", "FINISHED")
    assert values(run, "params") == {"num_epochs": "3", "lr": "0.5"}
    assert history(url, run, "loss") == [(0, 0.5)]


def test_a_run_that_is_not_mirrored_succeeds(
    lesson: NotebookMaker, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    folder, _ = run_notebook(Plan(lesson(), {}, runs), lambda _event, _record: None)
    record = read_record(folder)
    assert (record.state, "MLflow" in record.warnings[0]) == ("succeeded", True)
