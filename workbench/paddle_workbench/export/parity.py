"""The difference between a target and the eager network, on the samples of a bundle."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..contract import Parity, Weights, WorstElement
from ..program.passes.comparison import (
    HALF_DTYPES,
    HALF_TOLERANCE,
    TOLERANCE,
    Array,
    compare,
    gaps,
    relative_difference,
)
from .decisions import Decisions
from .samples import EagerSample

__all__ = [
    "INT8_TOLERANCE",
    "Comparison",
    "compare_samples",
    "element_sentence",
    "is_visible",
    "limit_of",
    "worst_element",
]

INT8_TOLERANCE = 0.1
"""For outputs without decisions: an int8 weight is off by up to 0.4 % of the largest weight of its
channel, and an int8 activation by up to 0.2 % of its range, which several layers add up."""


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
    decisions: Decisions | None = None,
    weights: Weights = "fp32",
) -> Comparison:
    """Compare what a target returned with the eager outputs.

    Parameters
    ----------
    expected, results : sequences of EagerSample, equal lengths
        Samples that the eager network refuses are left out.
    dtypes : sequence of str
        Of the outputs.
    decisions : Decisions, optional
        How those that outputs make are counted; see `decisions.decisions_of`, approximately with
        int8 weights. Boxes, which a small difference of the outputs may move, have to be the same
        with any weights.
    weights : {"fp32", "fp16", "int8"}
        How the target stores its weights. With int8 weights values move, and what counts are the
        decisions, where there are any.
    """
    tolerance = _tolerance(weights, has_decisions=decisions is not None)
    worst, worst_name, problem = 0.0, "", ""
    absolute, element = 0.0, None
    is_held_out = any(sample.is_held_out for sample in expected)
    count = decided = changed = 0
    edge_cases = []
    for sample, result in zip(expected, results, strict=True):
        if sample.outputs is None:
            continue
        difference, sentence = _difference(sample, result, dtypes, tolerance)
        if sample.is_edge_case:
            edge_cases += [sentence] if sentence else []
            continue
        count += 1
        absolute = max(absolute, _absolute(sample, result))
        if difference > worst or (sentence and not problem):
            worst, worst_name = difference, sample.name
            element = worst_element(result.outputs, sample.outputs)
        problem = problem or sentence
        counts = sample.is_held_out == is_held_out and not math.isinf(difference)
        if decisions is not None and counts and result.outputs is not None:
            some, others = decisions.count(sample.outputs, result.outputs)
            decided += some
            changed += others
    if decisions is not None and not problem and (weights == "int8" or decisions.are_boxes):
        problem = decisions.problem(decided, changed)
        if weights == "int8" and not decided and worst > INT8_TOLERANCE:
            problem = f"An output differs by {worst:.2g}, and there is no decision to compare."
    return Comparison(
        Parity(
            is_equal=not problem,
            samples=count,
            largest_difference=None if math.isinf(worst) else worst,
            largest_absolute_difference=None if math.isinf(absolute) else absolute,
            tolerance=None if math.isinf(tolerance) else tolerance,
            decisions=decided,
            changed_decisions=changed,
            is_held_out=is_held_out and decisions is not None,
            worst_sample=worst_name,
            worst=element,
            problem=problem,
        ),
        tuple(edge_cases),
    )


def limit_of(weights: Weights, dtypes: Sequence[str], *, decisions: Decisions | None = None) -> str:
    """Return what counts as equal, as a phrase: `0.03 of the largest value, for fp16 weights`.

    The parameters are those of `compare_samples`.
    """
    tolerance = _tolerance(weights, has_decisions=decisions is not None)
    if decisions is not None and math.isinf(tolerance):
        return f"{decisions.limit}, for {weights} weights"
    limit = f"{tolerance:g} of the largest value"
    if weights != "fp32":
        return f"{limit}, for {weights} weights"
    halves = sorted(HALF_DTYPES.intersection(dtypes))
    return f"{limit}, {HALF_TOLERANCE:g} in {' and '.join(halves)}" if halves else limit


def _tolerance(weights: Weights, *, has_decisions: bool) -> float:
    if weights == "int8":
        return math.inf if has_decisions else INT8_TOLERANCE
    # Weights of half precision are rounded as its results are.
    return HALF_TOLERANCE if weights == "fp16" else TOLERANCE


def _difference(
    sample: EagerSample, result: EagerSample, dtypes: Sequence[str], tolerance: float
) -> tuple[float, str]:
    """Return the relative difference, and what is not equal as a sentence, or an empty text."""
    assert sample.outputs is not None  # noqa: S101 - of the caller
    if result.outputs is None:
        return math.inf, f"On the sample “{sample.name}” it fails: {result.error}."
    # NaN and infinity, whose difference is infinite, are never equal to a number.
    finite = min(tolerance, sys.float_info.max)
    comparison = compare(result.outputs, sample.outputs, dtypes, tolerance=finite)
    if isinstance(comparison, str):
        reason = comparison.replace("the Predictor", "the target")
        return math.inf, f"On the sample “{sample.name}” {reason}."
    if comparison.is_equal:
        return comparison.difference, ""
    size = (
        "NaN or infinity" if math.isinf(comparison.difference) else f"{comparison.difference:.2g}"
    )
    element = worst_element(result.outputs, sample.outputs)
    place = f" {element_sentence(element)}" if element is not None else ""
    return comparison.difference, (
        f"On the sample “{sample.name}” output {comparison.output + 1} differs by {size}, "
        f"relative to its largest value.{place}"
    )


def worst_element(
    outputs: Sequence[Array] | None, expected: Sequence[Array]
) -> WorstElement | None:
    """Return the element of the output that differs most; None if nothing can be compared."""
    worst, element = -1.0, None
    for number, (result, eager) in enumerate(zip(outputs or (), expected, strict=False)):
        if result.shape != eager.shape or not eager.size:
            continue
        difference = relative_difference(result, eager)
        if difference <= worst:
            continue
        gap = gaps(result, eager)
        index = np.unravel_index(int(gap.argmax()), gap.shape)
        worst = difference
        element = WorstElement(
            output=number,
            index=tuple(map(int, index)) if eager.ndim else (),
            expected=_number(np.atleast_1d(eager)[index]),
            value=_number(np.atleast_1d(result)[index]),
        )
    return element


def element_sentence(element: WorstElement) -> str:
    """Return an element as a sentence: `At [0, 3] of output 1 it is 0.5 instead of 0.25.`"""
    values = _shown_values(element)
    place = f"At {list(element.index)} of output {element.output + 1}"
    return f"{place} it is {values[0]} instead of {values[1]}."


def is_visible(element: WorstElement) -> bool:
    """Whether the two values of an element differ in the digits that are shown."""
    value, expected = _shown_values(element)
    return value != expected


def _shown_values(element: WorstElement) -> tuple[str, str]:
    value, expected = (
        "NaN or infinity" if each is None else f"{each:.6g}"
        for each in (element.value, element.expected)
    )
    return value, expected


def _number(value: Any) -> float | None:
    """Return a number that JSON can hold; the real part of a complex one."""
    number = float(np.real(value))
    return number if math.isfinite(number) else None


def _absolute(sample: EagerSample, result: EagerSample) -> float:
    pairs = zip(result.outputs or (), sample.outputs or (), strict=False)
    if result.outputs is None or len(result.outputs) != len(sample.outputs or ()):
        return math.inf
    return max(
        (
            float(gaps(array, eager).max(initial=0.0)) if array.shape == eager.shape else math.inf
            for array, eager in pairs
        ),
        default=0.0,
    )
