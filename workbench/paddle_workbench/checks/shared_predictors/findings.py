"""Predictors that several threads may run at once, each with its place and its repair."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .program import Cell, Place, Program, programs_of
from .threads import Entry, entries_of
from .uses import uses_of
from .values import Frame, Values, last_name

__all__ = ["EXEMPTION", "SharedPredictor", "find_shared_predictors"]

EXEMPTION = re.compile(r"#\s*PW-S101:\s*\w")
"""A comment with a reason, in the line of the use or of the creation."""

_ENDS = frozenset({"join", "result", "shutdown"})


@dataclass(frozen=True, slots=True)
class SharedPredictor:
    """A predictor that several threads may run at once.

    Parameters
    ----------
    used, created : Place
    use, creation : str
        What stands there.
    threads : str
        What makes the threads, such as `pool.map`.
    code : str
    """

    used: Place
    created: Place
    use: str
    creation: str
    threads: str
    code: str = "PW-S101"

    @property
    def message(self) -> str:
        """What is wrong, and how to repair it."""
        where = f"line {self.created.line}"
        if self.created.cell != self.used.cell:
            where += f" of `{self.created.cell}`"
        return (
            f"{self.code} Line {self.used.line}: `{self.use}` runs the predictor of {where} "
            f"(`{self.creation}`) in threads of `{self.threads}`, and no lock keeps two from "
            "running it at once: their answers get mixed up, or it fails or crashes. Give each "
            "thread its own (`predictor.clone()`, `threading.local()`), put a lock around all "
            f"steps of a run, or use `workbench serve`. More: workbench explain {self.code}"
        )


def find_shared_predictors(cells: Sequence[Cell]) -> list[SharedPredictor]:
    """Return the predictors that several threads may run at once, each use once.

    A line with the comment `# PW-S101: reason` is left out.

    Parameters
    ----------
    cells : sequence of Cell
        The code cells of a notebook. Files that `%%writefile` writes are looked at, too; what is
        not Python is not.
    """
    return [each for program in programs_of(cells) for each in _found(program)]


def _found(program: Program) -> Iterator[SharedPredictor]:
    values = Values(program)
    reported: set[tuple[Place, Place]] = set()
    for entry, origin, use in _shared(program, values):
        used, created = program.place(use), program.place(origin)
        is_exempt = any(EXEMPTION.search(program.text(place)) for place in (used, created))
        if is_exempt or (used, created) in reported:
            continue
        reported.add((used, created))
        yield SharedPredictor(used, created, _short(use), _short(origin), entry.name)


def _shared(program: Program, values: Values) -> Iterator[tuple[Entry, ast.AST, ast.AST]]:
    """Yield a use of each predictor that threads share, with what makes the threads."""
    single: dict[ast.AST, list[tuple[Entry, ast.AST]]] = {}
    for entry in entries_of(program, values):
        for origin, use in _first_uses(entry, program, values):
            if entry.are_many:
                yield entry, origin, use
            else:
                single.setdefault(origin, []).append((entry, use))
    for origin, users in single.items():
        entry, use = users[0]
        others = [other.node for other, _ in users[1:] if other.node is not entry.node]
        others += _later_uses(entry, origin, program, values)
        if any(not _is_over(program, entry.node, each) for each in others):
            yield entry, origin, use


def _first_uses(
    entry: Entry, program: Program, values: Values
) -> Iterator[tuple[ast.AST, ast.AST]]:
    if entry.predictor is not None:
        yield entry.predictor.origin, entry.node
    if entry.frame is None:
        return
    seen: set[ast.AST] = set()
    for value, use in uses_of(entry.frame, program, values):
        if value.origin not in seen:
            seen.add(value.origin)
            yield value.origin, use


def _later_uses(
    entry: Entry, origin: ast.AST, program: Program, values: Values
) -> Iterator[ast.AST]:
    """Yield the uses of a predictor outside of threads, after a thread was made."""
    for scope in {entry.scope, program.module}:
        for value, use in uses_of(Frame(scope), program, values):
            if value.origin is origin and _line(use) > _line(entry.node):
                yield use


def _is_over(program: Program, thread: ast.AST, later: ast.AST) -> bool:
    """Return whether a thread is waited for before something else happens."""
    return any(
        last_name(site.node.func) in _ENDS
        and isinstance(site.node.func, ast.Attribute)
        and _line(thread) <= _line(site.node) < _line(later)
        for site in program.calls
    )


def _line(node: ast.AST) -> int:
    return int(node.lineno)  # type: ignore[attr-defined]


def _short(node: ast.AST) -> str:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return f"{node.name}()"
    if isinstance(node, ast.Call):
        return f"{ast.unparse(node.func)}(…)" if node.args or node.keywords else ast.unparse(node)
    return ast.unparse(node)
