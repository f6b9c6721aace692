"""Bundles that outputs carry: what they take and what they answer.

Their weights, sizes and dates differ with every training. What the network makes of an input is
compared in the widget, which stands in the same output.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["bundle_digest"]

_COMPARED = ("name", "task", "labels", "preprocessing", "postprocessing")


def bundle_digest(carried: Any) -> Any:
    """Return the part of a `contract.BundleOutput`, as JSON, that is compared.

    Anything else is returned as it is.
    """
    page = carried.get("page") if isinstance(carried, Mapping) else None
    record = page.get("record") if isinstance(page, Mapping) else None
    if not isinstance(record, Mapping):
        return carried
    return {name: record.get(name) for name in _COMPARED}
