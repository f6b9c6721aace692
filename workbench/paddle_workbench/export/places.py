"""The files of source lines as a bundle names them: nothing that is only true of this machine."""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

from ..contract import SourcePlace
from ..program.model.structure import Op, Program

__all__ = ["file_name", "place_sentence", "with_portable_lines"]

CELL = "cell"
_KERNEL_FILE = re.compile(r"ipykernel_\d+[/\\]\d+\.py$|<ipython-input-")
_PROJECT_FILES = (".git", "pyproject.toml", "setup.py")


def with_portable_lines(program: Program) -> Program:
    """Return a program whose lines name their files as `file_name` does."""
    named = cache(file_name)
    return replace(program, ops=tuple(_portable(op, named) for op in program.ops))


def file_name(file: str) -> str:
    """Return the name of a source file for other machines.

    Parameters
    ----------
    file : str
        As Python knows it; notebook cells have the name of a temporary file.

    Returns
    -------
    str
        `cell [3]` for a notebook's cell; otherwise the path relative to the working folder, which
        is the notebook's, to the project around it, or to the installed packages; or else the
        file's own name.
    """
    cell = _cell_name(file)
    if cell:
        return cell
    if file.startswith("<"):
        return file
    path = Path(file).absolute()
    for root in _roots():
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return path.name


def place_sentence(place: SourcePlace) -> str:
    """Return a place as text: `net.py:3`, or `cell [3], line 3`."""
    separator = ", line " if place.file.startswith(CELL) else ":"
    return f"{place.file}{separator}{place.line}"


def _cell_name(file: str) -> str:
    """Return the name of a cell of the running notebook, or an empty text."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    label = shell.compile.format_code_name(file) if shell is not None else None
    number = re.fullmatch(r"In\s?\[(\d+)\]", label[1]) if label is not None else None
    if number is not None:
        return f"{CELL} [{number[1]}]"
    return CELL if _KERNEL_FILE.search(file) else ""


def _roots() -> list[Path]:
    packages = [sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib")]
    folder = Path.cwd()
    project = next(
        (each for each in folder.parents if any((each / name).exists() for name in _PROJECT_FILES)),
        folder,
    )
    # An environment may lie in the project's folder.
    roots = [*(Path(each) for each in packages if each), folder, project]
    return [root for root in roots if root != Path(root.anchor)]


def _portable(op: Op, named: Callable[[str], str]) -> Op:
    regions = tuple(
        replace(region, ops=tuple(_portable(inner, named) for inner in region.ops))
        for region in op.regions
    )
    stack = tuple(replace(line, file=named(line.file)) for line in op.stack)
    line = None if op.line is None else replace(op.line, file=named(op.line.file))
    return replace(op, regions=regions, stack=stack, line=line)
