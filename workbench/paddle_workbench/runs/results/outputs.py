"""Outputs of cells that differ between the notebooks of two runs.

Cells are aligned by nbdime, so cells that were added, removed or moved do not shift the others.
Its comparison takes time with the square of the number of cells and with the length of texts, so
it gets short texts with digests, and large notebooks are aligned by cell ids.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from nbformat import NotebookNode

from ...contract import BUNDLE_MIME_TYPE, OutputDifference
from ...terminal_text import printable
from ..store.metrics import SCRAP_MIME_TYPE

__all__ = ["output_differences"]

# More cells than this, which differ at both ends, are aligned by their ids.
MAX_ALIGNED_CELLS = 100
# More outputs of a cell than this are compared as a whole.
MAX_ALIGNED_OUTPUTS = 20
# Of each of them this is compared to find what corresponds.
MAX_ALIGNED_TEXT = 500
MAX_TEXT = 10_000
MAX_EXCERPT_LINES = 40
MAX_EXCERPT = 4_000
CONTEXT_LINES = 2

WIDGET_MIME_TYPE = "application/vnd.jupyter.widget-view+json"
_SKIPPED_MIME_TYPES = frozenset((WIDGET_MIME_TYPE, SCRAP_MIME_TYPE, BUNDLE_MIME_TYPE))
_TEXT_TYPES = ("text/plain", "text/markdown", "text/latex")
# Addresses, identifiers and the ids of pandas' tables differ in every run.
_NOISE = re.compile(
    r"\b0x[0-9a-f]{6,16}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b"
    r"|\bT_[0-9a-f]{5}(?=\b|_)",
    re.IGNORECASE,
)

_Pair = tuple[NotebookNode | None, NotebookNode | None]


def output_differences(
    before: NotebookNode, after: NotebookNode, *, run: str
) -> list[OutputDifference]:
    """Return the cells whose outputs differ between two executed notebooks.

    Addresses, execution counts, recorded metrics, and where streams of text were cut into pieces
    do not count.

    Parameters
    ----------
    before, after : NotebookNode
        They are not changed.
    run : str
        The id of the second run.

    Returns
    -------
    list of OutputDifference
        In the order of the cells.
    """
    differences = []
    for first, second in _aligned(_slim_cells(before), _slim_cells(after)):
        old = first.outputs if first is not None else []
        new = second.outputs if second is not None else []
        if old == new:
            continue
        shown = [old, new]
        if first is not None and second is not None:
            shown = _differing(old, new)
        texts = _excerpts(_text(shown[0]), _text(shown[1]))
        cell = first if first is not None else second
        differences.append(
            OutputDifference(
                run=run,
                cell=cell.id if cell is not None else "",
                kind="added" if first is None else "missing" if second is None else "changed",
                source_changed=first is not None
                and second is not None
                and first.source != second.source,
                before=texts[0],
                after=texts[1],
            )
        )
    return differences


def _slim_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells, with outputs in which only what is compared is left."""
    return [
        NotebookNode(
            cell_type="code",
            id=cell.get("id", ""),
            source=_shortened(cell.source),
            outputs=list(_slim_outputs(cell.get("outputs", []))),
        )
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def _slim_outputs(outputs: Sequence[NotebookNode]) -> Iterator[NotebookNode]:
    def stream(output: NotebookNode) -> str | None:
        return output.name if output.output_type == "stream" else None

    for name, group in groupby(outputs, key=stream):
        if name is not None:
            text = "".join(output.text for output in group)
            yield NotebookNode(output_type="stream", name=name, text=_plain(text))
            continue
        for output in group:
            if output.output_type == "error":
                yield NotebookNode(
                    output_type="error",
                    ename=output.ename,
                    evalue=_plain(output.evalue),
                    traceback=[_plain("\n".join(output.traceback))],
                )
            else:
                data = NotebookNode(
                    (mime_type, _slim(mime_type, value))
                    for mime_type, value in sorted(output.get("data", {}).items())
                    if mime_type not in _SKIPPED_MIME_TYPES
                )
                if data:
                    yield NotebookNode(output_type="display_data", metadata={}, data=data)


def _slim(mime_type: str, value: Any) -> str:
    if mime_type in _TEXT_TYPES and isinstance(value, str):
        return _plain(value)
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    text = _NOISE.sub("…", text) if not mime_type.startswith("image/") else text
    return f"[{mime_type}, {len(text):,} characters, {_digest(text)}]"


def _plain(text: str) -> str:
    """Return a text as a terminal shows it in the end: progress replaces its line."""
    lines = (
        next((part for part in reversed(line.split("\r")) if part), "") for line in text.split("\n")
    )
    return _shortened(_NOISE.sub("0x…", printable("\n".join(lines))))


def _shortened(text: str) -> str:
    if len(text) <= MAX_TEXT:
        return text
    return f"{text[:MAX_TEXT]}\n… [{len(text):,} characters, {_digest(text)}]"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:12]


