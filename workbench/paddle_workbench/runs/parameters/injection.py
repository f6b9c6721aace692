"""The cell that sets the parameters of a run, and what can make it say something else than ran."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import nbformat

from ...errors import ParameterError
from ...execution import is_python, language_of
from .declarations import (
    INJECTED_TAG,
    TAG,
    computed_from,
    injected_values,
    parse_cell,
    tagged_cells,
)
from .literals import PARSE_ERRORS, write_literal
from .secrets import secret_value
from .values import shortened

__all__ = ["injected_source", "injection_warnings"]


def injected_source(values: Mapping[str, Any]) -> str:
    """Return the Python code of the cell that sets parameters.

    papermill's own turns a tuple and the keys of a dict into texts.
    """
    lines = [f"{name} = {write_literal(value)}" for name, value in values.items()]
    return "\n".join(["# Parameters", *lines, ""])


def injection_warnings(notebook: nbformat.NotebookNode, names: Collection[str]) -> list[str]:
    """Return where a run will not do what its parameters say, as sentences.

    Parameters
    ----------
    notebook : NotebookNode
        It has been read by `read_parameters`.
    names : collection of str
        The parameters that are set.
    """
    changed = [*names, *injected_values(notebook)]
    return [
        *_injected_before(notebook, names),
        *_missing_cell(notebook, names),
        *(
            f"{name} keeps its default value: the parameters cell computes it from {parameter}, "
            f"before {parameter} is set. Move the line with {name} to the next cell."
            for name, parameter in computed_from(notebook, changed).items()
        ),
        *_set_again(notebook, changed),
    ]


def _injected_before(notebook: nbformat.NotebookNode, names: Collection[str]) -> Iterator[str]:
    """Yield a warning about the values that the output of an earlier run already has."""
    values = {
        name: "…" if secret_value(name, value) else shortened(str(value)).strip("'\"")
        for name, value in injected_values(notebook).items()
        if name not in names
    }
    if values:
        stay = ", ".join(f"{name} = {value}" for name, value in values.items())
        yield f"The notebook is the output of an earlier run, whose values stay: {stay}."


def _missing_cell(notebook: nbformat.NotebookNode, names: Collection[str]) -> Iterator[str]:
    """Yield a warning if it is not known which parameters the notebook has."""
    if not names or tagged_cells(notebook, INJECTED_TAG):
        return
    listed = ", ".join(names)
    if not tagged_cells(notebook, TAG):
        yield (
            f"No cell has the tag `{TAG}`, so a new first cell sets {listed}, as papermill does. "
            "A cell that assigns the same name replaces the value."
        )
    elif not is_python(notebook):
        yield (
            f"The parameters are in {language_of(notebook)}, so whether there is {listed} was not "
            "checked."
        )


def _set_again(notebook: nbformat.NotebookNode, names: Collection[str]) -> Iterator[str]:
    """Yield a warning for each parameter that a cell sets to a literal after its value was set."""
    if not is_python(notebook):
        return
    tagged = tagged_cells(notebook, INJECTED_TAG) or tagged_cells(notebook, TAG)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    later = code[code.index(tagged[0]) + 1 :] if tagged else code
    seen: set[str] = set()
    for cell in later:
        for name in _assigned_literals(cell.source):
            if name in names and name not in seen:
                seen.add(name)
                place = f" `{cell.id}`" if cell.get("id") else ""
                yield f"{name} is set again in a later cell{place}; its value counts only before."


def _assigned_literals(source: str) -> Iterator[str]:
    """Yield the names that a cell sets to a literal, whatever was in them before."""
    try:
        tree = parse_cell(source)
    except ParameterError:
        return
    for statement in tree.body:
        if isinstance(statement, ast.AnnAssign):
            targets: list[ast.expr] = [statement.target]
        elif isinstance(statement, ast.Assign):
            targets = statement.targets
        else:
            continue
        try:
            ast.literal_eval(statement.value or "")
        except (TypeError, *PARSE_ERRORS):
            continue
        yield from (target.id for target in targets if isinstance(target, ast.Name))
