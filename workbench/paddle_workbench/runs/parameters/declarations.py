"""The parameters that a notebook declares in its `parameters` cell.

papermill inspects the cell with a regular expression, which misses lines with two equals signs and
strings with a `#`. The cell is Python, so here it is parsed as Python, after IPython has translated
its magics.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import nbformat

from ...contract import Parameter
from ...errors import ParameterError
from ...execution import is_python
from .annotations import Annotation, parse_type_comment, read_annotation, type_of
from .constraints import Range, choices_in, range_in
from .literals import PARSE_ERRORS, literal_in
from .secrets import is_secret, secret_value

__all__ = [
    "INJECTED_TAG",
    "TAG",
    "computed_from",
    "injected_values",
    "parse_cell",
    "read_parameters",
    "tagged_cells",
]

TAG = "parameters"
"""papermill's tag for the cell that declares parameters."""

INJECTED_TAG = "injected-parameters"
"""papermill's tag for the cell with the values that a run was given."""

# A comment above the first parameter that says nothing about it.
_HEADING = re.compile(r"(?:default )?(?:parameters?|settings|参数|设置)\W*$|%%", re.I)
# A longer comment is prose.
_MAX_CHARACTERS = 1000
# Cell magics that run the rest of the cell as Python, in the notebook's namespace.
_PYTHON_MAGIC = re.compile(r"\s*%%(?:capture|prun|time)\b.*")


def read_parameters(notebook: nbformat.NotebookNode) -> list[Parameter]:
    """Return the parameters that a notebook declares, in order.

    A parameter is an assignment of a literal to one name; `float("inf")`, `math.inf` and `np.nan`
    count as literals. Its type is that of its annotation or type comment, or of its default if it
    has neither. The comment at the end of the line, or else above it, is its help text, and may
    state choices or a range. In the output of an earlier run the default is the value that the run
    was given, and what only that run was given is a parameter, too.

    Only cells in Python are read.

    Raises
    ------
    ParameterError
        If the `parameters` cell is not valid Python.
    """
    cell = _first_cell(notebook, TAG)
    given = injected_values(notebook)
    parameters: dict[str, Parameter] = {}
    if cell is not None and is_python(notebook):
        source, tree = _parsed(cell.source)
        comments = _Comments(source)
        for statement in tree.body:
            declaration = _declaration(statement)
            if declaration is None:
                continue
            parameter = _parameter(*declaration, comments.of(statement))
            if parameter is not None:
                parameters[parameter.name] = parameter
    for name, value in given.items():
        declared = parameters.get(name) or _parameter(name, Annotation(), value, "")
        if declared is not None:
            parameters[name] = declared.model_copy(update={"default": value})
    return list(parameters.values())


def injected_values(notebook: nbformat.NotebookNode) -> dict[str, Any]:
    """Return the values that an earlier run was given, if the notebook is the output of one.

    Raises
    ------
    ParameterError
        If the cell with these values is not valid Python.
    """
    cell = _first_cell(notebook, INJECTED_TAG)
    if cell is None or not is_python(notebook):
        return {}
    _source, tree = _parsed(cell.source)
    declarations = (_declaration(statement) for statement in tree.body)
    return {name: value for name, _annotation, value in filter(None, declarations)}


def computed_from(notebook: nbformat.NotebookNode, names: Iterable[str]) -> dict[str, str]:
    """Return the names that the `parameters` cell computes from parameters, before these are set.

    Parameters
    ----------
    notebook : NotebookNode
        Its `parameters` cell is valid Python.
    names : iterable of str
        The parameters that are set.

    Returns
    -------
    dict
        For each computed name the parameter that it is computed from.
    """
    cell = _first_cell(notebook, TAG)
    changed = {name: name for name in names}
    computed: dict[str, str] = {}
    if cell is None or not is_python(notebook):
        return {}
    for statement in _parsed(cell.source)[1].body:
        # Functions read names when they are called.
        if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            continue
        loaded, stored = _names_in(statement)
        source = next((changed[name] for name in loaded if name in changed), None)
        for name in stored:
            if source is not None and name not in changed:
                changed[name] = computed[name] = source
    return computed


def _names_in(statement: ast.stmt) -> tuple[list[str], list[str]]:
    """Return the names that a statement reads, and those that it sets."""
    names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
    loaded = [node.id for node in names if isinstance(node.ctx, ast.Load)]
    stored = [node.id for node in names if isinstance(node.ctx, ast.Store)]
    return loaded, stored


