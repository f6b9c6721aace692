"""A comparison shows differences and nothing else."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from paddle_workbench.contract import RunRecord
from paddle_workbench.runs.comparison import Difference, compare_runs


def run(**changes: Any) -> RunRecord:
    fields: dict[str, Any] = {
        "id": "a",
        "notebook": "basics/sums.ipynb",
        "state": "succeeded",
        "parameters": {"lr": 0.1, "seed": 0},
        "created_at": datetime.now(timezone.utc),
        "metrics": {"loss": 1.0},
    }
    return RunRecord(**(fields | changes))


def test_shows_parameters_and_metrics_that_differ() -> None:
    other = run(parameters={"lr": 0.2, "seed": 0}, metrics={"loss": 0.5, "accuracy": 0.9})
    assert compare_runs([run(), other]) == [
        Difference("parameter", "lr", (0.1, 0.2)),
        Difference("metric", "loss", (1.0, 0.5)),
        Difference("metric", "accuracy", (None, 0.9)),
    ]


def test_equal_runs_have_no_differences() -> None:
    assert compare_runs([run(), run()]) == []
