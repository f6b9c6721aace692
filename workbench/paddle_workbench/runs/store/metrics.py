"""Metrics: results that a notebook records so that runs can be compared."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...errors import ParameterError

if TYPE_CHECKING:
    import nbformat

__all__ = ["SCRAP_MIME_TYPE", "read_metrics", "record", "recorded_metric"]

SCRAP_MIME_TYPE = "application/scrapbook.scrap.json+json"


def record(name: str, value: float | int | bool | str) -> None:  # noqa: FBT001 - a value, not a flag
    """Record a result of this notebook, so that runs can be compared by it.

    Parameters
    ----------
    name : str
        For example `accuracy`. Recording a name again replaces its value.
    value : float, int, bool or str
        NumPy scalars and one-element tensors are converted to numbers.

    Raises
    ------
    ParameterError
        If the value has another type, is not finite or is too large, or if the name is empty.

    References
    ----------
    The MIME type and its fields are those of nteract/scrapbook, which can read them.
    """
    from IPython.display import display

    if not isinstance(name, str) or not name:
        raise ParameterError(
            f"record() needs a name, got {name!r}.",
            'For example: record("accuracy", accuracy)',
        )
    plain = _plain(name, value)
    scrap: dict[str, Any] = {"name": name, "data": plain, "encoder": "json", "version": 1}
    metadata = {"scrapbook": {"name": name, "data": True, "display": False}}
    display({SCRAP_MIME_TYPE: scrap}, metadata=metadata, raw=True)


def read_metrics(notebook: nbformat.NotebookNode) -> dict[str, Any]:
    """Return the metrics that the cells of an executed notebook recorded, by name."""
    metrics: dict[str, Any] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            metric = recorded_metric(output)
            if metric is not None:
                metrics[metric[0]] = metric[1]
    return metrics


def recorded_metric(output: Mapping[str, Any]) -> tuple[str, Any] | None:
    """Return the name and the value of a metric; None if an output is none.

    Other programs may record anything: numbers that no record can hold become texts.
    """
    from ..parameters.given import as_json

    scrap = output.get("data", {}).get(SCRAP_MIME_TYPE)
    # Other programs may write scraps too, with a different encoder.
    if isinstance(scrap, dict) and scrap.get("encoder") == "json" and "name" in scrap:
        return str(scrap["name"]), as_json(scrap.get("data"))
    return None


def _plain(name: str, value: Any) -> float | int | bool | str:
    hint = f"Reduce it first, for example record({name!r}, float(x.mean()))."
    if hasattr(value, "item"):
        try:
            value = value.item()
        except Exception as error:  # each array library raises its own
            raise ParameterError(
                f"record({name!r}) takes one number, not an array of shape {_shape(value)}.", hint
            ) from error
    if not isinstance(value, (float, int, bool, str)):
        raise ParameterError(
            f"record({name!r}) takes a number, a bool or a string, not {type(value).__name__}.",
            hint,
        )
    if isinstance(value, int) and abs(value) > sys.float_info.max:
        raise ParameterError(
            f"record({name!r}): a whole number of {value.bit_length()} bits is too large.",
            f"Record its logarithm: record({name!r}, math.log10(x)).",
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise ParameterError(
            f"record({name!r}): {value} is not a finite number.",
            "Find the step that caused it, for example a division by zero or a diverging loss.",
        )
    return value


def _shape(value: Any) -> list[int]:
    return list(getattr(value, "shape", []))
