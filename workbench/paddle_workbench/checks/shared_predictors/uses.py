"""Where the functions of a thread use a predictor that is not their own, without a lock."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from .program import Program, Scope
from .values import Frame, Value, Values, last_name

__all__ = ["Use", "uses_of"]

Use = tuple[Value, ast.AST]
"""A predictor, and the expression that uses it."""

# These leave the predictor as it is.
_HARMLESS = frozenset({"clone", "get_input_names", "get_output_names"})
_GUARD = re.compile(r"lock|synchron", re.IGNORECASE)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
DEPTH = 12


def uses_of(frame: Frame, program: Program, values: Values) -> Iterator[Use]:
    """Yield the uses of predictors below a function, in the order of its statements.

    In a thread only those of predictors that exist outside of it count; `frame.thread` is empty
    elsewhere.
    """
    yield from _Walk(program, values).function(frame, is_guarded=False)


class _Walk:
    def __init__(self, program: Program, values: Values) -> None:
        self._program, self._values = program, values
        self._stack: list[Scope] = []

    def function(self, frame: Frame, *, is_guarded: bool) -> Iterator[Use]:
        scope = frame.scope
        if scope in self._stack or len(self._stack) > DEPTH:
            return
        is_guarded = is_guarded or any(_GUARD.search(ast.unparse(e)) for e in scope.decorators)
        self._stack.append(scope)
        yield from self._nodes(scope.body, frame, is_guarded=is_guarded)
        self._stack.pop()

    def _nodes(
        self, nodes: list[ast.stmt] | list[ast.expr], frame: Frame, *, is_guarded: bool
    ) -> Iterator[Use]:
        is_held = is_guarded
        for node in nodes:
            call = node.value if isinstance(node, ast.Expr) else None
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                name = call.func.attr
                if name in ("acquire", "release") and self._values.is_lock(call.func.value, frame):
                    is_held = is_guarded or name == "acquire"
            yield from self._node(node, frame, is_guarded=is_held)

    def _node(self, node: ast.AST, frame: Frame, *, is_guarded: bool) -> Iterator[Use]:
        if isinstance(node, _FUNCTIONS):  # they run where they are called
            return
        if isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                yield from self._node(item.context_expr, frame, is_guarded=is_guarded)
                is_guarded = is_guarded or self._values.is_lock(item.context_expr, frame)
            yield from self._nodes(node.body, frame, is_guarded=is_guarded)
            return
        if isinstance(node, ast.If) and self._acquires(node.test, frame):
            yield from self._nodes(node.body, frame, is_guarded=True)
            yield from self._nodes(node.orelse, frame, is_guarded=is_guarded)
            return
        if isinstance(node, ast.Call):
            yield from self._call(node, frame, is_guarded=is_guarded)
        for _, field in ast.iter_fields(node):
            if isinstance(field, list) and field and isinstance(field[0], ast.stmt):
                yield from self._nodes(field, frame, is_guarded=is_guarded)
                continue
            for each in field if isinstance(field, list) else [field]:
                if isinstance(each, ast.AST):
                    yield from self._node(each, frame, is_guarded=is_guarded)

    def _acquires(self, node: ast.expr, frame: Frame) -> bool:
        """Return whether a condition is that a lock could be acquired."""
        return (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "acquire"
            and self._values.is_lock(node.func.value, frame)
        )

    def _call(self, node: ast.Call, frame: Frame, *, is_guarded: bool) -> Iterator[Use]:
        used = node.func
        if isinstance(used, ast.Attribute):
            if used.attr in _HARMLESS:
                return
            used = used.value
        value = self._values.of(used, frame)
        if value is not None and value.of is None:
            if not is_guarded and (value.is_shared or not frame.thread):
                yield value, node
            return
        scope, owner = self._values.function(node.func, frame)
        if scope is None and value is not None and value.of is not None and used is node.func:
            scope, owner = value.of.methods.get("__call__"), value
        if scope is None:
            return
        arguments = self._values.passed(node, scope, frame)
        thread = frame.thread | {scope} if frame.thread else frame.thread
        inner = replace(frame, scope=scope, arguments=arguments, thread=thread, object=owner)
        if not isinstance(scope.node, ast.Lambda) and last_name(node.func) == "__init__":
            return
        yield from self.function(inner, is_guarded=is_guarded)
