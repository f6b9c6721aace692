"""The step from the program to ONNX: the op that the graph gets wrong, and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...program.model.structure import Op, Program, computes
from ...program.passes.arrays import write_arrays
from ...program.passes.comparison import Array
from ..rules import explain
from ..targets.onnx import MODEL
from .child import problem_of, run_task
from .difference import Cause, Step, weights_message
from .onnx_causes import WEIGHTS
from .programs import RunProgram, line_of
from .worker import EXPECTED, VALUES

__all__ = ["onnx_step"]


def onnx_step(
    step: Step,
    work: Path,
    request: dict[str, Any],
    traced: Program,
    run: RunProgram,
    inputs: Sequence[Array],
) -> Step:
    values = {value: array for value, array in run.values.items() if array.dtype.kind in "fiub"}
    write_arrays(work / EXPECTED, run.outputs)
    write_arrays(work / VALUES, list(values.values()))
    np.savez(work / WEIGHTS, **run.weights)
    request = request | {
        "model": str(Path(request["folder"]) / MODEL),
        "ops": [
            {
                "id": op.id,
                "kind": op.kind,
                "inputs": sorted(run.read_by(op)),
                "outputs": list(op.outputs),
                "attributes": _json(op.attributes),
                "computes": computes(op),
            }
            for op in run.program.ops
        ],
        "outputs": list(run.program.outputs),
        "values": list(values),
    }
    outcome = run_task("onnx", work, request, inputs)
    answer = outcome.answer
    if answer is None:
        problem = f"While ONNX Runtime ran the file, its process {problem_of(outcome)}"
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
    if answer.get("where") != "graph":
        return replace(
            step, problem="No op could be found: the graph has no values to compare with."
        )
    ops = run.program.by_id()
    op = ops[answer["op"]]
    since = ops.get(answer["since"]) if answer["since"] is not None else None
    line = line_of(run.program, op)
    return replace(
        step,
        before=float(answer["before"]),
        after=float(answer["after"]),
        op=op.kind if since is None else f"{since.kind} … {op.kind}",
        node=", ".join(answer["nodes"]),
        layer=op.layer,
        line=line,
        op_id=op.id if op.id in traced.by_id() else None,
        causes=tuple(_causes(answer, op, traced)),
        problem=""
        if answer["is_proven"]
        else "From this op on the values differ; replacing its value alone does not repair them.",
    )


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
    causes += [
        Cause("known failure", finding.message, finding.hint, is_proven=False)
        for finding in explain(traced, "onnx")
        if finding.op == op.kind
        and (op.line is None or finding.line is None or finding.line.line == op.line.line)
    ]
    return causes


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


def _json(attributes: Any) -> dict[str, Any]:
    kept = {}
    for name, value in attributes.items():
        try:
            json.dumps(value)
        except (TypeError, ValueError):
            continue
        kept[name] = value
    return kept
