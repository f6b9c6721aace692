"""The step from the program to a target: which op or pass first makes it another result."""

from __future__ import annotations

import math
import tempfile
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
from ..rules import explain
from ..targets.onnx import MODEL
from ..targets.target import PROGRAM_FOLDER, Target
from .child import problem_of, run_task
from .cut_search import first_wrong_op
from .difference import Cause, Step
from .mnn_step import mnn_step
from .onnx_step import onnx_step
from .passes_step import passes_step
from .programs import RunProgram, line_of
from .worker import OUTPUTS

__all__ = ["target_step"]


def target_step(
    bundle: Path,
    record: BundleRecord,
    traced: Program,
    run: RunProgram,
    inputs: Sequence[Array],
    target: Target,
    files: Path | None,
    *,
    without: Sequence[str] = (),
    weights: Weights = "fp32",
) -> Step:
    """Run a target, and find the first op or pass that gives another value.

    Parameters
    ----------
    bundle : Path
        Its folder.
    record : BundleRecord
    traced : Program
    run : RunProgram
        The program and its values, which are right.
    inputs : sequence of arrays
    target : Target
    files : Path or None
        The folder with the files of the target, or the `.onnx` file; None to write them into a
        temporary folder.
    without : sequence of str
        Passes that the target leaves out.
    weights : {"fp32", "fp16", "int8"}
        How the bundle says that the target stores them.
    """
    with tempfile.TemporaryDirectory(prefix="trace_") as name:
        work = Path(name)
        folder = _folder(work, bundle, target, files)
        request: dict[str, Any] = {
            "target": target.name,
            "source": str((bundle / PROGRAM_FOLDER).resolve()),
            "folder": str(folder.resolve()),
            "write": files is None,
            "without": list(without),
            "weights": weights,
            "inputs": [each.name for each in record.inputs],
        }
        if target.name == "onnx":
            title = "ONNX"
        else:
            title = "passes" if target.name in PIPELINES else target.title
        if target.name == "onnx" and files is not None:
            return onnx_step(Step(title, None), work, request, traced, run, inputs)
        outcome = run_task("target", work, request, inputs)
        begun = (outcome.answer or {}).get("begun")
        if begun != "end":
            step = _failed(title, target, begun, outcome, traced)
            return _with_cut(step, work, request, run, inputs, traced)
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
            return mnn_step(step, work, request, record, traced, run, inputs, results)
        if step.is_equal:
            return step
        if target.name == "browser":
            return onnx_step(step, work, request, traced, run, inputs)
        if target.name not in PIPELINES:
            return _with_cut(step, work, request, run, inputs, traced)
        return passes_step(step, work, request, bundle, traced, run, inputs)


def _folder(work: Path, bundle: Path, target: Target, files: Path | None) -> Path:
    """Return the folder with the files of a target, which may have to be written."""
    if files is not None and files.is_file():
        folder = work / "target"
        folder.mkdir()
        (folder / MODEL).symlink_to(files.resolve())
        return folder
    if files is not None:
        return files
    return work / "target" if target.write is not None else bundle / target.folder


def _failed(title: str, target: Target, begun: Any, outcome: Outcome, traced: Program) -> Step:
    word = {"write": "was being written", "load": "was loading", "run": "ran"}.get(begun, "ran")
    causes = tuple(
        Cause("known failure", finding.message, finding.hint, is_proven=False)
        for finding in explain(traced, target.name)
    )
    problem = f"While {target.title} {word}, its process {problem_of(outcome)}"
    return Step(title, None, is_equal=False, problem=problem, causes=causes)


def _with_cut(
    step: Step,
    work: Path,
    request: dict[str, Any],
    run: RunProgram,
    inputs: Sequence[Array],
    traced: Program,
) -> Step:
    """Add the first op that the target gets wrong or fails on."""
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
