"""Ranges and choices in comments: what states one, and what is prose."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_workbench.contract import ParameterType
from paddle_workbench.runs.parameters.constraints import Range, choices_in, range_in


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("1 to 10", Range(1, 10)),
        ("passes over the data, 1 to 10", Range(1, 10)),
        ("passes (from 1 to 10); more is slow", Range(1, 10)),
        ("between 1 and 10", Range(1, 10)),
        ("1..10", Range(1, 10)),
        ("-1.5 .. 1e3", Range(-1.5, 1000)),
        ("1 to 2,000", Range(1, 2000)),
        ("at least 1", Range(1)),
        ("At most 10.", Range(None, 10)),
        ("at least 1 and at most 10", Range(1, 10)),
        ("> 0", Range(0, exclusive=True)),
        (">= 0", Range(0)),
        ("step size: 0 < x <= 10", Range(0, 10, exclusive=True)),
        ("0 ≤ x < 10", Range(0, 10, exclusive_maximum=True)),
        ("10 >= x > 0", Range(0, 10, exclusive=True)),
        ("x < 7", Range(None, 7, exclusive_maximum=True)),
        ("训练轮数，1 到 10", Range(1, 10)),
        ("学习率（0 到 10 之间）", Range(0, 10)),
        ("至少 1，至多 10", Range(1, 10)),
        ("大于 0", Range(0, exclusive=True)),
    ],
)
def test_reads_ranges(comment: str, expected: Range) -> None:
    assert range_in(comment, name="x", default=5) == expected
    assert range_in(comment, name="x", default=None) == expected


@pytest.mark.parametrize(
    "comment",
    [
        "1 to 10 minutes on a laptop",
        "characters; 64 to 128 in the full run",
        "about 1 to 10",
        "y > 0",
        "6 to 10",
        "> 5",
        "10 to 1",
        "2,000 characters, more lines",
        "at least one",
        "full: 10",
        "1-10",
        "3",
        "x",
        "",
    ],
)
def test_prose_and_what_excludes_the_default_state_nothing(comment: str) -> None:
    assert range_in(comment, name="x", default=5) == Range()


@pytest.mark.parametrize(
    ("comment", "kind", "default", "choices"),
    [
        ("one of a, b, c", "str", "a", ["a", "b", "c"]),
        ("how it learns: one of sgd, adam or adamw.", "str", "sgd", ["sgd", "adam", "adamw"]),
        ("the size, one of: 2 | 4 | 8 (default 4)", "int", 4, [2, 4, 8]),
        ("one of 0.1, 0.01; smaller is slower", "float", 0.1, [0.1, 0.01]),
        ('one of "a b", `c`', "str", "c", ["a b", "c"]),
        ("优化器，可选 sgd、adam 或 adamw", "str", "sgd", ["sgd", "adam", "adamw"]),
        ("可选值：“小”、“大”", "str", "小", ["小", "大"]),
        ("one of a, b", "str", None, ["a", "b"]),
        ("one of the many knobs, a", "str", "a", None),
        ("one of b, c", "str", "a", None),
        ("one of a", "str", "a", None),
        ("one of a, b", "int", 1, None),
        ("not one of a, b", "str", "a", None),
        ("可选参数", "str", "a", None),
        ("a or b", "str", "a", None),
        ("one of a, b", "list", ["a"], None),
    ],
)
def test_reads_choices(
    comment: str, kind: ParameterType, default: Any, choices: list[Any] | None
) -> None:
    assert choices_in(comment, kind=kind, default=default) == choices
