"""What a pass did: which ops it kept, changed, moved, removed and added, and out of which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from .assembly import Numbering
from .matching import Graph, Match, match_programs, value_at
from .model import Origin, Stage
from .structure import Op, Program, Region, SourceLine, Value

__all__ = ["count_ops", "next_stage"]


def next_stage(
    name: str,
    before: Program,
    after: Program,
    numbering: Numbering,
    *,
    kept: Mapping[int, int] | None = None,
    duration_ms: float | None = None,
    matches: int | None = None,
    scope: str = "builtin.module",
) -> Stage:
    """Return the stage that leads from one program to another.

    Parameters
    ----------
    name : str
    before : Program
        With the capture's ids.
    after : Program
        With ids of its own, which get lost.
    numbering : Numbering
        The capture's, for what is new.
    kept : mapping of int to int, optional
        From an op of `after` to the same op of `before`, all that Paddle's own ids tell; found by
        comparing the two if left out.
    duration_ms, matches, scope
        See `Stage`.
    """
    earlier, later = Graph.of(before), Graph.of(after)
    match = match_programs(earlier, later, kept)
    found = _Difference(earlier, later, match)
    found.explain()
    program, renamed = _renumbered(before, after, earlier, match, found, numbering)
    changed = sorted(
        partner
        for op, partner in match.before.items()
        if earlier.exact.keys[partner] != later.exact.keys[op]
    )
    added = tuple(renamed[op] for op in later.ops if op not in match.before)
    stayed = set(match.before.values())
    return Stage(
        name=name,
        program=before if program == before else program,
        duration_ms=duration_ms,
        matches=matches,
        removed=tuple(op for op in earlier.ops if op not in stayed),
        added=added,
        lineage={renamed[op]: origins for op, origins in found.origins.items()},
        changed=tuple(changed),
        moved=_moved(earlier, later, match),
        scope=scope,
        ops_before=count_ops(before),
        ops_after=count_ops(program),
    )


def count_ops(program: Program) -> int:
    """Return the number of ops, parameters left out."""
    return sum(op.name != "builtin.parameter" for op in program.walk())


@dataclass(slots=True)
class _Difference:
    """Finds the origins of what is new."""

    before: Graph
    after: Graph
    match: Match
    origins: dict[int, tuple[Origin, ...]] = field(default_factory=dict)
    # By value of the later program: the values that stood in its place.
    stood_for: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def explain(self) -> None:
        for op, partner in self.match.before.items():
            ours, theirs = self.after.ops[op].inputs, self.before.ops[partner].inputs
            for mine, other in zip(ours, theirs, strict=False):
                if mine is not None and other is not None and self._is_new_here(mine, other):
                    self.stood_for[mine].add(other)
        removed = set(self.before.ops) - set(self.match.before.values())
        self._merged()
        self._absorbed(removed)
        added = [op for op in self.after.ops if op not in self.match.before]
        for op in reversed(added):
            self.origins[op] = self._origins(op, removed)
        for group in self._groups(added):
            self._share_out(group, removed)

    def _groups(self, added: list[int]) -> list[list[int]]:
        """Return the added ops that feed each other directly, in groups of two or more."""
        new = set(added)
        group_of: dict[int, list[int]] = {op: [op] for op in added}
        for op in added:
            for user in self._users(self.after.ops[op]):
                if user in new and group_of[user] is not group_of[op]:
                    group_of[op] += group_of[user]
                    for member in group_of[user]:
                        group_of[member] = group_of[op]
        groups = {id(group): group for group in group_of.values()}
        return [sorted(group) for group in groups.values() if len(group) > 1]

    def _share_out(self, group: list[int], removed: set[int]) -> None:
        """Tell which of the removed ops went into which of several fused ops in a row.

        Two layers fused one by one share no ops: each removed op that takes a value from outside,
        such as a weight, went where this value is now. Where one went to several, as when a
        normalisation is worked into weights, all keep all.
        """
        numbers = {origin.op_id for op in group for origin in self.origins[op]} & removed
        outside = {op: self._kept_inputs(op) for op in group}
        share: dict[int, int] = {}
        for number in (op for op in self.before.ops if op in numbers):
            old = self.before.ops[number]
            taken = {value for value in old.inputs if value is not None}
            heirs = [op for op in group if outside[op] & taken]
            heirs = heirs or [
                op
                for op in group
                if any(set(old.outputs) & self.stood_for[v] for v in self.after.ops[op].outputs)
            ]
            makers = [self.before.producers[value][0] for value in sorted(taken)]
            heirs = heirs or [share[maker] for maker in makers if maker in share][-1:]
            if len(heirs) != 1:
                return
            share[number] = heirs[0]
        if set(share.values()) != set(group):
            return
        for op in group:
            mine = sorted(number for number, heir in share.items() if heir == op)
            self.origins[op] = tuple(map(Origin, mine))

    def _kept_inputs(self, op: int) -> set[int]:
        """Return what an added op's inputs were before, of those that were kept."""
        found = set()
        for value in self.after.ops[op].inputs:
            maker, index = self.after.producers.get(-1 if value is None else value, (None, 0))
            partner = self.match.before.get(maker) if maker is not None else None
            if partner is not None:
                old = value_at(self.before.ops[partner], index)
                if old is not None:
                    found.add(old)
        return found

    def _is_new_here(self, mine: int, other: int) -> bool:
        """Say whether an op that was kept takes another value than before."""
        maker, index = self.after.producers.get(mine, (None, 0))
        partner = self.match.before.get(maker) if maker is not None else None
        return partner is None or value_at(self.before.ops[partner], index) != other

    def _merged(self) -> None:
        """Find kept ops that now serve for equal ones: eliminated common subexpressions."""
        stayed = set(self.match.before.values())
        equal: dict[int, list[int]] = defaultdict(list)
        prints = self.before.exact.prints
        for op, found in prints.items():
            equal[found].append(op)
        for op, partner in self.match.before.items():
            twins = [other for other in equal[prints[partner]] if other not in stayed]
            heirs = [other for other in equal[prints[partner]] if other in stayed]
            # The first that stayed takes them in; its equals only stand beside it.
            if twins and heirs[0] == partner and self.before.ops[partner].outputs:
                self.origins[op] = tuple(map(Origin, sorted((partner, *twins))))

    def _absorbed(self, removed: set[int]) -> None:
        """Find kept ops that do what an op after them did: a convolution that took in its ReLU."""
        for op, partner in self.match.before.items():
            if self.before.exact.keys[partner] == self.after.exact.keys[op]:
                continue
            later = {
                other
                for value in self.after.ops[op].outputs
                for other in self.stood_for.get(value, ())
            }
            taken = set(self._back(later, set(), removed)) if later else set()
            # Only what lies between: what feeds the absorbed op from elsewhere came along, too.
            if taken:
                known = self.origins.get(op, (Origin(partner),))
                numbers = {origin.op_id for origin in known} | taken
                sure = op not in self.match.unsure
                self.origins[op] = tuple(Origin(number, sure) for number in sorted(numbers))

    def _origins(self, op: int, removed: set[int]) -> tuple[Origin, ...]:
        """Walk back from what the op's results stood for to what its inputs stood for."""
        new = self.after.ops[op]
        replaced = [self.stood_for[value] for value in new.outputs if value in self.stood_for]
        sure = all(len(values) == 1 for values in replaced)
        sure = sure and not any(user in self.match.unsure for user in self._users(new))
        walk = {value for values in replaced for value in values}
        found: dict[int, bool] = {}
        if walk:
            ends = {
                other
                for value in new.inputs
                if value is not None
                for other in self.stood_for.get(value, ())
            }
            for origin in self._back(walk, ends, removed):
                found[origin] = sure
        else:
            # It feeds only other new ops (or nothing): it came from what they came from.
            for user in self._users(new):
                for source in self.origins.get(user, ()):
                    found[source.op_id] = found.get(source.op_id, True) and source.certain
        if not found:
            # Put between ops that were kept, such as a change of layout: it serves them.
            for user in self._users(new):
                partner = self.match.before.get(user)
                if partner is not None:
                    found[partner] = False
        return tuple(Origin(number, certain) for number, certain in sorted(found.items()))

    def _back(self, start: set[int], ends: set[int], removed: set[int]) -> Iterable[int]:
        seen: set[int] = set()
        values = list(start)
        while values:
            maker = self.before.producers.get(values.pop())
            if maker is None or maker[0] not in removed or maker[0] in seen:
                continue
            seen.add(maker[0])
            # What stands inside a control-flow op went with it.
            inside = [op for op in self.before.ops[maker[0]].walk() if op.id in removed]
            seen |= {op.id for op in inside}
            values += [
                value
                for op in inside
                for value in op.inputs
                if value is not None and value not in ends
            ]
        return seen

    def _users(self, op: Op) -> list[int]:
        return [user for value in op.outputs for user, _ in self.after.users.get(value, ())]


