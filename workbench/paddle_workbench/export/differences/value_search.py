"""The first op of a program whose value the model of a target gets wrong.

The values of the program are known. An op is wrong if its inputs are right in the model, its
output is not, and the outputs of the model become right once that value is replaced by the
program's. That experiment proves two things at once: which value of the model belongs to the op,
and that everything after it is right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ...program.passes.comparison import TOLERANCE, Array, relative_difference

__all__ = ["LIMITS", "Cures", "GraphOp", "ValueGraph", "ValueSearch", "largest_of", "size_of"]

# What counts as the same value. Rounding adds up from op to op: a strict limit finds small causes
# with large effects, a loose one still holds deep in a network.
LIMITS = (1e-5, 1e-4, TOLERANCE)
_MOST_EXPERIMENTS = 80
_MOST_GUESSES = 3
"""Values of the model that are tried for one op, if no name tells which is its own."""


class ValueGraph(Protocol):
    """A model of a target whose values can be read and replaced, on one sample."""

    @property
    def outputs(self) -> Sequence[str]:
        """Names of its outputs."""

    def values(self) -> dict[str, Array]:
        """Return every value that it computes, by name."""

    def outputs_with(self, replaced: Mapping[str, Array]) -> list[Array]:
        """Return the outputs if what reads some values got these arrays instead."""

    def between(self, name: str, known: set[str]) -> list[Any]:
        """Return the nodes that compute a value from known ones; each has an `op_type`."""


@dataclass(frozen=True, slots=True)
class GraphOp:
    """An op of the program, as the parent process describes it.

    Parameters
    ----------
    id : int
    kind : str
    inputs, outputs : list of int
        Ids of values.
    attributes : dict
    computes : bool
        False for constants, and for ops that only group values.
    """

    id: int
    kind: str
    inputs: list[int]
    outputs: list[int]
    attributes: dict[str, Any]
    computes: bool


def size_of(result: Array, right: Array) -> float:
    """Return the relative difference; infinite if the shapes differ."""
    return relative_difference(result, right) if result.shape == right.shape else math.inf


def largest_of(results: Sequence[Array], expected: Sequence[Array]) -> float:
    """Return the largest difference of several arrays; infinite if some are missing."""
    if len(results) != len(expected):
        return math.inf
    pairs = zip(results, expected, strict=True)
    return max((size_of(result, right) for result, right in pairs), default=0.0)


Cures = Callable[[Sequence[Array]], bool]
"""Whether outputs are right."""
Explain = Callable[[Sequence[GraphOp], Sequence[Any], Cures], dict[str, Any]]


class ValueSearch:
    """The search, with what is known before it.

    Parameters
    ----------
    graph : ValueGraph
    ops : list of GraphOp
        Of the program, in order.
    outputs : list of int
        Ids of its outputs, which are those of the graph in the same order.
    known : dict of int to array
        The right values by id.
    names : mapping of int to str
        The values of the graph that are known to be those of the program, by id.
    tolerance : float
        Up to which the outputs are equal.
    explain : callable
        Returns what else to answer about a wrong op: of the ops that it consists of, the nodes that
        compute it, and a function which tells whether outputs are right.
    is_exact : bool
        Whether the names of values do not mislead, as they may in graphs that fuse ops.
    """

    def __init__(
        self,
        graph: ValueGraph,
        ops: list[GraphOp],
        outputs: list[int],
        known: dict[int, Array],
        names: Mapping[int, str],
        *,
        tolerance: float,
        explain: Explain | None = None,
        is_exact: bool = False,
    ) -> None:
        self.graph = graph
        self.ops = ops
        self.outputs = outputs
        self.known = known
        self.tolerance = tolerance
        self.found = graph.values()
        self.makers = {value: op for op in ops for value in op.outputs}
        self.expected = [known[value] for value in outputs]
        self.explain = explain
        self.is_exact = is_exact
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
        if value in self.outputs or (named is not None and named[1] <= LIMITS[0]):
            return named
        alike = (
            (other, relative_difference(found, array))
            for other, found in self.found.items()
            if found.shape == array.shape and found.dtype.kind == array.dtype.kind
        )
        nearest = min(alike, key=lambda pair: pair[1], default=None)
        if named is None or (nearest is not None and nearest[1] <= LIMITS[-1] < named[1]):
            return nearest
        return named

    def first(self, limits: Sequence[float]) -> dict[str, Any] | None:
        """Return the first wrong op, or None.

        Returns
        -------
        dict
            `where`: `graph`; `op`: its id; `since`: id of an op before it, from which on the graph
            has no value to compare, or None; `before`, `after`: differences as text; `nodes`: the
            op types in the graph that compute it; `is_proven`; and what `explain` returns.
        """
        for limit in limits:
            region = list(self._region(limit))
            for op in region:
                if self.is_exact and self._has_wrong_input(op, limit):
                    continue
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

    def _has_wrong_input(self, op: GraphOp, limit: float) -> bool:
        """Whether an op takes a value that is known to be wrong: then another one is wrong, too."""
        return any(
            value in self.names and value in self.partners and not self._is_right(value, limit)
            for value in op.inputs
        )

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
                and found.dtype.kind == array.dtype.kind
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
            "is_proven": is_proven,
            **(self.explain(sources, nodes, self._cures) if self.explain is not None else {}),
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
