"""The steps to other programs of Paddle: one that was deployed, and that in the legacy format."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...contract import BundleRecord
from ...program.model.structure import Program
from ...program.passes.comparison import Array, compare
from ...scratch import ScratchFolder
from ..converted_quantisation import CONVERTED, CONVERTED_HINT
from .child import problem_of, run_task
from .difference import Cause, Step
from .onnx_causes import WEIGHTS
from .programs import RunProgram, run_program
from .value_step import causes_of, known_failures, value_request, with_op

__all__ = ["deployed_program_step", "legacy_step"]

NAME = "deployed program"
_DEQUANTIZE = Cause("known failure", CONVERTED, CONVERTED_HINT, is_proven=False)


def deployed_program_step(
    folder: Path, record: BundleRecord, traced: Program, run: RunProgram, inputs: Sequence[Array]
) -> tuple[Step, RunProgram]:
    """Compare a program that was deployed with that of the bundle, both without passes.

    Parameters
    ----------
    folder : Path
        With the deployed program.
    record, traced, run, inputs
        As for `target_step`.

    Returns
    -------
    step : Step
    deployed : RunProgram
        What the passes start from.

    Raises
    ------
    BundleError
        If Paddle cannot run it.
    """
    deployed = run_program(folder, record, traced, inputs)
    comparison = compare(deployed.outputs, run.outputs, [each.dtype for each in record.outputs])
    if isinstance(comparison, str):
        reason = comparison.replace("the Predictor", "it")
        return Step(NAME, math.inf, is_equal=False, problem=f"{reason.capitalize()}."), deployed
    step = Step(NAME, comparison.difference, is_equal=comparison.is_equal)
    if step.is_equal:
        return step, deployed
    with ScratchFolder("trace") as work:
        request = {
            "folder": str(folder.resolve()),
            "is_legacy": False,
            "inputs": [each.name for each in record.inputs],
        }
        step = _searched(step, work, request, "inference", traced, run, inputs)
    if "dequantize_linear" in step.node.split(", "):
        # A saturation is then one of wrong values.
        others = [cause for cause in step.causes if cause.kind != "saturation"]
        step = replace(step, causes=(*others, _DEQUANTIZE))
    return step, deployed


def legacy_step(
    step: Step,
    work: Path,
    request: dict[str, Any],
    traced: Program,
    run: RunProgram,
    inputs: Sequence[Array],
) -> Step:
    """Find the op that the program in the legacy format gets wrong."""
    request = request | {"is_legacy": True}
    found = _searched(step, work, request, "legacy", traced, run, inputs)
    if not found.is_equal or step.is_equal:
        return found
    cause = Cause(
        "pass",
        "The program is right without the passes of Paddle Inference, and wrong with them.",
        "Leave them out: config.switch_ir_optim(False).",
    )
    return replace(step, causes=(cause,))


def _searched(
    step: Step,
    work: Path,
    request: dict[str, Any],
    target: str,
    traced: Program,
    run: RunProgram,
    inputs: Sequence[Array],
) -> Step:
    np.savez(work / WEIGHTS, **run.weights)
    outcome = run_task("paddle", work, value_request(work, request, run), inputs)
    answer = outcome.answer
    if answer is None:
        problem = f"While its values were read, the process {problem_of(outcome)}"
        return replace(step, problem=problem)
    name = "int8" if answer["is_quantised"] else step.name
    step = replace(step, name=name, difference=float(answer["difference"]))
    if step.difference is not None and step.difference <= answer["tolerance"]:
        return replace(step, is_equal=True, problem="")
    if answer.get("where") != "graph":
        return replace(step, problem="No op could be found whose value is another one.")
    op = run.program.by_id()[answer["op"]]
    causes = [*causes_of(answer, traced), *known_failures(traced, target, op)]
    return with_op(step, answer, run, traced, causes)
