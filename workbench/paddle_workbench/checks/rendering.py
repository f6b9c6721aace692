"""Render outputs of cells as text, so that two can be shown side by side."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Callable, Sequence

import nbformat

from ..contract import BUNDLE_MIME_TYPE
from .carried_bundles import bundle_digest

__all__ = ["output_difference", "plain", "render_outputs"]

_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def render_outputs(
    outputs: Sequence[nbformat.NotebookNode], normalise: Callable[[str], str]
) -> str:
    """Return outputs as text: streams and texts as they are, pictures as their size and hash.

    Parameters
    ----------
    outputs : sequence of NotebookNode
    normalise : callable
        Applied to every text.
    """
    parts: list[str] = []
    for output in outputs:
        if output.output_type == "stream":
            parts.append(f"[{output.name}]\n{normalise(output.text)}")
        elif output.output_type == "error":
            parts.append(f"[error]\n{normalise(f'{output.ename}: {output.evalue}')}")
        else:
            parts += [
                f"[{mime_type}]\n{_data(mime_type, output.data[mime_type], normalise)}"
                for mime_type in sorted(output.data)
            ]
    return "".join(part.rstrip("\n") + "\n" for part in parts)


def output_difference(
    expected: Sequence[nbformat.NotebookNode],
    found: Sequence[nbformat.NotebookNode],
    normalise: Callable[[str], str],
) -> str:
    """Return the difference of two lists of outputs as a unified diff; empty if there is none."""
    lines = difflib.unified_diff(
        render_outputs(expected, normalise).splitlines(),
        render_outputs(found, normalise).splitlines(),
        "expected",
        "found",
        n=2,
        lineterm="",
    )
    return "\n".join(lines)


def plain(text: str) -> str:
    """Return a text without the colours of a terminal."""
    return _COLOUR.sub("", text)


def _data(mime_type: str, data: object, normalise: Callable[[str], str]) -> str:
    if mime_type.startswith("image/") and isinstance(data, str):
        # Line breaks in base64 do not belong to the picture.
        content = "".join(data.split())
        digest = hashlib.sha256(content.encode()).hexdigest()[:12]
        return f"a picture of {len(content) * 3 // 4} bytes, {digest}"
    if isinstance(data, str):
        return normalise(data)
    if mime_type == BUNDLE_MIME_TYPE:
        data = bundle_digest(data)
    return json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True)
