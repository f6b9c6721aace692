"""The first op that an MNN model gets wrong, and the layer that loses most by smaller weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...program.passes.comparison import HALF_TOLERANCE, TOLERANCE, Array
from .mnn_graph import WITH_WEIGHTS, MnnGraph
from .onnx_search import paddle2onnx_names
from .quantisation import QUANTISED_LIMITS, QUANTISED_TOLERANCE
from .value_search import LIMITS, GraphOp, ValueSearch, largest_of, size_of

__all__ = ["search"]

_TOLERANCES = {"fp32": TOLERANCE, "fp16": HALF_TOLERANCE, "int8": QUANTISED_TOLERANCE}
_LIMITS = {"fp32": LIMITS, "fp16": (TOLERANCE, HALF_TOLERANCE), "int8": QUANTISED_LIMITS}


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
        As for `onnx_search.search`, with `folder` instead of `model`, and `aliases`: the names that
        MNN's converter gives to values, by those in ONNX; `weights` of a signature without them.
    inputs, expected, values, report
        As for `onnx_search.search`.

    Returns
    -------
    dict
        `difference` of the outputs, `tolerance`, `weights`; with smaller weights `loss`, see
        `_largest_loss`; if the outputs are not equal, `where` is `graph` with `op` and others (see
        `ValueSearch.first`), or `unknown`.
    """
    graph = MnnGraph(Path(request["folder"]), inputs, request["weights"])
    tolerance = _TOLERANCES[graph.weights]
    difference = largest_of(graph.run(graph.outputs), expected)
    answer: dict[str, Any] = {
        "difference": str(difference),
        "tolerance": tolerance,
        "weights": graph.weights,
    }
    report(answer)
    is_equal = difference <= tolerance
    if is_equal and graph.weights == "fp32":
        return answer
    known = dict(zip(request["values"], values, strict=True))
    known |= dict(zip(request["outputs"], expected, strict=True))
    ops = [GraphOp(**op) for op in request["ops"]]
    names = {
        value: request["aliases"].get(name, name) for value, name in paddle2onnx_names(ops).items()
    }
    searching = ValueSearch(graph, ops, list(request["outputs"]), known, names, tolerance=tolerance)
    if graph.weights != "fp32":
        answer["loss"] = _largest_loss(graph, searching)
        report(answer)
    if is_equal:
        return answer
    found = searching.first(_LIMITS[graph.weights])
    return answer | (found or {"where": "unknown"})


def _largest_loss(graph: MnnGraph, searching: ValueSearch) -> dict[str, Any] | None:
    """Return the layer whose weights alone change its result most; None if none is known.

    Each layer is run alone, on the right values.

    Returns
    -------
    dict
        `op`: the id of the op that reads the weights; `result`: of that which returns the first
        value after it that MNN has; `own`: how much its weights alone change this value; `before`,
        `after`: the differences of what it takes and returns in the whole model; `layers`: how many
        there are.
    """
    known = {
        name: value
        for value, name in searching.names.items()
        if value in searching.known
        and name in graph.nodes
        and searching.found[name].shape == searching.known[value].shape
    }
    sizes = {
        name: size_of(searching.found[name], searching.known[value])
        for name, value in known.items()
    }
    losses = []
    for name, value in known.items():
        others = set(known) - {name}
        nodes = graph.between(name, others)
        if not any(node.op_type in WITH_WEIGHTS for node in nodes):
            continue
        before = graph.frontier(name, others)
        right = {each: searching.known[known[each]] for each in before}
        (result,) = graph.run([name], right)
        own = size_of(result, searching.known[value])
        before_size = max((sizes[each] for each in before), default=0.0)
        losses.append((own, before_size, sizes[name], value, before))
    if not losses:
        return None
    own, before_size, after, value, before = max(losses, key=lambda loss: loss[0])
    return {
        "op": _reads_weights(searching, value, before),
        "result": searching.makers[value].id,
        "own": str(own),
        "before": str(before_size),
        "after": str(after),
        "layers": len(losses),
    }


def _reads_weights(searching: ValueSearch, value: int, before: set[str]) -> int:
    """Return the first op with weights of those that compute a value from others."""
    known = {value for value, name in searching.names.items() if name in before}
    pending, inside = [value], set()
    while pending:
        maker = searching.makers.get(pending.pop())
        if maker is None or maker.id in inside:
            continue
        inside.add(maker.id)
        pending += [each for each in maker.inputs if each not in known]
    weights: set[int] = set()
    for op in searching.ops:
        if op.kind == "parameter" or (not op.computes and weights & set(op.inputs)):
            weights |= set(op.outputs)  # the weights of an LSTM are grouped
        elif op.id in inside and weights & set(op.inputs):
            return op.id
    return searching.makers[value].id
