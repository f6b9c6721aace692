"""Finds silent traps in source code: code that AST conversion accepts but changes."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..model.structure import SourceLine

__all__ = ["traps_in"]

_WRITES = frozenset({"append", "extend", "insert", "add", "update", "setdefault", "clear", "write"})


def traps_in(functions: Iterable[Callable[..., Any]]) -> Iterator[tuple[str, SourceLine]]:
    """Yield kind and line of every trap in the source of functions to convert."""
    for function in functions:
        try:
            lines, first = inspect.getsourcelines(function)
            tree = ast.parse(textwrap.dedent("".join(lines)))
        except (OSError, SyntaxError, TypeError):
            continue
        definition = tree.body[0] if tree.body else None
        if not isinstance(definition, ast.FunctionDef) or definition.name == "__init__":
            continue
        finder = _Finder(definition)
        finder.find(is_method=_is_method(function))
        for kind, number in sorted(set(finder.traps), key=lambda item: (item[1], item[0])):
            yield (
                kind,
                SourceLine(
                    function.__code__.co_filename, max(first, 1) + number - 1,
                    function=function.__name__,
                ),
            )  # fmt: skip


def _is_method(function: Callable[..., Any]) -> bool:
    owner = function.__qualname__.rpartition(".")[0]
    return bool(owner) and not owner.endswith("<locals>")


class _Finder(ast.NodeVisitor):
    def __init__(self, definition: ast.FunctionDef) -> None:
        self.definition = definition
        self.traps: list[tuple[str, int]] = []
        arguments = definition.args
        parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        self.parameters = [argument.arg for argument in parameters]
        self.local = {
            node.id
            for node in ast.walk(definition)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        } | set(self.parameters)

    def find(self, *, is_method: bool) -> None:
        static = any(
            isinstance(item, ast.Name) and item.id == "staticmethod"
            for item in self.definition.decorator_list
        )
        if is_method and not static and self.parameters and self.parameters[0] != "self":
            self._note("self-by-another-name", self.definition)
        self._branches(self.definition.body, set(self.parameters))
        self.generic_visit(self.definition)

    def _note(self, kind: str, node: ast.AST) -> None:
        self.traps.append((kind, getattr(node, "lineno", 1)))

    def visit_Call(self, node: ast.Call) -> None:
        function = node.func
        if isinstance(function, ast.Attribute):
            self._method(node, function)
        elif isinstance(function, ast.Name):
            if function.id == "isinstance" and "Tensor" in ast.unparse(node.args[-1]):
                self._note("isinstance-tensor", node)
            if function.id in ("str", "repr", "format") and self._is_parameter(node.args):
                self._note("tensor-as-text", node)
        self.generic_visit(node)

    def _method(self, node: ast.Call, function: ast.Attribute) -> None:
        owner = ast.unparse(function.value)
        if function.attr == "numpy" and not node.args:
            self._note("numpy-under-ast", node)
        if owner in ("random", "np.random", "numpy.random"):
            self._note("frozen-random", node)
        if function.attr in _WRITES and isinstance(function.value, ast.Name):
            if owner not in self.local:
                self._note("side-effect", node)
        elif function.attr in _WRITES and owner.startswith("self."):
            self._note("side-effect", node)
        if owner in ("nn", "paddle.nn") and function.attr[:1].isupper() and node.args:
            self._note("layer-in-forward", node)

    def _is_parameter(self, arguments: list[ast.expr]) -> bool:
        return any(
            isinstance(item, ast.Name) and item.id in self.parameters and item.id != "self"
            for item in arguments
        )

    def visit_FormattedValue(self, node: ast.FormattedValue) -> None:
        if self._is_parameter([node.value]):
            self._note("tensor-as-text", node)
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            name = call.func.attr
            if name.endswith("_") and not name.startswith("_"):
                self._note("in-place-statement", node)
        self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> None:
        self._note("side-effect", node)

    def visit_Match(self, node: ast.Match) -> None:
        self._note("match-statement", node)
        self.generic_visit(node)

    def visit_For(self, node: ast.For) -> None:
        self._loop(node)

    def visit_While(self, node: ast.While) -> None:
        self._loop(node)

    def _loop(self, node: ast.For | ast.While) -> None:
        for inner in node.body:
            for part in ast.walk(inner):
                if isinstance(part, (ast.Yield, ast.YieldFrom)):
                    self._note("yield-in-loop", part)
        self.generic_visit(node)

    def _branches(self, body: list[ast.stmt], names: set[str]) -> None:
        """Find variables that only one branch sets and later code reads."""
        for place, statement in enumerate(body):
            if isinstance(statement, ast.If):
                one, other = _assigned(statement.body), _assigned(statement.orelse)
                ends = any(isinstance(s, (ast.Return, ast.Raise)) for s in statement.body)
                later = {
                    node.id
                    for after in body[place + 1 :]
                    for node in ast.walk(after)
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
                }
                if not ends and ((one ^ other) - names) & later:
                    self._note("undefined-in-branch", statement)
                self._branches(statement.body, set(names))
                self._branches(statement.orelse, set(names))
            names |= _assigned([statement])


def _assigned(body: list[ast.stmt]) -> set[str]:
    return {
        node.id
        for statement in body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
