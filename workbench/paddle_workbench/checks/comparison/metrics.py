"""Metrics recorded by `record`, compared by their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...contract import CheckDifference
from .json_data import compare_json
from .options import CheckOptions
from .text import Place

__all__ = ["SCRAP_MIME_TYPE", "compare_metrics"]

# nteract/scrapbook's, as `runs.store.metrics` writes it.
SCRAP_MIME_TYPE = "application/scrapbook.scrap.json+json"


def compare_metrics(
    expected: Sequence[Any], actual: Sequence[Any], options: CheckOptions
) -> list[CheckDifference]:
    """Return which metrics are missing, new or different from their reference, in any order."""
    old, new = _by_name(expected), _by_name(actual)
    differences = []
    for name in dict.fromkeys([*old, *new]):
        place = Place(SCRAP_MIME_TYPE, name=name)
        if name not in new:
            differences.append(
                place.difference("missing", "it is not recorded.", expected=str(old[name]))
            )
        elif name not in old:
            differences.append(place.difference("extra", "it is new.", found=str(new[name])))
        else:
            differences += compare_json(old[name], new[name], place, options)
    return differences


def _by_name(scraps: Sequence[Any]) -> dict[str, Any]:
    """Return the last value of each name; an output that is not a scrap is named by its index."""
    return {
        str(scrap.get("name")) if isinstance(scrap, dict) else f"[{index}]": (
            scrap.get("data") if isinstance(scrap, dict) else scrap
        )
        for index, scrap in enumerate(scraps)
    }
