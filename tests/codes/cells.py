"""Runs a cell of a page as a notebook does, in a fork of this process."""

from __future__ import annotations

import ast
import linecache
import warnings
from pathlib import Path

from paddle_workbench.child_process import Limits, Outcome, run_fork

__all__ = ["run_cell"]

LIMITS = Limits(time_s=300.0)


def run_cell(cell: str, folder: Path) -> Outcome:
    """Run a cell in a folder; what its last line returns is printed to stdout, errors to stderr."""
    return run_fork(lambda: _display(cell), limits=LIMITS, folder=folder)


def _display(cell: str) -> None:
    # A notebook shows warnings; in the tests they are errors.
    warnings.simplefilter("default")
    name = "paddle-workbench-cell.py"
    linecache.cache[name] = len(cell), None, cell.splitlines(keepends=True), name
    *body, last = ast.parse(cell).body
    assert isinstance(last, ast.Expr)
    names = {"__name__": "__paddle_workbench_cell__"}
    exec(compile(ast.Module(body, []), name, "exec"), names)  # noqa: S102 - the page's own
    print(repr(eval(compile(ast.Expression(last.value), name, "eval"), names)))  # noqa: S307, T201
