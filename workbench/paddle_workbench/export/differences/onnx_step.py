"""The step from the program to ONNX: the op that the graph gets wrong, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...program.model.structure import Program
from ...program.passes.comparison import Array
from ..targets.onnx_file import MODEL
from .child import problem_of, run_task
from .difference import Cause, Step
from .onnx_causes import WEIGHTS
from .programs import RunProgram
from .value_step import causes_of, known_failures, value_request, with_op

__all__ = ["onnx_step"]


def onnx_step(
    step: Step,
    work: Path,
    request: dict[str, Any],
    traced: Program,
    run: RunProgram,
    inputs: Sequence[Array],
) -> Step:
    """Find the op that an ONNX graph gets wrong in ONNX Runtime, or in ONNX Runtime Web."""
    np.savez(work / WEIGHTS, **run.weights)
    is_web = request["target"] == "browser"
    request = value_request(work, request, run) | {
        "model": str(Path(request["folder"]) / MODEL),
        "runtime": "web" if is_web else "",
    }
    outcome = run_task("onnx", work, request, inputs)
    answer = outcome.answer
    if answer is None:
        runtime = "ONNX Runtime Web" if is_web else "ONNX Runtime"
        problem = f"While {runtime} ran the file, its process {problem_of(outcome)}"
        return replace(step, is_equal=False, problem=problem)
    difference = float(answer["difference"])
    name = "int8" if answer["is_quantised"] else step.name
    step = replace(step, name=name, difference=difference)
    if difference <= answer["tolerance"]:
        return replace(step, is_equal=True, problem="")
    step = replace(step, is_equal=False)
    if answer.get("where") == "runtime":
        cause = Cause(
            "graph optimisation",
            f"The graph is right, and wrong after ONNX Runtime's optimisation “{answer['level']}”.",
            "Set SessionOptions.graph_optimization_level to a lower level.",
        )
        return replace(step, name="ONNX Runtime", causes=(cause,))
    causes = []
    if answer.get("is_native_equal"):
        causes.append(
            Cause(
                "runtime",
                "ONNX Runtime computes the same file right; ONNX Runtime Web does not.",
                "Compute it in another way, or after the program.",
            )
        )
    if answer.get("where") != "graph":
        problem = "No op could be found: the graph has no values to compare with."
        return replace(step, problem=problem, causes=tuple(causes))
    op = run.program.by_id()[answer["op"]]
    causes += [*causes_of(answer, traced), *known_failures(traced, "onnx", op)]
    return with_op(step, answer, run, traced, causes)
