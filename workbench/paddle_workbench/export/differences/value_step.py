"""What the steps share that compare every value of a target: the request, and the op found."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...program.model.structure import Program, computes
from ...program.passes.arrays import write_arrays
from ..rules import explain
from .difference import Cause, Step
from .programs import RunProgram, line_of
from .worker import EXPECTED, VALUES

__all__ = ["known_failures", "value_request", "with_op"]


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
        node=", ".join(answer.get("nodes", ())),
        layer=op.layer,
        line=line_of(run.program, op),
        op_id=op.id if op.id in traced.by_id() else None,
        causes=tuple(causes),
        problem=""
        if is_proven
        else "From this op on the values differ; replacing its value alone does not repair them.",
    )


def known_failures(traced: Program, target: str, op: Any) -> list[Cause]:
    """Return the known failures of an op on a target."""
    return [
        Cause("known failure", finding.message, finding.hint, is_proven=False)
        for finding in explain(traced, target)
        if finding.op == op.kind
        and (op.line is None or finding.line is None or finding.line.line == op.line.line)
    ]


def _json(attributes: Any) -> dict[str, Any]:
    kept = {}
    for name, value in attributes.items():
        try:
            json.dumps(value)
        except (TypeError, ValueError):
            continue
        kept[name] = value
    return kept
