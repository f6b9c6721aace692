from collections import Counter
from collections.abc import Callable
from typing import Any

from .exercise_tests import ExerciseTests


def _pops(lives: list[tuple[int, int, int]]) -> int:
    total = 0
    while lives:
        total += lives.pop()[2]
    return total


def _without_last(lives: list[tuple[int, int, int]]) -> int:
    steps = {first for first, _, _ in lives}
    return max((sum(n for a, b, n in lives if a <= step < b) for step in steps), default=0)


def _from(
    found: Any, *, fewest: int = 2, parameters: bool = False, ordered: bool = True, steps: int = 0
) -> Counter[Any]:
    kinds = {op.id: op.kind for op in found.program.walk()}
    for stage in found.stages:
        kinds |= {op.id: op.kind for op in stage.program.walk()}
    counts: Counter[Any] = Counter()
    last = found.stages[-1]
    for op in last.program.walk():
        origins = last.origins(op.id) if steps else found.origins(op.id)
        names = [kinds[origin.op_id] for origin in origins]
        if (parameters or op.name != "builtin.parameter") and len(names) >= fewest:
            names = sorted(names) if ordered else names
            counts[op.kind, tuple(names)] += 1
    return counts


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("peak_bytes", "changes_input", _pops),
    ("peak_bytes", "total", lambda lives: sum(size for *_, size in lives)),
    ("peak_bytes", "excludes_last", _without_last),
    ("peak_bytes", "wrong_peak", lambda lives: max((n for *_, n in lives), default=0)),
    ("fused_from", "no_mapping", lambda found: 3),
    ("fused_from", "keeps_single", lambda found: _from(found, fewest=1)),
    ("fused_from", "keeps_parameters", lambda found: _from(found, parameters=True)),
    ("fused_from", "unsorted", lambda found: _from(found, ordered=False)),
    ("fused_from", "wrong_counts", lambda found: _from(found, steps=1)),
]


class TestProgramAndPassesExercises(ExerciseTests):
    LESSON = "static_graph/program_and_passes"
    ANSWERS = {"peak_bytes": "peak_bytes", "fused_from": "fused_from"}
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        return {"Counter": Counter}
