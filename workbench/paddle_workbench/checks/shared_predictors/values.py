"""What an expression is: a predictor, an object that has one, or a lock."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from .program import ClassInfo, Program, Scope, place_key

__all__ = ["Frame", "Value", "Values", "last_name"]

# Full names; those whose last part says enough also count after `import *`.
_PREDICTORS = frozenset(
    {
        "paddle.inference.create_predictor",
        "paddle.inference.Predictor",
        "paddlenlp.Taskflow",
        "paddlenlp.taskflow.Taskflow",
        "paddlex.create_model",
        "paddlex.create_pipeline",
    }
)
_TELLING = frozenset({"create_predictor", "PaddleOCR", "Taskflow"})
_OCR_CLASS = re.compile(r"^paddleocr\.(\w+\.)*[A-Z]\w*$")
_FROM_POOL = frozenset({"retrieve", "retrive"})  # the second is Paddle's spelling
_CACHES = re.compile(r"cache|singleton", re.IGNORECASE)
_LOCKS = frozenset({"BoundedSemaphore", "Condition", "Lock", "RLock", "Semaphore"})
_LOCK_NAME = re.compile(r"lock|mutex|semaphore", re.IGNORECASE)
DEPTH = 12


@dataclass(frozen=True)
class Value:
    """A predictor, or an object of a class of the notebook.

    Parameters
    ----------
    origin : ast.AST
        Where it is created.
    is_shared : bool
        Whether it exists outside of the thread that is looked at.
    of : ClassInfo, optional
        The class of an object; None for a predictor.
    arguments : mapping
        What was passed to the class.
    """

    origin: ast.AST
    is_shared: bool = False
    of: ClassInfo | None = None
    arguments: Mapping[str, Value] = field(default_factory=dict)

    def shared(self) -> Value:
        """Return it as one that exists outside of a thread."""
        return replace(self, is_shared=True)


@dataclass(frozen=True)
class Frame:
    """A scope that is executed.

    Parameters
    ----------
    scope : Scope
    arguments : mapping of str to Value
        Those of its parameters that are predictors or objects.
    thread : frozenset of Scope
        The functions that the thread is in; what others bind is shared with it. Empty outside of
        threads.
    object : Value, optional
        That whose method it is.
    """

    scope: Scope
    arguments: Mapping[str, Value] = field(default_factory=dict)
    thread: frozenset[Scope] = frozenset()
    object: Value | None = None


def last_name(node: ast.expr) -> str:
    """Return the name of what is called, without what stands before its last dot."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


