"""Numbers that a notebook leaves behind for comparison."""

from __future__ import annotations

import math
from typing import Any

from ..errors import ParameterError

__all__ = ["SCRAP_MIME_TYPE", "record"]

SCRAP_MIME_TYPE = "application/scrapbook.scrap.json+json"


def record(name: str, value: float | int | bool | str) -> None:
    """Record a result of this notebook under a name, so that runs can be compared by it.

    Parameters
    ----------
    name : str
        For example `accuracy`; recording it again replaces it.
    value : float, int, bool or str
        NumPy scalars and one-element tensors are taken as numbers.

    Raises
    ------
    ParameterError
        If the value is none of these, or is not finite.

    References
    ----------
    The MIME type and its fields are those of nteract/scrapbook, which reads them.
    """
    from IPython.display import display

    if hasattr(value, "item"):
        value = value.item()
    if not isinstance(value, (float, int, bool, str)):
        raise ParameterError(
            f"record({name!r}) takes a number, a bool or a string, not {type(value).__name__}.",
            f"Reduce it first, for example record({name!r}, float(x.mean())).",
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise ParameterError(f"record({name!r}): {value} is not a finite number.", "Check the sum.")
    scrap: dict[str, Any] = {"name": name, "data": value, "encoder": "json", "version": 1}
    metadata = {"scrapbook": {"name": name, "data": True, "display": False}}
    display({SCRAP_MIME_TYPE: scrap}, metadata=metadata, raw=True)
