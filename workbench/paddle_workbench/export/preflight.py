"""Whether a target accepts a bundle or a network and is equal there, before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..contract import ExportFinding, Parity, Weights
from ..errors import BundleError
from ..scratch import ScratchFolder
from .attempt import Listener, attempt, decides_by_rounding
from .exportable import Exportable
from .forecast import forecast, missing_dtypes, outlook
from .guilty_pass import blame_legacy_pass, blame_pass
from .legacy_program import legacy_problem
from .mappers import MESSAGE, ops_lite_lacks, unconverted_ops
from .parity import element_sentence, is_visible
from .places import place_sentence
from .rules import explain
from .targets.registry import target_named
from .targets.target import NO_OPTIONS, Options, Target

__all__ = ["Preflight", "examine", "finding_of", "parity_sentence", "preflight_of", "sentence_of"]

_REFERENCES = {"eager": "eager network", "predictor": "Predictor"}


@dataclass(frozen=True, slots=True)
class Preflight:
    """The findings about a bundle or a network and a target.

    Parameters
    ----------
    target : str
    findings : tuple of ExportFinding
        Errors first. Iterating over the preflight yields them.
    parity : Parity or None
        None if the target could not be run, or was not.
    outlook : str
        What the target would run, if it was not run.
    """

    target: str
    findings: tuple[ExportFinding, ...]
    parity: Parity | None
    outlook: str = ""

    @property
    def is_accepted(self) -> bool:
        """Whether the target runs the program and is equal."""
        return self.parity is not None and self.parity.is_equal

    def to_json(self) -> dict[str, object]:
        """Return the findings and the parity as JSON values."""
        return {
            "target": self.target,
            "is_accepted": self.is_accepted,
            "outlook": self.outlook,
            "findings": [finding.model_dump() for finding in self.findings],
            "parity": self.parity.model_dump() if self.parity else None,
        }

    def __iter__(self) -> Iterator[ExportFinding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __str__(self) -> str:
        lines = [sentence_of(finding) for finding in self.findings]
        if self.outlook:
            lines.insert(0, f"{self.target}: {self.outlook}")
        if self.parity is not None and self.parity.is_equal:
            worst = self.parity.worst
            if worst is not None and is_visible(worst):
                example = f"  Worst: “{self.parity.worst_sample}”. {element_sentence(worst)}"
                lines.insert(0, example)
            lines.insert(0, f"{self.target}: {parity_sentence(self.parity)}")
        return "\n".join(lines)

    __repr__ = __str__


def preflight_of(
    bundle: Exportable,
    target: str,
    *,
    weights: Weights = "fp32",
    without: str | Sequence[str] = (),
    run: bool = True,
    listener: Listener | None = None,
) -> Preflight:
    """Report whether a target accepts an open bundle; see `export.opening.preflight`."""
    options = Options.of(weights, without)
    if not run:
        chosen = target_named(target)
        chosen.check_options(options)
        obstacle = _obstacle(bundle, chosen, options)
        # Looking at the program does not need the runtime.
        findings = (*([] if obstacle is None else [obstacle]), *forecast(bundle, chosen))
        return Preflight(target, findings, None, outlook(bundle, chosen))
    with ScratchFolder("preflight") as scratch:
        return examine(bundle, target, scratch, options, listener)


def examine(
    bundle: Exportable,
    target: str,
    folder: Path,
    options: Options = NO_OPTIONS,
    listener: Listener | None = None,
) -> Preflight:
    """Do what `preflight_of` does, and keep the files of the target in a folder."""
    chosen = target_named(target)
    chosen.check_options(options)
    obstacle = _obstacle(bundle, chosen, options)
    if obstacle is not None:
        return Preflight(target, (obstacle,), None)
    place = folder if chosen.write is not None else bundle.folder / chosen.folder
    result = attempt(
        bundle.folder,
        bundle.record,
        bundle.samples,
        chosen,
        place,
        options=options,
        listener=listener,
    )
    parity = result.parity
    if parity is not None:
        parity = parity.model_copy(update={"reference": bundle.record.samples_from})
    # What ran with smaller weights, and is not equal, has no other cause.
    if result.is_equal or (options.weights != "fp32" and parity is not None):
        return Preflight(target, result.findings, parity)
    causes = list(explain(bundle.program, target))
    if any(MESSAGE in finding.message for finding in result.findings):
        causes += unconverted_ops(bundle.program)
    for finding in result.findings:
        causes += ops_lite_lacks(bundle.program, finding.message)
    if not causes:
        causes += missing_dtypes(bundle.program, chosen)
    if chosen.load_without is not None and not options.without and not causes:
        if chosen.needs_legacy_program:
            causes += blame_legacy_pass(bundle)
        elif parity is not None and not decides_by_rounding(parity):
            causes += blame_pass(bundle, target, parity.worst_sample)
    return Preflight(target, (*causes, *result.findings), parity)


def _obstacle(bundle: Exportable, target: Target, options: Options) -> ExportFinding | None:
    """Return why the target cannot even be tried here; None if it can."""
    try:
        if target.check is not None:
            target.check()
        if target.check_record is not None:
            target.check_record(bundle.record)
        if target.check_lighter is not None and options.weights != "fp32":
            target.check_lighter(bundle.record)
    except BundleError as error:
        return finding_of(error)
    return legacy_problem(bundle.record) if target.needs_legacy_program else None


def finding_of(error: BundleError) -> ExportFinding:
    return ExportFinding(code=error.code, severity="error", message=error.message, hint=error.hint)


def sentence_of(finding: ExportFinding) -> str:
    """Return a finding as text: code, place, what is wrong, and the repair on a second line."""
    place = f" {place_sentence(finding.line)}" if finding.line else ""
    mark = "✗" if finding.severity == "error" else "!"
    return f"{mark} {finding.code}{place} {finding.message}\n  {finding.hint}"


def parity_sentence(parity: Parity) -> str:
    """Return the parity of an equal target as a sentence."""
    sentence = (
        f"equal to the {_REFERENCES[parity.reference]} on {parity.samples} samples, "
        f"largest difference {parity.largest_difference or 0:.1g}"
    )
    if parity.decisions:
        where = " on the held-out set" if parity.is_held_out else ""
        sentence += f", {parity.changed_decisions} of {parity.decisions} decisions{where} changed"
    if parity.raw_examples:
        sentence += f", the same result for {parity.raw_examples} raw examples"
    return f"{sentence}."