def _aligned(before: list[NotebookNode], after: list[NotebookNode]) -> Iterator[_Pair]:
    """Return pairs of cells with what corresponds to each other; equal ends are left out."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    before = before[start : len(before) - end]
    after = after[start : len(after) - end]
    if [cell.id for cell in before] == [cell.id for cell in after]:
        return zip(before, after, strict=True)
    if max(len(before), len(after)) <= MAX_ALIGNED_CELLS:
        return _pairs(before, after, "/cells")
    return _pairs_by_id(before, after)


def _pairs_by_id(before: list[NotebookNode], after: list[NotebookNode]) -> Iterator[_Pair]:
    others = {cell.id: cell for cell in after}
    for cell in before:
        yield cell, others.pop(cell.id, None)
    for cell in others.values():
        yield None, cell


def _pairs(before: list[NotebookNode], after: list[NotebookNode], path: str) -> Iterator[_Pair]:
    """Return corresponding items of two lists, as nbdime aligns them.

    Parameters
    ----------
    before, after : list of NotebookNode
    path : str
        What they are in a notebook, as nbdime writes it.
    """
    # Imported here because it takes a tenth of a second, and only a comparison needs it.
    from nbdime.diff_format import DiffOp
    from nbdime.diffing.notebooks import diff_item_at_path

    i = j = 0
    for entry in diff_item_at_path(_outlines(before), _outlines(after), path):
        while i < entry.key:
            yield before[i], after[j]
            i, j = i + 1, j + 1
        if entry.op == DiffOp.ADDRANGE:
            for _ in entry.valuelist:
                yield None, after[j]
                j += 1
        elif entry.op == DiffOp.REMOVERANGE:
            for _ in range(entry.length):
                yield before[i], None
                i += 1
    while i < len(before):
        yield before[i], after[j]
        i, j = i + 1, j + 1


def _outlines(items: list[NotebookNode]) -> list[NotebookNode]:
    """Return cells without outputs, or outputs, with short texts."""
    return [
        NotebookNode(
            (name, [] if name == "outputs" else _outline(value)) for name, value in item.items()
        )
        for item in items
    ]


def _outline(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MAX_ALIGNED_TEXT:
        return f"{value[:MAX_ALIGNED_TEXT]}\n{_digest(value)}"
    if isinstance(value, list):
        return [_outline(each) for each in value]
    if isinstance(value, dict):
        return NotebookNode((name, _outline(each)) for name, each in value.items())
    return value


def _differing(before: list[NotebookNode], after: list[NotebookNode]) -> list[list[NotebookNode]]:
    """Return the outputs of a cell that differ, of both runs."""
    if max(len(before), len(after)) > MAX_ALIGNED_OUTPUTS:
        return [before, after]
    pairs = [pair for pair in _pairs(before, after, "/cells/*/outputs") if pair[0] != pair[1]]
    return [
        [first for first, _second in pairs if first is not None],
        [second for _first, second in pairs if second is not None],
    ]


def _text(outputs: Sequence[NotebookNode]) -> str:
    """Return outputs as a text."""
    texts = []
    for output in outputs:
        if output.output_type == "stream":
            texts.append(output.text)
        elif output.output_type == "error":
            texts.append(f"{output.ename}: {output.evalue}")
        else:
            # The text comes first, and other forms of the same output after it.
            data = sorted(output.data.items(), key=lambda item: item[0] not in _TEXT_TYPES)
            texts += [value for _mime_type, value in data]
    return "\n".join(text.rstrip("\n") for text in texts)


def _excerpts(before: str, after: str) -> tuple[str, str]:
    """Return two texts around their first difference."""
    old, new = before.split("\n"), after.split("\n")
    equal = 0
    while equal < min(len(old), len(new)) and old[equal] == new[equal]:
        equal += 1
    skipped = max(0, equal - CONTEXT_LINES)
    return _excerpt(old, skipped), _excerpt(new, skipped)


def _excerpt(lines: list[str], skipped: int) -> str:
    kept = lines[skipped : skipped + MAX_EXCERPT_LINES]
    text = "\n".join([*(["…"] if skipped else []), *kept])
    if len(lines) > skipped + MAX_EXCERPT_LINES or len(text) > MAX_EXCERPT:
        return f"{text[:MAX_EXCERPT]}\n…"
    return text
