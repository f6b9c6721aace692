"""The parameters of a notebook: declarations in its `parameters` cell, and parsing of values.

papermill inspects the cell with a regular expression, which misses lines with two equals signs and
strings with a `#`. The cell is Python, so here it is parsed as Python.
"""

from __future__ import annotations

import ast
import difflib
import io
import itertools
import json
import math
import tokenize
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

import nbformat

from ..contract import Parameter
from ..errors import ParameterError

__all__ = ["defaults", "parameter_cell", "parse_sweep", "parse_values", "read_parameters"]

TAG = "parameters"

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


def parameter_cell(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode | None:
    """Return the first code cell with the tag `parameters`; None if there is none."""
    cells: Iterator[nbformat.NotebookNode] = (
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and TAG in cell.metadata.get("tags", [])
    )
    return next(cells, None)


def read_parameters(notebook: nbformat.NotebookNode) -> list[Parameter]:
    """Return the parameters that a notebook declares, in order.

    A parameter is an assignment of a literal to one name. Its type is that of its annotation, or
    of its default if it has none. A comment at the end of the line is its help text.

    Raises
    ------
    ParameterError
        If the `parameters` cell is not valid Python.
    """
    cell = parameter_cell(notebook)
    if cell is None:
        return []
    try:
        tree = ast.parse(cell.source)
    except SyntaxError as error:
        raise ParameterError(
            f"The parameters cell is not Python: line {error.lineno}: {error.msg}.",
            "Fix the cell. It should contain only assignments of literals.",
        ) from error
    comments = _comments(cell.source)
    parameters: dict[str, Parameter] = {}
    for statement in tree.body:
        declaration = _declaration(statement)
        if declaration is not None:
            name, kind, default = declaration
            text = comments.get(statement.end_lineno or 0, "")
            parameters[name] = Parameter(name=name, type=kind, default=default, help=text)
    return list(parameters.values())


def defaults(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Return the default of every parameter, by name."""
    return {parameter.name: parameter.default for parameter in parameters}


def parse_values(parameters: Sequence[Parameter], texts: Mapping[str, str]) -> dict[str, Any]:
    """Parse the values of parameters, given as texts on the command line.

    Numbers are written as in Python, bools as `true` and `false`, lists and dicts as JSON.

    Parameters
    ----------
    parameters : sequence of Parameter
        The parameters that the notebook declares.
    texts : mapping
        The texts by the name of their parameter.

    Raises
    ------
    ParameterError
        If the notebook has no such parameter, or a text is not a value of its type.
    """
    by_name = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Any] = {}
    for name, text in texts.items():
        if name not in by_name:
            matches = difflib.get_close_matches(name, by_name, n=1)
            guess = f" Did you mean {matches[0]}?" if matches else ""
            raise ParameterError(
                f"The notebook has no parameter {name!r}.{guess}", _listing(parameters)
            )
        try:
            values[name] = _parse(by_name[name], text)
        except (ValueError, TypeError) as error:
            raise ParameterError(
                f"{name} takes {_FORMS[by_name[name].type]}, not {text!r}.", _listing(parameters)
            ) from error
    return values


def parse_sweep(parameters: Sequence[Parameter], axes: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return every combination of values of the parameters to sweep.

    Without such parameters it is one empty combination.

    Parameters
    ----------
    parameters : sequence of Parameter
        The parameters that the notebook declares.
    axes : mapping
        The values by the name of their parameter, separated by commas. A comma inside brackets
        does not separate.

    Raises
    ------
    ParameterError
        As for `parse_values`.
    """
    values = {
        name: [parse_values(parameters, {name: text})[name] for text in _split(texts)]
        for name, texts in axes.items()
    }
    return [
        dict(zip(values, combination, strict=True))
        for combination in itertools.product(*values.values())
    ]


def _split(texts: str) -> list[str]:
    parts, depth = [""], 0
    for character in texts:
        depth += (character in "[{") - (character in "]}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


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
        default = ast.literal_eval(value)
    except ValueError:
        # Computed from other names: it would be stale after papermill has set those.
        return None
    default = list(default) if isinstance(default, tuple) else default
    kind = _type_in(annotation) or _type_of(default)
    return None if kind is None else (target.id, kind, default)


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
        return _type_in(ast.parse(annotation.value, mode="eval").body)
    return _ANNOTATIONS.get(annotation.id) if isinstance(annotation, ast.Name) else None


def _comments(source: str) -> dict[int, str]:
    """Return the comments at the end of lines, by line number."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: token.string.lstrip("#").strip()
        for token in tokens
        if token.type == tokenize.COMMENT and not token.line.lstrip().startswith("#")
    }


def _parse(parameter: Parameter, text: str) -> Any:
    if text == "None" and parameter.default is None:
        return None
    return _PARSERS[parameter.type](text.strip() if parameter.type != "str" else text)


def _bool(text: str) -> bool:
    word = text.lower()
    if word not in ("true", "1", "false", "0"):
        raise ValueError(text)
    return word in ("true", "1")


def _float(text: str) -> float:
    value = float(text)
    # Runs are recorded as JSON, which has neither infinity nor NaN.
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _json(kind: type) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        value = json.loads(text)
        if not isinstance(value, kind):
            raise TypeError(text)
        return value

    return parse


def _anything(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


_PARSERS: dict[str, Callable[[str], Any]] = {
    "int": int,
    "float": _float,
    "bool": _bool,
    "str": str,
    "list": _json(list),
    "dict": _json(dict),
    "none": _anything,
}
_FORMS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "a text",
    "list": "a list as JSON, for example [1, 2]",
    "dict": 'a dict as JSON, for example {"a": 1}',
    "none": "a value",
}


def _listing(parameters: Sequence[Parameter]) -> str:
    if not parameters:
        return "It has no parameters. Assign literals in a cell with the tag `parameters`."
    lines = [
        f"  {parameter.name}: {parameter.type} = {parameter.default!r}"
        + (f"  # {parameter.help}" if parameter.help else "")
        for parameter in parameters
    ]
    return "Its parameters are:\n" + "\n".join(lines)
