"""JSON: the same keys and lengths, values by their type."""

from __future__ import annotations

from typing import Any

from ...contract import CheckDifference
from .matching import unmatched
from .numbers import describe_deviation, deviation
from .options import CheckOptions
from .text import Place, compare_text

__all__ = ["compare_json"]


def compare_json(
    expected: Any, actual: Any, place: Place, options: CheckOptions
) -> list[CheckDifference]:
    """Return how a JSON value differs from its reference, at any depth.

    A fraction is compared within the tolerance, a whole number exactly, a text as texts are.
    Both are without noise.
    """
    if isinstance(expected, dict) and isinstance(actual, dict):
        return _compare_objects(expected, actual, place, options)
    if isinstance(expected, list) and isinstance(actual, list):
        return _compare_lists(expected, actual, place, options)
    if isinstance(expected, str) and isinstance(actual, str):
        return compare_text(expected, actual, place, options)
    if _is_number(expected) and _is_number(actual):
        return _compare_numbers(expected, actual, place, options)
    if type(expected) is type(actual) and expected == actual:
        return []
    return [
        place.difference(
            "value",
            f"{_short(actual)} instead of {_short(expected)}.",
            expected=_short(expected),
            found=_short(actual),
        )
    ]


def _compare_objects(
    expected: dict[str, Any], actual: dict[str, Any], place: Place, options: CheckOptions
) -> list[CheckDifference]:
    differences = [
        _below(place, f".{key}").difference(
            "missing", "it is no longer there.", expected=_short(expected[key])
        )
        for key in expected
        if key not in actual
    ]
    differences += [
        _below(place, f".{key}").difference("extra", "it is new.", found=_short(actual[key]))
        for key in actual
        if key not in expected
    ]
    for key in expected:
        if key in actual:
            inner = _below(place, f".{key}")
            differences += compare_json(expected[key], actual[key], inner, options)
    return differences


def _compare_lists(
    expected: list[Any], actual: list[Any], place: Place, options: CheckOptions
) -> list[CheckDifference]:
    if options.unordered:
        missing, extra = unmatched(
            expected, actual, lambda one, other: not compare_json(one, other, place, options)
        )
        if not missing and not extra:
            return []
        message = f"in any order, {len(missing)} entries are missing and {len(extra)} are new."
        return [place.difference("value", message, expected=_short(missing), found=_short(extra))]
    if len(expected) != len(actual):
        return [
            place.difference(
                "structure",
                f"{len(actual)} entries instead of {len(expected)}.",
                expected=_short(expected),
                found=_short(actual),
            )
        ]
    return [
        difference
        for index, (one, other) in enumerate(zip(expected, actual, strict=True))
        for difference in compare_json(one, other, _below(place, f"[{index}]"), options)
    ]


def _compare_numbers(
    expected: float, actual: float, place: Place, options: CheckOptions
) -> list[CheckDifference]:
    exact = isinstance(expected, int) and isinstance(actual, int) and not options.whole_numbers
    near = expected == actual or options.tolerance().allows(expected, actual)
    if options.numbers == "any" or (expected == actual if exact else near):
        return []
    off = describe_deviation(expected, actual)
    return [
        place.difference(
            "number",
            f"{actual} instead of {expected}{off}.",
            expected=str(expected),
            found=str(actual),
            deviation=deviation(expected, actual),
        )
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _below(place: Place, key: str) -> Place:
    return Place(place.output, name=f"{place.name}{key}".lstrip("."))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
