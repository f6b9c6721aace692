"""The first op that a target gets wrong, or fails on, found with programs that end earlier.

For targets whose values cannot be read: the program is cut after an op, written for the target, run
there, and compared. Bisection finds the cut from which on it is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...program.model.structure import Op, computes
from ...program.passes.arrays import write_arrays
from ...program.passes.comparison import TOLERANCE, Array
from ...program.passes.saving import needed_values
from .child import run_task
from .programs import RunProgram
from .worker import EXPECTED

__all__ = ["CutOp", "first_wrong_op"]

_MOST_CUTS = 40


@dataclass(frozen=True, slots=True)
class CutOp:
    """The op whose cut is wrong while those of all its inputs are right.

    Parameters
    ----------
    op : Op
    before, after : float
        The largest difference of its inputs, and that of its output; infinite if the target fails.
    """

    op: Op
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class _Cut:
    at: int
    """The place of the op in the program."""
    result: int
    value: int
    op: Op


def first_wrong_op(
    work: Path, request: dict[str, Any], run: RunProgram, inputs: Sequence[Array], difference: float
) -> CutOp | None:
    """Return the first op that a target gets wrong; None if no cut is right.

    Parameters
    ----------
    work : Path
        A folder for the files.
    request : dict
        `target`, `source` and `inputs` as for the task `target`; `variables` for a target that is
        written from the legacy format: the names there of the values that it has, by id.
    run : RunProgram
    inputs : sequence of arrays
    difference : float
        Of the whole program; infinite if the target fails.
    """
    needed = needed_values(run.program)
    variables: dict[int, str] | None = request.get("variables")
    cuts = [
        _Cut(at, number, value, op)
        for at, op in enumerate(run.program.ops)
        for number, value in enumerate(op.outputs)
        if computes(op) and value in needed and value in run.values
        and value not in run.program.outputs and (variables is None or value in variables)
    ]  # fmt: skip
    sizes: dict[int, float] = {len(cuts): difference}

    def measure(number: int) -> float:
        if number not in sizes:
            folder = work / f"cut{number}"
            folder.mkdir()
            cut = cuts[number]
            write_arrays(folder / EXPECTED, [run.values[cut.value]])
            cut_request = request | {
                "cut": [cut.at, cut.result],
                "variables": None,
                "variable": None if variables is None else variables[cut.value],
            }
            outcome = run_task("cut", folder, cut_request, inputs, may_crash=True)
            sizes[number] = float((outcome.answer or {}).get("difference", math.inf))
        return sizes[number]

    right, wrong = -1, len(cuts)
    while wrong - right > 1:
        middle = (right + wrong) // 2
        if measure(middle) > TOLERANCE:
            wrong = middle
        else:
            right = middle
    if not any(size <= TOLERANCE for size in sizes.values()):
        return None  # perhaps the target does not take cut programs at all
    number_of = {cut.value: number for number, cut in enumerate(cuts)}
    makers = {value: op for op in run.program.ops for value in op.outputs}
    op = cuts[wrong].op if wrong < len(cuts) else makers[run.program.outputs[0]]
    # In another branch of the program a value may be wrong before it.
    while len(sizes) < _MOST_CUTS:
        earlier = [number_of[value] for value in run.read_by(op) if value in number_of]
        bad = next((number for number in sorted(earlier) if measure(number) > TOLERANCE), None)
        if bad is None:
            return CutOp(op, max((sizes[each] for each in earlier), default=0.0), sizes[wrong])
        wrong, op = bad, cuts[bad].op
    return None
