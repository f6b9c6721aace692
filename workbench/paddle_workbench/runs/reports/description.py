"""The record of a run as tables, for the command line and the report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ...contract import RunRecord
from ...course.notebook import METADATA_KEY

if TYPE_CHECKING:
    import nbformat

__all__ = ["describe", "metrics_hint", "resumption_of", "show_value"]


def describe(record: RunRecord) -> dict[str, list[tuple[str, str]]]:
    """Return the record of a run as tables of names and values, by heading."""
    return {
        "Run": _facts(record),
        "Parameters": [
            *_rows(record.parameters),
            *((name, "secret, not recorded") for name in record.secrets),
        ],
        "Metrics": _rows(record.metrics),
        "Provenance": _provenance(record),
    }


def metrics_hint(notebook: nbformat.NotebookNode, record: RunRecord) -> str:
    """Return how to record a metric, if a run succeeded without one; a lesson needs none."""
    if record.state != "succeeded" or record.metrics or METADATA_KEY in notebook.metadata:
        return ""
    return (
        "The run recorded no metrics. To compare runs by one, add to a cell: "
        'from paddle_workbench import record; record("loss", loss)'
    )


def resumption_of(record: RunRecord) -> str:
    """Return how a run continues another one, as a sentence; empty if it does not."""
    resumed = record.resumed_from
    if resumed is None:
        return ""
    if resumed.state == "snapshot":
        return f"Continues {resumed.run} from the snapshot before cell {resumed.cell}."
    reason = f": {resumed.reason}" if resumed.reason else ""
    return f"Continues {resumed.run} from the start{reason}."


def show_value(value: Any) -> str:
    """Return a parameter or metric as a readable text."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _facts(record: RunRecord) -> list[tuple[str, str]]:
    facts = [
        ("notebook", record.notebook),
        *([("kernel", record.kernel)] if record.kernel is not None else []),
        *([("sweep", record.group.id)] if record.group is not None else []),
        ("created", f"{record.created_at:%Y-%m-%d %H:%M:%S %Z}"),
        ("cells", f"{record.cells_done} of {record.cells_total}"),
        ("attempt", str(record.attempt)),
    ]
    if resumption := resumption_of(record):
        facts.append(("resumed", resumption))
    if record.started_at is not None and record.finished_at is not None:
        seconds = (record.finished_at - record.started_at).total_seconds()
        facts.append(("duration", f"{seconds:.1f} s"))
    if record.address is not None:
        facts.append(("cluster", record.address))
    if record.node is not None:
        facts.append(("node", record.node))
    if record.timeout_s is not None:
        facts.append(("limit", f"{record.timeout_s:g} s"))
    if record.failed_cell is not None:
        facts.append(("stopped in cell", record.failed_cell))
    return facts


def _provenance(record: RunRecord) -> list[tuple[str, str]]:
    if record.provenance is None:
        return []
    fields = record.provenance.model_dump()
    versions: dict[str, str] = fields.pop("versions")
    rows = [
        (name.replace("_", " "), show_value(value))
        for name, value in fields.items()
        if value is not None
    ]
    return rows + list(versions.items())


def _rows(values: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, show_value(value)) for name, value in values.items()]
