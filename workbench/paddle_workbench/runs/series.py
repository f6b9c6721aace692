"""The values that a run recorded one after another for a metric."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..contract import RunEvent

__all__ = ["metric_series", "thinned"]

MAX_POINTS = 200


def metric_series(
    events: Sequence[RunEvent], *, limit: int = MAX_POINTS
) -> dict[str, list[list[float]]]:
    """Return the numbers recorded for each metric, with the seconds since the run started.

    Parameters
    ----------
    events : sequence of RunEvent
        All events of the run.
    limit : int
        The maximum number of points of a metric; the first and the last stay.

    Returns
    -------
    dict
        Lists of `[seconds, value]` by the name of the metric.
    """
    started = next((event.time for event in events if event.event == "started"), None)
    series: dict[str, list[list[float]]] = {}
    for event in events:
        value = event.value
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if event.event != "metric" or event.name is None or not is_number:
            continue
        if not math.isfinite(value):
            continue
        # A clock that was set back does not draw a line to the left.
        seconds = (event.time - started).total_seconds() if started is not None else 0.0
        points = series.setdefault(event.name, [])
        points.append([max(seconds, points[-1][0] if points else 0.0), float(value)])
    return {name: thinned(points, limit) for name, points in series.items()}


def thinned(points: list[list[float]], limit: int) -> list[list[float]]:
    """Return at most `limit` of the points, evenly chosen, with the first and the last."""
    if len(points) <= limit:
        return points
    last = len(points) - 1
    return [points[round(i * last / (limit - 1))] for i in range(limit)]
