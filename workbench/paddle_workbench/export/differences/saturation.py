"""Quantised layers that clip what they get, as a cause of a step."""

from __future__ import annotations

from dataclasses import replace

from .difference import Cause, Step
from .programs import RunProgram, line_of
from .quantisation import clipped_share_of, is_quantising

__all__ = ["saturation", "with_saturation"]


def saturation(share: float) -> Cause:
    """Return the cause of a quantisation that clips a share of the values."""
    return Cause(
        "saturation",
        f"The quantisation saturates: {share:.0%} of the values are outside its range.",
        "Calibrate with inputs like this one, or leave this layer in float32.",
        is_proven=False,
    )


def with_saturation(step: Step, run: RunProgram) -> Step:
    """Add the first quantisation of a program that saturates on the sample, if there is one.

    Its layer and line are named if the step has no op.
    """
    weights = {
        op.outputs[0]: run.weights[name]
        for op in run.program.ops
        if op.name == "builtin.parameter"
        and (name := str(op.attributes.get("parameter_name", ""))) in run.weights
    }
    arrays = weights | run.values
    for op in run.program.ops:
        if not is_quantising(op.kind) or len(op.inputs) < 2:
            continue
        array, scale = (None if each is None else arrays.get(each) for each in op.inputs[:2])
        share = clipped_share_of(op.kind, array, scale)
        if not share:
            continue
        cause = saturation(share)
        if step.op:
            where = f" in {op.layer}" if op.layer else ""
            message = cause.message.replace("The quantisation", f"The quantisation{where}")
            return replace(step, causes=(*step.causes, replace(cause, message=message)))
        return replace(
            step,
            op=op.kind,
            layer=op.layer,
            line=line_of(run.program, op),
            causes=(*step.causes, cause),
        )
    return step
