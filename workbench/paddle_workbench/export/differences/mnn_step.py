"""The step from the program to MNN: the op that it gets wrong, and what smaller weights cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...contract import BundleRecord
from ...program.model.structure import Program
from ...program.passes.comparison import Array
from ..decisions import decisions_of
from .child import problem_of, run_task
from .difference import Cause, Step, shown
from .programs import RunProgram
from .value_step import known_failures, value_request, with_op

__all__ = ["mnn_step"]


def mnn_step(
    step: Step,
    work: Path,
    request: dict[str, Any],
    record: BundleRecord,
    traced: Program,
    run: RunProgram,
    inputs: Sequence[Array],
    results: Sequence[Array],
) -> Step:
    """Find the op that an MNN file gets wrong; with smaller weights, the layer that loses most.

    Parameters
    ----------
    results : sequence of arrays
        What MNN returned.
    """
    folder = work / "names"
    folder.mkdir()
    # In a child of its own: the converter may end it.
    names = run_task("names", folder, request, [], may_crash=True).answer or {}
    request = value_request(work, request, run) | {
        "aliases": names.get("aliases", {}),
        "weights": names.get("weights", request["weights"]),
    }
    outcome = run_task("mnn", work, request, inputs)
    answer = outcome.answer
    if answer is None:
        problem = f"While its values were read, MNN's process {problem_of(outcome)}"
        return step if step.is_equal else replace(step, problem=problem)
    weights = answer["weights"]
    step = replace(
        step,
        name=step.name if weights == "fp32" else f"{step.name} {weights}",
        is_equal=step.difference is not None and step.difference <= answer["tolerance"],
    )
    loss = answer.get("loss")
    causes = [_loss(loss, weights)] if loss is not None else []
    if weights == "int8" and not step.is_equal and _same_decisions(record, results, run.outputs):
        step = replace(step, is_equal=True)
    if step.is_equal:
        return step if loss is None else with_op(step, loss, run, traced, causes)
    is_found = answer.get("where") == "graph"
    is_loss = is_found and loss is not None and answer["op"] in (loss["op"], loss["result"])
    if loss is not None and (is_loss or not (is_found and answer["is_proven"])):
        return with_op(step, loss, run, traced, causes)
    if not is_found:
        return replace(step, problem="No op could be found: MNN has no values to compare with.")
    op = run.program.by_id()[answer["op"]]
    return with_op(step, answer, run, traced, known_failures(traced, "mnn", op))


def _loss(loss: dict[str, Any], weights: str) -> Cause:
    layers = loss["layers"]
    others = f", more than those of any other of the {layers} layers" if layers > 1 else ""
    return Cause(
        "rounded weights",
        f"With {weights} weights this layer alone changes its result by "
        f"{shown(float(loss['own']))}{others}.",
        "If that is too much, export with larger weights: "
        + ("fp16 or fp32." if weights == "int8" else "fp32."),
    )


def _same_decisions(
    record: BundleRecord, results: Sequence[Array], expected: Sequence[Array]
) -> bool:
    """Whether the decisions, which count with int8 weights, are the same ones."""
    decisions = decisions_of(record, is_approximate=True)
    shapes = [[each.shape for each in arrays] for arrays in (results, expected)]
    if decisions is None or shapes[0] != shapes[1]:
        return False
    count, changed = decisions.count(expected, results)
    return count > 0 and not decisions.problem(count, changed)
