"""Whether the repetition of a run came to the same metrics."""

from __future__ import annotations

import math
from typing import Any

from ...contract import MetricAgreement, RunAgreement, RunRecord
from ...errors import ParameterError

__all__ = ["DEFAULT_TOLERANCE", "agreement_lines", "agreement_of"]

DEFAULT_TOLERANCE = 1e-6
"""Sums of floats differ by less than this if only the order of the additions does."""


def agreement_of(
    repetition: RunRecord, earlier: RunRecord, *, tolerance: float = DEFAULT_TOLERANCE
) -> RunAgreement:
    """Return which metrics of a repetition are those of the earlier run.

    Parameters
    ----------
    repetition, earlier : RunRecord
    tolerance : float
        The relative difference up to which numbers agree if one of them has a fraction. Whole
        numbers, texts and bools must be equal.

    Raises
    ------
    ParameterError
        If the tolerance is negative or not finite.
    """
    if not (math.isfinite(tolerance) and tolerance >= 0):
        raise ParameterError(
            f"The tolerance is {tolerance}.", "Use a number from 0 on, such as 1e-6."
        )
    names = dict.fromkeys([*earlier.metrics, *repetition.metrics])
    return RunAgreement(
        run=repetition.id,
        repeats=earlier.id,
        tolerance=tolerance,
        metrics=[
            _agreement(name, earlier.metrics.get(name), repetition.metrics.get(name), tolerance)
            for name in names
        ],
    )


def agreement_lines(agreement: RunAgreement) -> list[str]:
    """Return an agreement as lines of text, one for each metric, and a last one that counts.

    For example `accuracy 0.861 = 0.861` and `loss 0.31 ≠ 0.33 (6 %)`.
    """
    if not agreement.metrics:
        return [f"Neither this run nor {agreement.repeats} recorded a metric."]
    lines = [_line(metric) for metric in agreement.metrics]
    agreeing = sum(metric.agrees for metric in agreement.metrics)
    lines.append(
        f"{agreeing} of {len(lines)} metrics agree with {agreement.repeats}, within a relative "
        f"difference of {agreement.tolerance:g}."
    )
    return lines


def _agreement(name: str, before: Any, after: Any, tolerance: float) -> MetricAgreement:
    numbers = [_number(before), _number(after)]
    if numbers[0] is None or numbers[1] is None:
        agrees = type(before) is type(after) and before == after
        return MetricAgreement(name=name, before=before, after=after, agrees=agrees)
    difference = _relative_difference(numbers[0], numbers[1])
    is_exact = isinstance(before, int) and isinstance(after, int)
    return MetricAgreement(
        name=name,
        before=before,
        after=after,
        agrees=before == after if is_exact else difference <= tolerance,
        relative_difference=difference,
    )


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:  # a whole number that no float can hold
        return None


def _relative_difference(one: float, other: float) -> float:
    largest = max(abs(one), abs(other))
    return abs(one - other) / largest if largest else 0.0


def _line(metric: MetricAgreement) -> str:
    before, after = _show(metric.before), _show(metric.after)
    if not metric.agrees and before == after:
        # The difference is in digits that are not shown.
        before, after = repr(metric.before), repr(metric.after)
    line = f"{metric.name} {before} {'=' if metric.agrees else '≠'} {after}"
    if metric.agrees or metric.relative_difference is None:
        return line
    return f"{line} ({_percent(metric.relative_difference)})"


def _show(value: Any) -> str:
    if value is None:
        return "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _percent(difference: float) -> str:
    percent = 100 * difference
    return f"{percent:.2g} %" if percent < 100 else f"{percent:.0f} %"
