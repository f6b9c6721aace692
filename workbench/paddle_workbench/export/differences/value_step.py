"""What the steps share that compare every value of a target: the request, and the op found."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...program.model.structure import Op, Program, computes
from ...program.passes.arrays import write_arrays
from ..rules import explain
from .difference import Cause, Step, weights_message
from .programs import RunProgram, line_of
from .saturation import saturation
from .worker import EXPECTED, VALUES

__all__ = ["causes_of", "known_failures", "value_request", "with_op"]

_MOST_NODES = 6


def value_request(work: Path, request: Mapping[str, Any], run: RunProgram) -> dict[str, Any]:
    """Write the right values into a folder, and return the request with the ops of the program."""
    values = {value: array for value, array in run.values.items() if array.dtype.kind in "fiub"}
    write_arrays(work / EXPECTED, run.outputs)
    write_arrays(work / VALUES, list(values.values()))
    return dict(request) | {
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


def with_op(
    step: Step,
    answer: Mapping[str, Any],
    run: RunProgram,
    traced: Program,
    causes: Sequence[Cause] = (),
) -> Step:
    """Add the op that a search found, with its place and the causes."""
    ops = run.program.by_id()
    op = ops[answer["op"]]
    since = ops.get(answer["since"]) if answer.get("since") is not None else None
    is_proven = answer.get("is_proven", True)
    return replace(
        step,
        before=float(answer["before"]),
        after=float(answer["after"]),
        op=op.kind if since is None else f"{since.kind} … {op.kind}",
        node=_nodes(answer.get("nodes", ())),
        layer=op.layer,
        line=line_of(run.program, op),
        op_id=op.id if op.id in traced.by_id() else None,
        causes=tuple(causes),
        problem=""
        if is_proven
        else "From this op on the values differ; replacing its value alone does not repair them.",
    )


def _setting(setting: Mapping[str, Any]) -> Cause:
    """Return the cause that an attribute of an op is another one."""
    return Cause(
        setting["name"],
        f"{setting['name']} is {_number(setting['is'])} instead of {_number(setting['right'])}.",
        "Convert the program again, or correct the attribute of the node.",
        is_proven=setting.get("is_proven", True),
    )


def _weights(answer: Mapping[str, Any], traced: Program) -> Cause:
    """Return the cause that the target has other weights than the bundle."""
    known = _weight_names(traced)
    different = [known.get(name, name) for name in answer["weights"]]
    return Cause(
        "weights",
        weights_message(different, answer["weight_count"]),
        "Export the bundle again: the file was made from other weights.",
        is_proven=answer["weights_explain"],
    )


def causes_of(answer: Mapping[str, Any], traced: Program) -> list[Cause]:
    """Return what explains the op that a search found: weights, an attribute, saturation."""
    causes = []
    if "weights" in answer:
        causes.append(_weights(answer, traced))
    if answer["settings"] is not None:
        causes.append(_setting(answer["settings"]))
    if answer["clipped"]:
        causes.append(saturation(answer["clipped"]))
    return causes


def known_failures(program: Program, target: str, op: Op | None = None) -> list[Cause]:
    """Return the known failures of a program on a target, or those of one op of it."""
    causes = [
        Cause("known failure", finding.message, finding.hint, is_proven=False)
        for finding in explain(program, target)
        if op is None
        or (
            finding.op == op.kind
            and (op.line is None or finding.line is None or finding.line.line == op.line.line)
        )
    ]
    return list(dict.fromkeys(causes))


def _nodes(kinds: Sequence[str]) -> str:
    """Return the kinds of nodes once each, without the middle of many."""
    once = list(dict.fromkeys(kinds))
    if len(once) > _MOST_NODES:
        once = [*once[: _MOST_NODES - 2], "…", once[-1]]
    return ", ".join(once)


def _json(attributes: Any) -> dict[str, Any]:
    kept = {}
    for name, value in attributes.items():
        try:
            json.dumps(value)
        except (TypeError, ValueError):
            continue
        kept[name] = value
    return kept


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