class Values:
    """Finds what the expressions of a program are."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._active: list[ast.AST] = []

    def of(self, node: ast.AST | None, frame: Frame) -> Value | None:
        """Return the predictor or object that an expression is; None if it is neither."""
        if node is None or node in self._active or len(self._active) > DEPTH:
            return None
        self._active.append(node)
        try:
            return self._of(node, frame)
        finally:
            self._active.pop()

    def _of(self, node: ast.AST, frame: Frame) -> Value | None:
        if isinstance(node, ast.Name):
            return self._of_name(node.id, frame)
        if isinstance(node, ast.Attribute | ast.Subscript):
            return self._of_place(node, frame)
        if isinstance(node, ast.Call):
            return self._of_call(node, frame)
        if isinstance(node, ast.BoolOp):
            return self._first(node.values, frame)
        if isinstance(node, ast.IfExp):
            return self._first([node.body, node.orelse], frame)
        if isinstance(node, ast.NamedExpr | ast.Await):
            return self.of(node.value, frame)
        return None

    def _first(self, nodes: list[ast.expr], frame: Frame) -> Value | None:
        return next((value for each in nodes if (value := self.of(each, frame))), None)

    def _of_name(self, name: str, frame: Frame) -> Value | None:
        scope = frame.scope.owner_of(name)
        if scope is None:
            return None
        if scope.owner is not None and name == next(iter(scope.parameters), ""):
            return frame.object
        if scope is frame.scope:
            if name in frame.arguments:
                return frame.arguments[name]
            if name in scope.defaults:
                value = self.of(scope.defaults[name], replace(frame, scope=scope.parent or scope))
                if value is not None and last_name(_called(scope.defaults[name])) != "Depends":
                    return value.shared()
                return value
        own = scope is frame.scope
        inner = frame if own else Frame(scope, thread=frame.thread, object=frame.object)
        for each in scope.bindings.get(name, []):
            value = self.of(each, inner)
            if value is not None:
                is_outside = bool(frame.thread) and scope not in frame.thread
                return value.shared() if is_outside else value
        return None

    def _of_place(self, node: ast.Attribute | ast.Subscript, frame: Frame) -> Value | None:
        if self.is_local(node, frame):
            return None
        if isinstance(node, ast.Attribute):
            owner = self.of(node.value, frame)
            if owner is not None and owner.of is not None:
                value = self.attribute(owner, node.attr, frame)
                if value is not None:
                    return value
            info = self._class_named(node.value, frame)
            if info is not None:
                return self._of_class(info, node.attr, frame)
        key = place_key(node)
        for other, values in self._program.attributes.items():
            if not key or not (other == key or self._is_part(other, key)):
                continue
            for each, scope in values:
                value = self.of(each, Frame(scope, thread=frame.thread))
                if value is not None:
                    holder = frame.scope.owner_of(re.split(r"[.\[]", key)[0])
                    is_outside = frame.scope is not scope or holder not in frame.thread
                    return value.shared() if frame.thread and is_outside else value
        return None

    def _is_part(self, place: str, key: str) -> bool:
        """Return whether what is assigned to a place is read by a longer text.

        Such as `app.state.ocr` in `request.app.state.ocr`, or `server.ocr`, whatever the name of
        the server, in `self.server.ocr` of its handler.
        """
        if key.endswith(f".{place}"):
            return True
        base, _, name = place.rpartition(".")
        bound = self._program.module.bindings.get(base, [])
        calls = [each for each in bound if isinstance(each, ast.Call)]
        is_server = any(last_name(each.func).endswith("Server") for each in calls)
        return is_server and key.endswith(f".server.{name}")

    def attribute(self, owner: Value, name: str, frame: Frame) -> Value | None:
        """Return the predictor or object that an attribute of an object is."""
        assert owner.of is not None  # noqa: S101 - the callers know
        for each, method in owner.of.attributes.get(name, []):
            is_made_with_it = getattr(method.node, "name", "") == "__init__"
            arguments = owner.arguments if is_made_with_it else {}
            value = self.of(each, Frame(method, arguments, object=owner))
            if value is not None:
                return value.shared() if owner.is_shared else value
        return self._of_class(owner.of, name, frame)

    def _of_class(self, info: ClassInfo, name: str, frame: Frame) -> Value | None:
        for each in info.scope.bindings.get(name, []):
            value = self.of(each, Frame(info.scope, thread=frame.thread))
            if value is not None:
                return value.shared() if frame.thread else value
        return None

    def _of_call(self, node: ast.Call, frame: Frame) -> Value | None:
        name, full = last_name(node.func), self._program.full_name(node.func)
        if full in _PREDICTORS or name in _TELLING or _OCR_CLASS.match(full):
            return Value(node)
        if name in _FROM_POOL or (name == "clone" and isinstance(node.func, ast.Attribute)):
            assert isinstance(node.func, ast.Attribute | ast.Name)  # noqa: S101 - it has a name
            is_clone = name == "clone" and self.of(getattr(node.func, "value", None), frame)
            return Value(node) if name in _FROM_POOL or is_clone else None
        if name == "Depends" and node.args:
            return self._of_function(node.args[0], node, frame)
        return self._of_function(node.func, node, frame)

    def _of_function(self, function: ast.expr, call: ast.Call, frame: Frame) -> Value | None:
        info = self._class_named(function, frame)
        if info is not None:
            constructor = info.methods.get("__init__")
            passed = self.passed(call, constructor, frame) if constructor else {}
            return Value(call, of=info, arguments=passed)
        scope, owner = self.function(function, frame)
        if scope is None:
            return None
        thread = frame.thread | {scope} if frame.thread else frame.thread
        inner = Frame(scope, self.passed(call, scope, frame), thread, owner)
        is_cached = any(_CACHES.search(ast.unparse(each)) for each in scope.decorators)
        for each in scope.returns:
            value = self.of(each, inner)
            if value is None:
                continue
            if is_cached:
                return replace(value.shared(), origin=scope.node)
            is_made_here = value.origin in set(_walk(scope))
            return replace(value, origin=call) if is_made_here and not value.is_shared else value
        return None

    def passed(self, call: ast.Call, scope: Scope | None, frame: Frame) -> dict[str, Value]:
        """Return the predictors and objects that a call passes, by parameter."""
        if scope is None:
            return {}
        names = scope.parameters
        is_method = scope.owner is not None and not _is_static(scope)
        names = names[1:] if is_method else names
        pairs = [*zip(names, call.args, strict=False)]
        pairs += [(each.arg, each.value) for each in call.keywords if each.arg]
        return {name: value for name, each in pairs if (value := self.of(each, frame))}

    def function(self, node: ast.expr, frame: Frame) -> tuple[Scope | None, Value | None]:
        """Return the function that an expression is, and the object whose method it is."""
        if isinstance(node, ast.Lambda):
            return self._program.scopes.get(node), None
        if isinstance(node, ast.Name):
            for each in self._bindings(node.id, frame):
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                    inside = self._program.scopes[each]
                    return inside, frame.object if inside.parent is frame.scope else None
        if isinstance(node, ast.Attribute):
            owner = self.of(node.value, frame)
            if owner is not None and owner.of is not None:
                return owner.of.methods.get(node.attr), owner
            info = self._class_named(node.value, frame)
            if info is not None:
                return info.methods.get(node.attr), None
        return None, None

    def _class_named(self, node: ast.expr, frame: Frame) -> ClassInfo | None:
        if not isinstance(node, ast.Name):
            return None
        classes = (
            each for each in self._bindings(node.id, frame) if isinstance(each, ast.ClassDef)
        )
        return next((self._program.classes[each] for each in classes), None)

    def _bindings(self, name: str, frame: Frame) -> list[ast.AST]:
        scope = frame.scope.owner_of(name)
        return scope.bindings.get(name, []) if scope is not None else []

    def calls_bound_to(self, node: ast.expr, frame: Frame) -> Iterator[tuple[ast.Call, Scope]]:
        """Yield the calls whose result an expression is, with the scope that holds it."""
        if isinstance(node, ast.Call):
            yield node, frame.scope
        elif isinstance(node, ast.Name):
            scope = frame.scope.owner_of(node.id)
            for each in scope.bindings.get(node.id, []) if scope else []:
                if isinstance(each, ast.Call):
                    yield each, scope or frame.scope
        elif isinstance(node, ast.Attribute | ast.Subscript):
            yield from self._calls_of_place(node, frame)

    def _calls_of_place(
        self, node: ast.Attribute | ast.Subscript, frame: Frame
    ) -> Iterator[tuple[ast.Call, Scope]]:
        module = self._program.module
        owner = frame.scope.owner
        is_own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if isinstance(node, ast.Attribute) and is_own and owner is not None:
            for each, _ in owner.attributes.get(node.attr, []):
                if isinstance(each, ast.Call):
                    yield each, module
            for bound in owner.scope.bindings.get(node.attr, []):
                if isinstance(bound, ast.Call):
                    yield bound, module
        key = place_key(node)
        for other, values in self._program.attributes.items():
            if key and (other == key or key.endswith(f".{other}")):
                yield from ((each, module) for each, _ in values if isinstance(each, ast.Call))

    def is_lock(self, node: ast.expr, frame: Frame) -> bool:
        """Return whether it is a lock that exists outside of the thread."""
        calls = list(self.calls_bound_to(node, frame))
        for call, scope in calls:
            if last_name(call.func) not in _LOCKS:
                continue
            if "Semaphore" in last_name(call.func) and _number(call) not in (None, 1):
                continue
            # One that the thread itself makes keeps no other thread out.
            return not isinstance(node, ast.Call) and scope not in frame.thread
        if calls:
            return False
        # A parameter, for example: the name is all that is known.
        return isinstance(node, ast.Name | ast.Attribute) and bool(
            _LOCK_NAME.search(last_name(node))
        )

    def is_local(self, node: ast.expr, frame: Frame) -> bool:
        """Return whether it is an attribute of a `threading.local()`."""
        while isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
            calls = self.calls_bound_to(node, frame)
            if any(self._makes_local(call) for call, _ in calls):
                return True
        return False

    def _makes_local(self, call: ast.Call) -> bool:
        name = last_name(call.func)
        return name == "local" or any(
            each.name == name and "local" in map(last_name, each.bases)
            for each in self._program.classes
        )


def _called(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def _number(call: ast.Call) -> object:
    given = [*call.args, *(each.value for each in call.keywords)]
    return next((each.value for each in given if isinstance(each, ast.Constant)), None)


def _is_static(scope: Scope) -> bool:
    return any(last_name(each) == "staticmethod" for each in scope.decorators)


def _walk(scope: Scope) -> Iterator[ast.AST]:
    for each in scope.body:
        yield from ast.walk(each)
