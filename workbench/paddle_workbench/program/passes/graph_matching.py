"""Matches the ops of a program with those of the next one, without ids.

Two programs that are one pass apart are nearly the same. Most ops can be identified by what feeds
them; the others are matched by their neighbours, step by step from ops already matched. An op that
changed only its dialect, its attributes or whether it works in place is still the same op. The
result marks the pairs that are not certain.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field

from ..model.structure import Op, Program

__all__ = ["Graph", "Match", "cones", "match_programs", "value_at"]

# Names of the same op at different levels of a pipeline.
_ALIASES = {"feed": "data", "fetch": "output", "shadow_output": "output"}
# Ops that passes insert on an edge, to convert the layout, type or device of a value.
_CONVERSIONS = frozenset(
    {"cast", "memcpy_d2h", "memcpy_h2d", "onednn_to_paddle_layout", "shadow_feed", "transpose"}
)
# Attributes that distinguish ops without inputs, even after a pass added others.
_IDENTITY = ("parameter_name", "name", "value", "shape", "dtype", "start", "end")


@dataclass(slots=True)
class _Level:
    """A level of strictness: `keys` compare single ops, `fingerprints` also all that feeds them."""

    keys: dict[int, str] = field(default_factory=dict)
    fingerprints: dict[int, int] = field(default_factory=dict)
    value_fingerprints: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Graph:
    """A program with lookup tables for matching, by op id and value id."""

    ops: dict[int, Op] = field(default_factory=dict)
    parents: dict[int, int | None] = field(default_factory=dict)
    producers: dict[int, tuple[int, int]] = field(default_factory=dict)
    users: dict[int, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    exact: _Level = field(default_factory=_Level)
    loose: _Level = field(default_factory=_Level)

    @classmethod
    def of(cls, program: Program) -> Graph:
        """Build the tables of a program."""
        graph = cls()
        for op in program.ops:
            graph._add(op, None)
        return graph

    def _add(self, op: Op, parent: int | None) -> None:
        self.ops[op.id] = op
        self.parents[op.id] = parent
        self.exact.keys[op.id] = _exact_key(op)
        self.loose.keys[op.id] = _loose_key(op)
        for index, value in enumerate(op.inputs):
            if value is not None:
                self.users[value].append((op.id, index))
        for number, region in enumerate(op.regions):
            for index, argument in enumerate(region.arguments):
                self.producers[argument] = op.id, -1 - index
                for level in (self.exact, self.loose):
                    inputs = _input_fingerprints(level, op)
                    level.value_fingerprints[argument] = hash(("argument", inputs, number, index))
            for inner in region.ops:
                self._add(inner, op.id)
        for level in (self.exact, self.loose):
            inside = tuple(level.fingerprints[inner.id] for r in op.regions for inner in r.ops)
            level.fingerprints[op.id] = hash(
                (level.keys[op.id], _input_fingerprints(level, op), inside)
            )
        for index, value in enumerate(op.outputs):
            self.producers[value] = op.id, index
            for level in (self.exact, self.loose):
                level.value_fingerprints[value] = hash((level.fingerprints[op.id], index))


def _input_fingerprints(level: _Level, op: Op) -> tuple[int, ...]:
    return tuple(level.value_fingerprints.get(value, 0) for value in op.inputs if value is not None)


def _exact_key(op: Op) -> str:
    """Return what an unchanged op keeps: what it computes, without its inputs."""
    attributes = json.dumps(op.attributes, sort_keys=True, default=str)
    sizes = f"{len(op.inputs)} {len(op.outputs)} {[len(r.arguments) for r in op.regions]}"
    return f"{op.name} {sizes} {attributes}"


def _loose_key(op: Op) -> str:
    """Return what an op keeps when its dialect or attributes change."""
    kind = op.kind.rstrip("_")
    identity = ""
    if not op.inputs:
        attributes = {name: op.attributes[name] for name in _IDENTITY if name in op.attributes}
        identity = json.dumps(attributes, sort_keys=True, default=str)
    return f"{_ALIASES.get(kind, kind)} {len(op.regions)} {identity}"


def _output_name(op: Op) -> str:
    if _ALIASES.get(op.kind) != "output":
        return ""
    return str(op.attributes.get("output_name", op.attributes.get("name", "")))


@dataclass(frozen=True, slots=True)
class Match:
    """Pairs of ops that are the same in two programs.

    Parameters
    ----------
    before : mapping of int to int
        From an op of the later program to the same op of the earlier one.
    unsure : set of int
        Ops of the later program with several possible partners.
    """

    before: Mapping[int, int]
    unsure: frozenset[int] = frozenset()


def match_programs(
    before: Graph, after: Graph, known_pairs: Mapping[int, int] | None = None
) -> Match:
    """Match the ops of two programs that are one pass apart.

    Parameters
    ----------
    before, after : Graph
    known_pairs : mapping of int to int, optional
        Certain pairs, from an op of `after` to one of `before`: all ops that did not change.
    """
    return _Matcher(before, after, known_pairs).run()


class _Matcher:
    def __init__(self, before: Graph, after: Graph, known_pairs: Mapping[int, int] | None) -> None:
        self.before = before
        self.after = after
        self.has_known_pairs = known_pairs is not None
        self.pairs: dict[int, int] = dict(known_pairs or {})  # from after to before
        self.partners: dict[int, int] = {old: new for new, old in self.pairs.items()}
        self.unsure: set[int] = set()

    def run(self) -> Match:
        if not self.has_known_pairs:
            self._pair_by_inputs(self.before.exact, self.after.exact)
            self._pair_by_neighbours(self.before.exact, self.after.exact)
        self._pair_by_inputs(self.before.loose, self.after.loose)
        self._pair_by_neighbours(self.before.loose, self.after.loose)
        if not self.has_known_pairs:
            # A changed op may have hidden neighbours that did not change.
            self._pair_by_neighbours(self.before.exact, self.after.exact)
            self._pair_by_cones()
        self._pair_outputs()
        return Match(self.pairs, frozenset(self.unsure))

    def _pair(self, later: int, earlier: int) -> None:
        self.pairs[later] = earlier
        self.partners[earlier] = later

    def _pair_by_inputs(self, before: _Level, after: _Level) -> None:
        """Pair ops that compute the same from the same inputs; equal ones in program order."""
        unmatched: dict[int, list[int]] = defaultdict(list)
        for op, fingerprint in reversed(before.fingerprints.items()):
            if op not in self.partners:
                unmatched[fingerprint].append(op)
        for op, fingerprint in after.fingerprints.items():
            if op not in self.pairs and unmatched.get(fingerprint):
                self._pair(op, unmatched[fingerprint].pop())

    def _pair_by_neighbours(self, before: _Level, after: _Level) -> None:
        """Pair ops by their neighbours until no more can be matched."""
        names = {before.keys[op] for op in self.before.ops if op not in self.partners}
        unmatched = [
            op for op in self.after.ops if op not in self.pairs and after.keys[op] in names
        ]
        while unmatched:
            pair_count = len(self.pairs)
            for op in unmatched:
                self._pair_best_candidate(op, before, after, sure=True)
            # Once no pair is certain any more, take the most likely one, one at a time.
            if len(self.pairs) == pair_count and not any(
                self._pair_best_candidate(op, before, after, sure=False) for op in unmatched
            ):
                return
            unmatched = [op for op in unmatched if op not in self.pairs]

    def _pair_by_cones(self) -> None:
        """Pair equal ops whose neighbours were replaced, by the matched values they depend on.

        A ReLU between two convolutions that were both replaced has no matched neighbour.
        """
        names = {self.before.exact.keys[op] for op in self.before.ops if op not in self.partners}
        unmatched = [
            op
            for op in self.after.ops
            if op not in self.pairs and self.after.exact.keys[op] in names
        ]
        has_progress = True
        while unmatched and has_progress:
            has_progress = False
            before, after = cones(self.before, self.after, self.pairs)
            alike: dict[tuple[str, frozenset[int]], list[int]] = defaultdict(list)
            for op in self.before.ops:
                if op not in self.partners:
                    alike[self.before.exact.keys[op], before[op]].append(op)
            rivals = Counter((self.after.exact.keys[op], after[op]) for op in unmatched)
            for op in unmatched:
                key = self.after.exact.keys[op], after[op]
                # Each new pair makes later cones smaller, so they are computed again.
                if after[op] and len(alike[key]) == 1 == rivals[key]:
                    self._pair(op, alike[key][0])
                    has_progress = True
            unmatched = [op for op in unmatched if op not in self.pairs]

    def _pair_outputs(self) -> None:
        """Pair the outputs of the programs, whose names stay the same."""
        names = {
            name: op
            for op in self.before.ops
            if op not in self.partners and (name := _output_name(self.before.ops[op]))
        }
        for number, op in self.after.ops.items():
            name = _output_name(op)
            if number not in self.pairs and name in names:
                self._pair(number, names.pop(name))

    def _pair_best_candidate(
        self, later: int, before: _Level, after: _Level, *, sure: bool
    ) -> bool:
        """Pair an op with the candidate that agrees best; return whether there is one."""
        scores = dict(self._candidates(later, before, after))
        most = max(scores.values(), default=0)
        best = [op for op, score in scores.items() if score == most]
        if most <= 0 or (sure and len(best) > 1):
            return False
        if not sure:
            self.unsure.add(later)
        self._pair(later, min(best))
        return True

    def _candidates(self, later: int, before: _Level, after: _Level) -> Iterator[tuple[int, int]]:
        """Yield ops of the earlier program that may be this one, each with its agreement."""
        op = self.after.ops[later]
        candidates: set[int] = set()
        for value in op.inputs:
            earlier = self._earlier_value(value)
            if earlier is not None:
                candidates |= {user for user, _ in self.before.users.get(earlier, ())}
        for value in op.outputs:
            for user, index in self.after.users.get(value, ()):
                partner = self.pairs.get(user)
                inputs = self.before.ops[partner].inputs if partner is not None else ()
                source = inputs[index] if index < len(inputs) else None
                if source in self.before.producers:
                    candidates.add(self.before.producers[source][0])
        for candidate in sorted(candidates):
            if candidate not in self.partners and before.keys[candidate] == after.keys[later]:
                yield candidate, self._agreement(later, candidate, before)

    def _agreement(self, later: int, earlier: int, before: _Level) -> int:
        """Return the number of edges that agree, minus those that contradict."""
        score = 0
        ours, theirs = self.after.ops[later], self.before.ops[earlier]
        for mine, other in zip(ours.inputs, theirs.inputs, strict=False):
            mapped = self._earlier_value(mine)
            if mapped is None or other is None:
                continue
            same = mapped == other or (
                before.value_fingerprints.get(mapped) == before.value_fingerprints.get(other)
            )
            score += 1 if same else -1 if self._is_made_by_kept_op(other) else 0
        for mine, other in zip(ours.outputs, theirs.outputs, strict=False):
            users = Counter(
                (self.pairs[user], index)
                for user, index in self.after.users.get(mine, ())
                if user in self.pairs
            )
            score += sum((users & Counter(self.before.users.get(other, ()))).values())
        return score if self._in_same_region(later, earlier) else score - 1

    def _in_same_region(self, later: int, earlier: int) -> bool:
        """Whether both ops are outside every region or inside the same op's region."""
        mine, other = self.after.parents[later], self.before.parents[earlier]
        if mine is None or other is None:
            return mine is other
        return self.pairs.get(mine, other) == other

    def _earlier_value(self, value: int | None) -> int | None:
        """Return the value of the earlier program that a later one corresponds to, if known."""
        if value is None or value not in self.after.producers:
            return None
        maker, index = self.after.producers[value]
        partner = self.pairs.get(maker)
        if partner is None:
            op = self.after.ops[maker]
            # A conversion that a pass inserted between two ops does not separate them.
            return self._earlier_value(op.inputs[0]) if op.kind in _CONVERSIONS else None
        return value_at(self.before.ops[partner], index)

    def _is_made_by_kept_op(self, value: int) -> bool:
        maker = self.before.producers.get(value)
        return maker is not None and maker[0] in self.partners


