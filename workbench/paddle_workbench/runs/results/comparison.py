"""Comparing runs: how their records, metrics and outputs differ."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from ...contract import ErrorMessage, OutputDifference, RunComparison, RunDifference, RunRecord
from ...errors import WorkbenchError
from ...notebooks import read_notebook
from ..status.progress import recorded_series
from ..store.folders import OUTPUT_FILE
from ..store.records import read_record
from .outputs import output_differences

__all__ = ["compare_runs", "record_differences"]

_Kind = Literal["run", "parameter", "metric", "provenance"]


def compare_runs(folders: Sequence[Path]) -> RunComparison:
    """Return how runs differ: records, metrics, provenance, and the outputs of their cells.

    Parameters
    ----------
    folders : sequence of Path
        The run folders, in the order of the columns. Outputs are compared with those of the first.

    Raises
    ------
    RunNotFoundError, SchemaVersionError, StorageError
        If a record cannot be read. If only a notebook or the events cannot be read, the comparison
        has a problem instead.
    """
    records = [read_record(folder) for folder in folders]
    problems: list[ErrorMessage] = []
    series = _series(folders)
    outputs = _outputs(folders, problems)
    return RunComparison(
        runs=[record.model_copy(update={"provenance": None}) for record in records],
        differences=record_differences(records),
        series=series,
        outputs=outputs,
        problems=problems,
    )


def record_differences(records: Sequence[RunRecord]) -> list[RunDifference]:
    """Return the states, parameters, metrics and provenance that differ between runs.

    Parameters
    ----------
    records : sequence of RunRecord
        In the order of the columns.

    Returns
    -------
    list of RunDifference
        Notebook and state first, then parameters, metrics and provenance.
    """
    tables: list[tuple[_Kind, list[dict[str, Any]]]] = [
        ("run", [_facts(record) for record in records]),
        ("parameter", [record.parameters for record in records]),
        ("metric", [record.metrics for record in records]),
        ("provenance", [_provenance(record) for record in records]),
    ]
    differences: list[RunDifference] = []
    for kind, columns in tables:
        for name in dict.fromkeys(name for column in columns for name in column):
            values = [column.get(name) for column in columns]
            if not all(_is_same(value, values[0]) for value in values):
                differences.append(RunDifference(kind=kind, name=name, values=values))
    return differences


def _facts(record: RunRecord) -> dict[str, Any]:
    return {"notebook": record.notebook, "state": record.state, "kernel": record.kernel}


def _provenance(record: RunRecord) -> dict[str, Any]:
    if record.provenance is None:
        return {}
    fields = record.provenance.model_dump(exclude={"notebook", "seeds"})
    versions: dict[str, str] = fields.pop("versions")
    variables: dict[str, str] = fields.pop("thread_variables") | (fields.pop("variables") or {})
    inputs: dict[str, str] = fields.pop("inputs")
    return (
        fields | versions | variables | {f"input {name}": digest for name, digest in inputs.items()}
    )


def _is_same(one: Any, other: Any) -> bool:
    """Return whether two values are equal; NaN is, and a bool is not a number."""
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    return bool(one == other) or (one != one and other != other)


def _series(folders: Sequence[Path]) -> dict[str, list[list[list[float]]]]:
    """Return the series of each metric that some run recorded more than once, run by run."""
    columns = [recorded_series(folder) for folder in folders]
    names = dict.fromkeys(name for column in columns for name in column)
    return {
        name: [column.get(name, []) for column in columns]
        for name in names
        if any(len(column.get(name, [])) > 1 for column in columns)
    }


def _outputs(folders: Sequence[Path], problems: list[ErrorMessage]) -> list[OutputDifference]:
    differences: list[OutputDifference] = []
    first = None
    for number, folder in enumerate(folders):
        try:
            notebook = read_notebook(folder / OUTPUT_FILE)
        except WorkbenchError as error:
            problems.append(ErrorMessage(message=error.message, hint=error.hint))
            if number == 0:
                return []
            continue
        if first is None:
            first = notebook
        else:
            differences += output_differences(first, notebook, run=folder.name)
    return differences
