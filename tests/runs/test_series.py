"""The values of a metric over time, thinned."""

from __future__ import annotations

from datetime import timedelta

from paddle_workbench.contract import RunEvent
from paddle_workbench.runs.series import metric_series

from .folders import START


def recorded(seconds: float, value: object, name: str = "loss") -> RunEvent:
    time = START + timedelta(seconds=seconds)
    return RunEvent(time=time, event="metric", name=name, value=value)


STARTED = RunEvent(time=START, event="started")


def test_has_seconds_since_the_start() -> None:
    events = [STARTED, recorded(1, 0.5), recorded(2, 0.25), recorded(2, "text", "note")]
    assert metric_series(events) == {"loss": [[1.0, 0.5], [2.0, 0.25]]}


def test_keeps_first_and_last_of_many_points() -> None:
    events = [STARTED, *(recorded(i, float(i)) for i in range(1000))]
    points = metric_series(events, limit=10)["loss"]
    assert len(points) == 10
    assert (points[0], points[-1]) == ([0.0, 0.0], [999.0, 999.0])


def test_a_clock_that_was_set_back_does_not_go_left() -> None:
    events = [STARTED, recorded(5, 1.0), recorded(-3600, 2.0)]
    assert metric_series(events) == {"loss": [[5.0, 1.0], [5.0, 2.0]]}