def _renumbered(
    before: Program,
    after: Program,
    earlier: Graph,
    match: Match,
    found: _Difference,
    numbering: Numbering,
) -> tuple[Program, dict[int, int]]:
    """Give the later program the capture's ids; return it and the new id of every op."""
    ops: dict[int, int] = {}
    values: dict[int, int] = {}

    def number(op: Op) -> None:
        partner = match.before.get(op.id)
        ops[op.id] = numbering.ops() if partner is None else partner
        old = earlier.ops.get(partner) if partner is not None else None
        known = [*old.outputs] if old else []
        inner = [r.arguments for r in old.regions] if old else []
        for index, value in enumerate(op.outputs):
            values[value] = known[index] if index < len(known) else numbering.values()
        for place, region in enumerate(op.regions):
            arguments = inner[place] if place < len(inner) else ()
            for index, value in enumerate(region.arguments):
                values[value] = arguments[index] if index < len(arguments) else numbering.values()
            for child in region.ops:
                number(child)

    def rename(op: Op) -> Op:
        partner = match.before.get(op.id)
        old = earlier.ops.get(partner) if partner is not None else None
        facts = old or _facts_of([earlier.ops[o.op_id] for o in found.origins.get(op.id, ())], op)
        new = Op(
            id=ops[op.id],
            name=op.name,
            inputs=tuple(None if v is None else values.get(v) for v in op.inputs),
            outputs=tuple(values[v] for v in op.outputs),
            attributes=op.attributes,
            layer=facts.layer,
            line=facts.line,
            regions=tuple(
                Region(tuple(values[v] for v in r.arguments), tuple(map(rename, r.ops)))
                for r in op.regions
            ),
            stack=facts.stack,
        )
        return old if old == new and old is not None else new

    for op in after.ops:
        number(op)
    renamed = tuple(rename(op) for op in after.ops)
    names = {p.value: p.name for p in before.parameters}
    program = Program(
        ops=renamed,
        values={
            values[v.id]: _same(before, replace(v, id=values[v.id])) for v in after.values.values()
        },
        inputs=tuple(values[v] for v in after.inputs),
        outputs=tuple(values[v] for v in after.outputs),
        parameters=tuple(
            replace(
                p,
                value=values[p.value] if p.value is not None else None,
                name=names.get(values.get(p.value, -1), p.name) if p.value is not None else p.name,
            )
            for p in after.parameters
        ),
    )
    return program, ops


