"""The first op that another program of Paddle gets wrong: see `value_search`.

The other program may be quantised, as PaddleSlim and `paddle.quantization` write it: then
its ops are those of the program, with more between them that round values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np

from ...program.passes.comparison import TOLERANCE, Array, relative_difference
from ..mappers import OLD_NAMES
from .onnx_causes import weights_of
from .paddle_graph import PaddleGraph, PaddleNode, program_graph
from .quantisation import (
    QUANTISED_LIMITS,
    QUANTISED_TOLERANCE,
    clipped_share_of,
    is_quantising,
)
from .value_search import LIMITS, Cures, GraphOp, ValueSearch, largest_of

__all__ = ["search", "variables"]

_SETTINGS = frozenset(
    {"axis", "epsilon", "begin_norm_axis", "negative_slope", "alpha", "keepdim", "transpose_x",
     "transpose_y"}
)  # fmt: skip


def search(
    request: Mapping[str, Any],
    inputs: Mapping[str, Array],
    expected: Sequence[Array],
    values: Sequence[Array],
    report: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    """Return what differs, as JSON values.

    Parameters
    ----------
    request : mapping
        As for `onnx_search.search`, with `folder`, that of the other program, instead of `model`,
        and `is_legacy`.
    inputs, expected, values, report
        As for `onnx_search.search`.

    Returns
    -------
    dict
        `difference` of the outputs without passes, `tolerance`, `is_quantised`; if they are not
        equal, `where` is `graph` with `op` and others (see `ValueSearch.first`), or `unknown`;
        `weights`, `settings` and `clipped` as `onnx_search.search` returns them.
    """
    graph = program_graph(Path(request["folder"]), inputs, is_legacy=request["is_legacy"])
    is_quantised = any(is_quantising(node.op_type) for node in graph.nodes)
    tolerance = QUANTISED_TOLERANCE if is_quantised else TOLERANCE
    difference = largest_of(graph.run(), expected)
    answer: dict[str, Any] = {
        "difference": str(difference),
        "tolerance": tolerance,
        "is_quantised": is_quantised,
    }
    if difference <= tolerance:
        return answer
    report(answer)
    answer |= weights_of(graph, expected, tolerance)
    known = dict(zip(request["values"], values, strict=True))
    known |= dict(zip(request["outputs"], expected, strict=True))
    ops = [GraphOp(**op) for op in request["ops"]]

    def explain(
        sources: Sequence[GraphOp], nodes: Sequence[PaddleNode], cures: Cures
    ) -> dict[str, Any]:
        shares = (_clipped(graph, node) for node in nodes)
        return {
            "settings": _setting(graph, sources[0], nodes, cures),
            "clipped": max(shares, default=0.0),
        }

    searching = ValueSearch(
        graph,
        ops,
        list(request["outputs"]),
        known,
        _names(ops, known, graph),
        tolerance=tolerance,
        explain=explain,
        is_exact=True,
    )
    found = searching.first(QUANTISED_LIMITS if is_quantised else LIMITS)
    return answer | (found or {"where": "unknown"})


def variables(
    request: Mapping[str, Any],
    inputs: Mapping[str, Array],
    expected: Sequence[Array],
    values: Sequence[Array],
    _report: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    """Return which variables of a program in the legacy format are values of the program, by id."""
    graph = program_graph(Path(request["source"]), inputs, is_legacy=True)
    known = dict(zip(request["values"], values, strict=True))
    known |= dict(zip(request["outputs"], expected, strict=True))
    names = _names([GraphOp(**op) for op in request["ops"]], known, graph)
    found = graph.values()
    return {
        str(value): name
        for value, name in names.items()
        if relative_difference(found[name], known[value]) <= TOLERANCE
    }


def _clipped(graph: PaddleGraph, node: PaddleNode) -> float:
    if not is_quantising(node.op_type) or len(node.inputs) < 2:
        return 0.0
    arrays = graph.given() | graph.values()
    return clipped_share_of(node.op_type, *(arrays.get(name) for name in node.inputs[:2]))


def _names(
    ops: Sequence[GraphOp], known: Mapping[int, Array], graph: PaddleGraph
) -> dict[int, str]:
    """Return the values of the other program that stand at the same places, by id."""
    computing = [op for op in ops if op.inputs]
    nodes = [node for node in graph.nodes if node.inputs]
    matcher = SequenceMatcher(
        None,
        [_old_kind(op.kind) for op in computing],
        [_old_kind(node.op_type) for node in nodes],
        autojunk=False,
    )
    found = graph.values()
    names: dict[int, str] = {}
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            op, node = computing[block.a + step], nodes[block.b + step]
            left = [name for name in node.outputs if name in found]
            for value in op.outputs:
                if value not in known:
                    continue
                name = next(
                    (each for each in left if found[each].shape == known[value].shape), None
                )
                if name is not None:
                    names[value] = name
                    left.remove(name)
    return names


def _old_kind(kind: str) -> str:
    """Return the name of a kind of op in both formats."""
    plain = kind.removesuffix("_")
    return OLD_NAMES.get(plain, plain).removesuffix("_v2").removesuffix("2")


def _setting(
    graph: PaddleGraph, source: GraphOp, nodes: Sequence[PaddleNode], cures: Cures
) -> dict[str, Any] | None:
    """Return the attribute of the same op that is another one."""
    for node in nodes:
        for name in sorted(_SETTINGS & set(node.attributes) & set(source.attributes)):
            old, right = node.attributes[name], source.attributes[name]
            if type(old) is not type(right) or _is_same(old, right):
                continue
            try:
                is_cured = cures(graph.outputs_if(node, name, right))
            except Exception:  # an attribute that cannot be set
                is_cured = False
            return {"name": name, "is": old, "right": right, "is_proven": is_cured}
    return None


def _is_same(old: Any, right: Any) -> bool:
    if isinstance(old, float):
        return bool(np.isclose(old, right, rtol=1e-6))
    return bool(old == right)
