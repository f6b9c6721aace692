"""Rules for the content of a lesson, checked by reading it, and of any notebook's code."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

import nbformat

from ..course.notebook import lesson_metadata
from ..errors import LessonMetadataError, NotebookError
from ..notebooks import Notebook
from .comparison.options import check_options
from .results import StructuralFinding
from .shared_predictors import Cell, find_shared_predictors
from .unsolved_exercises import uses_of_unsolved_exercises

__all__ = ["check_code", "check_structure"]

KERNEL = "paddle"
MAXIMUM_COLUMNS = 88
TAGS = frozenset(
    (
        "parameters",
        "raises-exception",
        "skip-execution",
        "nbval-ignore-output",
        "nbval-skip",
        "hide-input",
    )
)

_WORD = re.compile(r"^[a-z][a-z0-9_]*(-[a-z0-9_]+)*$")
# Ids that nbformat and JupyterLab generate.
_GENERATED = re.compile(
    r"^(?=.*\d)[0-9a-f]{8}(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})?$"
)
_ABSOLUTE = re.compile(
    r"""["'](?:/(?:home|root|Users|tmp|var|usr|opt|mnt|media|etc|srv|data|work|workspace)(?=[/"'])"""
    r"""|~/|[A-Za-z]:[\\/])[^"'\n]*"""
)
_HOME = re.compile(r"(?<![\w.…~])/(?:home/\w+|root|Users/\w+)/[^\s'\"]*")
_INSTALL = re.compile(
    r"^\s*[!%]\s*(?:python\S* -m )?(?:uv )?(?:pip|conda|mamba|apt|apt-get)\b", re.M
)

_Rule = Callable[[Notebook], Iterator[StructuralFinding]]


def check_structure(notebook: Notebook) -> list[StructuralFinding]:
    """Return the problems of a lesson's notebook, without running its cells."""
    return [finding for rule in _RULES for finding in rule(notebook)]


def check_code(notebook: Notebook) -> list[StructuralFinding]:
    """Return the mistakes in the code of any notebook, without running its cells."""
    cells = [Cell(cell.get("id"), cell.source) for cell in _code_cells(notebook)]
    return [
        StructuralFinding(
            rule="shared_predictor",
            message=each.message,
            cell=each.used.cell,
            line=each.used.line,
            code=each.code,
        )
        for each in find_shared_predictors(cells)
    ]


def _metadata(notebook: Notebook) -> Iterator[StructuralFinding]:
    try:
        lesson_metadata(notebook.node, notebook.path)
    except LessonMetadataError as error:
        yield StructuralFinding(rule="metadata", message=error.message)


def _kernel(notebook: Notebook) -> Iterator[StructuralFinding]:
    name = notebook.node.metadata.get("kernelspec", {}).get("name")
    if name != KERNEL:
        yield StructuralFinding(
            rule="kernel", message=f"The kernel is {name!r}; lessons run in `{KERNEL}`."
        )


def _cell_ids(notebook: Notebook) -> Iterator[StructuralFinding]:
    # From the file: reading with nbformat repairs missing and duplicate ids.
    cells: list[dict[str, Any]] = notebook.json["cells"]
    ids = [str(cell.get("id", "")) for cell in cells]
    for position, name in enumerate(ids):
        message = ""
        if not name:
            message = f"Cell {position + 1} has no id."
        elif name in ids[:position]:
            message = f"Two cells have the id `{name}`."
        elif not _WORD.match(name) or _GENERATED.match(name):
            message = f"The id `{name}` of cell {position + 1} is not a word, like `train`."
        if message:
            yield StructuralFinding(rule="cell_id", message=message, cell=name or None)


def _tags(notebook: Notebook) -> Iterator[StructuralFinding]:
    for cell in notebook.node.cells:
        for tag in cell.metadata.get("tags", []):
            if tag not in TAGS:
                message = f"Unknown tag `{tag}`; the known ones are {', '.join(sorted(TAGS))}."
                yield StructuralFinding(rule="tag", message=message, cell=cell.get("id"))


def _parameters(notebook: Notebook) -> Iterator[StructuralFinding]:
    code = _code_cells(notebook)
    tagged = [cell for cell in code if "parameters" in cell.metadata.get("tags", [])]
    message = ""
    if not tagged:
        message = "No cell has the tag `parameters`."
    elif len(tagged) > 1:
        message = f"{len(tagged)} cells have the tag `parameters`; one is enough."
    elif tagged[0] is not code[0]:
        message = "The parameters cell is not the first code cell."
    if message:
        yield StructuralFinding(rule="parameters", message=message)


def _width(notebook: Notebook) -> Iterator[StructuralFinding]:
    for cell in _code_cells(notebook):
        for number, line in enumerate(cell.source.splitlines(), start=1):
            # A Chinese character is two columns wide, as editors and ruff count.
            columns = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)
            if columns > MAXIMUM_COLUMNS:
                message = f"Line {number} has {columns} columns; {MAXIMUM_COLUMNS} is the limit."
                yield StructuralFinding(rule="width", message=message, cell=cell.get("id"))


def _paths(notebook: Notebook) -> Iterator[StructuralFinding]:
    for cell in _code_cells(notebook):
        for match in _ABSOLUTE.finditer(cell.source):
            message = f"Absolute path {match.group()[1:]!r}; write it relative to the notebook."
            yield StructuralFinding(rule="absolute_path", message=message, cell=cell.get("id"))
        for match in _HOME.finditer(json.dumps(cell.outputs, ensure_ascii=False)):
            message = f"The output contains the path {match.group()!r}; record it with --update."
            yield StructuralFinding(rule="absolute_path", message=message, cell=cell.get("id"))
            break


def _installs(notebook: Notebook) -> Iterator[StructuralFinding]:
    for cell in _code_cells(notebook):
        match = _INSTALL.search(cell.source)
        if match:
            message = f"`{match.group().strip()}` installs packages; lessons use what is locked."
            yield StructuralFinding(rule="install", message=message, cell=cell.get("id"))


def _errors(notebook: Notebook) -> Iterator[StructuralFinding]:
    for cell in _code_cells(notebook):
        names = [output.ename for output in cell.outputs if output.output_type == "error"]
        if names and "raises-exception" not in cell.metadata.get("tags", []):
            message = f"A {names[0]} is stored, and the cell is not tagged `raises-exception`."
            yield StructuralFinding(rule="stored_error", message=message, cell=cell.get("id"))


def _check_metadata(notebook: Notebook) -> Iterator[StructuralFinding]:
    for cell in _code_cells(notebook):
        try:
            check_options(cell)
        except NotebookError as error:  # noqa: PERF203 - each cell has its own
            yield StructuralFinding(rule="check", message=error.message, cell=cell.get("id"))


def _code_cells(notebook: Notebook) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.node.cells if cell.cell_type == "code"]


_RULES: tuple[_Rule, ...] = (
    _metadata,
    _kernel,
    _cell_ids,
    _tags,
    _parameters,
    _width,
    _paths,
    _installs,
    _errors,
    _check_metadata,
    uses_of_unsolved_exercises,
)
