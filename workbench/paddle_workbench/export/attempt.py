"""One attempt at an export: written and run on samples in a child process, and compared."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..child_process import Limits, Outcome, read_answer
from ..contract import BundleRecord, ExportFinding, JobProgress, Parity, Sample, Text, Weights
from ..scratch import ScratchFolder
from ..storage import disk_full
from .decisions import MAX_CHANGED_DECISIONS, decisions_of
from .parity import compare_samples
from .raw_examples import compare_examples
from .samples import EagerSample, read_samples, write_samples
from .targets.target import NO_OPTIONS, PROGRAM_FOLDER, Options, Target
from .warm_child import run_attempt
from .worker import INPUTS, OUTPUTS, REQUEST, RUN_LIMIT_S

__all__ = ["LIMITS", "Attempt", "Listener", "attempt", "decides_by_rounding"]

Listener = Callable[[JobProgress], None]
"""Called with how far an attempt is; an exception ends it."""

LIMITS = Limits(time_s=600.0, output_bytes=256 * 1024**2)
_STEPS = {
    "start": Text(zh="启动", en="Starting"),
    "write": Text(zh="写出文件", en="Writing the files"),
    "load": Text(zh="载入", en="Loading them"),
    "run": Text(zh="在样本上运行", en="Running the samples"),
    "end": Text(zh="比较结果", en="Comparing the results"),
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of an attempt.

    Parameters
    ----------
    parity : Parity or None
        None if nothing could be compared.
    findings : tuple of ExportFinding
        Without an error among them, the target is equal.
    """

    parity: Parity | None
    findings: tuple[ExportFinding, ...]

    @property
    def is_equal(self) -> bool:
        return self.parity is not None and self.parity.is_equal


def attempt(
    bundle: Path,
    record: BundleRecord,
    samples: Sequence[EagerSample],
    target: Target,
    folder: Path,
    *,
    options: Options = NO_OPTIONS,
    threads: int = 2,
    limits: Limits = LIMITS,
    listener: Listener | None = None,
) -> Attempt:
    """Write a target, run it on samples, and compare it with the eager network.

    Parameters
    ----------
    bundle : Path
        The folder of the bundle, which is not changed.
    record : BundleRecord
    samples : sequence of EagerSample
    target : Target
    folder : Path
        Receives the files of the target; for a target that runs the program as it is, the
        program's own folder.
    options : Options
    threads : int
    limits : Limits
        Of the child process.
    listener : callable, optional

    Raises
    ------
    StorageError
        If the disk is full, which says nothing about the target.
    """
    accepted = [sample for sample in samples if sample.outputs is not None]
    # Edge cases last: they may end the process.
    accepted.sort(key=lambda sample: sample.is_edge_case)
    usual = sum(not sample.is_edge_case for sample in accepted)
    with ScratchFolder("attempt") as work:
        write_samples(accepted, work / INPUTS)
        request = {
            "target": target.name,
            **asdict(options),
            "source": str((bundle / PROGRAM_FOLDER).resolve()),
            "folder": str(folder.resolve()),
            "threads": threads,
            "inputs": [each.name for each in record.inputs],
            "samples": [sample.record().model_dump() for sample in accepted],
        }
        (work / REQUEST).write_text(json.dumps(request), encoding="utf-8")

        def report() -> None:
            if listener is not None:
                answer = read_answer(work, limit_bytes=limits.output_bytes)
                listener(_progress(answer or {}, len(accepted)))

        outcome = run_attempt(work, limits, report)
        answer = outcome.answer or {}
        records = [Sample.model_validate(result) for result in answer.get("results", ())]
        if len(records) < len(accepted) and outcome.is_disk_full:
            raise disk_full(work)
        if len(records) < usual:
            return Attempt(None, (_failure(target, outcome),))
        results = read_samples(work / OUTPUTS, records)
    comparison = compare_samples(
        accepted[: len(results)],
        results,
        [each.dtype for each in record.outputs],
        decisions=decisions_of(record, is_approximate=options.weights == "int8"),
        weights=options.weights,
    )
    parity = compare_examples(comparison.parity, answer.get("examples", ()))
    sentences = list(comparison.edge_cases)
    if len(results) < len(accepted):
        sentences.append(
            _sentence(f"On the sample “{answer['sample']}” it {_problem(outcome)}", outcome)
        )
    findings = [
        ExportFinding(
            code="PW-X104",
            severity="warning",
            message=f"{target.title} differs on an edge case. {sentence}",
            hint="Check inputs before they reach the network, as a server does.",
        )
        for sentence in sentences
    ]
    if not parity.is_equal:
        failed = any(each.outputs is None for each in results if not each.is_edge_case)
        findings.insert(0, _not_equal(target, parity, options.weights, failed=failed))
    return Attempt(parity, tuple(findings))


def _progress(answer: Mapping[str, Any], samples: int) -> JobProgress:
    """Return how far the child process is: it writes, loads, and runs each sample."""
    step = answer.get("step", "start")
    done = {"start": 0, "write": 0, "load": 1}.get(step, 2 + len(answer.get("results", ())))
    return JobProgress(done=done, total=samples + 2, step=_STEPS[step])


def _failure(target: Target, outcome: Outcome) -> ExportFinding:
    answer = outcome.answer or {}
    if answer.get("step") == "write":
        return ExportFinding(
            code="PW-X101",
            severity="error",
            message=_sentence(f"The converter for {target.title} {_problem(outcome)}", outcome),
            hint="Use another target, or rewrite the op that is named.",
        )
    where = f"on the sample “{answer['sample']}”" if "sample" in answer else "while it loaded"
    return ExportFinding(
        code="PW-X102",
        severity="error",
        message=_sentence(f"{target.title} {_problem(outcome)} {where}", outcome),
        hint="Use another target.",
    )


def _not_equal(target: Target, parity: Parity, weights: Weights, *, failed: bool) -> ExportFinding:
    if failed:
        return ExportFinding(
            code="PW-X102",
            severity="error",
            message=f"{target.title} does not run the program. {parity.problem}",
            hint="Use another target.",
        )
    if weights != "fp32":
        return ExportFinding(
            code="PW-X103",
            severity="error",
            message=f"{target.title} is wrong with {weights} weights. {parity.problem}",
            hint="Leave the layers that it costs most in fp32, choose another method of "
            "calibration, or use larger weights.",
        )
    if decides_by_rounding(parity):
        return ExportFinding(
            code="PW-X103",
            severity="error",
            message=f"{target.title} has the same numbers within "
            f"{parity.largest_difference or 0:.1g}, and decides differently. {parity.problem}",
            hint="The network decides by less than rounding, as after a few steps of training: "
            "train it further, or pass examples like those it was trained with.",
        )
    return ExportFinding(
        code="PW-X103",
        severity="error",
        message=f"{target.title} returns normally and is wrong. {parity.problem}",
        hint="Use another target, or rewrite the op that differs.",
    )


def decides_by_rounding(parity: Parity) -> bool:
    """Whether the outputs are equal within the tolerance, and only decisions differ."""
    difference, tolerance = parity.largest_difference, parity.tolerance
    is_near = difference is not None and tolerance is not None and difference <= tolerance
    return is_near and parity.changed_decisions > MAX_CHANGED_DECISIONS * parity.decisions


def _problem(outcome: Outcome) -> str:
    if outcome.signal_name == "SIGALRM":
        return f"did not return within {RUN_LIMIT_S:g} s"
    return outcome.problem


def _sentence(start: str, outcome: Outcome) -> str:
    lines = outcome.last_lines(1, length=300)
    return f"{start}: {lines[0].strip()}" if lines else f"{start}."
