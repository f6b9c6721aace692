"""A repetition says which metrics agree, and within what tolerance."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_workbench.errors import ParameterError
from paddle_workbench.runs.results.agreement import agreement_lines, agreement_of

from .folders import make_record


def agrees(before: Any, after: Any, tolerance: float = 1e-6) -> bool:
    earlier = make_record(metrics={"value": before})
    repetition = make_record(id="b", metrics={"value": after})
    (metric,) = agreement_of(repetition, earlier, tolerance=tolerance).metrics
    return metric.agrees


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (0.861, 0.861 * (1 + 5e-7), True),
        (0.861, 0.8611, False),
        (0.0, 0.0, True),
        (1.0, 1, True),
        (1_000_000_000, 1_000_000_001, False),
        ("cat", "cat", True),
        ("cat", "dog", False),
        (True, 1, False),
        (True, True, True),
        ("nan", "nan", True),
        (0.5, None, False),
    ],
)
def test_numbers_agree_within_a_tolerance_and_the_rest_exactly(
    before: Any, after: Any, expected: bool
) -> None:
    assert agrees(before, after) is expected


def test_the_tolerance_can_be_set() -> None:
    assert agrees(0.31, 0.33, tolerance=0.1)
    with pytest.raises(ParameterError, match="tolerance is -1"):
        agrees(0.31, 0.33, tolerance=-1)


def test_lines_show_both_values_and_the_difference() -> None:
    earlier = make_record(metrics={"accuracy": 0.861, "loss": 0.31, "steps": 10, "old": 1})
    repetition = make_record(
        id="b", metrics={"accuracy": 0.861, "loss": 0.33, "steps": 10, "new": 0.1234567}
    )
    lines = agreement_lines(agreement_of(repetition, earlier))
    assert lines == [
        "accuracy 0.861 = 0.861",
        "loss 0.31 ≠ 0.33 (6.1 %)",
        "steps 10 = 10",
        "old 1 ≠ none",
        "new none ≠ 0.123457",
        "2 of 5 metrics agree with a, within a relative difference of 1e-06.",
    ]


def test_a_difference_in_late_digits_is_visible() -> None:
    earlier = make_record(metrics={"loss": 0.1234567})
    repetition = make_record(id="b", metrics={"loss": 0.1234569})
    (line, _count) = agreement_lines(agreement_of(repetition, earlier))
    assert line == "loss 0.1234567 ≠ 0.1234569 (0.00016 %)"


def test_without_metrics_nothing_is_compared() -> None:
    runs = [make_record(metrics={}), make_record(id="b", metrics={})]
    assert agreement_lines(agreement_of(*runs)) == ["Neither this run nor b recorded a metric."]
