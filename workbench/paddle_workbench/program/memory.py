"""An estimate of the memory plan: which values are in memory at which step.

The Predictor does not publish its own plan. Here a value occupies a place from the op that makes
it to the last op that needs it. An op that works in place takes over the place of its first input.
Values are placed in the order in which they are made, at the lowest free offset; the total minus
the memory that this takes is what reuse saves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .cost import Sizes, bytes_of
from .model.capture import MemoryPlan
from .model.structure import Op, Program

__all__ = ["memory_plan"]

_NO_STEPS = frozenset({"builtin.constant", "builtin.output", "builtin.parameter", "cf.yield"})
# What a region returns is needed until the end of its op.
_RETURNS = frozenset({"builtin.output", "cf.yield"})
# Its name ends in an underscore, but it only overwrites its statistics.
_NOT_IN_PLACE = frozenset({"batch_norm_"})


@dataclass(slots=True)
class _Place:
    """Memory that values share, from the step that makes the first to the last use of any."""

    size: int
    start: int
    end: int


def memory_plan(program: Program, sizes: Sizes | None = None) -> MemoryPlan:
    """Return the memory plan of a program; values of unknown size are only counted."""
    sizes = sizes or Sizes()
    steps = [op for op in program.walk() if op.name not in _NO_STEPS]
    lives = _lives(program, steps)
    value_bytes = {value: bytes_of(program.values.get(value), sizes) for value in lives}
    separate = [
        _Place(size, *lives[value]) for value, size in value_bytes.items() if size is not None
    ]
    shared = _shared(steps, lives, value_bytes)
    live, live_separate = _live(shared, len(steps)), _live(separate, len(steps))
    peak = max(live, default=0)
    total = sum(place.size for place in shared)
    return MemoryPlan(
        steps=tuple(op.id for op in steps),
        live_bytes=tuple(live),
        peak_bytes=peak,
        peak_op=steps[live.index(peak)].id if live else None,
        total_bytes=total,
        reuse_saved_bytes=total - _arena(shared),
        inplace_saved_bytes=max(live_separate, default=0) - peak,
        parameter_bytes=sum(parameter.bytes for parameter in program.parameters),
        unknown=sum(size is None for size in value_bytes.values()),
    )


def _lives(program: Program, steps: list[Op]) -> dict[int, tuple[int, int]]:
    """Return the first and last step at which each value is needed."""
    at = {op.id: index for index, op in enumerate(steps)}
    lives: dict[int, tuple[int, int]] = {}

    def use(value: int | None, until: int) -> None:
        if value in lives:
            start, end = lives[value]
            lives[value] = start, max(end, until)

    def visit(op: Op, until: int | None) -> None:
        step = at.get(op.id)
        if step is None:
            if op.name in _RETURNS:
                for value in op.inputs:
                    use(value, until or 0)
            return
        # A loop repeats: values from outside must live until the end of its body.
        last = step + sum(inner.id in at for inner in op.walk()) - 1
        end = last if until is None else until
        for value in op.inputs:
            use(value, end if op.kind == "while" or until is not None else last)
        for region in op.regions:
            for value in region.arguments:
                lives[value] = step, last
            for inner in region.ops:
                visit(inner, last if op.kind == "while" else until)
        for value in op.outputs:
            lives[value] = (last if op.regions else step), last
        if op.regions and op.kind != "while":
            for region in op.regions:
                if region.ops and region.ops[-1].name in _RETURNS:
                    for value in region.ops[-1].inputs:
                        use(value, last)

    for op in program.ops:
        visit(op, None)
    for value in program.outputs:
        use(value, len(steps) - 1)
    return lives


def _shared(
    steps: list[Op], lives: Mapping[int, tuple[int, int]], value_bytes: Mapping[int, int | None]
) -> list[_Place]:
    """Return the places if ops that work in place overwrite their first input."""
    place_of: dict[int, _Place] = {}
    places: list[_Place] = []
    taken_over: set[int] = set()
    for value, (start, end) in lives.items():
        size = value_bytes[value]
        if size is not None:
            place_of[value] = _Place(size, start, end)
            places.append(place_of[value])
    for op in steps:
        if not op.kind.endswith("_") or op.kind in _NOT_IN_PLACE or not op.inputs:
            continue
        first = place_of.get(op.inputs[0]) if op.inputs[0] is not None else None
        result = place_of.get(op.outputs[0]) if op.outputs else None
        if first is not None and result is not None and first is not result:
            first.end = max(first.end, result.end)
            first.size = max(first.size, result.size)
            place_of[op.outputs[0]] = first
            taken_over.add(id(result))
    return [place for place in places if id(place) not in taken_over]


def _live(places: list[_Place], steps: int) -> list[int]:
    change = [0] * (steps + 1)
    for place in places:
        change[place.start] += place.size
        change[place.end + 1] -= place.size
    live = []
    now = 0
    for step in range(steps):
        now += change[step]
        live.append(now)
    return live


def _arena(places: list[_Place]) -> int:
    """Return the bytes that are needed if free memory is reused, lowest offset first."""
    blocks: list[tuple[int, int, int]] = []  # offset, end of the place, last step
    top = 0
    for place in sorted(places, key=lambda place: place.start):
        if not place.size:
            continue
        blocks = sorted(entry for entry in blocks if entry[2] >= place.start)
        offset = 0
        for begin, end, _ in blocks:
            if begin - offset >= place.size:
                break
            offset = max(offset, end)
        blocks.append((offset, offset + place.size, place.end))
        top = max(top, offset + place.size)
    return top
