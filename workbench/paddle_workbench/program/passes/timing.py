"""How long each op of the last stage took in the Predictor, from the trace of Paddle's profiler."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from ..model.structure import Program

__all__ = ["Run", "measured_ms", "runs_in"]

Run = Sequence[tuple[str, float]]
"""Name and milliseconds of the ops of one run, in the order of their starts."""

_AROUND_OTHERS = frozenset({"pd_op.if", "pd_op.while"})


def runs_in(events: Iterable[Mapping[str, object]]) -> list[Run]:
    """Return the runs in a Chrome trace of Paddle's profiler, one for each step of the profiler.

    Ops inside a branch or loop are left out: the time of the `if` or `while` includes theirs.
    """
    complete = [event for event in events if event.get("ph") == "X"]
    steps = _ordered(event for event in complete if event.get("cat") == "ProfileStep")
    ops = _ordered(event for event in complete if event.get("cat") == "Operator")
    runs: list[Run] = []
    for begin, length, _ in steps:
        run: list[tuple[str, float]] = []
        inside_until = begin
        for start, duration, name in ops:
            if begin <= start < begin + length and start >= inside_until:
                run.append((name, duration / 1000))
                # Starts are rounded to microseconds, so ops that follow each other may overlap.
                if name in _AROUND_OTHERS:
                    inside_until = start + duration
        runs.append(run)
    return runs


def measured_ms(program: Program, runs: Sequence[Run]) -> dict[int, float]:
    """Return the mean time of each op in milliseconds, by id, if it can be assigned with certainty.

    Paddle's profiler records names, not ids. An op is identified if no other has its name, or if
    all ops ran in program order; ops inside control flow are left out.

    Parameters
    ----------
    program : Program
        The program that ran.
    runs : sequence of Run
    """
    program_names = {op.name for op in program.ops}
    # The profiler also records ops that only group values, under different names.
    runs = [[(name, ms) for name, ms in run if name in program_names] for run in runs]
    recorded_names = {name for run in runs for name, _ in run}
    ops = [op for op in program.ops if op.name in recorded_names]
    names = [op.name for op in ops]
    # Ops that start in the same microsecond may be in the wrong order: such runs are not used.
    in_order = [run for run in runs if [name for name, _ in run] == names]
    if names and in_order:
        columns = zip(*in_order, strict=True)
        return {
            op.id: fmean(ms for _, ms in column) for op, column in zip(ops, columns, strict=True)
        }
    means = {}
    for op in ops:
        times = [[ms for name, ms in run if name == op.name] for run in runs]
        if names.count(op.name) == 1 and all(len(durations) == 1 for durations in times):
            means[op.id] = fmean(durations[0] for durations in times)
    return means


def _ordered(events: Iterable[Mapping[str, object]]) -> list[tuple[float, float, str]]:
    """Return start and duration in microseconds, and the name without the time in brackets."""
    entries = [
        (float(str(event["ts"])), float(str(event["dur"])), str(event["name"]).partition("[")[0])
        for event in events
    ]
    return sorted(entries, key=lambda event: event[0])
