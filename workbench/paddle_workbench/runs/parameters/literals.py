"""Literals of Python: read from code, and written as code."""

from __future__ import annotations

import ast
import math
import warnings
from typing import Any

__all__ = ["PARSE_ERRORS", "literal_in", "parse_literal", "write_literal"]

PARSE_ERRORS = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What Python raises for code that it cannot parse, NUL characters and deep nesting included."""

_CONSTANTS = {"inf": math.inf, "nan": math.nan}
_MODULES = frozenset(("math", "np", "numpy"))


def literal_in(expression: ast.expr) -> Any:
    """Return the value of a literal; `float("inf")`, `math.inf`, `np.nan` and `inf` are literals.

    Raises
    ------
    ValueError
        If it is not a literal.
    """
    try:
        return ast.literal_eval(_Constants().visit(expression))
    except (TypeError, *PARSE_ERRORS) as error:
        raise ValueError("It is not a literal.") from error


def parse_literal(text: str) -> Any:
    """Return the value of a text that is a literal.

    Raises
    ------
    ValueError
        If it is not.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes in its strings
            return literal_in(ast.parse(text.strip(), mode="eval").body)
    except PARSE_ERRORS as error:
        raise ValueError("It is not a literal.") from error


def write_literal(value: Any) -> str:
    """Return the value of a parameter as Python code, also if it contains infinity or NaN."""
    if isinstance(value, dict):
        items = (f"{write_literal(key)}: {write_literal(item)}" for key, item in value.items())
        return f"{{{', '.join(items)}}}"
    if isinstance(value, list):
        return f"[{', '.join(write_literal(item) for item in value)}]"
    if isinstance(value, tuple):
        end = "," if len(value) == 1 else ""
        return f"({', '.join(write_literal(item) for item in value)}{end})"
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({str(value)!r})"
    return repr(value)


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
        if not isinstance(node.value, ast.Name) or node.value.id not in _MODULES:
            return node
        return ast.Constant(_CONSTANTS[node.attr]) if node.attr in _CONSTANTS else node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(_CONSTANTS[node.id]) if node.id in _CONSTANTS else node
