"""What other programs write a little differently than notebook format 4.5 asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

__all__ = ["repaired_notebook"]

_MINOR = 5
_NOTEBOOK = frozenset(("cells", "metadata", "nbformat", "nbformat_minor"))
_CELL = ("id", "cell_type", "metadata", "source")
_CELLS = {
    "code": frozenset((*_CELL, "outputs", "execution_count")),
    "markdown": frozenset((*_CELL, "attachments")),
    "raw": frozenset((*_CELL, "attachments")),
}
# What each type of output must have, with what stands for it if it is missing.
_OUTPUTS: dict[str, dict[str, Any]] = {
    "stream": {"name": "stdout", "text": ""},
    "display_data": {"data": {}, "metadata": {}},
    "execute_result": {"data": {}, "metadata": {}, "execution_count": None},
    "error": {"ename": "", "evalue": "", "traceback": []},
}
_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_NO_ID = re.compile(r"[^a-zA-Z0-9_-]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")

_Object = dict[str, Any]


def repaired_notebook(content: _Object) -> _Object:
    """Return a notebook in format 4 in format 4.5, as far as it can be repaired.

    Cells without an id, with one that is none, or with that of another cell get one. Headings
    become Markdown. Fields that are missing are filled in, and those of a newer format dropped.
    Half of a surrogate pair, which no file can hold, becomes a replacement character.

    Parameters
    ----------
    content : dict
        As in the file; not changed.
    """
    notebook: _Object = _whole_texts(content)
    notebook = _only(notebook, _NOTEBOOK)
    notebook["nbformat_minor"] = _MINOR
    notebook["metadata"] = _notebook_metadata(notebook.get("metadata"))
    cells = notebook.get("cells")
    if isinstance(cells, list):
        ids = _free_ids(cells)
        notebook["cells"] = [
            _cell(cell, next(ids)) if isinstance(cell, dict) else cell for cell in cells
        ]
    return notebook


def _whole_texts(value: Any) -> Any:
    """Return a JSON value with a replacement character for each half of a surrogate pair."""
    if isinstance(value, str):
        if _SURROGATE.search(value) is None:
            return value
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {_whole_texts(key): _whole_texts(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_whole_texts(inner) for inner in value]
    return value


def _notebook_metadata(metadata: Any) -> _Object:
    if not isinstance(metadata, dict):
        return {}
    kernel = metadata.get("kernelspec")
    if isinstance(kernel, dict) and "name" in kernel and "display_name" not in kernel:
        return {**metadata, "kernelspec": {**kernel, "display_name": kernel["name"]}}
    return metadata


def _free_ids(cells: list[Any]) -> Iterator[str]:
    """Yield an id for every cell that is an object: its own, if it is one and the first."""
    own = [cell.get("id") for cell in cells if isinstance(cell, dict)]
    taken = {name for name in own if _is_id(name)}
    used: set[str] = set()
    for number, name in enumerate(own, start=1):
        if isinstance(name, str) and _is_id(name) and name not in used:
            used.add(name)
            yield name
            continue
        wanted = _NO_ID.sub("-", name).strip("-")[:50] if isinstance(name, str) else ""
        wanted = free = wanted or f"cell-{number}"
        count = 1
        while free in taken:
            count += 1
            free = f"{wanted}-{count}"
        taken.add(free)
        yield free


def _is_id(name: Any) -> bool:
    return isinstance(name, str) and _ID.fullmatch(name) is not None


def _cell(cell: _Object, name: str) -> _Object:
    cell = {**cell, "id": name, "source": cell.get("source") or ""}
    if cell.get("cell_type") == "heading":
        level = cell.get("level")
        source = cell["source"]
        text = "".join(source) if isinstance(source, list) else str(source)
        marks = "#" * (level if isinstance(level, int) and 1 <= level <= 6 else 1)
        cell |= {"cell_type": "markdown", "source": f"{marks} {' '.join(text.split())}"}
    if not isinstance(cell.get("metadata"), dict):
        cell["metadata"] = {}
    tags = cell["metadata"].get("tags")
    if isinstance(tags, list) and all(isinstance(tag, str) for tag in tags):
        cell["metadata"] = {**cell["metadata"], "tags": list(dict.fromkeys(tags))}
    if cell.get("cell_type") == "code":
        cell.setdefault("execution_count", None)
        outputs = cell.get("outputs") or []
        cell["outputs"] = (
            [_output(output) for output in outputs] if isinstance(outputs, list) else outputs
        )
    return _only(cell, _CELLS.get(str(cell.get("cell_type")), frozenset(cell)))


def _output(output: Any) -> Any:
    if not isinstance(output, dict) or str(output.get("output_type")) not in _OUTPUTS:
        return output
    defaults = _OUTPUTS[output["output_type"]]
    filled = {
        key: default if output.get(key) is None else output[key]
        for key, default in defaults.items()
    }
    return {"output_type": output["output_type"], **filled}


def _only(content: _Object, keys: frozenset[str]) -> _Object:
    return {key: value for key, value in content.items() if key in keys}
