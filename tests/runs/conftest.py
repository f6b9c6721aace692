"""Notebooks to run, and a folder for their runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import nbformat
import pytest

from paddle_workbench.contract import Parameter
from paddle_workbench.runs.parameters.declarations import read_parameters

NotebookMaker = Callable[..., Path]


def notebook_with(source: str, injected: str = "", *later: str) -> nbformat.NotebookNode:
    """Return a notebook with a parameters cell, the cell of an earlier run, and further cells."""
    sources = {"parameters": source, "injected-parameters": injected}
    tagged = [
        nbformat.v4.new_code_cell(text, metadata={"tags": [tag]})
        for tag, text in sources.items()
        if text
    ]
    others = [nbformat.v4.new_code_cell(text, id=f"later-{i}") for i, text in enumerate(later)]
    return nbformat.v4.new_notebook(cells=tagged + others)


def declared_in(source: str) -> list[Parameter]:
    """Return the parameters that a parameters cell declares."""
    return read_parameters(notebook_with(source))


def make_notebook(
    path: Path,
    cells: Sequence[tuple[str, str]],
    *,
    parameters: str = "num_epochs = 3  # passes over the data\nlr = 0.1",
    tags: dict[str, list[str]] | None = None,
    kernel: str = "paddle",
) -> Path:
    """Write a notebook with a parameters cell, followed by code cells given as (id, source)."""
    new = nbformat.v4
    code = [
        new.new_code_cell(parameters, id="parameters", metadata={"tags": ["parameters"]}),
        *(
            new.new_code_cell(source, id=name, metadata={"tags": (tags or {}).get(name, [])})
            for name, source in cells
        ),
    ]
    kernelspec = {"name": kernel, "display_name": kernel, "language": "python"}
    notebook = new.new_notebook(cells=code, metadata={"kernelspec": kernelspec})
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def lesson(tmp_path: Path) -> NotebookMaker:
    """Write a notebook `01_training.ipynb` in a folder of its own."""

    def make(*cells: tuple[str, str], **options: object) -> Path:
        folder = tmp_path / "lesson"
        folder.mkdir(exist_ok=True)
        return make_notebook(folder / "01_training.ipynb", cells, **options)  # type: ignore[arg-type]

    return make


@pytest.fixture
def runs(home: Path) -> Path:
    return home / "runs"
