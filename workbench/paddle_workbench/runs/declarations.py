"""The parameters that a notebook declares in its `parameters` cell.

papermill inspects the cell with a regular expression, which misses lines with two equals signs and
strings with a `#`. The cell is Python, so here it is parsed as Python, after IPython has translated
its magics.
"""

from __future__ import annotations

import ast
import io
import math
import re
import tokenize
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import nbformat

from ..contract import Parameter
from ..errors import ParameterError

__all__ = ["INJECTED_TAG", "computed_from", "injected_values", "read_parameters"]

TAG = "parameters"
INJECTED_TAG = "injected-parameters"
"""papermill's tag for the cell with the values that a run was given."""

ParameterType = Literal["int", "float", "bool", "str", "list", "dict", "none"]

# The order matters: a bool is an int.
_TYPE_OF: tuple[tuple[type, ParameterType], ...] = (
    (bool, "bool"),
    (int, "int"),
    (float, "float"),
    (str, "str"),
    (list, "list"),
    (tuple, "list"),
    (dict, "dict"),
    (type(None), "none"),
)
_ANNOTATIONS: dict[str, ParameterType] = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "str": "str",
    "list": "list",
    "List": "list",
    "tuple": "list",
    "Sequence": "list",
    "dict": "dict",
    "Dict": "dict",
    "Mapping": "dict",
}
_CONSTANTS = {"inf": math.inf, "nan": math.nan}
_CONSTANT_MODULES = frozenset(("math", "np", "numpy"))
# Cell magics that run the rest of the cell as Python, in the notebook's namespace.
_PYTHON_MAGIC = re.compile(r"\s*%%(?:capture|prun|time)\b.*")
# What Python raises for code that it cannot parse, NUL characters and deep nesting included.
_PARSE_ERRORS = (SyntaxError, ValueError, RecursionError, MemoryError)


def read_parameters(notebook: nbformat.NotebookNode) -> list[Parameter]:
    """Return the parameters that a notebook declares, in order.

    A parameter is an assignment of a literal to one name; `float("inf")`, `math.inf` and `np.nan`
    count as literals. Its type is that of its annotation, or of its default if it has none. A
    comment at the end of the line is its help text. In the output of an earlier run the default is
    the value that the run was given.

    Raises
    ------
    ParameterError
        If the `parameters` cell is not valid Python.
    """
    cell = _tagged_cell(notebook, TAG)
    if cell is None:
        return []
    source, tree = _parsed(cell.source)
    comments = _comments(source)
    given = injected_values(notebook)
    parameters: dict[str, Parameter] = {}
    for statement in tree.body:
        declaration = _declaration(statement)
        if declaration is not None:
            name, kind, default = declaration
            text = comments.get(statement.end_lineno or 0, "")
            default = given.get(name, default)
            parameters[name] = Parameter(name=name, type=kind, default=default, help=text)
    return list(parameters.values())


def injected_values(notebook: nbformat.NotebookNode) -> dict[str, Any]:
    """Return the values that an earlier run was given, if the notebook is the output of one.

    Raises
    ------
    ParameterError
        If the cell with these values is not valid Python.
    """
    cell = _tagged_cell(notebook, INJECTED_TAG)
    if cell is None:
        return {}
    _source, tree = _parsed(cell.source)
    declarations = (_declaration(statement) for statement in tree.body)
    return {name: value for name, _kind, value in filter(None, declarations)}


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
    cell = _tagged_cell(notebook, TAG)
    changed = {name: name for name in names}
    computed: dict[str, str] = {}
    for statement in _parsed(cell.source)[1].body if cell is not None else []:
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


def _tagged_cell(notebook: nbformat.NotebookNode, tag: str) -> nbformat.NotebookNode | None:
    """Return the first code cell with a tag."""
    cells: Iterator[nbformat.NotebookNode] = (
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and tag in cell.metadata.get("tags", [])
    )
    return next(cells, None)


def _parsed(source: str) -> tuple[str, ast.Module]:
    """Return the source of a cell as plain Python, and its syntax tree."""
    try:
        return source, ast.parse(source)
    except _PARSE_ERRORS:
        pass
    python = _without_magics(source)
    try:
        return python, ast.parse(python)
    except _PARSE_ERRORS as error:
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
    except _PARSE_ERRORS:
        return source


def _declaration(statement: ast.stmt) -> tuple[str, ParameterType, Any] | None:
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
        default = ast.literal_eval(_Constants().visit(value))
    except (ValueError, TypeError, RecursionError, MemoryError):
        # Computed from other names: it would be stale after papermill has set those.
        return None
    default = list(default) if isinstance(default, tuple) else default
    kind = _type_in(annotation) or _type_of(default)
    return None if kind is None else (target.id, kind, default)


class _Constants(ast.NodeTransformer):
    """Replaces infinity and NaN, which Python has no literals for, with their values."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        is_float = isinstance(node.func, ast.Name) and node.func.id == "float"
        if not is_float or node.keywords or len(node.args) != 1:
            return node
        try:
            return ast.Constant(float(ast.literal_eval(node.args[0])))
        except (ValueError, TypeError, OverflowError):
            return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if not isinstance(node.value, ast.Name) or node.value.id not in _CONSTANT_MODULES:
            return node
        return ast.Constant(_CONSTANTS[node.attr]) if node.attr in _CONSTANTS else node


def _type_of(value: object) -> ParameterType | None:
    return next((kind for python, kind in _TYPE_OF if isinstance(value, python)), None)


def _type_in(annotation: ast.expr | None) -> ParameterType | None:
    """Return the type that an annotation names; `X | None` and `list[X]` count as X and list."""
    if isinstance(annotation, ast.BinOp):
        return _type_in(annotation.left) or _type_in(annotation.right)
    if isinstance(annotation, ast.Subscript):
        if isinstance(annotation.value, ast.Name) and annotation.value.id == "Optional":
            return _type_in(annotation.slice)
        return _type_in(annotation.value)
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            return _type_in(ast.parse(annotation.value, mode="eval").body)
        except _PARSE_ERRORS:
            return None
    return _ANNOTATIONS.get(annotation.id) if isinstance(annotation, ast.Name) else None


def _comments(source: str) -> dict[int, str]:
    """Return the comments at the end of lines, by line number."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: token.string.lstrip("#").strip()
        for token in tokens
        if token.type == tokenize.COMMENT and not token.line.lstrip().startswith("#")
    }