def _same(before: Program, value: Value) -> Value:
    old = before.values.get(value.id)
    return old if old is not None and old == value else value


def _facts_of(origins: list[Op], op: Op) -> Op:
    """Return where an op that came from others belongs: their layer, and the line of the last."""
    stacks = [origin for origin in origins if origin.line is not None]
    layers = [origin.layer.split(".") for origin in origins if origin.name != "builtin.parameter"]
    shared: list[str] = []
    for parts in zip(*layers, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    line: SourceLine | None = None
    if stacks:
        last = stacks[-1].line
        sure = len({(o.line.file, o.line.line) for o in stacks if o.line is not None}) == 1
        line = replace(last, certain=last.certain and sure) if last is not None else None
    return replace(op, layer=".".join(shared), line=line, stack=stacks[-1].stack if stacks else ())


def _moved(earlier: Graph, later: Graph, match: Match) -> tuple[int, ...]:
    """Return the kept ops that are out of the order they stood in, or in another region."""
    place = {op: index for index, op in enumerate(earlier.ops)}
    order = [match.before[op] for op in later.ops if op in match.before]
    steady = _longest_rise([place[op] for op in order])
    moved = {op for op in order if place[op] not in steady}
    for op, partner in match.before.items():
        parent = later.parents[op]
        if (parent if parent is None else match.before.get(parent)) != earlier.parents[partner]:
            moved.add(partner)
    return tuple(sorted(moved))


def _longest_rise(numbers: list[int]) -> set[int]:
    """Return the longest subsequence that rises (patience sorting)."""
    from bisect import bisect_left

    tails: list[int] = []
    previous: dict[int, int | None] = {}
    for number in numbers:
        at = bisect_left(tails, number)
        previous[number] = tails[at - 1] if at else None
        tails[at : at + 1] = [number]
    rise: set[int] = set()
    step: int | None = tails[-1] if tails else None
    while step is not None:
        rise.add(step)
        step = previous[step]
    return rise
