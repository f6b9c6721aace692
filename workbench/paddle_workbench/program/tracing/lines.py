"""Lines for ops without a recorded one: constants, control flow, and ops that C++ adds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

from ..model.structure import Op, Program, Region, SourceLine

__all__ = ["with_inferred_lines"]


def with_inferred_lines(program: Program) -> Program:
    """Return the program with a line for every op whose neighbours reveal it.

    A constant gets the line of the op that uses it. A `stack` that Paddle makes of the sizes in a
    shape gets the line of the op with this shape, which Paddle adds right after it: it is certain.
    An `if` or `while` gets the line that the code inside was called from: it is on every call stack
    inside, so it is certain.
    """
    inferred: dict[int, tuple[SourceLine, ...]] = {}
    users: dict[int, Op] = {}
    for op in program.walk():
        for value in op.inputs:
            if value is not None:
                users.setdefault(value, op)
    for op in program.walk():
        if op.regions and not op.stack:
            stack = _around(op, program)
            if stack:
                inferred[op.id] = stack
                ends = (region.ops[-1] for region in op.regions if region.ops)
                inferred |= {end.id: _unsure(stack) for end in ends if not end.stack}
    for block in _blocks(program):
        for index, op in enumerate(block):
            if op.name == "pd_op.stack" and not op.stack:
                following = next((other for other in islice(block, index, None) if other.stack), op)
                if set(op.outputs) & set(following.inputs):
                    inferred[op.id] = following.stack
    # From the last op to the first, since a constant may serve another op without a line.
    for op in reversed(list(program.walk())):
        if op.stack or op.id in inferred or op.name.startswith("builtin.parameter"):
            continue
        consumers = [users[value] for value in op.outputs if value in users]
        stacks = [stack for user in consumers if (stack := user.stack or inferred.get(user.id, ()))]
        if stacks:
            inferred[op.id] = _unsure(stacks[0])
    return replace(program, ops=tuple(_with(op, inferred) for op in program.ops))


def _blocks(program: Program) -> Iterator[tuple[Op, ...]]:
    yield program.ops
    for op in program.walk():
        for region in op.regions:
            yield region.ops


def _around(op: Op, program: Program) -> tuple[SourceLine, ...]:
    """Return the call stack of a control-flow op."""
    stacks = [inner.stack for inner in op.walk() if inner is not op and inner.stack]
    producers = {value: other for other in program.walk() for value in other.outputs}
    condition = producers.get(op.inputs[0]) if op.inputs and op.inputs[0] is not None else None
    if not stacks:
        return _unsure(condition.stack) if condition is not None else ()
    common: list[SourceLine] = []
    for lines in zip(*(stack[:-1] for stack in stacks), strict=False):
        if len({(line.file, line.line) for line in lines}) > 1:
            break
        common.append(lines[0])
    if condition is not None and condition.stack:
        where = {(line.file, line.line) for line in condition.stack}
        places = [index for index, line in enumerate(common) if (line.file, line.line) in where]
        if places:
            return tuple(common[: places[-1] + 1])
    return _unsure(tuple(common))


def _unsure(stack: tuple[SourceLine, ...]) -> tuple[SourceLine, ...]:
    return tuple(replace(line, certain=False) for line in stack)


def _with(op: Op, inferred: Mapping[int, tuple[SourceLine, ...]]) -> Op:
    regions = tuple(
        Region(region.arguments, tuple(_with(inner, inferred) for inner in region.ops))
        for region in op.regions
    )
    stack = inferred.get(op.id, op.stack)
    line = stack[-1] if stack else op.line
    if stack is op.stack and regions == op.regions:
        return op
    return replace(op, regions=regions, stack=stack, line=line)
