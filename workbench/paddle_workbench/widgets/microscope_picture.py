"""The microscope without widgets: the folded graph as SVG, for reports and GitHub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from ..program.model.structure import Op, Program

__all__ = ["folded_graph", "folded_svg"]

# A static picture with more boxes would be unreadable.
MOST_BOXES = 60
_HIDDEN = frozenset({"builtin.parameter", "builtin.constant", "pd_op.full", "pd_op.full_int_array"})
_BOX_HEIGHT = 30
_LAYER_HEIGHT = 58
_CHARACTER = 7.2
_GAP = 24


def folded_graph(
    program: Program, layers: Mapping[int, str]
) -> tuple[dict[str, int], set[tuple[str, str]]]:
    """Return the network's outermost layers, the ops outside of them, and their connections.

    Parameters
    ----------
    layers : mapping of int to str
        The layer of each op, by id of the op; see `program.model.layers`.

    Returns
    -------
    boxes : dict of str to int
        Number of ops in each box, in execution order. A key is the name of a layer, or the name of
        an op followed by a space and its id.
    edges : set of (str, str)
    """
    visible_ops = [op for op in program.ops if op.name not in _HIDDEN]
    depth = _shared_depth([layers.get(op.id, op.layer) for op in visible_ops])
    boxes: dict[str, int] = {}
    box_of_value: dict[int, str] = {}
    edges: set[tuple[str, str]] = set()
    for op in visible_ops:
        box = _box_of(op, layers.get(op.id, op.layer), depth)
        boxes[box] = boxes.get(box, 0) + sum(inner.name not in _HIDDEN for inner in op.walk())
        for inner in op.walk():
            for value in inner.inputs:
                source = box_of_value.get(value) if value is not None else None
                if source is not None and source != box:
                    edges.add((source, box))
            box_of_value |= dict.fromkeys(inner.outputs, box)
    return boxes, edges


def _box_of(op: Op, layer: str, start: int) -> str:
    names = layer.split(".") if layer else []
    return ".".join(names[: start + 1]) if len(names) > start else f"{op.kind} {op.id}"


def _shared_depth(layers: Sequence[str]) -> int:
    """Return the number of leading names that all layers share.

    Without it the picture might have only a single box.
    """
    paths = [layer.split(".") for layer in layers if layer]
    if len(paths) < len(layers) or not paths:
        return 0
    depth = 0
    for names in zip(*paths, strict=False):
        if len(set(names)) > 1:
            break
        depth += 1
    return depth


def folded_svg(program: Program, layers: Mapping[int, str], label: str, count_text: str) -> str:
    """Return the folded graph as an SVG element in the colours of the page.

    Parameters
    ----------
    label : str
        Label for screen readers.
    count_text : str
        Text for a number of ops; contains `{count}`.
    """
    boxes, edges = folded_graph(program, layers)
    names = list(boxes)[:MOST_BOXES]
    depths = _depths(names, edges)
    texts = {
        name: name.rsplit(" ", 1)[0] if boxes[name] == 1 else f"{name} · {boxes[name]}"
        for name in names
    }
    widths = {name: len(texts[name]) * _CHARACTER + 20 for name in names}
    rows: dict[int, list[str]] = {}
    for name in names:
        rows.setdefault(depths[name], []).append(name)
    total = max((sum(widths[name] + _GAP for name in row) for row in rows.values()), default=_GAP)
    places = _places(rows, widths, total)
    parts = []
    for source, goal in sorted(edges):
        if source in places and goal in places:
            (x1, y1), (x2, y2) = places[source], places[goal]
            parts.append(
                f'<path d="M{x1:.0f} {y1 + _BOX_HEIGHT:.0f}L{x2:.0f} {y2:.0f}" '
                'fill="none" stroke="currentColor" stroke-opacity="0.5"/>'
            )
    for name in names:
        x, y = places[name]
        title = escape(count_text.format(count=boxes[name]))
        parts.append(
            f"<g><title>{escape(name)}: {title}</title>"
            f'<rect x="{x - widths[name] / 2:.0f}" y="{y:.0f}" width="{widths[name]:.0f}" '
            f'height="{_BOX_HEIGHT}" rx="4" fill="none" stroke="currentColor"/>'
            f'<text x="{x:.0f}" y="{y + 19:.0f}" text-anchor="middle" font-size="12" '
            f'fill="currentColor">{escape(texts[name])}</text></g>'
        )
    height = (max(rows, default=0) + 1) * _LAYER_HEIGHT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(label)}" '
        f'viewBox="0 0 {total:.0f} {height}" width="{total:.0f}" '
        f'style="max-width:100%;height:auto" font-family="sans-serif">{"".join(parts)}</svg>'
    )


def _depths(names: Sequence[str], edges: set[tuple[str, str]]) -> dict[str, int]:
    """Return the length of the longest path to each box; boxes are in execution order."""
    sources: dict[str, list[str]] = {}
    for source, goal in edges:
        sources.setdefault(goal, []).append(source)
    depths: dict[str, int] = {}
    for name in names:
        source_depths = (depths[source] for source in sources.get(name, ()) if source in depths)
        depths[name] = max(source_depths, default=-1) + 1
    return depths


def _places(
    rows: Mapping[int, Sequence[str]], widths: Mapping[str, float], total: float
) -> dict[str, tuple[float, float]]:
    """Return the middle of each box's top edge, with centred rows."""
    places: dict[str, tuple[float, float]] = {}
    for layer, names in rows.items():
        x = (total - sum(widths[name] + _GAP for name in names)) / 2
        for name in names:
            places[name] = (x + (widths[name] + _GAP) / 2, layer * _LAYER_HEIGHT + 4)
            x += widths[name] + _GAP
    return places
