"""Which pass of Paddle Inference makes a program wrong, found by leaving passes out.

Those of legacy programs may end the process, so each choice of passes is an attempt of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

from ..child_process import Limits
from ..contract import ExportFinding, Parity, SourcePlace
from ..errors import CaptureError
from ..program.formats.assembly import Numbering
from ..program.model.structure import Program
from ..program.passes.culprit import Culprit, find_culprit
from ..program.passes.pipeline import Pipeline, optimise
from .attempt import attempt
from .exportable import Exportable
from .targets.legacy import LEGACY, legacy_passes
from .targets.target import PROGRAM, PROGRAM_FOLDER, Options

__all__ = ["blame_legacy_pass", "blame_pass"]

LIMITS = Limits(time_s=120.0, output_bytes=256 * 1024**2)
MOST_PASSES = 3
"""More passes than these are not left out together."""


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


def blame_legacy_pass(bundle: Exportable) -> Iterator[ExportFinding]:
    """Yield a finding about the passes without which the legacy program has the eager result.

    With all passes it must not have it. The first passes of the list are kept, and bisection finds
    the one with which the result becomes wrong, or the process ends. If leaving it out does not
    suffice, another one is looked for.
    """
    passes = legacy_passes()
    parity = _parity_without(bundle, passes)
    if parity is None:
        return
    if not parity.is_equal:
        yield _not_a_pass()
        return
    guilty: list[str] = []
    for _ in range(MOST_PASSES):
        guilty.append(_first_guilty(bundle, passes, guilty))
        parity = _parity_without(bundle, guilty)
        if parity is not None and parity.is_equal:
            yield _legacy_finding(guilty, parity)
            return


def _first_guilty(bundle: Exportable, passes: Sequence[str], without: Sequence[str]) -> str:
    """Return the pass after which the result is wrong, if those before it run and none after it."""
    remaining = [each for each in passes if each not in without]
    right, wrong = 0, len(remaining)
    while wrong - right > 1:
        middle = (right + wrong) // 2
        parity = _parity_without(bundle, (*without, *remaining[middle:]))
        if parity is not None and parity.is_equal:
            right = middle
        else:
            wrong = middle
    return remaining[wrong - 1]


def _parity_without(bundle: Exportable, passes: Sequence[str]) -> Parity | None:
    """Return the parity without some passes; None if the program cannot be run."""
    samples = [sample for sample in bundle.samples if not sample.is_edge_case]
    folder = bundle.folder / LEGACY.folder
    options = Options(without=tuple(passes))
    result = attempt(
        bundle.folder, bundle.record, samples, LEGACY, folder, options=options, limits=LIMITS
    )
    return result.parity


def _legacy_finding(guilty: Sequence[str], parity: Parity) -> ExportFinding:
    listed = ", ".join(f'"{name}"' for name in guilty)
    is_one = len(guilty) == 1
    return ExportFinding(
        code="PW-X206",
        severity="error",
        message=f"{' and '.join(guilty)} {'spoils' if is_one else 'spoil'} the legacy program: "
        f"without {'it' if is_one else 'them'} the difference is "
        f"{parity.largest_difference or 0:.1g}.",
        hint=f'Leave the {"pass" if is_one else "passes"} out: bundle.export("legacy", '
        f"without=[{listed}])",
    )


def _not_a_pass() -> ExportFinding:
    return ExportFinding(
        code="PW-X207",
        severity="error",
        message="The program differs from the eager network even without any pass: the cause "
        "is in tracing.",
        hint="See the traps in the code: capture(net, check_with=[...]).explanations",
    )


def _finding(culprit: Culprit, target: str) -> ExportFinding:
    line = culprit.line
    if not culprit.name:
        return _not_a_pass()
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