def tagged_cells(notebook: nbformat.NotebookNode, tag: str) -> list[nbformat.NotebookNode]:
    """Return the code cells with a tag; the first one is the one that counts."""
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and tag in cell.metadata.get("tags", [])
    ]


def parse_cell(source: str) -> ast.Module:
    """Return the syntax tree of a cell, with calls in place of its magics.

    Raises
    ------
    ParameterError
        If it is not valid Python.
    """
    return _parsed(source)[1]


def _first_cell(notebook: nbformat.NotebookNode, tag: str) -> nbformat.NotebookNode | None:
    return next(iter(tagged_cells(notebook, tag)), None)


def _parsed(source: str) -> tuple[str, ast.Module]:
    """Return the source of a cell as plain Python, and its syntax tree."""
    try:
        return source, ast.parse(source)
    except PARSE_ERRORS:
        pass
    python = _without_magics(source)
    try:
        return python, ast.parse(python)
    except PARSE_ERRORS as error:
        where = f"line {error.lineno}: " if isinstance(error, SyntaxError) else ""
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise ParameterError(
            f"The parameters cell is not Python: {where}{reason or 'it is nested too deeply'}.",
            "Fix the cell. It should contain only assignments of literals.",
        ) from error


def _without_magics(source: str) -> str:
    """Return the source of a cell with calls in place of magics, as IPython runs it."""
    # Imported here because it is slow to import, and few of these cells have magics.
    from IPython.core.inputtransformer2 import TransformerManager

    first, newline, rest = source.partition("\n")
    # A blank line keeps the numbers of the lines.
    code = newline + rest if _PYTHON_MAGIC.fullmatch(first) else source
    try:
        return TransformerManager().transform_cell(code)
    except PARSE_ERRORS:
        return source


def _declaration(statement: ast.stmt) -> tuple[str, Annotation, Any] | None:
    """Return the name, annotation and default that a statement assigns, if this is a literal."""
    targets: list[ast.expr]
    annotation: ast.expr | None
    if isinstance(statement, ast.AnnAssign):
        targets, annotation, value = [statement.target], statement.annotation, statement.value
    elif isinstance(statement, ast.Assign):
        targets, annotation, value = [*statement.targets], None, statement.value
    else:
        return None
    target = targets[0]
    if len(targets) > 1 or not isinstance(target, ast.Name) or value is None:
        return None
    try:
        default = literal_in(value)
    except ValueError:
        # Computed from other names: it would be stale after papermill has set those.
        return None
    return target.id, read_annotation(annotation), default


class _Comments:
    """The comments of a cell, at the ends of lines and on lines of their own."""

    def __init__(self, source: str) -> None:
        self._at_end: dict[int, str] = {}
        self._alone: dict[int, str] = {}
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                is_alone = token.line.lstrip().startswith("#")
                lines = self._alone if is_alone else self._at_end
                lines[token.start[0]] = token.string.lstrip("#").strip()

    def of(self, statement: ast.stmt) -> str:
        """Return the comment at the end of a statement, or else the one on the lines above it."""
        for line in (statement.end_lineno, statement.lineno):
            if comment := self._at_end.get(line or 0):
                return comment
        lines: list[str] = []
        line = statement.lineno - 1
        while line in self._alone:
            lines.insert(0, self._alone[line])
            line -= 1
        return "" if _HEADING.match(" ".join(lines)) else " ".join(lines)


def _parameter(name: str, annotation: Annotation, default: Any, comment: str) -> Parameter | None:
    """Return a parameter; None if it has none of the types of parameters."""
    declared, text = Annotation(), comment
    if len(comment) <= _MAX_CHARACTERS:
        declared, text = parse_type_comment(comment)
    if annotation == Annotation():
        annotation = declared
    kind = annotation.type or type_of(default)
    if kind is None:
        return None
    clauses = text if len(text) <= _MAX_CHARACTERS else ""
    choices = annotation.choices or choices_in(clauses, kind=kind, default=default)
    bounds = Range()
    if kind in ("int", "float"):
        bounds = range_in(clauses, name=name, default=default)
    return Parameter(
        name=name,
        type=kind,
        default=default,
        help=text,
        choices=choices,
        optional=annotation.optional or default is None,
        secret=secret_value(name, default) or (kind == "none" and is_secret(name)),
        **asdict(bounds),
    )
