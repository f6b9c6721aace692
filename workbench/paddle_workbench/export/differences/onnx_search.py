"""The first op of a program whose value an ONNX graph gets wrong.

The values of the program are known. An op is wrong if its inputs are right in the graph, its
output is not, and the outputs of the graph become right once its output is replaced by the
program's. That experiment proves two things at once: which value of the graph belongs to the op,
and that everything after it is right.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...program.passes.comparison import TOLERANCE, Array, relative_difference
from .onnx_graph import Graph

__all__ = ["QUANTISED_TOLERANCE", "WEIGHTS", "search"]

QUANTISED_TOLERANCE = 0.1
"""Of the outputs of a graph with int8: each quantised layer rounds to one of 256 values."""

# What counts as the same value. Rounding adds up from op to op: a strict limit finds small causes
# with large effects, a loose one still holds deep in a network.
_LIMITS = (1e-5, 1e-4, TOLERANCE)
_QUANTISED_LIMITS = (0.03, QUANTISED_TOLERANCE)
_MOST_EXPERIMENTS = 80
_MOST_GUESSES = 3
"""Values of the graph that are tried for one op, if no name tells which is its own."""
_CLIPPED_SHARE = 0.001

WEIGHTS = "weights.npz"
"""The weights of the program by its own names."""

_QUANTISING = frozenset({"QuantizeLinear", "DynamicQuantizeLinear"})
_EDITABLE = ("axis", "axes", "perm", "epsilon", "alpha")
_WITH_SETTINGS = frozenset(
    {"axis", "axes", "perm", "epsilon", "begin_norm_axis", "value", "alpha", "negative_slope"}
)


@dataclass(frozen=True, slots=True)
class _Op:
    """An op of the program, as the parent describes it."""

    id: int
    kind: str
    inputs: list[int]
    outputs: list[int]
    attributes: dict[str, Any]
    computes: bool


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
        `model`: path of the ONNX file; `ops` of the program, in order, as fields of `_Op`;
        `outputs`: ids of its outputs; `values`: ids of the arrays in `values`.
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
        `runtime`, or `graph` with `op` and others (see `_Search.first`), or `unknown`; `weights`
        are the names of those which differ, if any.
    """
    graph = Graph(Path(request["model"]), inputs)
    is_quantised = any(node.op_type in _QUANTISING for node in graph.nodes)
    tolerance = QUANTISED_TOLERANCE if is_quantised else TOLERANCE
    difference = _largest(graph.run(), expected)
    answer = {
        "difference": str(difference),
        "tolerance": tolerance,
        "is_quantised": is_quantised,
    }
    if difference <= tolerance:
        return answer
    report(answer)
    if _largest(graph.run(level="none"), expected) <= tolerance:
        levels = ("basic", "extended", "all")
        bad = (level for level in levels if _largest(graph.run(level=level), expected) > tolerance)
        return answer | {"where": "runtime", "level": next(bad, "all")}
    answer |= _weights(graph, expected, tolerance)
    known = dict(zip(request["values"], values, strict=True))
    known |= dict(zip(request["outputs"], expected, strict=True))
    ops = [_Op(**op) for op in request["ops"]]
    found = _Search(graph, ops, list(request["outputs"]), known, tolerance).first(
        _QUANTISED_LIMITS if is_quantised else _LIMITS
    )
    return answer | (found or {"where": "unknown"})


def _largest(results: Sequence[Array], expected: Sequence[Array]) -> float:
    if [each.shape for each in results] != [each.shape for each in expected]:
        return math.inf
    pairs = zip(results, expected, strict=True)
    return max((relative_difference(result, right) for result, right in pairs), default=0.0)


def _weights(graph: Graph, expected: Sequence[Array], tolerance: float) -> dict[str, Any]:
    """Return the weights that are not the program's, and whether they are the whole difference."""
    with np.load(WEIGHTS) as right:
        different = {
            name: right[name]
            for name, array in graph.weights().items()
            if name in right
            and array.shape == right[name].shape
            and relative_difference(array, right[name]) > _LIMITS[0]
        }
        count = len(right)
    if not different:
        return {}
    try:
        explain = _largest(graph.outputs_with(different), expected) <= tolerance
    except Exception:  # the runtime has no class for weights that it cannot take as inputs
        explain = False
    return {
        "weights": sorted(different),
        "weight_count": count,
        "weights_explain": explain,
    }


