"""HTML and SVG: tables cell by cell, everything else by elements, attributes and texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import lxml.etree
import lxml.html

from ...contract import CheckDifference
from .matching import unmatched
from .options import CheckOptions
from .text import Place, compare_text

__all__ = ["compare_html", "compare_svg"]

# Attributes whose numbers are coordinates in a drawing, in pixels or points, and their tolerance.
_COORDINATES = {
    *("d", "points", "transform", "viewBox", "width", "height"),
    *("x", "y", "x1", "x2", "y1", "y2", "dx", "dy", "cx", "cy", "r", "rx", "ry"),
}
_DRAWING = CheckOptions(atol=0.05, whole_numbers=True)
# matplotlib and graphviz use random names; only which one refers to which matters.
_REFERENCE = re.compile(r"(?:url\(#|#)([\w.-]+)\)?")


@dataclass(frozen=True, slots=True)
class _Piece:
    """An element with its attributes, coordinates in a drawing, or a text, with its place."""

    kind: str
    text: str
    place: Place


def compare_html(
    expected: str, actual: str, place: Place, options: CheckOptions
) -> list[CheckDifference]:
    """Return how HTML differs from its reference; tables are compared row by row."""
    one, other = (_parse_html(text) for text in (expected, actual))
    tables, others = one.xpath("//table"), other.xpath("//table")
    if len(tables) != len(others):
        message = f"{len(others)} tables instead of {len(tables)}."
        return [place.difference("structure", message, expected=expected, found=actual)]
    for table, new in zip(tables, others, strict=True):
        old_shape, new_shape = _shape(table), _shape(new)
        if old_shape != new_shape:
            return [_shape_difference(table, new, place)]
    if options.unordered and tables:
        return [
            difference
            for table, new in zip(tables, others, strict=True)
            for difference in _compare_rows_unordered(table, new, place, options)
        ]
    return _compare_pieces(list(_pieces(one, place)), list(_pieces(other, place)), place, options)


def compare_svg(
    expected: str, actual: str, place: Place, options: CheckOptions
) -> list[CheckDifference]:
    """Return how a drawing differs: elements, coordinates, colours and texts."""
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    trees = []
    for name, text in (("reference", expected), ("output", actual)):
        try:
            trees.append(lxml.etree.fromstring(text.encode(), parser))
        except lxml.etree.XMLSyntaxError as error:  # noqa: PERF203 - two of them
            return [place.difference("unreadable", f"the {name} is not an SVG: {error}.")]
    one, other = trees
    _rename_references(one)
    _rename_references(other)
    return _compare_pieces(list(_pieces(one, place)), list(_pieces(other, place)), place, options)


def _parse_html(text: str) -> Any:
    return lxml.html.document_fromstring(f"<html><body>{text}</body></html>")


def _shape(table: Any) -> list[int]:
    """Return how many cells each row has, including spanned ones."""
    return [
        sum(int(cell.get("colspan", 1)) for cell in row.xpath("./th|./td"))
        for row in table.xpath(".//tr")
    ]


def _shape_difference(table: Any, new: Any, place: Place) -> CheckDifference:
    old_rows, new_rows = _shape(table), _shape(new)
    changes = []
    if len(old_rows) != len(new_rows):
        changes.append(f"{len(new_rows)} rows instead of {len(old_rows)}")
    columns, new_columns = max(old_rows, default=0), max(new_rows, default=0)
    if columns != new_columns:
        changes.append(f"{new_columns} columns instead of {columns}")
    message = f"the table has {' and '.join(changes) or 'rows of other lengths'}."
    return place.difference(
        "structure", message, expected=_table_text(table), found=_table_text(new)
    )


def _table_text(table: Any) -> str:
    return "\n".join(_row_text(row) for row in table.xpath(".//tr"))


def _row_text(row: Any) -> str:
    return " | ".join(" ".join(cell.text_content().split()) for cell in row.xpath("./th|./td"))


def _compare_rows_unordered(
    table: Any, new: Any, place: Place, options: CheckOptions
) -> list[CheckDifference]:
    ordered = options.model_copy(update={"unordered": False})
    missing, extra = unmatched(
        [_row_text(row) for row in table.xpath(".//tr")],
        [_row_text(row) for row in new.xpath(".//tr")],
        lambda one, other: not compare_text(one, other, place, ordered),
    )
    if not missing and not extra:
        return []
    message = f"in any order, {len(missing)} rows are missing and {len(extra)} are new."
    return [
        place.difference("structure", message, expected="\n".join(missing), found="\n".join(extra))
    ]


def _pieces(element: Any, place: Place) -> Iterator[_Piece]:
    """Yield elements and texts in the order of the document."""
    if not isinstance(element.tag, str):
        return
    if element.tag == "table":
        yield from _table_pieces(element, place)
        return
    yield from _element_pieces(element, place)


def _element_pieces(element: Any, place: Place) -> Iterator[_Piece]:
    tag = element.tag.rpartition("}")[2]
    names = sorted(element.keys())
    coordinates = _attributes(element, [name for name in names if name in _COORDINATES])
    others = _attributes(element, [name for name in names if name not in _COORDINATES])
    yield _Piece("element", f"<{tag}{others}>", place)
    if coordinates:
        yield _Piece("coordinates", coordinates, place)
    yield from _texts(element.text, place)
    for child in element:
        yield from _pieces(child, place)
        yield from _texts(child.tail, place)


def _table_pieces(table: Any, place: Place) -> Iterator[_Piece]:
    yield _Piece("element", f"<table{_attributes(table, sorted(table.keys()))}>", place)
    for number, row in enumerate(table.xpath(".//tr"), start=1):
        column = 1
        for cell in row.xpath("./th|./td"):
            at = Place(place.output, row=number, column=column)
            yield from _element_pieces(cell, at)
            column += int(cell.get("colspan", 1))


def _attributes(element: Any, names: list[str]) -> str:
    return "".join(f' {name}="{element.get(name)}"' for name in names)


def _texts(text: str | None, place: Place) -> Iterator[_Piece]:
    if text and text.strip():
        yield _Piece("text", text.strip(), place)


def _compare_pieces(
    one: list[_Piece], other: list[_Piece], place: Place, options: CheckOptions
) -> list[CheckDifference]:
    skeleton = [(piece.kind, piece.text.split()[0]) for piece in one if piece.kind == "element"]
    new = [(piece.kind, piece.text.split()[0]) for piece in other if piece.kind == "element"]
    if skeleton != new or [p.kind for p in one] != [p.kind for p in other]:
        return [_structure_difference(one, other, place)]
    # Where any number will do, what is drawn of it may lie anywhere.
    drawing = _DRAWING.model_copy(
        update={"numbers": options.numbers, "texts": "any" if options.numbers == "any" else "exact"}
    )
    return [
        difference
        for left, right in zip(one, other, strict=True)
        for difference in compare_text(
            left.text, right.text, left.place, drawing if left.kind == "coordinates" else options
        )
    ]


def _structure_difference(one: list[_Piece], other: list[_Piece], place: Place) -> CheckDifference:
    old, new = [piece.text for piece in one], [piece.text for piece in other]
    index = next(
        (i for i, (left, right) in enumerate(zip(old, new, strict=False)) if left != right),
        min(len(old), len(new)),
    )
    where = (one[index] if index < len(one) else one[-1]).place if one else place
    old_text = repr(old[index]) if index < len(old) else "nothing more"
    new_text = repr(new[index]) if index < len(new) else "nothing more"
    return where.difference(
        "structure",
        f"{new_text:.80} instead of {old_text:.80}.",
        expected="\n".join(old),
        found="\n".join(new),
    )


def _rename_references(tree: Any) -> None:
    """Rename all ids by their order, and the references to them."""
    names: dict[str, str] = {}
    for element in tree.iter():
        if isinstance(element.tag, str) and element.get("id") is not None:
            names.setdefault(element.get("id"), f"id-{len(names) + 1}")
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        for name, value in element.attrib.items():
            if name == "id":
                element.set(name, names[value])
            elif "#" in value:
                element.set(name, _REFERENCE.sub(lambda match: _renamed(match, names), value))


def _renamed(match: re.Match[str], names: dict[str, str]) -> str:
    name = match.group(1)
    return match.group().replace(name, names[name]) if name in names else match.group()
