"""The overhead of a run: records, events, saving, and the report."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from paddle_workbench.runs.runner import Plan, run_notebook

from .table import show

CELLS = 5_000


def main() -> None:
    new = nbformat.v4
    cells = [new.new_code_cell(f"x = {i}", id=f"cell-{i}") for i in range(CELLS)]
    kernelspec = {"name": "paddle", "display_name": "paddle", "language": "python"}
    notebook = new.new_notebook(cells=cells, metadata={"kernelspec": kernelspec})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "many_cells.ipynb")
        nbformat.write(notebook, path)
        started = time.perf_counter()
        NotebookClient(notebook, kernel_name="paddle").execute()
        bare_s = time.perf_counter() - started
        started = time.perf_counter()
        run_notebook(Plan(path, {}, Path(folder, "runs")), lambda _event, _record: None)
        run_s = time.perf_counter() - started
    title = f"A notebook of {CELLS} cells `x = i` (goal: under 60 s more than its bare cells)"
    show(title, [("nbclient, the bare cells", [bare_s]), ("workbench run", [run_s])], "s")
