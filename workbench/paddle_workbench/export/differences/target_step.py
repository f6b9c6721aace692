"""The step from the program to a target: which op or pass first makes it another result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...child_process import Outcome
from ...contract import BundleRecord, Weights
from ...program.model.structure import Program
from ...program.passes.arrays import read_arrays
from ...program.passes.comparison import Array, compare
from ...program.passes.pipeline import PIPELINES
from ...scratch import ScratchFolder
from ..targets import mnn
from ..targets.onnx_file import MODEL
from ..targets.target import Target
from .child import problem_of, run_task
from .cut_search import first_wrong_op
from .difference import Step
from .mnn_step import mnn_step
from .onnx_step import onnx_step
from .paddle_step import legacy_step
from .passes_step import passes_step
from .programs import RunProgram, line_of
from .value_step import known_failures, value_request
from .worker import OUTPUTS

__all__ = ["target_step"]


def target_step(
    source: Path,
    record: BundleRecord,
    traced: Program,
    run: RunProgram,
    inputs: Sequence[Array],
    target: Target,
    files: Path | None,
    *,
    without: Sequence[str] = (),
    weights: Weights = "fp32",
    is_own: bool = True,
) -> Step:
    """Run a target, and find the first op or pass that gives another value.

    Parameters
    ----------
    source : Path
        The folder with the program that the target starts from.
    record : BundleRecord
    traced : Program
    run : RunProgram
        This program and its values, which are right.
    inputs : sequence of arrays
    target : Target
    files : Path or None
        The folder with the files of the target, or the `.onnx` file; None to write them into a
        temporary folder.
    without : sequence of str
        Passes that the target leaves out.
    weights : {"fp32", "fp16", "int8"}
        How the bundle says that the target stores them.
    is_own : bool
        Whether the files were written from this program, as far as is known.
    """
    with ScratchFolder("trace") as work:
        folder = _folder(work, source, target, files)
        request: dict[str, Any] = {
            "target": target.name,
            "source": str(source.resolve()),
            "folder": str(folder.resolve()),
            "write": files is None,
            "without": list(without),
            "weights": weights,
            "signature": _signature(record, target, files),
            "inputs": [each.name for each in record.inputs],
        }

        def cut(step: Step) -> Step:
            if not is_own:
                return _as_a_whole(step, target)
            return _with_cut(step, work, request, run, inputs, traced, target)

        if target.name == "onnx":
            title = "ONNX"
        else:
            title = "passes" if target.name in PIPELINES else target.title
        if target.name == "onnx" and files is not None:
            return onnx_step(Step(title, None), work, request, traced, run, inputs)
        outcome = run_task("target", work, request, inputs)
        begun = (outcome.answer or {}).get("begun")
        if begun != "end":
            step = _failed(title, target, begun, outcome, run.program)
            return cut(step)
        results = read_arrays(work / OUTPUTS)
        comparison = compare(results, run.outputs, [each.dtype for each in record.outputs])
        if isinstance(comparison, str):
            reason = comparison.replace("the Predictor", "the target")
            step = Step(title, math.inf, is_equal=False, problem=f"{reason.capitalize()}.")
        else:
            step = Step(title, comparison.difference, is_equal=comparison.is_equal)
        if target.name == "onnx":
            return onnx_step(step, work, request, traced, run, inputs)
        if target.name == "mnn":
            step = mnn_step(step, work, request, record, traced, run, inputs, results)
            if step.is_equal or step.op or weights != "fp32":
                return step
            found = cut(replace(step, problem=""))
            return found if found.op else step
        if step.is_equal:
            return step
        if target.name == "browser":
            return onnx_step(step, work, request, traced, run, inputs)
        if target.name == "legacy":
            return legacy_step(step, work, request, traced, run, inputs)
        if target.name not in PIPELINES:
            return cut(step)
        return passes_step(step, work, request, traced, run, inputs)


def _folder(work: Path, source: Path, target: Target, files: Path | None) -> Path:
    """Return the folder with the files of a target, which may have to be written."""
    if files is None:
        return work / "target" if target.write is not None else source
    if not files.is_file():
        return files
    folder = work / "target"
    folder.mkdir()
    (folder / (mnn.MODEL if target.name == "mnn" else MODEL)).symlink_to(files.resolve())
    return folder


def _failed(title: str, target: Target, begun: Any, outcome: Outcome, program: Program) -> Step:
    word = {"write": "was being written", "load": "was loading", "run": "ran"}.get(begun, "ran")
    causes = tuple(known_failures(program, target.name))
    problem = f"While {target.title} {word}, its process {problem_of(outcome)}"
    return Step(title, None, is_equal=False, problem=problem, causes=causes)


def _signature(record: BundleRecord, target: Target, files: Path | None) -> dict[str, Any] | None:
    """Return the program's inputs and outputs for an MNN file that comes without its signature."""
    if target.name != "mnn" or files is None or not files.is_file():
        return None
    return {
        "inputs": [{"name": each.name, "dtype": each.dtype} for each in record.inputs],
        "outputs": [each.dtype for each in record.outputs],
    }


def _as_a_whole(step: Step, target: Target) -> Step:
    """Say that nothing inside a step was compared."""
    text = (
        f"{target.title} does not show what happens inside these files, so they were compared as "
        "a whole: on the inputs that the program takes, with its outputs."
    )
    return replace(step, problem=f"{step.problem} {text}".strip())


def _with_cut(
    step: Step,
    work: Path,
    request: dict[str, Any],
    run: RunProgram,
    inputs: Sequence[Array],
    traced: Program,
    target: Target,
) -> Step:
    """Add the first op that the target gets wrong or fails on."""
    if target.needs_legacy_program:
        folder = work / "variables"
        folder.mkdir()
        answer = run_task("variables", folder, value_request(folder, request, run), inputs).answer
        request = request | {"variables": {int(id_): name for id_, name in (answer or {}).items()}}
    difference = math.inf if step.difference is None else step.difference
    found = first_wrong_op(work, request, run, inputs, difference)
    if found is None:
        return step
    op = found.op
    return replace(
        step,
        before=found.before,
        after=None if math.isinf(found.after) and step.difference is None else found.after,
        op=op.kind,
        layer=op.layer,
        line=line_of(run.program, op),
        op_id=op.id if op.id in traced.by_id() else None,
    )
