"""Programs as Paddle prints them: the text form of PIR, read without Paddle.

`str(program)` and the Predictor's own dump have the same form. It is the only one in which every
program of a pipeline is available, because some passes cannot be run from Python.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ...errors import ProgramError

__all__ = ["PrintedOp", "PrintedRegion", "ValueType", "read_program", "read_type"]

NULL = "<<NULL VALUE>>"

CACHED_TEXTS = 4096
CACHED_LENGTH = 1000
"""Longer attributes, such as arrays, are not cached."""

_DTYPES = {
    "b": "bool",
    "bf16": "bfloat16",
    "c128": "complex128",
    "c64": "complex64",
    "f16": "float16",
    "f32": "float32",
    "f64": "float64",
    "f8e4m3fn": "float8_e4m3fn",
    "f8e5m2": "float8_e5m2",
    "i16": "int16",
    "i32": "int32",
    "i64": "int64",
    "i8": "int8",
    "index": "index",
    "u8": "uint8",
}
_TENSOR = re.compile(r"(?:\w+_)?tensor<((?:-?\d+x)*)(\w+)>")
_NESTED = re.compile(r'[\[({<"]')
_HEAD = re.compile(r'^\s*\((?P<results>[^)]*)\) = "(?P<name>[^"]+)" ')


@dataclass(frozen=True, slots=True)
class ValueType:
    """The type of a value, from a format that does not print it; see `Value`."""

    shape: tuple[int, ...] | None
    dtype: str
    size_names: tuple[str, ...] = ()


@dataclass(slots=True)
class PrintedOp:
    """An op as it was printed; values are names such as `%12`, or None if missing."""

    name: str
    operands: list[str | None]
    results: list[str]
    attributes: dict[str, Any]
    result_types: Sequence[str | ValueType]
    regions: list[PrintedRegion] = field(default_factory=list)

    def walk(self) -> Iterator[PrintedOp]:
        """Yield this op and those inside its regions, in printed order."""
        yield self
        for region in self.regions:
            for op in region.ops:
                yield from op.walk()


@dataclass(slots=True)
class PrintedRegion:
    """The ops of a block and the values it takes."""

    arguments: list[str] = field(default_factory=list)
    argument_types: list[str | ValueType] = field(default_factory=list)
    ops: list[PrintedOp] = field(default_factory=list)


def read_program(text: str) -> PrintedRegion:
    """Read a program that `str(program)` returned.

    Raises
    ------
    ProgramError
        If a line is not an op.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or lines[0].strip() != "{":
        first = lines[0].strip()[:80] if lines else ""
        raise ProgramError(
            f"The text is not a printed program; it begins with {first!r}.",
            "Print it with str(program).",
        )
    region = PrintedRegion()
    end = _read_block(lines, 1, region)
    if end > len(lines):
        raise ProgramError("The printed program ends before its last brace.", "Print it again.")
    return region


@lru_cache(CACHED_TEXTS)
def read_type(text: str) -> ValueType:
    """Return a printed type; without a shape and with the text if it is not a single tensor."""
    match = _TENSOR.fullmatch(text.strip())
    if match is None:
        return ValueType(None, text.strip())
    sizes, dtype = match.groups()
    shape = tuple(int(size) for size in sizes.split("x") if size)
    return ValueType(shape, _DTYPES.get(dtype, dtype))


def _read_block(lines: list[str], start: int, region: PrintedRegion) -> int:
    """Read ops up to the closing brace of the block; return the index of the line after it."""
    index = start
    while index < len(lines):
        line = lines[index]
        stripped = line.strip()
        if stripped.startswith("}"):
            return index + 1
        if stripped.startswith("^"):
            region.arguments = re.findall(r"%arg_\w+|%\w+", _without_braces(stripped))
            index += 1
            continue
        op, opens = _read_op(line)
        region.ops.append(op)
        index += 1
        while opens:
            inner = PrintedRegion()
            op.regions.append(inner)
            index = _read_block(lines, index, inner)
            closing = lines[index - 1].strip() if index <= len(lines) else "}"
            opens = closing.startswith("} else") or closing.endswith("{")
    return index + 1


def _read_op(line: str) -> tuple[PrintedOp, bool]:
    head = _HEAD.match(line)
    if head is None:
        raise ProgramError(
            f"This line of a printed program is not an op: {line.strip()[:120]!r}.",
            "If Paddle printed it, the format has changed: report the version of Paddle.",
        )
    rest = line[head.end() :]
    operands, rest = _bracketed(rest, "(", ")")
    attributes: dict[str, Any] = {}
    rest = rest.strip()
    opens = rest.endswith("{")
    if opens:
        rest = rest[:-1].rstrip()
    if rest.startswith("{"):
        inside, rest = _bracketed(rest, "{", "}")
        short = len(inside) <= CACHED_LENGTH
        attributes = dict(_known_attributes(inside)) if short else _read_attributes(inside)
    arrow = rest.rfind("->")
    types = _types(rest[arrow + 2 :]) if arrow >= 0 else ()
    return (
        PrintedOp(
            name=head["name"],
            operands=[_operand(part) for part in _split(operands)],
            results=[part.strip() for part in head["results"].split(",") if part.strip()],
            attributes=attributes,
            result_types=types,
        ),
        opens,
    )


@lru_cache(CACHED_TEXTS)
def _types(text: str) -> tuple[str, ...]:
    return tuple(_split(text))


def _operand(text: str) -> str | None:
    name = text.split("=")[-1].strip()
    return None if name == NULL or not name.startswith("%") else name


def _bracketed(text: str, opening: str, closing: str) -> tuple[str, str]:
    """Return the text between the first bracket and its partner, and the text that follows."""
    depth = 0
    quoted = False
    begin = text.index(opening)
    for index in range(begin, len(text)):
        character = text[index]
        if character == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif character == opening:
            depth += 1
        elif character == closing:
            depth -= 1
            if depth == 0:
                return text[begin + 1 : index], text[index + 1 :]
    return text[begin + 1 :], ""


def _split(text: str) -> list[str]:
    """Split at commas outside brackets and quotation marks."""
    if not _NESTED.search(text):
        return [part.strip() for part in text.split(",")] if text.strip() else []
    parts: list[str] = []
    depth = 0
    quoted = False
    begin = 0
    for index, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif character in "([{" or (character == "<" and text[index : index + 2] != "<<"):
            depth += 1
        elif character in ")]}" or (character == ">" and text[index - 1 : index] != "-"):
            depth = max(depth - 1, 0)
        elif character == "," and depth == 0:
            parts.append(text[begin:index].strip())
            begin = index + 1
    last = text[begin:].strip()
    return [*parts, last] if last or parts else []


def _read_attributes(text: str) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    for part in _split(text):
        name, separator, value = part.partition(":")
        if separator:
            attributes[name.strip()] = _read_attribute(value.strip())
    return attributes


# The ops of one program, and of all its stages, have few different attributes.
_known_attributes = lru_cache(CACHED_TEXTS)(_read_attributes)


def _read_attribute(text: str) -> Any:
    """Return an attribute as a JSON value if possible, otherwise as text."""
    if text.startswith("["):
        return [_read_attribute(part) for part in _split(text[1:-1])]
    try:
        return json.loads(text)
    except ValueError:
        return text[1:-1] if text[:1] == text[-1:] == '"' and len(text) > 1 else text


def _without_braces(text: str) -> str:
    return re.sub(r"\{[^}]*\}", "", text)
