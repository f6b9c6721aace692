"""The files next to a notebook that its code names, by a path or as a module."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat

from ..reading import is_file, is_folder

__all__ = ["MAX_BYTES", "named_files"]

MAX_BYTES = 256_000_000
"""A file or folder is left out with which the files would be larger."""

MAX_FILES = 10_000
_STRING = re.compile(r"""(?<!\\)(["'])((?:(?!\1|\n).){1,4096}?)\1""")
_WORD = re.compile(r"[\w./-]+")
_IMPORTS = re.compile(r"^[ \t]*(?:from[ \t]+\w[\w.]*[ \t]+import\b|import[ \t].*)", re.M)
_IMPORT = re.compile(r"^[ \t]*(?:from|import)[ \t]+(\w+)|(?<=,)[ \t]*(\w+)")
# A longer text is not a path on any system.
_MAX_CHARACTERS = 4096
# Where a path begins to be a pattern or a format.
_PATTERN = re.compile(r"[^/]*[*?\[{].*", re.S)


def named_files(
    source: nbformat.NotebookNode, folder: Path, texts: Iterable[str] = ()
) -> list[Path]:
    """Return the files in a notebook's folder that its code cells name, sorted.

    A path counts if it is relative and stays in the folder: a file in quotes or after a magic, a
    folder in quotes, also as the start of a pattern such as `data/*.csv`. Modules that are
    imported count with what they name themselves. Other notebooks do not.

    Parameters
    ----------
    source : NotebookNode
    folder : Path
        The folder of the notebook.
    texts : iterable of str
        Further texts that may be paths, such as parameters.
    """
    root = folder.resolve()
    files: dict[Path, int] = {}
    codes = [cell.source for cell in source.cells if cell.cell_type == "code"]
    pending = [path for text in texts for path in _paths(text, root)]
    for code in codes:
        pending += _named_in(code, root)
    seen: set[Path] = set()
    while pending:
        path = pending.pop()
        if path in seen:
            continue
        seen.add(path)
        sizes = _sizes(path)
        if len(files | sizes) > MAX_FILES or sum((files | sizes).values()) > MAX_BYTES:
            continue
        files |= sizes
        for file in sizes:
            if file.suffix == ".py":
                pending += _named_in(file.read_text("utf-8", errors="replace"), root)
    return [folder / file.relative_to(root) for file in sorted(files)]


def _named_in(code: str, root: Path) -> Iterator[Path]:
    for _quote, text in _STRING.findall(code):
        yield from _paths(text, root)
    for text in _WORD.findall(code):
        if "." in text:
            yield from (path for path in _paths(text, root) if is_file(path))
    for line in _IMPORTS.findall(code):
        for names in _IMPORT.findall(line):
            name = "".join(names)
            yield from (path for path in _paths(f"{name}.py", root) if is_file(path))
            if is_file(root / name / "__init__.py"):
                yield root / name


def _paths(text: str, root: Path) -> Iterator[Path]:
    """Yield the file or folder in a folder that a text names, if there is one."""
    if len(text) > _MAX_CHARACTERS:
        return
    path = Path(_PATTERN.sub("", text))
    parts = path.parts
    if not parts or path.is_absolute() or ".." in parts or any(part[0] == "." for part in parts):
        return
    if is_file(root / path) or is_folder(root / path):
        yield root / path


def _sizes(path: Path) -> dict[Path, int]:
    """Return the sizes of a file, or of those in a folder, without hidden ones and notebooks."""
    sizes: dict[Path, int] = {}
    try:
        for file in [path] if is_file(path) else path.rglob("*"):
            names = file.relative_to(path).parts
            if any(name.startswith(".") or name == "__pycache__" for name in names):
                continue
            if is_file(file) and file.suffix != ".ipynb":
                sizes[file] = file.stat().st_size
            if len(sizes) > MAX_FILES:
                break
    except OSError:  # a folder that this user may not read
        return {}
    return sizes
