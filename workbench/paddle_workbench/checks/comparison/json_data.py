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
    expected: Any, found: Any, place: Place, options: CheckOptions
) -> list[CheckDifference]:
    """Return how a JSON value differs from its reference, at any depth.

    A fraction is compared within the tolerance, a whole number exactly, a text as texts are.
    Both are without noise.
    """
    if isinstance(expected, dict) and isinstance(found, dict):
        return _compare_objects(expected, found, place, options)
    if isinstance(expected, list) and isinstance(found, list):
        return _compare_lists(expected, found, place, options)
    if isinstance(expected, str) and isinstance(found, str):
        return compare_text(expected, found, place, options)
    if _is_number(expected) and _is_number(found):
        return _compare_numbers(expected, found, place, options)
    if type(expected) is type(found) and expected == found:
        return []
    return [
        place.difference(
            "value",
            f"{_short(found)} instead of {_short(expected)}.",
            expected=_short(expected),
            found=_short(found),
        )
    ]


def _compare_objects(
    expected: dict[str, Any], found: dict[str, Any], place: Place, options: CheckOptions
) -> list[CheckDifference]:
    differences = [
        _below(place, f".{key}").difference(
            "missing", "it is no longer there.", expected=_short(expected[key])
        )
        for key in expected
        if key not in found
    ]
    differences += [
        _below(place, f".{key}").difference("extra", "it is new.", found=_short(found[key]))
        for key in found
        if key not in expected
    ]
    for key in expected:
        if key in found:
            inner = _below(place, f".{key}")
            differences += compare_json(expected[key], found[key], inner, options)
    return differences


def _compare_lists(
    expected: list[Any], found: list[Any], place: Place, options: CheckOptions
) -> list[CheckDifference]:
    if options.unordered:
        missing, extra = unmatched(
            expected, found, lambda one, other: not compare_json(one, other, place, options)
        )
        if not missing and not extra:
            return []
        message = f"in any order, {len(missing)} entries are missing and {len(extra)} are new."
        return [place.difference("value", message, expected=_short(missing), found=_short(extra))]
    if len(expected) != len(found):
        return [
            place.difference(
                "structure",
                f"{len(found)} entries instead of {len(expected)}.",
                expected=_short(expected),
                found=_short(found),
            )
        ]
    return [
        difference
        for index, (one, other) in enumerate(zip(expected, found, strict=True))
        for difference in compare_json(one, other, _below(place, f"[{index}]"), options)
    ]


def _compare_numbers(
    expected: float, found: float, place: Place, options: CheckOptions
) -> list[CheckDifference]:
    exact = isinstance(expected, int) and isinstance(found, int) and not options.whole_numbers
    near = expected == found or options.tolerance().allows(expected, found)
    if options.numbers == "any" or (expected == found if exact else near):
        return []
    off = describe_deviation(expected, found)
    return [
        place.difference(
            "number",
            f"{found} instead of {expected}{off}.",
            expected=str(expected),
            found=str(found),
            deviation=deviation(expected, found),
        )
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _below(place: Place, key: str) -> Place:
    return Place(place.output, name=f"{place.name}{key}".lstrip("."))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
