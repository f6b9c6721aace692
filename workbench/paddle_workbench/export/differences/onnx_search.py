"""The first op of a program whose value an ONNX graph gets wrong.

The values of the program are known. An op is wrong if its inputs are right in the graph, its
output is not, and the outputs of the graph become right once its output is replaced by the
program's. That experiment proves two things at once: which value of the graph belongs to the op,
and that everything after it is right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...program.passes.comparison import TOLERANCE, Array, relative_difference
from .onnx_causes import (
    QUANTISING,
    GraphOp,
    clipped_share,
    largest_of,
    setting_of,
    size_of,
    weights_of,
)
from .onnx_graph import Graph

__all__ = ["QUANTISED_TOLERANCE", "search"]

QUANTISED_TOLERANCE = 0.1
"""Of the outputs of a graph with int8: each quantised layer rounds to one of 256 values."""

# What counts as the same value. Rounding adds up from op to op: a strict limit finds small causes
# with large effects, a loose one still holds deep in a network.
_LIMITS = (1e-5, 1e-4, TOLERANCE)
_QUANTISED_LIMITS = (0.03, QUANTISED_TOLERANCE)
_MOST_EXPERIMENTS = 80
_MOST_GUESSES = 3
"""Values of the graph that are tried for one op, if no name tells which is its own."""


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
    is_quantised = any(node.op_type in QUANTISING for node in graph.nodes)
    tolerance = QUANTISED_TOLERANCE if is_quantised else TOLERANCE
    difference = largest_of(graph.run(), expected)
    answer = {
        "difference": str(difference),
        "tolerance": tolerance,
        "is_quantised": is_quantised,
    }
    if difference <= tolerance:
        return answer
    report(answer)
    if largest_of(graph.run(level="none"), expected) <= tolerance:
        levels = ("basic", "extended", "all")
        bad = (
            level for level in levels if largest_of(graph.run(level=level), expected) > tolerance
        )
        return answer | {"where": "runtime", "level": next(bad, "all")}
    answer |= weights_of(graph, expected, tolerance)
    known = dict(zip(request["values"], values, strict=True))
    known |= dict(zip(request["outputs"], expected, strict=True))
    ops = [GraphOp(**op) for op in request["ops"]]
    found = _Search(graph, ops, list(request["outputs"]), known, tolerance).first(
        _QUANTISED_LIMITS if is_quantised else _LIMITS
    )
    return answer | (found or {"where": "unknown"})


class _Search:
    def __init__(
        self,
        graph: Graph,
        ops: list[GraphOp],
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
            if size_of(result, right) > tolerance
        ]
        self.experiments = 0

    def _partner(self, value: int) -> tuple[str, float] | None:
        """Return the value of the graph that is this one, by name or else the nearest."""
        array = self.known[value]
        name = self.names.get(value)
        named = (name, size_of(self.found[name], array)) if name is not None else None
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

    def _region(self, limit: float) -> Iterator[GraphOp]:
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

    def _candidates(self, op: GraphOp, limit: float) -> Iterator[tuple[int, str]]:
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
        return any(size_of(results[at], self.expected[at]) <= self.tolerance for at in self.wrong)

    def _answer(
        self,
        op: GraphOp,
        value: int,
        name: str,
        region: list[GraphOp],
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
        makers = [self.makers[each] for each in op.inputs if each in self.makers]
        sources = [op, *(maker for maker in makers if not maker.inputs)]
        return {
            "where": "graph",
            "op": op.id,
            "since": self._since(op, region, limit),
            "before": str(max((size for size in before if size <= limit), default=0.0)),
            "after": str(size_of(self.found[name], self.known[value])),
            "nodes": [
                node.op_type for node in nodes if node.op_type not in ("Constant", "Identity")
            ],
            "settings": setting_of(self.graph, sources, nodes, self._cures),
            "clipped": clipped_share(self.graph, self.found, nodes),
            "is_proven": is_proven,
        }

    def _since(self, op: GraphOp, region: list[GraphOp], limit: float) -> int | None:
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


def _paddle2onnx_names(ops: Sequence[GraphOp]) -> dict[int, str]:
    """Return the names that Paddle2ONNX gives to values: kind, number among its kind, output."""
    counts: Counter[str] = Counter()
    names = {}
    for op in ops:
        for at, value in enumerate(op.outputs):
            names[value] = f"p2o.pd_op.{op.kind}.{counts[op.kind]}.{at}"
        counts[op.kind] += 1
    return names
