"""The runs of a sweep in one table: means over seeds, their spread, and what is missing."""

from __future__ import annotations

import json
import math
import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ...contract import (
    MetricSummary,
    RunGroupPoint,
    RunGroupRow,
    RunGroupTable,
    RunRecord,
    RunState,
)
from ...errors import RunNotFoundError
from ..store.provenance import is_seed

__all__ = ["CONFIDENCE", "find_group", "group_table", "summary"]

CONFIDENCE = 0.95


def find_group(name: str, records: Sequence[RunRecord]) -> list[RunRecord]:
    """Return the runs of a sweep, given its id or the beginning of its id.

    Parameters
    ----------
    name : str
    records : sequence of RunRecord
        All runs.

    Raises
    ------
    RunNotFoundError
        If there is no such sweep, or the beginning of the id is ambiguous.
    """
    ids = dict.fromkeys(record.group.id for record in records if record.group is not None)
    matches = [name] if name in ids else [each for each in ids if name and each.startswith(name)]
    if not matches:
        raise RunNotFoundError(
            f"There is no run or sweep {name!r}.", "`workbench runs list` shows all runs."
        )
    if len(matches) > 1:
        raise RunNotFoundError(
            f"{len(matches)} sweeps start with {name!r}.",
            "Use a longer part of the id: " + ", ".join(matches[-5:]),
        )
    return [each for each in records if each.group is not None and each.group.id == matches[0]]


def group_table(records: Sequence[RunRecord]) -> RunGroupTable:
    """Return the runs of a sweep as one table.

    A row has the runs that differ only in their seeds, and takes means over those that succeeded.
    Of several attempts at a combination the last one counts.

    Parameters
    ----------
    records : sequence of RunRecord
        The runs of one sweep, oldest first.

    Raises
    ------
    RunNotFoundError
        If there are no runs, or they do not belong to a sweep.
    """
    group = records[-1].group if records else None
    if group is None:
        raise RunNotFoundError(
            "These runs do not belong to a sweep.", "Start one: workbench run NOTEBOOK --sweep …"
        )
    seeds = [name for name in group.axes if is_seed(name)]
    axes = [name for name in group.axes if name not in seeds]
    replaced = {record.previous for record in records}
    replaced |= {each.resumed_from.run for each in records if each.resumed_from is not None}
    runs = [record for record in records if record.id not in replaced]
    rows: dict[str, list[RunRecord]] = {}
    for record in runs:
        rows.setdefault(json.dumps(_values(record, axes)), []).append(record)
    metrics = dict.fromkeys(name for record in runs for name in _numbers(record))
    return RunGroupTable(
        group=group,
        notebook=records[-1].notebook,
        axes=axes,
        seeds=seeds,
        metrics=list(metrics),
        rows=sorted(
            (_row(row, axes, list(metrics)) for row in rows.values()),
            key=lambda row: [_order(value) for value in row.parameters.values()],
        ),
        points=[
            RunGroupPoint(
                run=record.id,
                state=record.state,
                parameters=_values(record, group.axes),
                metrics=record.metrics,
            )
            for record in runs
        ],
        states=_states(runs),
        missing=max(0, group.size - len(runs)),
        confidence=CONFIDENCE,
    )


def summary(values: Sequence[float]) -> MetricSummary:
    """Return mean, spread and interval of a metric over several runs.

    Parameters
    ----------
    values : sequence of float
        At least one, all finite.

    References
    ----------
    Student 1908, "The Probable Error of a Mean".
    """
    mean = statistics.fmean(values)
    if len(values) < 2:
        return MetricSummary(n=len(values), mean=mean)
    from scipy.special import stdtrit  # scipy.stats takes seconds to import

    deviation = statistics.stdev(values)
    quantile = float(stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2))
    half = quantile * deviation / math.sqrt(len(values))
    return MetricSummary(
        n=len(values), mean=mean, deviation=deviation, low=mean - half, high=mean + half
    )


def _row(records: list[RunRecord], axes: list[str], metrics: list[str]) -> RunGroupRow:
    succeeded = [_numbers(record) for record in records if record.state == "succeeded"]
    columns = {name: [each[name] for each in succeeded if name in each] for name in metrics}
    return RunGroupRow(
        parameters=_values(records[0], axes),
        runs=[record.id for record in records],
        states=_states(records),
        metrics={name: summary(values) for name, values in columns.items() if values},
    )


def _states(records: Sequence[RunRecord]) -> dict[RunState, int]:
    return dict(Counter(record.state for record in records))


def _values(record: RunRecord, axes: Sequence[str]) -> dict[str, Any]:
    return {name: record.parameters.get(name) for name in axes}


def _order(value: Any) -> tuple[float, str]:
    """Return what rows are sorted by: numbers by their size, other values after them as texts."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return (float(value), "") if is_number else (math.inf, json.dumps(value))


def _numbers(record: RunRecord) -> dict[str, float]:
    """Return the metrics of a run that are finite numbers."""
    return {
        name: float(value)
        for name, value in record.metrics.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }
