"""Whether a lesson runs while its exercises are unsolved, seen in its source."""

from __future__ import annotations

import ast
import copy
import symtable
from collections.abc import Iterator

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

from ..course.notebook import solution_cells
from ..notebooks import Notebook
from .results import StructuralFinding

__all__ = ["uses_of_unsolved_exercises"]


def uses_of_unsolved_exercises(notebook: Notebook) -> Iterator[StructuralFinding]:
    """Yield the cells that fail while an exercise is unsolved.

    They use a name that its solution binds, directly or through another function or class. A cell
    may do so in the call of `check`, and below an `if` on its points::

        points = exercises.check("viterbi", viterbi)
        if points:
            viterbi(emissions)
    """
    lesson = _Lesson()
    exercises = {cell.id: name for name, cell in solution_cells(notebook.node).items()}
    for cell in notebook.node.cells:
        for statement in _statements(cell):
            if cell.id in exercises:
                lesson.add_solution(statement, exercises[cell.id])
                continue
            for name, exercise in lesson.read(statement).items():
                message = (
                    f"`{name}` needs the exercise `{exercise}`, which may be unsolved. "
                    "Use it below an `if` on the points of its check."
                )
                yield StructuralFinding(
                    rule="unsolved_exercise", message=message, cell=cell.get("id")
                )


class _Lesson:
    """The statements read so far.

    Attributes
    ----------
    exercise_of : dict of str to str
        The exercise that a name needs.
    points_of : dict of str to str
        The exercise whose points a name holds.
    """

    def __init__(self) -> None:
        self.exercise_of: dict[str, str] = {}
        self.points_of: dict[str, str] = {}

    def add_solution(self, statement: ast.stmt, exercise: str) -> None:
        if not isinstance(statement, ast.Import | ast.ImportFrom):
            self.exercise_of |= dict.fromkeys(_names(statement)[0], exercise)

    def read(self, statement: ast.stmt) -> dict[str, str]:
        """Return the unsolved exercise that each name needs, for names used unconditionally."""
        bound, used = _names(statement)
        needed: dict[str, str] = {}
        conditional: dict[str, str] = {}
        for exercise in {
            names[name]
            for names in (self.exercise_of, self.points_of)
            for name in used & names.keys()
        }:
            points = {name for name, other in self.points_of.items() if other == exercise}
            unsolved = _WithoutSolution(exercise, points).visit(copy.deepcopy(statement))
            bound_unsolved, used_unsolved = _names(unsolved)
            needed |= {
                name: exercise for name in used_unsolved if self.exercise_of.get(name) == exercise
            }
            conditional |= dict.fromkeys(bound - bound_unsolved, exercise)
        for name in bound:
            self.exercise_of.pop(name, None)
            self.points_of.pop(name, None)
        self.exercise_of |= conditional
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            # What it uses is needed only where it is called.
            self.exercise_of |= dict.fromkeys(bound, next(iter(needed.values()))) if needed else {}
            return {}
        checked = _checked_exercise(getattr(statement, "value", None))
        if checked is not None:
            self.points_of |= dict.fromkeys(bound, checked)
        return needed


class _WithoutSolution(ast.NodeTransformer):
    """Removes what does not run, and cannot fail, while an exercise is unsolved."""

    def __init__(self, exercise: str, points: set[str]) -> None:
        self._exercise = exercise
        self._points = points

    def visit_If(self, node: ast.If) -> ast.AST:
        is_and = isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.And)
        conditions = node.test.values if is_and else [node.test]  # type: ignore[attr-defined]
        if any(isinstance(each, ast.Name) and each.id in self._points for each in conditions):
            node.body = [ast.Pass()]
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if _checked_exercise(node) == self._exercise:
            return ast.Constant(None)
        return self.generic_visit(node)


def _statements(cell: nbformat.NotebookNode) -> list[ast.stmt]:
    """Return the statements of a cell, magics among them; none if it is not Python."""
    if cell.cell_type != "code":
        return []
    try:
        return ast.parse(TransformerManager().transform_cell(cell.source)).body
    except SyntaxError:
        return []


def _names(statement: ast.AST) -> tuple[set[str], set[str]]:
    """Return the names of the notebook that a statement binds, and those that it uses before."""
    source = ast.unparse(ast.fix_missing_locations(statement))
    try:
        table = symtable.symtable(source, "cell", "exec")
    except SyntaxError:  # e.g. `await` at the top level, which only IPython allows
        return set(), set()
    bound = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned()}
    used = set(_used_globals(table))
    # Assignments read before they bind; `for`, `with` and other statements bind before.
    is_assignment = isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign)
    return bound, used if is_assignment else used - bound


def _used_globals(table: symtable.SymbolTable) -> Iterator[str]:
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (table.get_type() == "module" or symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _used_globals(child)


def _checked_exercise(node: ast.AST | None) -> str | None:
    """Return the exercise that a call `….check("exercise", answer)` checks."""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "check"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    ):
        return node.args[0].value
    return None
