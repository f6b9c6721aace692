"""What a pass did: which ops it kept, changed, moved, removed and added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..formats.assembly import Numbering
from ..model.capture import Stage
from ..model.structure import Op, Program, Region, SourceLine, Value, is_counted
from .graph_matching import Graph, Match, match_programs
from .origins import Difference

__all__ = ["count_ops", "next_stage", "unchanged_stage"]


def next_stage(
    name: str,
    before: Program,
    after: Program,
    numbering: Numbering,
    *,
    known_pairs: Mapping[int, int] | None = None,
    duration_ms: float | None = None,
    matches: int | None = None,
    scope: str = "builtin.module",
) -> Stage:
    """Return the stage that leads from one program to the next.

    Parameters
    ----------
    name : str
    before : Program
        The program before the pass, with the capture's ids.
    after : Program
        The program after the pass, with temporary ids.
    numbering : Numbering
        Provides the capture's ids for new ops and values.
    known_pairs : mapping of int to int, optional
        From an op of `after` to the same op of `before`, all that Paddle's ids prove. If left
        out, ops are matched by comparing the programs.
    duration_ms, matches, scope
        See `Stage`.
    """
    earlier, later = Graph.of(before), Graph.of(after)
    match = match_programs(earlier, later, known_pairs)
    difference = Difference(earlier, later, match)
    difference.explain()
    program, new_ids = _renumbered(before, after, earlier, match, difference, numbering)
    changed = sorted(
        partner
        for op, partner in match.before.items()
        if earlier.exact.keys[partner] != later.exact.keys[op]
    )
    added = tuple(new_ids[op] for op in later.ops if op not in match.before)
    kept_ids = set(match.before.values())
    return Stage(
        name=name,
        program=before if program == before else program,
        duration_ms=duration_ms,
        matches=matches,
        removed=tuple(op for op in earlier.ops if op not in kept_ids),
        added=added,
        lineage={new_ids[op]: origins for op, origins in difference.origins.items()},
        changed=tuple(changed),
        moved=_moved(earlier, later, match),
        scope=scope,
        ops_before=count_ops(before),
        ops_after=count_ops(program),
    )


def unchanged_stage(
    name: str,
    program: Program,
    *,
    duration_ms: float | None = None,
    matches: int | None = None,
    scope: str = "builtin.module",
) -> Stage:
    """Return the stage of a pass that changed nothing; the parameters are those of `Stage`."""
    ops = count_ops(program)
    return Stage(
        name=name,
        program=program,
        duration_ms=duration_ms,
        matches=matches,
        scope=scope,
        ops_before=ops,
        ops_after=ops,
    )


def count_ops(program: Program) -> int:
    """Return the number of ops without parameters."""
    return sum(map(is_counted, program.walk()))


def _renumbered(
    before: Program,
    after: Program,
    earlier: Graph,
    match: Match,
    difference: Difference,
    numbering: Numbering,
) -> tuple[Program, dict[int, int]]:
    """Return the later program with the capture's ids, and the new id of every op."""
    ops: dict[int, int] = {}
    values: dict[int, int] = {}

    def number(op: Op) -> None:
        partner = match.before.get(op.id)
        ops[op.id] = numbering.ops() if partner is None else partner
        old = earlier.ops.get(partner) if partner is not None else None
        old_outputs = [*old.outputs] if old else []
        old_arguments = [r.arguments for r in old.regions] if old else []
        for index, value in enumerate(op.outputs):
            values[value] = old_outputs[index] if index < len(old_outputs) else numbering.values()
        for place, region in enumerate(op.regions):
            arguments = old_arguments[place] if place < len(old_arguments) else ()
            for index, value in enumerate(region.arguments):
                values[value] = arguments[index] if index < len(arguments) else numbering.values()
            for child in region.ops:
                number(child)

    def rename(op: Op) -> Op:
        partner = match.before.get(op.id)
        old = earlier.ops.get(partner) if partner is not None else None
        facts = old or _facts_of(
            [earlier.ops[o.op_id] for o in difference.origins.get(op.id, ())], op
        )
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
    parameter_names = {p.value: p.name for p in before.parameters}
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
                name=parameter_names.get(values.get(p.value, -1), p.name)
                if p.value is not None
                else p.name,
            )
            for p in after.parameters
        ),
    )
    return program, ops


def _same(before: Program, value: Value) -> Value:
    old = before.values.get(value.id)
    return old if old is not None and old == value else value


def _facts_of(origins: list[Op], op: Op) -> Op:
    """Return an op with the common layer of its origins, and the line of the last of them."""
    stacks = [origin for origin in origins if origin.line is not None]
    layers = [origin.layer.split(".") for origin in origins if origin.name != "builtin.parameter"]
    common: list[str] = []
    for parts in zip(*layers, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    line: SourceLine | None = None
    if stacks:
        last = stacks[-1].line
        sure = len({(o.line.file, o.line.line) for o in stacks if o.line is not None}) == 1
        line = replace(last, certain=last.certain and sure) if last is not None else None
    return replace(op, layer=".".join(common), line=line, stack=stacks[-1].stack if stacks else ())


def _moved(earlier: Graph, later: Graph, match: Match) -> tuple[int, ...]:
    """Return the kept ops that are in a different order or region than before."""
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
    """Return the longest increasing subsequence, by patience sorting."""
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
