"""The difference between a target and the eager network, on the samples of a bundle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..contract import Parity
from ..program.passes.comparison import TOLERANCE, compare
from .samples import EagerSample

__all__ = ["Comparison", "compare_samples"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The parity of a target, and the samples on which it differs.

    Parameters
    ----------
    parity : Parity
        Over the samples that are not edge cases.
    edge_cases : tuple of str
        A sentence for each edge case on which the target differs.
    """

    parity: Parity
    edge_cases: tuple[str, ...]


def compare_samples(
    expected: Sequence[EagerSample],
    results: Sequence[EagerSample],
    dtypes: Sequence[str],
    *,
    has_decisions: bool,
) -> Comparison:
    """Compare what a target returned with the eager outputs.

    Parameters
    ----------
    expected, results : sequences of EagerSample, equal lengths
        Samples that the eager network refuses are left out.
    dtypes : sequence of str
        Of the outputs.
    has_decisions : bool
        Whether the largest value along the last axis of the first output is a decision.
    """
    worst, worst_name, problem = 0.0, "", ""
    count = decisions = changed = 0
    edge_cases = []
    for sample, result in zip(expected, results, strict=True):
        if sample.outputs is None:
            continue
        difference, sentence = _difference(sample, result, dtypes)
        if sample.is_edge_case:
            edge_cases += [sentence] if sentence else []
            continue
        count += 1
        if difference > worst or (sentence and not problem):
            worst, worst_name = difference, sample.name
        problem = problem or sentence
        if has_decisions and result.outputs is not None and not math.isinf(difference):
            first, other = sample.outputs[0].argmax(axis=-1), result.outputs[0].argmax(axis=-1)
            decisions += first.size
            changed += int(np.count_nonzero(first != other))
    return Comparison(
        Parity(
            is_equal=not problem,
            samples=count,
            largest_difference=None if math.isinf(worst) else worst,
            tolerance=TOLERANCE,
            decisions=decisions,
            changed_decisions=changed,
            worst_sample=worst_name,
            problem=problem,
        ),
        tuple(edge_cases),
    )


def _difference(
    sample: EagerSample, result: EagerSample, dtypes: Sequence[str]
) -> tuple[float, str]:
    """Return the relative difference, and what is not equal as a sentence, or an empty text."""
    assert sample.outputs is not None  # noqa: S101 - of the caller
    if result.outputs is None:
        return math.inf, f"On the sample “{sample.name}” it fails: {result.error}"
    comparison = compare(result.outputs, sample.outputs, dtypes)
    if isinstance(comparison, str):
        reason = comparison.replace("the Predictor", "the target")
        return math.inf, f"On the sample “{sample.name}” {reason}."
    if comparison.is_equal:
        return comparison.difference, ""
    size = (
        "NaN or infinity" if math.isinf(comparison.difference) else f"{comparison.difference:.2g}"
    )
    return comparison.difference, (
        f"On the sample “{sample.name}” output {comparison.output + 1} differs by {size}, "
        "relative to its largest value."
    )
