"""The overhead of a run: the start of the command, records, events, saving, and the report."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from paddle_workbench.runs.running.runner import Plan, run_notebook
from paddle_workbench.settings import HOME_VARIABLE, WARM_VARIABLE

from .kernels import fork_server
from .table import show

CELLS = 5_000
RUNS = 3


def measure_command() -> None:
    """Measure the commands of papermill and the workbench on a notebook with one small cell."""
    new = nbformat.v4
    kernelspec = {"name": "paddle", "display_name": "paddle", "language": "python"}
    notebook = new.new_notebook(
        cells=[new.new_code_cell("1 + 1")], metadata={"kernelspec": kernelspec}
    )
    with tempfile.TemporaryDirectory() as folder, fork_server():
        path = Path(folder, "small.ipynb")
        nbformat.write(notebook, path)
        commands = {
            "papermill": ["papermill", str(path), str(Path(folder, "output.ipynb"))],
            "workbench run": ["paddle_workbench.cli", "run", str(path)],
        }
        for warm, kind in (("0", "cold"), ("1", "warm")):
            environment = os.environ | {WARM_VARIABLE: warm, HOME_VARIABLE: folder}
            seconds: dict[str, list[float]] = {name: [] for name in commands}
            for _ in range(RUNS):
                for name, command in commands.items():
                    started = time.perf_counter()
                    subprocess.run(
                        [sys.executable, "-m", *command],
                        env=environment, capture_output=True, check=True,
                    )  # fmt: skip
                    seconds[name].append(time.perf_counter() - started)
            show(f"A notebook with one small cell, {kind} kernel", list(seconds.items()), "s")


def measure_in_process() -> None:
    """Measure a run in a process that has imported everything, next to its bare cells."""
    import papermill

    new = nbformat.v4
    kernelspec = {"name": "paddle", "display_name": "paddle", "language": "python"}
    with tempfile.TemporaryDirectory() as folder, fork_server():
        path = Path(folder, "small.ipynb")
        cells = [new.new_code_cell("1 + 1", id="one")]
        nbformat.write(new.new_notebook(cells=cells, metadata={"kernelspec": kernelspec}), path)
        output = str(Path(folder, "output.ipynb"))

        def run_bare() -> None:
            NotebookClient(nbformat.read(path, as_version=4), kernel_name="paddle").execute()

        def run_papermill() -> None:
            papermill.execute_notebook(str(path), output, progress_bar=False)

        def run_workbench() -> None:
            run_notebook(Plan(path, {}, Path(folder, "runs")), lambda _event, _record: None)

        subjects = {
            "nbclient, the bare cells": run_bare,
            "papermill": run_papermill,
            "workbench": run_workbench,
        }
        seconds: dict[str, list[float]] = {name: [] for name in subjects}
        for _ in range(RUNS + 1):
            for name, run in subjects.items():
                started = time.perf_counter()
                run()
                seconds[name].append(time.perf_counter() - started)
        rows = [(name, times[1:]) for name, times in seconds.items()]
        title = "The same in one process, warm kernels (goal: under 0.5 s more than the bare cells)"
        show(title, rows, "s")


def measure_cells() -> None:
    """Measure what a run adds to thousands of cells."""
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


def main() -> None:
    measure_command()
    measure_in_process()
    measure_cells()