def value_at(op: Op, index: int) -> int | None:
    """Return a result of an op; for negative indices, a region's argument, counted from -1."""
    if index >= 0:
        return op.outputs[index] if index < len(op.outputs) else None
    place = -1 - index
    arguments = op.regions[0].arguments if op.regions else ()
    return arguments[place] if place < len(arguments) else None


def cones(
    before: Graph, after: Graph, pairs: Mapping[int, int]
) -> tuple[dict[int, frozenset[int]], dict[int, frozenset[int]]]:
    """Return the cone of every op: the nearest values in both programs that it is computed from.

    Parameters
    ----------
    before, after : Graph
    pairs : mapping of int to int
        From an op of `after` to the same op of `before`.

    Returns
    -------
    dicts from op ids of `before`, and of `after`, to values of `before`
    """
    shared_ops = set(pairs.values())

    def earlier(maker: int, index: int) -> int | None:
        return value_at(before.ops[maker], index)

    def later(maker: int, index: int) -> int | None:
        return value_at(before.ops[pairs[maker]], index)

    return _cones(before, shared_ops, earlier), _cones(after, pairs, later)


def _cones(
    graph: Graph, shared_ops: Container[int], value_of: Callable[[int, int], int | None]
) -> dict[int, frozenset[int]]:
    result: dict[int, frozenset[int]] = {}
    for number, op in graph.ops.items():
        parts: set[int] = set()
        for value in op.inputs:
            maker, index = graph.producers.get(-1 if value is None else value, (None, 0))
            if maker is None:
                continue
            if maker in shared_ops:
                shared_value = value_of(maker, index)
                parts |= {shared_value} if shared_value is not None else set()
            else:
                parts |= result.get(maker, frozenset())
        result[number] = frozenset(parts)
    return result
