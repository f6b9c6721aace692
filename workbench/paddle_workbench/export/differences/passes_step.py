"""The step from the program to the Predictor: the pass after which the result is another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from ...program.formats.assembly import Numbering
from ...program.model.capture import SCHEMA_VERSION, Capture, Stage
from ...program.model.structure import Op, Program
from ...program.passes.arrays import write_arrays
from ...program.passes.comparison import TOLERANCE, Array
from ...program.passes.culprit import find_culprit, overwriting_line
from ...program.passes.pipeline import optimise
from ...program.passes.steps import LOWERED, SAVED
from ..targets.target import PROGRAM
from .child import run_task
from .difference import Cause, Step
from .programs import RunProgram
from .worker import EXPECTED

__all__ = ["passes_step"]


def passes_step(
    step: Step,
    work: Path,
    request: dict[str, Any],
    traced: Program,
    run: RunProgram,
    inputs: Sequence[Array],
) -> Step:
    """Find the pass after which the Predictor returns something else."""
    pipeline = request["target"]
    numbering = Numbering(
        count(1 + max(run.program.by_id(), default=-1)).__next__,
        count(1 + max(run.program.values, default=-1)).__next__,
    )
    prefix = Path(request["source"]) / PROGRAM
    stages = optimise(run.program, prefix, pipeline, numbering).stages
    before = (run.program, *(stage.program for stage in stages))
    names = [
        stage.name
        for earlier, stage in zip(before, stages, strict=False)
        if stage.program is not earlier and stage.name not in (SAVED, LOWERED, *request["without"])
    ]
    names = list(dict.fromkeys(names))
    write_arrays(work / EXPECTED, run.outputs)
    request = request | {
        "passes": names,
        "onednn": pipeline == "onednn",
        "tolerance": TOLERANCE,
    }
    outcome = run_task("passes", work, request, inputs)
    answer = outcome.answer or {}
    differences = {int(at): float(size) for at, size in answer.get("differences", {}).items()}
    if differences.get(0, 0.0) > TOLERANCE:
        problem = "The Predictor returns something else even without passes."
        return replace(step, before=differences[0], problem=problem)
    if "first" in answer:
        first = int(answer["first"])
        name = names[first]
        step = replace(step, before=differences[first], after=differences[first + 1])
    else:
        # Without some passes it does not run: leave them out one at a time instead.
        dtypes = [run.program.values[value].dtype for value in run.program.outputs]
        culprit = find_culprit(
            run.program, prefix, stages, inputs, run.outputs, dtypes, onednn=pipeline == "onednn"
        )
        if culprit is None or not culprit.name:
            return replace(step, problem="It is not one pass alone.")
        name = culprit.name
        step = replace(step, before=culprit.difference, after=step.difference)
    capture = Capture(SCHEMA_VERSION, "", program=run.program, stages=stages)
    at = next(index for index, stage in enumerate(stages) if stage.name == name)
    line = overwriting_line(run.program, stages, name)
    op = _changed_op(capture, at)
    if line is not None:
        cause = Cause(
            "overwritten value",
            f"{name} overwrites a value that another op still reads.",
            f'Leave the pass out: config.delete_pass("{name}").',
        )
    else:
        cause = Cause(
            "pass",
            f"The result is right before {name} and wrong after it.",
            f'Leave the pass out: config.delete_pass("{name}").',
        )
    known = traced.by_id()
    return replace(
        step,
        op=name,
        layer=op.layer if op is not None else "",
        line=line or (op.line if op is not None else None),
        op_id=op.id if op is not None and op.id in known else None,
        causes=(cause,),
    )


def _changed_op(capture: Capture, at: int) -> Op | None:
    """Return the first op of the program that a pass replaced or changed."""
    stage: Stage = capture.stages[at]
    ops = capture.program.by_id() if capture.program else {}
    for number in (*stage.added, *stage.changed):
        for origin in capture.origins(number, stage=at):
            op = ops.get(origin.op_id)
            if op is not None and op.line is not None:
                return op
    return None
