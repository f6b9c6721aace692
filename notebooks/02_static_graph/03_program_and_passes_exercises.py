"""Checkers of the lesson `static_graph/program_and_passes`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker
from paddle_workbench.program import (
    SCHEMA_VERSION,
    Capture,
    Op,
    Origin,
    Program,
    Stage,
)

LIVES = [(0, 3, 100), (1, 1, 50), (1, 2, 30), (2, 4, 60), (3, 3, 10)]


@checker("peak_bytes", title=Text(zh="峰值", en="The peak"), points=2)
def check_peak_bytes(peak_bytes: Callable[[list[tuple[int, int, int]]], int]) -> None:
    cases = [LIVES, [(0, 0, 7)], [], [(5, 9, 1), (0, 5, 2)], [(0, 1, 5), (2, 3, 5)]]
    wanted = [_peak(case) for case in cases]
    found = []
    for case in cases:
        given = list(case)
        found.append(peak_bytes(given))
        if given != case:
            raise Mistake(
                "changes_input",
                Text(zh="输入的列表被改了。", en="The list that was given was changed."),
            )
    if found == wanted:
        return
    sides = {"expected": wanted, "found": found}
    if found == [sum(size for *_, size in case) for case in cases]:
        raise Mistake(
            "total",
            Text(
                zh="这是总和。不同时活着的值可以共用一块地方。",
                en="That is the total. Values that are not alive together can share a place.",
            ),
            **sides,
        )
    if found == [_peak([(first, last - 1, size) for first, last, size in c]) for c in cases]:
        raise Mistake(
            "excludes_last",
            Text(
                zh="最后一步也要算：值在那一步还被用到。",
                en="The last step counts, too: the value is still used in it.",
            ),
            **sides,
        )
    raise Mistake(
        "wrong_peak",
        Text(zh="结果不对。", en="The result is wrong."),
        **sides,
    )


@checker("fused_from", title=Text(zh="谁合成了谁", en="Who became what"), points=2)
def check_fused_from(fused_from: Callable[[Capture], Mapping[Any, int]]) -> None:
    capture = _capture()
    wanted = Counter({("fc", ("add", "matmul", "relu")): 2, ("exp", ("exp", "exp")): 1})
    found = fused_from(capture)
    if not isinstance(found, Mapping):
        raise Mistake(
            "no_mapping",
            Text(zh="请返回 Counter。", en="Return a Counter."),
            expected="Counter",
            found=type(found).__name__,
        )
    if dict(found) == dict(wanted):
        return
    sides = {"expected": _listed(wanted), "found": _listed(found)}
    if any(name == "relu" and len(origins) == 1 for name, origins in found):
        raise Mistake(
            "keeps_single",
            Text(
                zh="只来自一个算子的不算：它没有与谁合并。",
                en="What came from one op alone does not count: nothing was merged.",
            ),
            **sides,
        )
    if any(name == "parameter" for name, _ in found):
        raise Mistake(
            "keeps_parameters",
            Text(
                zh="参数不算：它是折叠好的常数，不是算子。",
                en="Parameters do not count: they are folded constants, not ops.",
            ),
            **sides,
        )
    if any(list(origins) != sorted(origins) for _, origins in found):
        raise Mistake(
            "unsorted",
            Text(zh="来源的名字要排好序。", en="The names of the origins must be sorted."),
            **sides,
        )
    raise Mistake(
        "wrong_counts",
        Text(
            zh="结果不对。要追到最初的程序：found.origins，不是上一步的 stage.origins。",
            en="The result is wrong. Trace back to the first program: found.origins, and not "
            "stage.origins, which is one step.",
        ),
        **sides,
    )


def _peak(lives: list[tuple[int, int, int]]) -> int:
    steps = {first for first, _, _ in lives}
    return max(
        (sum(n for first, last, n in lives if first <= step <= last) for step in steps), default=0
    )


def _capture() -> Capture:
    """Return a capture of two layers, equal ops and a folded weight, made by hand."""
    kinds = [
        "matmul",
        "add",
        "relu",
        "matmul",
        "add",
        "relu",
        "exp",
        "exp",
        "relu",
        "scale",
        "scale",
    ]
    traced = [Op(number, f"pd_op.{kind}") for number, kind in enumerate(kinds)]
    fused = Op(11, "pd_op.fused_matmul_add"), Op(12, "pd_op.fused_matmul_add")
    first = Stage(
        "bias",
        Program((fused[0], traced[2], fused[1], *traced[5:7], *traced[8:]), {}),
        added=(11, 12),
        removed=(0, 1, 3, 4, 7),
        lineage={
            11: (Origin(0), Origin(1)),
            12: (Origin(3), Origin(4)),
            6: (Origin(6), Origin(7)),
        },
    )
    layers = Op(13, "pd_op.fc"), Op(14, "pd_op.fc")
    weight = Op(15, "builtin.parameter")
    last = Stage(
        "activation",
        Program((weight, *layers, traced[6], traced[8]), {}),
        added=(13, 14, 15),
        removed=(11, 12, 2, 5, 9, 10),
        lineage={
            13: (Origin(2), Origin(11)),
            14: (Origin(5), Origin(12)),
            15: (Origin(9), Origin(10)),
        },
    )
    return Capture(
        SCHEMA_VERSION, "layers", program=Program(tuple(traced), {}), stages=(first, last)
    )


def _listed(counts: Mapping[Any, int]) -> list[str]:
    return sorted(f"{name} <- {' + '.join(origins)}: {n}" for (name, origins), n in counts.items())
