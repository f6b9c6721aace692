"""The report of a run: one self-contained HTML file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from traitlets import import_item

from ...contract import BUNDLE_MIME_TYPE, RunRecord
from ...notebooks import read_notebook
from ...storage import write_whole
from ..store.folders import OUTPUT_FILE, REPORT_FILE, WORK_FOLDER
from ..store.metrics import SCRAP_MIME_TYPE
from ..store.records import read_record
from .description import metrics_hint
from .safe_html import secure
from .sections import sections

if TYPE_CHECKING:
    from nbconvert.exporters import HTMLExporter

__all__ = ["make_exporter", "write_report"]

WIDGET_MIME_TYPE = "application/vnd.jupyter.widget-view+json"
TEMPLATE = "report_template"
# By name, since it needs more than runs do, and takes long to import.
WIDGET_CONVERTER = "paddle_workbench.widgets.converted_widgets.ConvertedWidgets"

_META = re.compile(r"<meta(?=[\s/>])", re.IGNORECASE)

SIGNS = {
    "queued": "…",
    "running": "▶",
    "succeeded": "✓",
    "failed": "✗",
    "cancelled": "■",
    "timed_out": "⏱",
    "lost": "?",
}


@cache
def make_exporter() -> HTMLExporter:
    """Return what converts notebooks to reports, after it has loaded all that it needs.

    The first call takes longer than the report of a small run.
    """
    # Imported here because it is slow to import.
    from .exporter import ReportExporter

    exporter: HTMLExporter = ReportExporter(  # type: ignore[no-untyped-call] # nbconvert's
        template_name=TEMPLATE,
        extra_template_basedirs=[str(Path(__file__).parent)],
        embed_images=True,
    )
    new = nbformat.v4
    text = new.new_output("stream", text="1")
    cells = [new.new_markdown_cell("1"), new.new_code_cell("1", outputs=[text])]
    run = {"id": "", "title": "", "state": "", "sign": "", "error": "", "sections": []}
    exporter.from_notebook_node(new.new_notebook(cells=cells), resources={"run": run})
    return exporter


def write_report(folder: Path, exporter: HTMLExporter | None = None) -> Path:
    """Write `report.html` from the record and the notebook of a run, and return its path.

    Formulas stay in TeX, since browsers cannot render them without external scripts. Outputs that
    carry a bundle run its network; whatever else an output contains can neither run nor leave its
    frame.

    Parameters
    ----------
    folder : Path
        The run folder.
    exporter : HTMLExporter, optional
        From `make_exporter`.

    Raises
    ------
    NotebookError, RunNotFoundError, StorageError
        If the run folder is incomplete, or cannot be written.
    """
    record = read_record(folder)
    output = folder / OUTPUT_FILE
    # A run that ended before its first save has a report too.
    notebook = read_notebook(output) if output.is_file() else nbformat.v4.new_notebook()
    resources: dict[str, Any] = {
        "metadata": {"path": str(folder / WORK_FOLDER), "name": record.id},
        "run": _header(record, metrics_hint(notebook, record)),
    }
    pages = _take_pages(notebook, resources)
    _remove_interactive_outputs(notebook)
    secure(notebook)
    for carrier, page in pages:
        carrier.data["text/html"] = page
    exporter = exporter or make_exporter()
    html, _resources = exporter.from_notebook_node(notebook, resources=resources)
    path = folder / REPORT_FILE
    write_whole(path, _without_body_metadata(html))
    return path


def _take_pages(
    notebook: nbformat.NotebookNode, resources: dict[str, Any]
) -> list[tuple[nbformat.NotebookNode, str]]:
    """Return the outputs that carry a bundle with their pages, which are taken out of them.

    Only what the converter made runs; HTML that came with an output does not, and may look alike.
    """
    outputs = [each for each in _outputs(notebook) if BUNDLE_MIME_TYPE in each.get("data", {})]
    if not outputs:
        return []
    before = [output.data.get("text/html") for output in outputs]
    import_item(WIDGET_CONVERTER)().preprocess(notebook, resources)
    pages = []
    for output, html in zip(outputs, before, strict=True):
        page = output.data.get("text/html")
        if page is not None and page != html:
            output.data["text/html"] = ""
            pages.append((output, page))
    return pages


def _without_body_metadata(html: str) -> str:
    """Show `<meta>` in the body as text: it can send the browser to another address.

    The policy in the head of the report cannot prevent that.
    """
    head, body, content = html.partition("<body")
    return head + body + _META.sub("&lt;meta", content)


def _outputs(notebook: nbformat.NotebookNode) -> Iterator[nbformat.NotebookNode]:
    for cell in notebook.cells:
        yield from cell.get("outputs", [])


def _remove_interactive_outputs(notebook: nbformat.NotebookNode) -> None:
    """Remove widgets, which have a static picture next to them, and the recorded metrics."""
    notebook.metadata.pop("widgets", None)
    for output in _outputs(notebook):
        for mime_type in (WIDGET_MIME_TYPE, SCRAP_MIME_TYPE):
            output.get("data", {}).pop(mime_type, None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("data") != {}]


def _header(record: RunRecord, hint: str) -> dict[str, Any]:
    error = record.error
    return {
        "id": record.id,
        "title": Path(record.notebook).name,
        "state": record.state.replace("_", " "),
        "sign": SIGNS[record.state],
        "error": "\n".join(filter(None, (error.message, error.hint))) if error else "",
        "sections": sections(record, hint=hint),
    }
