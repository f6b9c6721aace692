"""Comparing runs: how they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..contract import RunRecord

__all__ = ["Difference", "compare_runs"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that differs between runs.

    Parameters
    ----------
    kind : str
        `run`, `parameter`, `metric` or `provenance`.
    name : str
    values : tuple
        The value in each run; None if a run lacks it.
    """

    kind: str
    name: str
    values: tuple[Any, ...]


def compare_runs(records: Sequence[RunRecord]) -> list[Difference]:
    """Return the states, parameters, metrics and provenance that differ between runs.

    Parameters
    ----------
    records : sequence of RunRecord
        In the order of the columns.

    Returns
    -------
    list of Difference
        Notebook and state first, then parameters, metrics and provenance.
    """
    tables: list[tuple[str, list[dict[str, Any]]]] = [
        ("run", [{"notebook": record.notebook, "state": record.state} for record in records]),
        ("parameter", [record.parameters for record in records]),
        ("metric", [record.metrics for record in records]),
        ("provenance", [_provenance(record) for record in records]),
    ]
    differences: list[Difference] = []
    for kind, columns in tables:
        for name in dict.fromkeys(name for column in columns for name in column):
            values = tuple(column.get(name) for column in columns)
            if any(value != values[0] for value in values):
                differences.append(Difference(kind, name, values))
    return differences


def _provenance(record: RunRecord) -> dict[str, Any]:
    if record.provenance is None:
        return {}
    fields = record.provenance.model_dump()
    versions: dict[str, str] = fields.pop("versions")
    return fields | versions
