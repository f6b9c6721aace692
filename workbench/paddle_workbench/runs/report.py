"""The report of a run: one HTML file that needs nothing else, for people and for archives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat

from ..contract import RunRecord
from ..course.notebook import read_notebook
from ..storage import write_whole
from .metrics import SCRAP_MIME_TYPE
from .records import OUTPUT_FILE, REPORT_FILE, WORK_FOLDER, read_record

__all__ = ["describe", "show_value", "write_report"]

WIDGET_MIME_TYPE = "application/vnd.jupyter.widget-view+json"
TEMPLATE = "report_template"

SIGNS = {
    "queued": "…",
    "running": "▶",
    "succeeded": "✓",
    "failed": "✗",
    "cancelled": "■",
    "timed_out": "⏱",
    "lost": "?",
}


def write_report(folder: Path) -> Path:
    """Write `report.html` from the record and the notebook of a run, and return its path.

    Formulas stay in TeX, since no browser shows them without a script from elsewhere.

    Raises
    ------
    NotebookError, RunNotFoundError, StorageError
        If the run folder lacks something, or cannot be written.
    """
    # Here, not above: it is slow to import.
    from nbconvert.exporters import HTMLExporter

    record = read_record(folder)
    output = folder / OUTPUT_FILE
    # A run that ended before its first save has a report all the same.
    notebook = read_notebook(output) if output.is_file() else nbformat.v4.new_notebook()
    _drop_what_needs_scripts(notebook)
    exporter = HTMLExporter(
        template_name=TEMPLATE,
        extra_template_basedirs=[str(Path(__file__).parent)],
        embed_images=True,
    )
    resources = {
        "metadata": {"path": str(folder / WORK_FOLDER), "name": record.id},
        "run": _header(record),
    }
    html, _resources = exporter.from_notebook_node(notebook, resources=resources)
    path = folder / REPORT_FILE
    write_whole(path, html)
    return path


def describe(record: RunRecord) -> dict[str, list[tuple[str, str]]]:
    """Return what is recorded of a run as tables of names and values, by heading."""
    return {
        "Run": _facts(record),
        "Parameters": _rows(record.parameters),
        "Metrics": _rows(record.metrics),
        "Provenance": _provenance(record),
    }


def show_value(value: Any) -> str:
    """Return a parameter or metric as people read it."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _drop_what_needs_scripts(notebook: nbformat.NotebookNode) -> None:
    """Remove widgets, beside each of which a lesson has a picture, and the recorded metrics."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for mime_type in (WIDGET_MIME_TYPE, SCRAP_MIME_TYPE):
                output.get("data", {}).pop(mime_type, None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("data") != {}]


def _header(record: RunRecord) -> dict[str, Any]:
    error = record.error
    return {
        "id": record.id,
        "title": Path(record.notebook).name,
        "state": record.state.replace("_", " "),
        "sign": SIGNS[record.state],
        "error": "\n".join(filter(None, (error.message, error.hint))) if error else "",
        "tables": describe(record),
    }


def _facts(record: RunRecord) -> list[tuple[str, str]]:
    facts = [
        ("notebook", record.notebook),
        ("created", f"{record.created_at:%Y-%m-%d %H:%M:%S %Z}"),
        ("cells", f"{record.cells_done} of {record.cells_total}"),
        ("attempt", str(record.attempt)),
    ]
    if record.started_at is not None and record.finished_at is not None:
        seconds = (record.finished_at - record.started_at).total_seconds()
        facts.append(("duration", f"{seconds:.1f} s"))
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
