"""Which pass of Paddle Inference makes a program wrong, found by leaving passes out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from ..contract import ExportFinding, SourcePlace
from ..errors import CaptureError
from ..program.formats.assembly import Numbering
from ..program.model.structure import Program
from ..program.passes.culprit import Culprit, find_culprit
from ..program.passes.pipeline import Pipeline, optimise
from .exportable import Exportable
from .targets.target import PROGRAM, PROGRAM_FOLDER

__all__ = ["blame_pass"]


def blame_pass(bundle: Exportable, target: str, sample_name: str) -> Iterator[ExportFinding]:
    """Yield a finding about the pass without which a sample has the eager result, if it is one.

    Parameters
    ----------
    bundle : Bundle
    target : {"inference", "onednn"}
    sample_name : str
        A sample on which the target is not equal.
    """
    sample = next((each for each in bundle.samples if each.name == sample_name), None)
    if sample is None or sample.outputs is None:
        return
    pipeline: Pipeline = "onednn" if target == "onednn" else "inference"
    program, prefix = bundle.program, bundle.folder / PROGRAM_FOLDER / PROGRAM
    try:
        stages = optimise(program, prefix.resolve(), pipeline, _further_numbers(program)).stages
    except CaptureError:
        return
    culprit = find_culprit(
        program,
        prefix.resolve(),
        stages,
        sample.inputs,
        sample.outputs,
        [each.dtype for each in bundle.record.outputs],
        onednn=pipeline == "onednn",
    )
    if culprit is not None:
        yield _finding(culprit, target)


def _finding(culprit: Culprit, target: str) -> ExportFinding:
    line = culprit.line
    if not culprit.name:
        return ExportFinding(
            code="PW-X207",
            severity="error",
            message="The program differs from the eager network even without any pass: the cause "
            "is in tracing.",
            hint="See the traps in the code: capture(net, check_with=[...]).explanations",
        )
    return ExportFinding(
        code="PW-X206",
        severity="error",
        message=f"{culprit.name} changes the result: without it the difference is "
        f"{culprit.difference:.1g}."
        + (" It lets an op overwrite a value that another op still reads." if line else ""),
        hint=f'Leave the pass out: bundle.export("{target}", without=["{culprit.name}"])',
        line=SourcePlace(file=line.file, line=line.line) if line else None,
    )


def _further_numbers(program: Program) -> Numbering:
    """Return ids that no op or value of the program has."""
    ops = max((op.id for op in program.walk()), default=-1)
    values = max(program.values, default=-1)
    return Numbering(count(ops + 1).__next__, count(values + 1).__next__)
