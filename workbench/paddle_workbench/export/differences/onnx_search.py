"""The first op of a program whose value an ONNX graph gets wrong: see `value_search`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...program.passes.comparison import TOLERANCE, Array
from .onnx_causes import QUANTISING, clipped_share, setting_of, weights_of
from .onnx_graph import Graph, WebSession
from .quantisation import QUANTISED_LIMITS, QUANTISED_TOLERANCE
from .value_search import LIMITS, Cures, GraphOp, ValueSearch, largest_of

__all__ = ["paddle2onnx_names", "search"]


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
        `model`: path of the ONNX file; `ops` of the program, in order, as fields of `GraphOp`;
        `outputs`: ids of its outputs; `values`: ids of the arrays in `values`; `runtime`: `web` for
        ONNX Runtime Web.
    inputs : mapping of str to array
    expected : sequence of arrays
        The right outputs.
    values : sequence of arrays
    report : callable
        Called with what is known before the search, which may end the process.

    Returns
    -------
    dict
        `difference` of the outputs, `tolerance`, `is_quantised`; if they are not equal, `where` is
        `runtime` with `level`, the level of optimisation, or `graph` with `op` and others (see
        `ValueSearch.first`), or `unknown`; `weights` are the names of those which differ, if any;
        `settings`: an attribute that explains the op; `clipped`: the share of values that a
        quantisation clips; `is_native_equal`: whether ONNX Runtime is right where the web's is not.
    """
    is_web = request.get("runtime") == "web"
    path = Path(request["model"])
    graph = Graph(path, inputs, WebSession(Path.cwd()) if is_web else None)
    is_quantised = any(node.op_type in QUANTISING for node in graph.nodes)
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
    if is_web:
        native = largest_of(Graph(path, inputs).run(), expected)
        answer["is_native_equal"] = native <= tolerance
    elif largest_of(graph.run(level="none"), expected) <= tolerance:
        levels = ("basic", "extended", "all")
        bad = (
            level for level in levels if largest_of(graph.run(level=level), expected) > tolerance
        )
        return answer | {"where": "runtime", "level": next(bad, "all")}
    answer |= weights_of(graph, expected, tolerance)
    known = dict(zip(request["values"], values, strict=True))
    known |= dict(zip(request["outputs"], expected, strict=True))
    ops = [GraphOp(**op) for op in request["ops"]]

    def explain(sources: Sequence[GraphOp], nodes: Sequence[Any], cures: Cures) -> dict[str, Any]:
        return {
            "settings": setting_of(graph, sources, nodes, cures),
            "clipped": clipped_share(graph, searching.found, nodes),
        }

    searching = ValueSearch(
        graph,
        ops,
        list(request["outputs"]),
        known,
        paddle2onnx_names(ops),
        tolerance=tolerance,
        explain=explain,
    )
    found = searching.first(QUANTISED_LIMITS if is_quantised else LIMITS)
    return answer | (found or {"where": "unknown"})


def paddle2onnx_names(ops: Sequence[GraphOp]) -> dict[int, str]:
    """Return the names that Paddle2ONNX gives to values: kind, number among its kind, output."""
    counts: Counter[str] = Counter()
    names = {}
    for op in ops:
        for at, value in enumerate(op.outputs):
            names[value] = f"p2o.pd_op.{op.kind}.{counts[op.kind]}.{at}"
        counts[op.kind] += 1
    return names
