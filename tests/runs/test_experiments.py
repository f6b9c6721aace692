"""Runs, sweeps and comparisons from a notebook."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.contract import RunGroup
from paddle_workbench.errors import NotebookError, ParameterError
from paddle_workbench.runs import Sweep, compare, rerun, run, sweep
from paddle_workbench.runs.store.records import list_records

from ..kernels.sessions import wait_until
from .conftest import make_notebook
from .folders import make_record

PARAMETERS = "lr: float = 0.1  # > 0\nseed = 0\nname = 'a'"
MEASURE = (
    "from paddle_workbench import record\n"
    "assert seed < 3, 'this seed fails'\n"
    "record('score', lr * 10 + seed)"
)


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("experiment") / "experiment.ipynb"
    return make_notebook(path, [("measure", MEASURE)], parameters=PARAMETERS)


@pytest.fixture(scope="module")
def swept(experiment: Path) -> Iterator[Sweep]:
    axes = {"lr": np.array([0.1, 0.2]), "seed": [1, 2, 3]}
    yield sweep(experiment, axes, parent=experiment.parent / "runs", parameters={"name": "<b>"})
    shutil.rmtree(experiment.parent / "runs")  # its dispatcher ends when the folder is gone


@pytest.mark.kernel
def test_table_has_every_run(swept: Sweep) -> None:
    table = swept.table()
    assert list(table.columns) == ["lr", "seed", "state", "score"]
    assert table["lr"].tolist() == [0.1] * 3 + [0.2] * 3
    assert table["state"].tolist() == ["succeeded", "succeeded", "failed"] * 2
    assert table["score"].dropna().tolist() == [2, 3, 3, 4]
    assert list(table.index) == [record.id for record in swept.records]
    failed = swept.records[2]
    assert failed.error is not None
    assert "this seed fails" in failed.error.message
    assert failed.failed_cell == "measure"


@pytest.mark.kernel
def test_report_repeats_the_sweep(swept: Sweep) -> None:
    page = swept.report.read_text("utf-8")
    command = swept.command
    assert command.endswith("--sweep lr=0.1,0.2 --sweep seed=1,2,3")
    assert "-p name '<b>'" in command
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert "4 succeeded, 2 failed" in page
    assert all(f'href="{record.id}/report.html"' in page for record in swept.records)


@pytest.mark.kernel
def test_repeated_and_compared(swept: Sweep) -> None:
    first, second, failed, *_ = swept.records
    agreement = rerun(first.id, parent=swept.parent)
    assert [(each.name, each.agrees) for each in agreement.metrics] == [("score", True)]
    differences = compare([first.id, swept.folder(failed)], parent=swept.parent)
    assert differences.loc[("parameter", "seed")].tolist() == [1, 3]
    assert differences.loc[("run", "state")].tolist() == ["succeeded", "failed"]
    with pytest.raises(ParameterError, match="Two or more"):
        compare([second.id], parent=swept.parent)


@pytest.mark.kernel
def test_run_once(experiment: Path) -> None:
    record = run(experiment, parent=experiment.parent / "runs", lr=1)
    assert (record.state, record.metrics) == ("succeeded", {"score": 10.0})
    assert record.group is None


def test_summary_leaves_seeds_out() -> None:
    group = RunGroup(id="g", axes=["lr", "seed"], size=4)
    scores: list[tuple[float, int, Any, Any]] = [
        (0.2, 1, 3.0, "succeeded"),
        (0.1, 1, 1.0, "succeeded"),
        (0.1, 2, 2.0, "succeeded"),
        (0.2, 2, 9.0, "failed"),
    ]
    records = [
        make_record(id=f"{lr}{seed}", group=group, parameters={"lr": lr, "seed": seed},
                    metrics={"score": score}, state=state)
        for lr, seed, score, state in scores
    ]  # fmt: skip
    table = Sweep(records, Path()).summary()["score"]
    assert list(table.index) == [0.1, 0.2]
    assert table["n"].tolist() == [2, 1]
    assert table["mean"].tolist() == [1.5, 3]
    # 12.706 is the 97.5 % quantile of Student's t with one degree of freedom.
    assert table.loc[0.1, "high"] == pytest.approx(1.5 + 12.706 * 0.5, abs=1e-3)
    assert np.isnan(table.loc[0.2, "low"])
    assert Sweep(records, Path()).summary(by=["lr", "seed"]).index.names == ["lr", "seed"]
    with pytest.raises(ParameterError, match="no parameter 'learning_rate'"):
        Sweep(records, Path()).summary(by="learning_rate")


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({}, "nothing to sweep"),
        ({"rate": [1]}, "no parameter 'rate'"),
        ({"lr": [0.1, 0]}, "lr takes .* not '0'"),
        ({"seed": 3}, "not a list"),
        ({"name": "abc"}, "not a list"),
        ({"seed": range(20_000)}, "20,000 combinations"),
    ],
)
def test_wrong_sweeps_start_nothing(
    experiment: Path, tmp_path: Path, axes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        sweep(experiment, axes, parent=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_unknown_notebook(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match="no notebook"):
        run(tmp_path / "none.ipynb")


@pytest.mark.kernel
def test_interrupt_cancels_all(tmp_path: Path) -> None:
    notebook = make_notebook(
        tmp_path / "endless.ipynb",
        [("wait", "import time\ntime.sleep(600)")],
        parameters="seed = 0",
    )
    runs = tmp_path / "runs"
    program = (
        "from paddle_workbench.runs import sweep\n"
        f"sweep({str(notebook)!r}, {{'seed': range(5)}}, parent={str(runs)!r})"
    )
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) as process:
        wait_until(lambda: any(each.state == "running" for each in list_records(runs)[0]))
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert b"KeyboardInterrupt" in errors
    assert [each.state for each in list_records(runs)[0]] == ["cancelled"] * 5
    shutil.rmtree(runs)  # its dispatcher ends when the folder is gone