class _Search:
    def __init__(
        self,
        graph: Graph,
        ops: list[_Op],
        outputs: list[int],
        known: dict[int, Array],
        tolerance: float,
    ) -> None:
        self.graph = graph
        self.ops = ops
        self.outputs = outputs
        self.known = known
        self.tolerance = tolerance
        self.found = graph.values()
        self.makers = {value: op for op in ops for value in op.outputs}
        self.expected = [known[value] for value in outputs]
        # The program's outputs are the graph's, in the same order.
        names = _paddle2onnx_names(ops)
        self.names = {value: name for value, name in names.items() if name in self.found}
        self.names |= dict(zip(outputs, graph.outputs, strict=False))
        self.partners = {
            value: partner for value in known if (partner := self._partner(value)) is not None
        }
        results = [self.found[name] for name in graph.outputs]
        self.wrong = [
            at
            for at, (result, right) in enumerate(zip(results, self.expected, strict=False))
            if _size(result, right) > tolerance
        ]
        self.experiments = 0

    def _partner(self, value: int) -> tuple[str, float] | None:
        """Return the value of the graph that is this one, by name or else the nearest."""
        array = self.known[value]
        name = self.names.get(value)
        named = (name, _size(self.found[name], array)) if name is not None else None
        if value in self.outputs or (named is not None and named[1] <= _LIMITS[0]):
            return named
        alike = (
            (other, relative_difference(found, array))
            for other, found in self.found.items()
            if found.shape == array.shape and found.dtype.kind == array.dtype.kind
        )
        nearest = min(alike, key=lambda pair: pair[1], default=None)
        if named is None or (nearest is not None and nearest[1] <= _LIMITS[-1] < named[1]):
            return nearest
        return named

    def first(self, limits: Sequence[float]) -> dict[str, Any] | None:
        """Return the first wrong op, or None.

        Returns
        -------
        dict
            `where`: `graph`; `op`: its id; `since`: id of an op before it, from which on the graph
            has no value to compare, or None; `before`, `after`: differences as text; `nodes`: the
            op types in the graph that compute it; `settings`: an attribute that explains it;
            `clipped`: the share of values that a quantisation clips; `is_proven`.
        """
        for limit in limits:
            region = list(self._region(limit))
            for op in region:
                for value, name in self._candidates(op, limit):
                    if self.experiments >= _MOST_EXPERIMENTS:
                        return self._unproven(limits[-1])
                    if self._is_cured({name: self.known[value]}, value):
                        return self._answer(op, value, name, region, limit, is_proven=True)
        return self._unproven(limits[-1])

    def _unproven(self, limit: float) -> dict[str, Any] | None:
        """Return the first op that differs, if no single replacement makes the outputs right."""
        region = list(self._region(limit))
        for op in region:
            for value in op.outputs:
                if value in self.names and value in self.partners:
                    name = self.names[value]
                    return self._answer(op, value, name, region, limit, is_proven=False)
        return None

    def _is_right(self, value: int, limit: float) -> bool:
        partner = self.partners.get(value)
        return partner is not None and partner[1] <= limit

    def _region(self, limit: float) -> Iterator[_Op]:
        """Yield the ops between the last right values and the wrong outputs, in program order."""
        pending = [self.outputs[at] for at in self.wrong]
        inside: set[int] = set()
        while pending:
            op = self.makers.get(pending.pop())
            if op is None or op.id in inside:
                continue
            inside.add(op.id)
            pending += [value for value in op.inputs if not self._is_right(value, limit)]
        # Constants belong to the op that reads them.
        yield from (op for op in self.ops if op.id in inside and op.inputs)

    def _candidates(self, op: _Op, limit: float) -> Iterator[tuple[int, str]]:
        """Yield the values of the graph that may be what an op returns."""
        for value in op.outputs:
            if value not in self.known:
                continue
            if value in self.names and self.found[self.names[value]].shape == (
                self.known[value].shape
            ):
                yield value, self.names[value]
                continue
            taken = {name for name, size in self.partners.values() if size <= limit}
            array = self.known[value]
            alike = [
                (relative_difference(found, array), name)
                for name, found in self.found.items()
                if found.shape == array.shape
                and found.dtype == array.dtype
                and name not in taken
                and array.size > 1
            ]
            yield from ((value, name) for _, name in sorted(alike)[:_MOST_GUESSES])

    def _is_cured(self, replaced: dict[str, Array], value: int) -> bool:
        """Return whether a wrong output becomes right if the graph gets these values."""
        if value in self.outputs:
            return self.outputs.index(value) in self.wrong
        self.experiments += 1
        try:
            results = self.graph.outputs_with(replaced)
        except Exception:  # the runtime has no class for a value of another kind
            return False
        return self._cures(results)

    def _cures(self, results: Sequence[Array]) -> bool:
        return any(_size(results[at], self.expected[at]) <= self.tolerance for at in self.wrong)

    def _answer(
        self,
        op: _Op,
        value: int,
        name: str,
        region: list[_Op],
        limit: float,
        *,
        is_proven: bool,
    ) -> dict[str, Any]:
        before = [
            self.partners[each][1]
            for each in op.inputs
            if each in self.partners and each in self.makers
        ]
        right = {partner for partner, size in self.partners.values() if size <= limit} - {name}
        nodes = self.graph.between(name, right)
        return {
            "where": "graph",
            "op": op.id,
            "since": self._since(op, region, limit),
            "before": str(max((size for size in before if size <= limit), default=0.0)),
            "after": str(_size(self.found[name], self.known[value])),
            "nodes": [
                node.op_type for node in nodes if node.op_type not in ("Constant", "Identity")
            ],
            "settings": self._setting(op, nodes),
            "clipped": self._clipped(nodes),
            "is_proven": is_proven,
        }

    def _since(self, op: _Op, region: list[_Op], limit: float) -> int | None:
        """Return the first op before this one whose value the graph does not have."""
        ids = {each.id for each in region}
        pending, before, seen = [op], set(), set()
        while pending:
            for value in pending.pop().inputs:
                maker = self.makers.get(value)
                if maker is None or maker.id not in ids or self._is_right(value, limit):
                    continue
                if value in self.names and value in self.known:
                    continue
                if maker.id not in seen:
                    seen.add(maker.id)
                    pending.append(maker)
                    # Ops that only group values have none of their own.
                    before |= {maker.id} if maker.computes else set()
        return next((each.id for each in region if each.id in before), None)

    def _setting(self, op: _Op, nodes: Sequence[Any]) -> dict[str, Any] | None:
        """Return the attribute that makes the outputs right if it is the one of the program."""
        import onnx

        makers = [self.makers[value] for value in op.inputs if value in self.makers]
        sources = [op, *(maker for maker in makers if not maker.inputs)]
        right = [
            value
            for source in sources
            for name, value in source.attributes.items()
            if name in _WITH_SETTINGS
        ]
        for node in nodes:
            for attribute in node.attribute:
                if attribute.name not in _EDITABLE:
                    continue
                old = onnx.helper.get_attribute_value(attribute)
                for candidate in map(_plain, right):
                    if not _is_alike(old, candidate) or candidate == old:
                        continue
                    new = int(candidate) if isinstance(old, int) else candidate
                    if self._is_repaired(node, attribute.name, new):
                        old = list(old) if isinstance(new, list) else old
                        return {"name": attribute.name, "is": old, "right": new}
        return None

    def _is_repaired(self, node: Any, attribute: str, value: Any) -> bool:
        """Return whether a wrong output becomes right if an attribute has another value."""
        try:
            return self._cures(self.graph.outputs_if(node, attribute, value))
        except Exception:  # not a value for this node
            return False

    def _clipped(self, nodes: Sequence[Any]) -> float:
        """Return the largest share of values that a quantisation among nodes clips."""
        shares = [0.0]
        for node in nodes:
            if node.op_type not in _QUANTISING or node.output[0] not in self.found:
                continue
            quantised = self.found[node.output[0]]
            limits = np.iinfo(quantised.dtype)
            at_limit = (quantised == limits.min) | (quantised == limits.max)
            # Zero is a limit of uint8, and a value like others after a ReLU.
            restored = next(
                (
                    self.found[other.output[0]]
                    for other in self.graph.nodes
                    if other.op_type == "DequantizeLinear" and other.input[0] == node.output[0]
                ),
                None,
            )
            source = self.found.get(node.input[0], self.graph.inputs.get(node.input[0]))
            if restored is not None and source is not None and restored.shape == source.shape:
                step = float(np.abs(np.diff(np.unique(restored))).min(initial=np.inf))
                at_limit &= np.abs(source - restored) > step
            shares.append(float(at_limit.mean()) if at_limit.size else 0.0)
        return max(shares) if max(shares) > _CLIPPED_SHARE else 0.0


def _paddle2onnx_names(ops: Sequence[_Op]) -> dict[int, str]:
    """Return the names that Paddle2ONNX gives to values: kind, number among its kind, output."""
    counts: Counter[str] = Counter()
    names = {}
    for op in ops:
        for at, value in enumerate(op.outputs):
            names[value] = f"p2o.pd_op.{op.kind}.{counts[op.kind]}.{at}"
        counts[op.kind] += 1
    return names


def _size(result: Array, right: Array) -> float:
    return relative_difference(result, right) if result.shape == right.shape else math.inf


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, (list, tuple)) else value


def _is_alike(old: Any, new: Any) -> bool:
    """Return whether an attribute can have a value: a number, or a list of numbers."""
    if isinstance(new, list):
        return not isinstance(old, (int, float, bytes, str)) and all(
            isinstance(item, int) for item in new
        )
    if isinstance(new, bool) or isinstance(old, (bytes, str)):
        return False
    if isinstance(old, int):
        return isinstance(new, int) or (isinstance(new, float) and new.is_integer())
    return isinstance(old, float) and isinstance(new, float)
