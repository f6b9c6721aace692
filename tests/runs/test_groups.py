"""The table of a sweep: means over seeds, their spread, and what is missing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from paddle_workbench.contract import RunGroup, RunRecord
from paddle_workbench.errors import RunNotFoundError
from paddle_workbench.runs.results.groups import find_group, group_table, summary

from .folders import START, make_record

GROUP = RunGroup(id="20261123-091530-sums-3f2a", axes=["lr", "seed"], size=6)


def sweep_run(number: int, lr: float, seed: int, accuracy: Any, **changes: Any) -> RunRecord:
    fields = {
        "id": f"run{number}",
        "group": GROUP,
        "parameters": {"lr": lr, "seed": seed, "size": 3},
        "metrics": {"accuracy": accuracy, "note": "text"},
        "created_at": START + timedelta(seconds=number),
    }
    return make_record(**(fields | changes))


@pytest.fixture
def records() -> list[RunRecord]:
    return [
        sweep_run(0, 0.001, 1, 0.8),
        sweep_run(1, 0.001, 2, 0.9),
        sweep_run(2, 0.001, 3, 0.5, state="failed"),
        sweep_run(3, 0.01, 1, 0.7),
        # Another attempt at what failed.
        sweep_run(4, 0.001, 3, 0.85, previous="run2"),
    ]


def test_rows_take_means_over_seeds(records: list[RunRecord]) -> None:
    table = group_table(records)
    assert (table.axes, table.seeds, table.metrics) == (["lr"], ["seed"], ["accuracy"])
    assert [row.parameters for row in table.rows] == [{"lr": 0.001}, {"lr": 0.01}]
    first, second = (row.metrics["accuracy"] for row in table.rows)
    assert first.n == 3
    assert first.mean == pytest.approx(0.85)
    assert first.deviation == pytest.approx(0.05)
    # 4.3027 is the 97.5 % quantile of Student's t with two degrees of freedom.
    assert (first.low, first.high) == pytest.approx(
        (0.85 - 4.3027 * 0.05 / 3**0.5, 0.85 + 4.3027 * 0.05 / 3**0.5), abs=1e-5
    )
    assert (second.n, second.mean, second.deviation, second.low) == (1, 0.7, None, None)


def test_the_last_attempt_counts_and_missing_runs_are_counted(records: list[RunRecord]) -> None:
    table = group_table(records)
    assert table.states == {"succeeded": 4}
    assert [point.run for point in table.points] == ["run0", "run1", "run3", "run4"]
    assert table.missing == 2


def test_runs_that_did_not_succeed_are_counted_but_not_averaged(records: list[RunRecord]) -> None:
    table = group_table(records[:4])
    assert table.rows[0].states == {"succeeded": 2, "failed": 1}
    assert table.rows[0].metrics["accuracy"].n == 2


def test_a_metric_that_is_not_a_number_has_no_mean(records: list[RunRecord]) -> None:
    table = group_table([*records[:2], sweep_run(5, 0.001, 3, "nan")])
    assert table.rows[0].metrics["accuracy"].n == 2


def test_a_sweep_over_seeds_alone_has_one_row() -> None:
    group = RunGroup(id="g", axes=["seed"], size=2)
    table = group_table([sweep_run(i, 0.1, i, 0.5 + i / 10, group=group) for i in range(2)])
    (row,) = table.rows
    assert row.parameters == {}
    assert row.metrics["accuracy"].mean == pytest.approx(0.55)


def test_finds_a_sweep_by_the_beginning_of_its_id(records: list[RunRecord]) -> None:
    runs = [*records, make_record(id="alone")]
    assert find_group("20261123", runs) == records
    other = sweep_run(9, 1.0, 1, 0.5, group=RunGroup(id="20261124", axes=["lr"], size=1))
    with pytest.raises(RunNotFoundError, match="2 sweeps start with '202611'"):
        find_group("202611", [*runs, other])
    with pytest.raises(RunNotFoundError, match="no run or sweep 'x'"):
        find_group("x", runs)


def test_runs_of_no_sweep_have_no_table() -> None:
    with pytest.raises(RunNotFoundError):
        group_table([make_record()])


def test_the_interval_has_the_mean_of_all_seeds_nineteen_times_in_twenty() -> None:
    generator = np.random.default_rng(0)
    samples = generator.normal(2.0, 0.3, size=(2000, 4))
    intervals = [summary(sample.tolist()) for sample in samples]
    hits = [each.low <= 2.0 <= each.high for each in intervals if each.low is not None]
    assert np.mean(hits) == pytest.approx(0.95, abs=0.015)
