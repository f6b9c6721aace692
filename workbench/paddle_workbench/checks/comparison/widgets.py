"""Widgets: the model behind a view, and its meaningful traits.

A view names its model by a random id, and the model's state is not part of an output. So a digest
of it is kept in the metadata of the output: in the new one when the cell has run, in the stored
one when it is recorded.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import nbformat

from ...contract import CheckDifference
from ...course.notebook import METADATA_KEY
from ...program.model.columns import MAGIC, comparable_columns
from .json_data import compare_json
from .options import CheckOptions
from .text import Place

__all__ = ["MEASURED", "VIEW_MIME_TYPE", "compare_widgets", "digest_widgets", "widget_digest"]

VIEW_MIME_TYPE = "application/vnd.jupyter.widget-view+json"
MEASURED = "measured_times"
"""Where the digest of a program says how many times were left out."""
_REFERENCE = "IPY_MODEL_"
_DIGEST = "widget"
# The default look of a widget, and the code that draws it, are not part of what it shows.
_MEANINGLESS = frozenset(("layout", "style", "tabbable", "tooltip", "comm", "keys"))
_KIND = ("_model_module", "_model_name")

Models = Mapping[str, Mapping[str, Any]]


def digest_widgets(
    outputs: list[nbformat.NotebookNode],
    models: Models,
    buffers: Mapping[str, Mapping[Any, Mapping[str, Any]]],
) -> None:
    """Write a digest of the model into the metadata of every output that shows a widget.

    Parameters
    ----------
    outputs : list of NotebookNode
        Changed in place.
    models : mapping
        The state of every model, by its id.
    buffers : mapping
        Binary traits of models, by id and path, as nbclient keeps them.
    """
    for output in outputs:
        view = output.get("data", {}).get(VIEW_MIME_TYPE)
        if not isinstance(view, dict) or view.get("model_id") not in models:
            continue
        digest = _digest(view["model_id"], models, buffers, ())
        output.setdefault("metadata", nbformat.NotebookNode())
        output.metadata.setdefault(METADATA_KEY, nbformat.NotebookNode())
        output.metadata[METADATA_KEY][_DIGEST] = nbformat.from_dict(digest)


def widget_digest(output: nbformat.NotebookNode) -> dict[str, Any] | None:
    """Return the digest of the model that an output shows; None if it has none."""
    digest = output.get("metadata", {}).get(METADATA_KEY, {}).get(_DIGEST)
    return digest if isinstance(digest, dict) else None


def compare_widgets(
    expected: dict[str, Any] | None,
    actual: dict[str, Any] | None,
    place: Place,
    options: CheckOptions,
) -> list[CheckDifference]:
    """Return how the model of a shown widget differs from its reference, by their digests."""
    if expected is None:
        message = "the reference contains no state to compare with; record it with --update."
        return [place.difference("unreadable", message)]
    if actual is None:
        return [place.difference("missing", "the kernel has no model of this view.")]
    kinds = [digest.get("model") for digest in (expected, actual)]
    if kinds[0] != kinds[1]:
        # A different widget is a difference even if its texts are free.
        message = f"{kinds[1]} instead of {kinds[0]}."
        return [place.difference("value", message, expected=str(kinds[0]), found=str(kinds[1]))]
    return compare_json(expected, actual, place, options)


def _digest(
    model: str,
    models: Models,
    buffers: Mapping[str, Mapping[Any, Mapping[str, Any]]],
    above: tuple[str, ...],
) -> dict[str, Any]:
    state = models[model]
    traits = {
        name: _trait(value, models, buffers, (*above, model))
        for name, value in sorted(state.items())
        if not name.startswith("_") and name not in _MEANINGLESS
    }
    for buffer in buffers.get(model, {}).values():
        name = ".".join(str(part) for part in buffer["path"])
        if name.startswith("_"):
            continue
        traits[name] = _bytes_digest(base64.b64decode(buffer["data"]))
    return {"model": ".".join(str(state.get(part)) for part in _KIND), "traits": traits}


def _bytes_digest(content: bytes) -> dict[str, Any]:
    measured = 0
    if content.startswith(MAGIC):
        content, measured = comparable_columns(content)
    digest = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return digest | ({MEASURED: measured} if measured else {})


def _trait(
    value: Any,
    models: Models,
    buffers: Mapping[str, Mapping[Any, Mapping[str, Any]]],
    above: tuple[str, ...],
) -> Any:
    if isinstance(value, str) and value.startswith(_REFERENCE):
        model = value.removeprefix(_REFERENCE)
        # Two widgets may contain each other.
        if model in above or model not in models:
            return _REFERENCE
        return _digest(model, models, buffers, above)
    if isinstance(value, Mapping):
        return {name: _trait(inner, models, buffers, above) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_trait(inner, models, buffers, above) for inner in value]
    return value
