"""The types of parameters, from their annotations, type comments and defaults."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...contract import ParameterType
from .literals import PARSE_ERRORS

__all__ = ["Annotation", "parse_type_comment", "read_annotation", "type_of"]

# The order matters: a bool is an int.
_TYPE_OF: tuple[tuple[type, ParameterType], ...] = (
    (bool, "bool"),
    (int, "int"),
    (float, "float"),
    (str, "str"),
    (list, "list"),
    (tuple, "tuple"),
    (dict, "dict"),
    (type(None), "none"),
)
_NAMES: dict[str, ParameterType] = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "str": "str",
    "list": "list",
    "List": "list",
    "tuple": "tuple",
    "Tuple": "tuple",
    "dict": "dict",
    "Dict": "dict",
    "Mapping": "dict",
}
_WRAPPERS = frozenset(("Annotated", "ClassVar", "Final"))
_TYPE_COMMENT = re.compile(r"type:\s*(\S+)\s*")


@dataclass(frozen=True, slots=True)
class Annotation:
    """What an annotation says.

    Parameters
    ----------
    type : str or None
        None if it does not name a type that a parameter can have, `none` if it names several.
    optional : bool
        Whether the value may be None.
    choices : list or None
        The values of a `Literal`, without None.
    """

    type: ParameterType | None = None
    optional: bool = False
    choices: list[Any] | None = None


def type_of(value: object) -> ParameterType | None:
    """Return the type of a value; None if a parameter cannot have it."""
    return next((kind for python, kind in _TYPE_OF if isinstance(value, python)), None)


def read_annotation(annotation: ast.expr | None) -> Annotation:
    """Return what an annotation says; `list[X]` is a list, and `X | None` an optional X."""
    match annotation:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _union([read_annotation(left), read_annotation(right)])
        case ast.Constant(value=None):
            return Annotation("none", optional=True)
        case ast.Constant(value=str(text)):
            return _parse(text)
        case ast.Subscript(value=value, slice=index):
            return _subscript(_name(value), index)
        case ast.Name() | ast.Attribute():
            return Annotation(_NAMES.get(_name(annotation)))
    return Annotation()


def parse_type_comment(comment: str) -> tuple[Annotation, str]:
    """Return the type that a comment starts with, as in `# type: int the size`, and the rest."""
    match = _TYPE_COMMENT.match(comment)
    if match is None:
        return Annotation(), comment
    text, rest = match[1], comment[match.end() :]
    while rest and text.count("[") > text.count("]"):
        word, _space, rest = rest.partition(" ")
        text = f"{text} {word}"
    return _parse(text), rest.strip()


def _parse(text: str) -> Annotation:
    try:
        return read_annotation(ast.parse(text, mode="eval").body)
    except PARSE_ERRORS:
        return Annotation()


def _name(node: ast.expr) -> str:
    """Return the name of a type, without its module."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _subscript(name: str, index: ast.expr) -> Annotation:
    members = index.elts if isinstance(index, ast.Tuple) else [index]
    if name == "Literal":
        return _literal(members)
    if name == "Optional":
        return _union([read_annotation(index), Annotation("none", optional=True)])
    if name == "Union":
        return _union([read_annotation(member) for member in members])
    if name in _WRAPPERS and members:
        return read_annotation(members[0])
    return Annotation(_NAMES.get(name))


def _literal(members: Sequence[ast.expr]) -> Annotation:
    try:
        values = [ast.literal_eval(member) for member in members]
    except (*PARSE_ERRORS, TypeError):
        return Annotation()
    choices = [value for value in values if value is not None]
    optional = len(choices) < len(values)
    if not choices:
        return Annotation("none", optional=optional)
    return Annotation(_common([type_of(value) for value in choices]), optional, choices)


def _union(members: Sequence[Annotation]) -> Annotation:
    optional = any(member.optional for member in members)
    others = [member for member in members if member != Annotation("none", optional=True)]
    if not others:
        return Annotation("none", optional=optional)
    choices: list[Any] | None = []
    for member in others:
        choices = None if choices is None or member.choices is None else choices + member.choices
    return Annotation(_common([member.type for member in others]), optional, choices)


def _common(types: Sequence[ParameterType | None]) -> ParameterType | None:
    """Return the type of values that have one of these types."""
    names = set(types)
    if None in names:
        return None
    if names == {"int", "float"}:
        return "float"
    return types[0] if len(names) == 1 else "none"
