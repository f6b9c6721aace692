"""Where added ops came from, and where removed ops went, between two programs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from ..model.capture import Origin
from ..model.structure import Op
from .graph_matching import Graph, Match, cones, value_at

__all__ = ["Difference"]


@dataclass(slots=True)
class Difference:
    """Finds the origins of added and changed ops.

    An added op replaced the ops between the earlier values of its inputs and of its results. If
    kept ops do not determine one of the two, cones decide: values that were computed from the same
    values before and after.
    """

    before: Graph
    after: Graph
    match: Match
    origins: dict[int, tuple[Origin, ...]] = field(default_factory=dict)
    # For values of the later program: the earlier values that they replace.
    earlier_values: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def explain(self) -> None:
        """Fill `origins`, by op of the later program."""
        for op, partner in self.match.before.items():
            ours, theirs = self.after.ops[op].inputs, self.before.ops[partner].inputs
            for mine, other in zip(ours, theirs, strict=False):
                if mine is not None and other is not None and self._is_new_here(mine, other):
                    self.earlier_values[mine].add(other)
        removed = set(self.before.ops) - set(self.match.before.values())
        self._find_values_by_cones(removed)
        self._find_merged()
        self._absorb(removed)
        added = [op for op in self.after.ops if op not in self.match.before]
        for op in reversed(added):
            self.origins[op] = self._origins(op, removed)
        for group in self._groups(added):
            self._share_out(group, removed)

    def _groups(self, added: list[int]) -> list[list[int]]:
        """Return groups of two or more added ops that feed each other directly."""
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
        """Find out which removed ops went into which of several fused ops in a row.

        Layers that are fused one by one share no ops: a removed op that takes a value from outside
        the group, such as a weight, went into the op that takes this value now. If a removed op
        went into several, as when a normalisation is folded into weights, each keeps all origins.
        """
        numbers = {origin.op_id for op in group for origin in self.origins[op]} & removed
        outside = {op: self._kept_inputs(op) for op in group}
        share: dict[int, int] = {}
        for number in (op for op in self.before.ops if op in numbers):
            old = self.before.ops[number]
            values = {value for value in old.inputs if value is not None}
            heirs = [op for op in group if outside[op] & values]
            heirs = heirs or [
                op
                for op in group
                if any(
                    set(old.outputs) & self.earlier_values[v] for v in self.after.ops[op].outputs
                )
            ]
            makers = [self.before.producers[value][0] for value in sorted(values)]
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
        """Return the earlier values of an added op's inputs, if kept ops make them."""
        values = set()
        for value in self.after.ops[op].inputs:
            old = self._before(-1 if value is None else value)
            if old is not None:
                values.add(old)
        return values

    def _is_new_here(self, mine: int, other: int) -> bool:
        """Return whether a kept op takes a different value from before."""
        return self._before(mine) != other

    def _find_merged(self) -> None:
        """Find kept ops that replace equal ones: eliminated common subexpressions."""
        kept_ids = set(self.match.before.values())
        fingerprints = self.before.exact.fingerprints
        twins: dict[int, list[int]] = defaultdict(list)
        first_kept: dict[int, int] = {}
        for op, fingerprint in fingerprints.items():
            if op in kept_ids:
                first_kept.setdefault(fingerprint, op)
            else:
                twins[fingerprint].append(op)
        for op, partner in self.match.before.items():
            fingerprint = fingerprints[partner]
            # The first of the equal ops that were kept has all of them as origins.
            if (
                fingerprint in twins
                and first_kept[fingerprint] == partner
                and self.before.ops[partner].outputs
            ):
                self.origins[op] = tuple(map(Origin, sorted((partner, *twins[fingerprint]))))

    def _find_values_by_cones(self, removed: set[int]) -> None:
        """Find earlier values that were computed from the same values as results of added ops."""
        if not removed:
            return
        before, after = cones(self.before, self.after, self.match.before)
        last = {before[op]: op for op in self.before.ops if op in removed and before[op]}
        for op in self.after.ops:
            twin = last.get(after[op]) if op not in self.match.before else None
            results = self.after.ops[op].outputs
            if twin is None or len(results) != 1 or self.earlier_values.get(results[0]):
                continue
            self.earlier_values[results[0]] |= set(self.before.ops[twin].outputs[:1])

    def _absorb(self, removed: set[int]) -> None:
        """Find kept ops that changed because they absorbed others.

        First ops that followed them, such as a ReLU that a convolution absorbed. Then remaining ops
        that preceded them, such as a transpose that a matrix product now does itself. Finally ops
        that moved past an unchanged op into those before it.
        """
        changed = [
            op
            for op, partner in self.match.before.items()
            if self.before.exact.keys[partner] != self.after.exact.keys[op]
        ]
        merged_ids = {origin.op_id for origins in self.origins.values() for origin in origins}
        unexplained = removed - merged_ids
        for op in changed:
            absorbed = self._behind(op, unexplained)
            unexplained -= absorbed
            self._take(op, absorbed, certain=True)
        for op in changed:
            absorbed = self._in_front(op, unexplained)
            unexplained -= absorbed
            self._take(op, absorbed, certain=True)
        different = set(changed)
        for op in self.match.before:
            absorbed = self._behind(op, unexplained) if op not in different else set()
            if absorbed:
                unexplained -= absorbed
                for heir in self._changed_before(op, different) or [op]:
                    self._take(heir, absorbed, certain=False)

    def _take(self, op: int, absorbed: set[int], *, certain: bool) -> None:
        if not absorbed:
            return
        certainty = {origin.op_id: origin.certain for origin in self.origins.get(op, ())}
        certainty = certainty or {self.match.before[op]: True}
        sure = certain and op not in self.match.unsure
        certainty |= {number: sure for number in absorbed if number not in certainty}
        unsure = op in self.match.unsure
        self.origins[op] = tuple(
            Origin(number, is_certain and not unsure)
            for number, is_certain in sorted(certainty.items())
        )

    def _behind(self, op: int, removed: set[int]) -> set[int]:
        """Return the removed ops between an op's results before and those that it replaces now."""
        own = set(self.before.ops[self.match.before[op]].outputs)
        values = (self.earlier_values.get(value, set()) for value in self.after.ops[op].outputs)
        later = {other for group in values for other in group}
        return self._back(later, own, removed) if later else set()

    def _in_front(self, op: int, removed: set[int]) -> set[int]:
        """Return the removed ops between an op's inputs now and its inputs before."""
        absorbed: set[int] = set()
        ours = self.after.ops[op].inputs
        theirs = self.before.ops[self.match.before[op]].inputs
        for mine, other in zip(ours, theirs, strict=False):
            if mine is None or other is None or not self._is_new_here(mine, other):
                continue
            start = self._before(mine)
            path = self._back({other}, {start} if start is not None else set(), removed)
            # Only if they lead from one to the other; otherwise the op takes an unrelated value.
            if any(start in self.before.ops[number].inputs for number in path):
                absorbed |= path
        return absorbed

    def _changed_before(self, op: int, changed: set[int]) -> list[int]:
        """Return the nearest changed ops before an unchanged one."""
        heirs, seen, queue = [], {op}, [op]
        while queue:
            for value in self.after.ops[queue.pop()].inputs:
                maker = self.after.producers.get(-1 if value is None else value, (op, 0))[0]
                if maker in seen or maker not in self.match.before:
                    continue
                seen.add(maker)
                if maker in changed:
                    heirs.append(maker)
                else:
                    queue.append(maker)
        return sorted(heirs)

    def _before(self, value: int) -> int | None:
        """Return the earlier value that a later one corresponds to, if a kept op makes it."""
        maker, index = self.after.producers.get(value, (None, 0))
        partner = self.match.before.get(maker) if maker is not None else None
        return None if partner is None else value_at(self.before.ops[partner], index)

    def _origins(self, op: int, removed: set[int]) -> tuple[Origin, ...]:
        """Return the removed ops between the earlier values of an added op's inputs and results."""
        new = self.after.ops[op]
        replaced_values = [
            self.earlier_values[value] for value in new.outputs if value in self.earlier_values
        ]
        sure = all(len(values) == 1 for values in replaced_values)
        sure = sure and not any(user in self.match.unsure for user in self._users(new))
        walk = {value for values in replaced_values for value in values}
        certainty: dict[int, bool] = {}
        if walk:
            ends = {
                other
                for value in new.inputs
                if value is not None
                for other in self.earlier_values.get(value, ())
            }
            for origin in self._back(walk, ends, removed):
                certainty[origin] = sure
        else:
            # It feeds only other added ops, or nothing: it has their origins.
            for user in self._users(new):
                for source in self.origins.get(user, ()):
                    certainty[source.op_id] = certainty.get(source.op_id, True) and source.certain
        if not certainty:
            # Inserted between kept ops, such as a layout conversion: it belongs to its users.
            for user in self._users(new):
                partner = self.match.before.get(user)
                if partner is not None:
                    certainty[partner] = False
        return tuple(Origin(number, certain) for number, certain in sorted(certainty.items()))

    def _back(self, start: set[int], ends: set[int], removed: set[int]) -> set[int]:
        """Return the removed ops that lead to some values, without going back past others."""
        seen: set[int] = set()
        values = list(start - ends)
        while values:
            maker = self.before.producers.get(values.pop())
            if maker is None or maker[0] not in removed or maker[0] in seen:
                continue
            seen.add(maker[0])
            # Ops inside a control-flow op were removed with it.
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
