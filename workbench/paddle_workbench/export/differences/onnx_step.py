"""The step from the program to ONNX: the op that the graph gets wrong, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...program.model.structure import Op, Program
from ...program.passes.comparison import Array
from ..targets.onnx import MODEL
from .child import problem_of, run_task
from .difference import Cause, Step, weights_message
from .onnx_causes import WEIGHTS
from .programs import RunProgram
from .value_step import known_failures, value_request, with_op

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
    return with_op(step, answer, run, traced, [*causes, *_causes(answer, op, traced)])


def _causes(answer: dict[str, Any], op: Op, traced: Program) -> list[Cause]:
    causes = []
    if "weights" in answer:
        known = _weight_names(traced)
        different = [known.get(name, name) for name in answer["weights"]]
        causes.append(
            Cause(
                "weights",
                weights_message(different, answer["weight_count"]),
                "Export the bundle again: the file was made from other weights.",
                is_proven=answer["weights_explain"],
            )
        )
    setting = answer["settings"]
    if setting is not None:
        causes.append(
            Cause(
                setting["name"],
                f"{setting['name']} is {_number(setting['is'])} instead of "
                f"{_number(setting['right'])}.",
                "Convert the program again, or correct the attribute of the node.",
            )
        )
    if answer["clipped"]:
        causes.append(
            Cause(
                "saturation",
                f"The quantisation saturates: {answer['clipped']:.0%} of the values are outside "
                "its range.",
                "Calibrate with inputs like this one, or leave this layer in float32.",
                is_proven=False,
            )
        )
    return causes + known_failures(traced, "onnx", op)


def _weight_names(traced: Program) -> dict[str, str]:
    """Return the names of weights in the network by those in the program."""
    own = {parameter.value: parameter.name for parameter in traced.parameters}
    return {
        str(op.attributes.get("parameter_name", "")): own[op.outputs[0]]
        for op in traced.ops
        if op.name == "builtin.parameter" and op.outputs[0] in own
    }


def _number(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
