"""Notebooks that other programs wrote are read, whatever they do a little differently."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import nbformat
import pytest

from paddle_workbench.errors import NotebookError
from paddle_workbench.notebooks import Notebook

CODE = {
    "cell_type": "code",
    "execution_count": None,
    "id": "one",
    "metadata": {},
    "outputs": [],
    "source": "1",
}


def write(path: Path, *cells: Any, before: str = "", **fields: Any) -> Path:
    content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | fields
    path.write_text(before + json.dumps(content), encoding="utf-8")
    return path


def read(path: Path) -> Notebook:
    """Read a notebook, and hold what is read to the format and to silence."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        notebook = Notebook.read(path)
        nbformat.validate(notebook.node)
        nbformat.writes(notebook.node).encode()
    return notebook


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "from_elsewhere.ipynb"


def test_valid_notebook_stays_as_it_is(path: Path, tmp_path: Path) -> None:
    notebook = read(write(path, CODE))
    assert not notebook.is_repaired
    (tmp_path / "copy").mkdir()
    assert notebook.write_to(tmp_path / "copy").read_bytes() == path.read_bytes()


def test_byte_order_mark_is_skipped(path: Path) -> None:
    assert read(write(path, CODE, before="\ufeff")).node.cells[0].source == "1"


def test_heading_becomes_markdown(path: Path) -> None:
    heading = {"cell_type": "heading", "level": 2, "metadata": {}, "source": ["求和\n", "sums"]}
    (cell,) = read(write(path, heading, nbformat_minor=0)).node.cells
    assert (cell.cell_type, cell.source) == ("markdown", "## 求和 sums")


def test_every_cell_gets_an_id_of_its_own(path: Path) -> None:
    names = ["one", "one", "my cell", "", None, "one-2", "a" * 70, 7, "求和"]
    cells = [CODE | {"id": name} for name in names]
    cells.append({key: value for key, value in CODE.items() if key != "id"})
    ids = [cell.id for cell in read(write(path, *cells)).node.cells]
    assert ids[:6] == ["one", "one-3", "my-cell", "cell-4", "cell-5", "one-2"]
    assert ids[6:] == ["a" * 50, "cell-8", "cell-9", "cell-10"]


@pytest.mark.parametrize("minor", [0, 2, 4])
def test_cells_of_older_formats_get_the_same_ids_each_time(path: Path, minor: int) -> None:
    old = {key: value for key, value in CODE.items() if key != "id"}
    write(path, old, old, nbformat_minor=minor)
    assert [cell.id for cell in read(path).node.cells] == ["cell-1", "cell-2"]


def test_missing_fields_are_filled_in(path: Path) -> None:
    outputs = [
        {"output_type": "stream", "text": "a"},
        {"output_type": "display_data", "data": {"text/plain": "b"}},
        {"output_type": "execute_result", "data": {"text/plain": "c"}, "metadata": {}},
        {"output_type": "error", "ename": "E", "evalue": "d"},
    ]
    cells = [
        {"cell_type": "code", "source": "1"},
        {"cell_type": "code", "source": None, "outputs": outputs},
        {"cell_type": "markdown"},
    ]
    notebook = read(write(path, *cells, metadata={"kernelspec": {"name": "python3"}}))
    assert notebook.node.cells[0].outputs == []
    assert [output.output_type for output in notebook.node.cells[1].outputs] == [
        "stream",
        "display_data",
        "execute_result",
        "error",
    ]
    assert notebook.node.metadata.kernelspec.name == "python3"


def test_fields_of_a_newer_format_are_dropped(path: Path, tmp_path: Path) -> None:
    output = {"output_type": "stream", "name": "stdout", "text": "1", "colour": "red"}
    cell = CODE | {"mood": "new", "outputs": [output]}
    notebook = read(write(path, cell, nbformat_minor=9, theme="dark"))
    assert notebook.is_repaired
    assert notebook.node.nbformat_minor == 5
    assert notebook.node.cells[0].outputs == [
        {"output_type": "stream", "name": "stdout", "text": "1"}
    ]
    (tmp_path / "copy").mkdir()
    copied = notebook.write_to(tmp_path / "copy")
    assert not read(copied).is_repaired


def test_half_a_surrogate_pair_is_replaced(path: Path) -> None:
    output = {"output_type": "stream", "name": "stdout", "text": "a\ud83db \ud83d\ude00"}
    cell = CODE | {"source": "'\udc00'", "outputs": [output]}
    (found,) = read(write(path, cell)).node.cells
    assert found.source == "'\ufffd'"
    assert found.outputs[0].text == "a\ufffdb \U0001f600"


@pytest.mark.parametrize(
    "cell", [7, {}, CODE | {"cell_type": "graph"}, CODE | {"outputs": [{"output_type": "x"}]}]
)
def test_refuses_what_cannot_be_repaired(path: Path, cell: Any) -> None:
    with pytest.raises(NotebookError, match="not a valid notebook"):
        read(write(path, cell))
