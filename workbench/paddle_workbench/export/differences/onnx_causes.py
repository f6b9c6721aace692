"""Why an ONNX graph and a program give different values: weights, attributes, quantisation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from ...program.passes.comparison import Array, relative_difference
from .onnx_graph import Graph
from .quantisation import CLIPPED_SHARE
from .value_search import GraphOp, largest_of

__all__ = ["QUANTISING", "WEIGHTS", "clipped_share", "setting_of", "weights_of"]

WEIGHTS = "weights.npz"
"""The weights of the program by its own names."""

QUANTISING = frozenset({"QuantizeLinear", "DynamicQuantizeLinear"})

_SAME_WEIGHTS = 1e-5
_EDITABLE = ("axis", "axes", "perm", "epsilon", "alpha")
_WITH_SETTINGS = frozenset(
    {"axis", "axes", "perm", "epsilon", "begin_norm_axis", "value", "alpha", "negative_slope"}
)


class _WithWeights(Protocol):
    def weights(self) -> dict[str, Array]: ...

    def outputs_with(self, replaced: Mapping[str, Array]) -> list[Array]: ...


def weights_of(graph: _WithWeights, expected: Sequence[Array], tolerance: float) -> dict[str, Any]:
    """Return the weights that are not the program's, and whether they are the whole difference."""
    with np.load(WEIGHTS) as file:
        right = {name: file[name] for name in file.files}
    own = graph.weights()
    different = {
        name: theirs
        for name, theirs in _counterparts(own, right).items()
        if relative_difference(own[name], right[theirs]) > _SAME_WEIGHTS
    }
    if not different:
        return {}
    repaired = {name: right[theirs] for name, theirs in different.items()}
    try:
        explain = largest_of(graph.outputs_with(repaired), expected) <= tolerance
    except Exception:  # the runtime has no class for weights that it cannot take as inputs
        explain = False
    return {
        "weights": sorted(different.values()),
        "weight_count": len(right),
        "weights_explain": explain,
    }


def _counterparts(own: Mapping[str, Array], right: Mapping[str, Array]) -> dict[str, str]:
    """Return the weights of the program by their names in the target, where the shapes agree.

    Paddle numbers the layers of a process. If the networks were made in different processes, the
    names may differ, and the weights correspond in their order.
    """
    if own.keys() != right.keys() and len(own) == len(right):
        pairs = dict(zip(own, right, strict=True))
    else:
        pairs = {name: name for name in own if name in right}
    return {name: other for name, other in pairs.items() if own[name].shape == right[other].shape}


def setting_of(
    graph: Graph,
    sources: Sequence[GraphOp],
    nodes: Sequence[Any],
    cures: Callable[[Sequence[Array]], bool],
) -> dict[str, Any] | None:
    """Return the attribute that makes the outputs right if it is the one of the program.

    Parameters
    ----------
    graph : Graph
    sources : sequence of GraphOp
        The op and the constants that it reads.
    nodes : sequence of nodes
        Those which compute it in the graph.
    cures : callable
        Whether outputs are right.
    """
    import onnx

    right: list[Any] = [
        list(value) if isinstance(value, (list, tuple)) else value
        for source in sources
        for name, value in source.attributes.items()
        if name in _WITH_SETTINGS
    ]
    for node in nodes:
        for attribute in node.attribute:
            if attribute.name not in _EDITABLE:
                continue
            old = onnx.helper.get_attribute_value(attribute)
            old = old if isinstance(old, (int, float, bytes)) else list(old)
            for candidate in right:
                if not _is_alike(old, candidate) or candidate == old:
                    continue
                new = int(candidate) if isinstance(old, int) else candidate
                if _is_cured(graph, node, attribute.name, new, cures):
                    return {"name": attribute.name, "is": old, "right": new}
    return None


def clipped_share(graph: Graph, values: Mapping[str, Array], nodes: Sequence[Any]) -> float:
    """Return the largest share of values that a quantisation among nodes clips."""
    shares = [0.0]
    for node in nodes:
        if node.op_type not in QUANTISING or node.output[0] not in values:
            continue
        quantised = values[node.output[0]]
        limits = np.iinfo(quantised.dtype)
        at_limit = (quantised == limits.min) | (quantised == limits.max)
        restored = next(
            (
                values[other.output[0]]
                for other in graph.nodes
                if other.op_type == "DequantizeLinear" and other.input[0] == node.output[0]
            ),
            None,
        )
        source = values.get(node.input[0], graph.inputs.get(node.input[0]))
        # Zero is a limit of uint8, and a value like others after a ReLU.
        if restored is not None and source is not None and restored.shape == source.shape:
            step = float(np.abs(np.diff(np.unique(restored))).min(initial=np.inf))
            at_limit &= np.abs(source - restored) > step
        shares.append(float(at_limit.mean()) if at_limit.size else 0.0)
    return max(shares) if max(shares) > CLIPPED_SHARE else 0.0


def _is_cured(
    graph: Graph,
    node: Any,
    attribute: str,
    value: Any,
    cures: Callable[[Sequence[Array]], bool],
) -> bool:
    try:
        return cures(graph.outputs_if(node, attribute, value))
    except Exception:  # not a value for this node
        return False


def _is_alike(old: Any, new: Any) -> bool:
    """Return whether an attribute can have a value: a number, or a list of numbers."""
    if isinstance(new, list):
        return isinstance(old, list) and all(isinstance(item, int) for item in new)
    if isinstance(new, bool) or isinstance(old, (bytes, list)):
        return False
    if isinstance(old, int):
        return isinstance(new, int) or (isinstance(new, float) and new.is_integer())
    return isinstance(new, float)
