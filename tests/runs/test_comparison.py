"""A comparison shows differences and nothing else."""

from __future__ import annotations

import math
from pathlib import Path

from paddle_workbench.contract import Provenance, RunDifference
from paddle_workbench.runs.results.comparison import compare_runs, record_differences
from paddle_workbench.runs.store.folders import OUTPUT_FILE

from .folders import code, make_record, printed, write_run

PROVENANCE = Provenance(
    notebook="basics/sums.ipynb",
    notebook_sha256="0" * 64,
    lock_sha256=None,
    git_commit=None,
    git_dirty=None,
    versions={"numpy": "1.26.4"},
    python="3.11.2",
    platform="Linux",
    processor="x",
    device="cpu",
    threads=2,
    inputs={"reviews.csv": "a"},
)


def test_shows_parameters_and_metrics_that_differ() -> None:
    other = make_record(parameters={"lr": 0.2, "seed": 0}, metrics={"loss": 0.5, "accuracy": 0.9})
    assert record_differences([make_record(), other]) == [
        RunDifference(kind="parameter", name="lr", values=[0.1, 0.2]),
        RunDifference(kind="metric", name="loss", values=[1.0, 0.5]),
        RunDifference(kind="metric", name="accuracy", values=[None, 0.9]),
    ]


def test_equal_runs_have_no_differences() -> None:
    nan = make_record(metrics={"loss": math.nan})
    assert record_differences([make_record(), make_record()]) == []
    assert record_differences([nan, nan.model_copy(update={"metrics": {"loss": math.nan}})]) == []


def test_true_is_not_one() -> None:
    runs = [make_record(parameters={"shuffle": value}) for value in (True, 1)]
    assert [each.name for each in record_differences(runs)] == ["shuffle"]


def test_shows_provenance_that_differs() -> None:
    changes = {
        "versions": {"numpy": "2.0.0"},
        "inputs": {"reviews.csv": "b"},
        "thread_variables": {"OMP_NUM_THREADS": "1"},
        "variables": {"FLAGS_cudnn_deterministic": "1"},
    }
    other = PROVENANCE.model_copy(update=changes)
    differences = record_differences([make_record(provenance=each) for each in (PROVENANCE, other)])
    assert {each.name: each.values for each in differences} == {
        "numpy": ["1.26.4", "2.0.0"],
        "input reviews.csv": ["a", "b"],
        "OMP_NUM_THREADS": [None, "1"],
        "FLAGS_cudnn_deterministic": [None, "1"],
    }


def test_has_outputs_and_series_of_each_run(tmp_path: Path) -> None:
    folders = [
        write_run(
            tmp_path,
            make_record(id=name, provenance=PROVENANCE),
            code("train", "train()", printed(f"loss {loss}\n")),
            metrics=[(1, "loss", 2.0), (2, "loss", loss), (2, "accuracy", 0.9)],
        )
        for name, loss in (("a", 1.0), ("b", 0.5), ("c", 1.0))
    ]
    comparison = compare_runs(folders)
    assert [run.id for run in comparison.runs] == ["a", "b", "c"]
    assert all(run.provenance is None for run in comparison.runs)
    assert comparison.series == {"loss": [[[1.0, 2.0], [2.0, loss]] for loss in (1.0, 0.5, 1.0)]}
    (difference,) = comparison.outputs
    assert (difference.run, difference.cell, difference.kind) == ("b", "train", "changed")
    assert (difference.before, difference.after) == ("loss 1.0", "loss 0.5")
    assert comparison.problems == []


def test_runs_without_a_notebook_are_compared_by_their_records(tmp_path: Path) -> None:
    first = write_run(tmp_path, make_record(id="a"), code("train", "", printed("1")))
    second = write_run(tmp_path, make_record(id="b", metrics={"loss": 2.0}))
    (second / OUTPUT_FILE).unlink()
    comparison = compare_runs([first, second])
    assert [each.name for each in comparison.differences] == ["loss"]
    assert comparison.outputs == []
    assert len(comparison.problems) == 1
