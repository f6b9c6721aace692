"""The functions of a program that run in threads: of executors, web servers and `Thread`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from .program import CallSite, ClassInfo, Program, Scope
from .values import Frame, Value, Values, last_name

__all__ = ["Entry", "entries_of"]

_EXECUTORS = frozenset({"ThreadPoolExecutor", "ThreadPool"})
_ONE_BY_ONE = frozenset({"map", "submit"})
_OF_POOL = frozenset({"apply", "apply_async", "imap", "imap_unordered", "map_async", "starmap"})
_REPEATING = _OF_POOL - {"apply", "apply_async"} | {"map", "add_api_route", "add_url_rule"}
"""These call the same function, with what it was made of, again and again."""
_TO_THREAD = frozenset({"run_in_threadpool", "to_thread", "run_sync"})
_APPS = {"FastAPI": False, "APIRouter": False, "Flask": True, "Blueprint": True}
"""Web applications, and whether they run coroutines in threads, too."""
_ROUTES = frozenset(
    {"api_route", "delete", "get", "head", "options", "patch", "post", "put", "route"}
)
_ADDERS = {"add_api_route": 1, "add_url_rule": 2}
_HANDLERS = re.compile(r"^(do_[A-Z]+|handle)$")
_SERVERS = re.compile(r"^Threading\w*Server$")
_NOTHING: Mapping[str, ast.expr] = MappingProxyType({})


@dataclass(frozen=True)
class Entry:
    """A function, or a predictor's own method, that a thread runs.

    Parameters
    ----------
    name : str
        What makes the threads, such as `pool.map`.
    node : ast.AST
        Where they are made.
    scope : Scope
        Which makes the threads.
    frame : Frame or None
        The function, with what is passed to it.
    predictor : Value or None
        That whose method, or which itself, is called.
    are_many : bool
        Whether there may be several threads at once; else one.
    """

    name: str
    node: ast.AST
    scope: Scope
    frame: Frame | None = None
    predictor: Value | None = None
    are_many: bool = True


def entries_of(program: Program, values: Values) -> Iterator[Entry]:
    """Yield what the threads of a program run."""
    finder = _Finder(program, values)
    for site in program.calls:
        if not any(values.is_lock(each, Frame(site.scope)) for each in site.contexts):
            yield from finder.of_call(site)
    for scope in program.scopes.values():
        yield from finder.of_route(scope)
    for info in program.classes.values():
        yield from finder.of_subclass(info)


class _Finder:
    def __init__(self, program: Program, values: Values) -> None:
        self._program, self._values = program, values
        self._is_threaded = not any(_is_not_threaded(each.node) for each in program.calls)

    def of_call(self, site: CallSite) -> Iterator[Entry]:
        """Yield what a call lets threads run."""
        node, name = site.node, last_name(site.node.func)
        arguments = node.args
        given = {each.arg: each.value for each in node.keywords if each.arg}
        if name in ("Thread", "Timer"):
            target = given.get("target", given.get("function"))
            if target is None and len(arguments) > 1:
                target = arguments[1]
            passed = _elements(given.get("args"))
            named = _entries(given.get("kwargs"))
            yield from self._entry(site, target, passed, named, are_many=self._in_loop(node))
        elif name in _ONE_BY_ONE | _OF_POOL and isinstance(node.func, ast.Attribute):
            workers = self._workers(node.func.value, Frame(site.scope))
            if workers and arguments:
                passed = arguments[1:] if name == "submit" else []
                if name.startswith("apply") and len(arguments) > 1:
                    passed = _elements(arguments[1])
                many = workers != 1 and not self._is_waited_for(node)
                yield from self._entry(site, arguments[0], passed, given, are_many=many)
        elif name in _TO_THREAD and arguments:
            many = not site.is_awaited or self._is_route(site.scope)
            yield from self._entry(site, arguments[0], arguments[1:], given, are_many=many)
        elif name == "run_in_executor" and len(arguments) > 1:
            executor = arguments[0]
            is_default = isinstance(executor, ast.Constant)
            workers = 2 if is_default else self._workers(executor, Frame(site.scope))
            many = workers != 1 and (not site.is_awaited or self._is_route(site.scope))
            if workers:
                yield from self._entry(site, arguments[1], arguments[2:], are_many=many)
        elif isinstance(node.func, ast.Call) and last_name(node.func.func) == "Parallel":
            yield from self._of_parallel(site, node.func)
        elif name in _ADDERS and isinstance(node.func, ast.Attribute):
            place = _ADDERS[name]
            target = given.get("view_func", given.get("endpoint"))
            if len(arguments) > place:
                target = arguments[place]
            yield from self._entry(site, target)
        else:
            yield from self._of_server(site, name)

    def of_route(self, scope: Scope) -> Iterator[Entry]:
        """Yield a function that a web application calls."""
        for decorator in scope.decorators:
            runs_coroutines = self._application(decorator, scope)
            if runs_coroutines is None:
                continue
            if isinstance(scope.node, ast.AsyncFunctionDef) and not runs_coroutines:
                continue
            if runs_coroutines and not self._is_threaded:
                continue
            outside = scope.parent or self._program.module
            frame = Frame(scope, thread=frozenset({scope}))
            name = ast.unparse(decorator).partition("(")[0]
            yield Entry(name, decorator, outside, frame)

    def of_subclass(self, info: ClassInfo) -> Iterator[Entry]:
        """Yield the method `run` of a class of threads."""
        run = info.methods.get("run")
        if run is None or "Thread" not in map(last_name, info.node.bases):
            return
        sites = [
            each for each in self._program.calls if last_name(each.node.func) == info.node.name
        ]
        for site in sites:
            thread = self._values.of(site.node, Frame(site.scope))
            if thread is not None:
                passed = {
                    name: value if self._is_new_in_each(value, site.node) else value.shared()
                    for name, value in thread.arguments.items()
                }
                one = Value(thread.origin, of=info, arguments=passed)
                frame = Frame(run, thread=frozenset({run}), object=one)
                name = f"{info.node.name}.run"
                many = self._in_loop(site.node)
                yield Entry(name, site.node, site.scope, frame, are_many=many)

    def _entry(
        self,
        site: CallSite,
        target: ast.expr | None,
        arguments: Sequence[ast.expr] = (),
        keywords: Mapping[str, ast.expr] = _NOTHING,
        *,
        are_many: bool = True,
    ) -> Iterator[Entry]:
        outside = Frame(site.scope, object=_self_of(site.scope))
        if isinstance(target, ast.Call) and last_name(target.func) in ("partial", "delayed"):
            arguments = [*target.args[1:], *arguments]
            keywords = {e.arg: e.value for e in target.keywords if e.arg} | dict(keywords)
            target = target.args[0] if target.args else None
        if target is None:
            return
        name = ast.unparse(site.node.func)
        scope, owner = self._values.function(target, outside)
        if scope is not None:
            call = ast.Call(
                target, list(arguments), [ast.keyword(k, v) for k, v in keywords.items()]
            )
            passed = {
                parameter: value if self._is_new_in_each(value, site.node) else value.shared()
                for parameter, value in self._values.passed(call, scope, outside).items()
            }
            if owner is not None and not self._is_new_in_each(owner, site.node):
                owner = owner.shared()
            frame = Frame(scope, passed, frozenset({scope}), owner)
            yield Entry(name, site.node, site.scope, frame, are_many=are_many)
            return
        of = target.value if isinstance(target, ast.Attribute) else target
        value = self._values.of(of, outside)
        if value is not None and value.of is None and not self._is_new_in_each(value, site.node):
            yield Entry(name, site.node, site.scope, predictor=value, are_many=are_many)
        elif value is not None and value.of is not None:
            called = value.of.methods.get("__call__")
            if called is not None:
                frame = Frame(called, thread=frozenset({called}), object=value.shared())
                yield Entry(name, site.node, site.scope, frame, are_many=are_many)

    def _of_parallel(self, site: CallSite, parallel: ast.Call) -> Iterator[Entry]:
        chosen = {each.value.value for each in parallel.keywords
                  if isinstance(each.value, ast.Constant)}  # fmt: skip
        if not chosen & {"threads", "threading"}:
            return
        for each in ast.walk(site.node):
            if isinstance(each, ast.Call) and isinstance(each.func, ast.Call):
                inner = each.func
                if last_name(inner.func) == "delayed" and inner.args:
                    yield from self._entry(site, inner.args[0], each.args)

    def _of_server(self, site: CallSite, name: str) -> Iterator[Entry]:
        """Yield the methods of the handlers of a server with threads."""
        is_threaded = bool(_SERVERS.match(name)) or any(
            info.node.name == name
            and any(re.match("ThreadingMixIn|Threading.*Server", last_name(base))
                    for base in info.node.bases)
            for info in self._program.classes.values()
        )  # fmt: skip
        if not is_threaded:
            return
        for argument in site.node.args:
            for info in self._program.classes.values():
                if last_name(argument) == info.node.name:
                    for method, scope in info.methods.items():
                        if _HANDLERS.match(method):
                            handler = Value(site.node, of=info)
                            frame = Frame(scope, thread=frozenset({scope}), object=handler)
                            yield Entry(name, site.node, site.scope, frame)

    def _workers(self, node: ast.expr, frame: Frame) -> int:
        """Return how many threads an executor has: 0 if it is none, 2 for several."""
        for call, _ in self._values.calls_bound_to(node, frame):
            is_dummy = "dummy" in self._program.full_name(call.func)
            if last_name(call.func) in _EXECUTORS or is_dummy:
                given = [
                    *call.args[:1],
                    *(e.value for e in call.keywords if e.arg in ("max_workers", "processes")),
                ]
                is_one = any(isinstance(e, ast.Constant) and e.value == 1 for e in given)
                return 1 if is_one else 2
        return 0

    def _application(self, decorator: ast.expr, scope: Scope) -> bool | None:
        """Return whether an application runs coroutines in threads; None if it is none."""
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        if not isinstance(node, ast.Attribute) or node.attr not in _ROUTES:
            return None
        frame = Frame(scope.parent or self._program.module)
        for call, _ in self._values.calls_bound_to(node.value, frame):
            if last_name(call.func) in _APPS:
                return _APPS[last_name(call.func)]
        return None

    def _is_route(self, scope: Scope) -> bool:
        return any(self._application(each, scope) is not None for each in scope.decorators)

    def _in_loop(self, node: ast.Call) -> bool:
        """Return whether several threads may be made there, and not one after the other."""
        loop = self._program.loops.get(node)
        if loop is None:
            return False
        joins = (
            each
            for each in ast.walk(loop)
            if isinstance(each, ast.Call)
            and last_name(each.func) == "join"
            and self._program.loops.get(each) is loop
        )
        return not any(joins)

    def _is_waited_for(self, node: ast.Call) -> bool:
        """Return whether the result of a call is awaited at once, as in `submit(…).result()`."""
        return any(
            isinstance(each.node.func, ast.Attribute)
            and each.node.func.value is node
            and each.node.func.attr == "result"
            for each in self._program.calls
        )

    def _is_new_in_each(self, value: Value, site: ast.Call) -> bool:
        """Return whether each thread that is made there gets a value of its own."""
        if value.is_shared or last_name(site.func) in _REPEATING:
            return False
        loops = self._program.loops
        if any(each is value.origin for each in ast.walk(site)):
            return True
        return loops.get(site) is not None and loops.get(site) is loops.get(value.origin)


def _self_of(scope: Scope) -> Value | None:
    """Return the object whose method a scope is, as far as its class says."""
    inside: Scope | None = scope
    while inside is not None:
        if inside.owner is not None:
            return Value(inside.owner.node, of=inside.owner)
        inside = inside.parent
    return None


def _elements(node: ast.expr | None) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, ast.Tuple | ast.List) else []


def _entries(node: ast.expr | None) -> dict[str, ast.expr]:
    if not isinstance(node, ast.Dict):
        return {}
    pairs = zip(node.keys, node.values, strict=True)
    return {str(key.value): value for key, value in pairs if isinstance(key, ast.Constant)}


def _is_not_threaded(node: ast.Call) -> bool:
    """Return whether it is Flask's `app.run(threaded=False)`."""
    return last_name(node.func) == "run" and any(
        each.arg == "threaded" and isinstance(each.value, ast.Constant) and not each.value.value
        for each in node.keywords
    )
