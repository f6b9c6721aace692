"""The functions, classes and assignments of a notebook, or of a file that one of its cells writes.

Nothing is run. Cells are joined to one program, whose lines are numbered on; `Program.place` says
where a node stands.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from IPython.core.inputtransformer2 import TransformerManager

__all__ = ["CallSite", "Cell", "ClassInfo", "Place", "Program", "Scope", "programs_of"]

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
# Cell magics whose body is a part of the notebook.
_RUN_HERE = frozenset({"capture", "prun", "time", "timeit"})
_DEEPEST = 100
"""Of nodes in each other; some five functions call each other for each, and Python allows 1000."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell.

    Parameters
    ----------
    name : str or None
        Its id.
    source : str
    """

    name: str | None
    source: str


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a cell, counted from 1."""

    cell: str | None
    line: int


@dataclass(eq=False)
class Scope:
    """A module, function or class body, with the names that it binds.

    Attributes
    ----------
    bindings : dict of str to list of nodes
        What is assigned to a name: expressions, functions and classes.
    parent : Scope or None
        The next one in which a name is looked up; functions skip classes.
    owner : ClassInfo or None
        The class whose method it is.
    """

    node: ast.Module | Function | ast.ClassDef
    parent: Scope | None = None
    owner: ClassInfo | None = None
    bindings: dict[str, list[ast.AST]] = field(default_factory=dict)
    elsewhere: dict[str, Scope] = field(default_factory=dict)
    returns: list[ast.expr] = field(default_factory=list)

    @property
    def parameters(self) -> list[str]:
        """The names of positional and keyword parameters, in order."""
        arguments = getattr(self.node, "args", None)
        if arguments is None:
            return []
        every = chain(arguments.posonlyargs, arguments.args, arguments.kwonlyargs)
        return [each.arg for each in every]

    @property
    def defaults(self) -> dict[str, ast.expr]:
        """The defaults of parameters."""
        arguments: ast.arguments | None = getattr(self.node, "args", None)
        if arguments is None:
            return {}
        positional = [*arguments.posonlyargs, *arguments.args]
        of_positional = zip(reversed(positional), reversed(arguments.defaults), strict=False)
        of_keywords = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        every = chain(of_positional, of_keywords)
        return {each.arg: value for each, value in every if value is not None}

    @property
    def body(self) -> list[ast.stmt] | list[ast.expr]:
        """Its statements; the expression of a lambda."""
        body = self.node.body
        return body if isinstance(body, list) else [body]

    @property
    def decorators(self) -> list[ast.expr]:
        """Its decorators."""
        return getattr(self.node, "decorator_list", [])

    def bind(self, name: str, value: ast.AST) -> None:
        """Note what a name is bound to, here or where `global` says."""
        self.elsewhere.get(name, self).bindings.setdefault(name, []).append(value)

    def owner_of(self, name: str) -> Scope | None:
        """Return the scope whose name it is; None if nothing here binds it."""
        scope: Scope | None = self.elsewhere.get(name, self)
        while scope is not None:
            if name in scope.bindings or name in scope.parameters:
                return scope
            scope = scope.parent
        return None


@dataclass(eq=False)
class ClassInfo:
    """A class.

    Attributes
    ----------
    attributes : dict of str to list of (expression, Scope)
        What methods assign to attributes of their first parameter.
    """

    node: ast.ClassDef
    scope: Scope
    methods: dict[str, Scope] = field(default_factory=dict)
    attributes: dict[str, list[tuple[ast.expr, Scope]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallSite:
    """A call, and what surrounds it.

    Parameters
    ----------
    node : ast.Call
    scope : Scope
    is_awaited : bool
    contexts : tuple of expressions
        Of the `async with` statements around it.
    """

    node: ast.Call
    scope: Scope
    is_awaited: bool
    contexts: tuple[ast.expr, ...]


class Program(ast.NodeVisitor):
    """What a program binds and calls.

    Parameters
    ----------
    cells : sequence of (Cell, Module, int)
        Each with its tree, and how many lines of the cell stand above it.
    """

    def __init__(self, cells: Sequence[tuple[Cell, ast.Module, int]]) -> None:
        statements: list[ast.stmt] = []
        self.module = Scope(ast.Module(statements, []))
        self.scopes: dict[ast.AST, Scope] = {self.module.node: self.module}
        self.classes: dict[ast.ClassDef, ClassInfo] = {}
        self.attributes: dict[str, list[tuple[ast.expr, Scope]]] = {}
        self.imported: dict[str, str] = {}
        self.calls: list[CallSite] = []
        self.loops: dict[ast.AST, ast.AST] = {}
        self._starts: list[int] = []
        self._cells: list[tuple[Cell, int]] = []
        self._scope = self.module
        self._loop: ast.AST | None = None
        self._awaited: set[ast.AST] = set()
        self._contexts: tuple[ast.expr, ...] = ()
        start = 0
        for cell, tree, above in cells:
            self._starts.append(start)
            self._cells.append((cell, above))
            ast.increment_lineno(tree, start)
            statements += tree.body
            start += cell.source.count("\n") + 2
        for statement in statements:
            self.visit(statement)

    def place(self, node: ast.AST) -> Place:
        """Return where a node stands."""
        line: int = node.lineno  # type: ignore[attr-defined]
        number = bisect_right(self._starts, line - 1) - 1
        cell, above = self._cells[number]
        return Place(cell.name, line - self._starts[number] + above)

    def text(self, place: Place) -> str:
        """Return the line of a cell."""
        for cell, _ in self._cells:
            if cell.name == place.cell:
                lines = cell.source.splitlines()
                return lines[place.line - 1] if place.line <= len(lines) else ""
        return ""

    def full_name(self, node: ast.expr) -> str:
        """Return the dotted name of what is called, with what was imported spelt out."""
        names: list[str] = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return names[0] if names else ""
        return ".".join([self.imported.get(node.id, node.id), *reversed(names)])

    def visit(self, node: ast.AST) -> None:
        """Visit a node; statements and expressions below it belong to its loop."""
        if self._loop is not None:
            self.loops[node] = self._loop
        super().visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for name in node.names:
            if name.asname:
                self.imported[name.asname] = name.name

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for name in node.names:
            self.imported[name.asname or name.name] = f"{node.module}.{name.name}"

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._scope.bind(node.name, node)
        for decorator in node.decorator_list:
            self.visit(decorator)
        self._visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_function(node)

    def _visit_function(self, node: Function) -> None:
        inside = self._scope
        owner = self.classes.get(inside.node) if isinstance(inside.node, ast.ClassDef) else None
        parent = inside if owner is None else inside.parent
        scope = self.scopes[node] = Scope(node, parent, owner)
        if owner is not None and not isinstance(node, ast.Lambda):
            owner.methods[node.name] = scope
        outer = self._scope, self._loop, self._contexts
        self._scope, self._loop, self._contexts = scope, None, ()
        if isinstance(node, ast.Lambda):
            scope.returns.append(node.body)
        for each in scope.body:
            self.visit(each)
        self._scope, self._loop, self._contexts = outer

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._scope.bind(node.name, node)
        scope = self.scopes[node] = Scope(node, self._scope)
        self.classes[node] = ClassInfo(node, scope)
        outer, self._scope = self._scope, scope
        for statement in node.body:
            self.visit(statement)
        self._scope = outer

    def visit_Global(self, node: ast.Global) -> None:
        self._scope.elsewhere |= dict.fromkeys(node.names, self.module)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        for name in node.names:
            owner = self._scope.parent.owner_of(name) if self._scope.parent else None
            self._scope.elsewhere[name] = owner or self.module

    def visit_Return(self, node: ast.Return | ast.Yield) -> None:
        if node.value is not None:
            self._scope.returns.append(node.value)
        self.generic_visit(node)

    def visit_Yield(self, node: ast.Yield) -> None:
        self.visit_Return(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._bind(target, node.value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._bind(node.target, node.value)
        self.generic_visit(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._bind(node.target, node.value)
        self.generic_visit(node)

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            if item.optional_vars is not None:
                self._bind(item.optional_vars, item.context_expr)
        outer = self._contexts
        if isinstance(node, ast.AsyncWith):
            self._contexts += tuple(item.context_expr for item in node.items)
        self.generic_visit(node)
        self._contexts = outer

    def visit_AsyncWith(self, node: ast.AsyncWith) -> None:
        self.visit_With(node)

    def visit_Await(self, node: ast.Await) -> None:
        self._awaited.add(node.value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        awaited = node in self._awaited
        self.calls.append(CallSite(node, self._scope, awaited, self._contexts))
        self.generic_visit(node)

    def generic_visit(self, node: ast.AST) -> None:
        """Visit what is below a node, in its loop if it is one."""
        outer = self._loop
        if isinstance(node, (*_LOOPS, *_COMPREHENSIONS)):
            self._loop = node
        super().generic_visit(node)
        self._loop = outer

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._scope.bind(target.id, value)
            self._bind_entries(target, value)
        elif isinstance(target, ast.Tuple | ast.List):
            if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
                for one, of_it in zip(target.elts, value.elts, strict=True):
                    self._bind(one, of_it)
        elif isinstance(target, ast.Attribute | ast.Subscript):
            owner, first = self._scope.owner, next(iter(self._scope.parameters), "")
            base = target.value
            if (
                owner is not None
                and isinstance(target, ast.Attribute)
                and isinstance(base, ast.Name)
                and base.id == first
            ):
                owner.attributes.setdefault(target.attr, []).append((value, self._scope))
            elif key := place_key(target):
                self.attributes.setdefault(key, []).append((value, self._scope))

    def _bind_entries(self, target: ast.Name, value: ast.expr) -> None:
        if isinstance(value, ast.Dict):
            for key, entry in zip(value.keys, value.values, strict=True):
                if isinstance(key, ast.Constant):
                    name = f"{target.id}[{key.value!r}]"
                    self.attributes.setdefault(name, []).append((entry, self._scope))


def place_key(node: ast.expr) -> str:
    """Return the text of an attribute, or of an entry under a constant; empty if it is neither."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = place_key(node.value)
        return f"{base}.{node.attr}" if base else ""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        base = place_key(node.value)
        return f"{base}[{node.slice.value!r}]" if base else ""
    return ""


def programs_of(cells: Sequence[Cell]) -> Iterator[Program]:
    """Yield the notebook as a program, and each Python file that `%%writefile` writes."""
    own: list[tuple[Cell, ast.Module, int]] = []
    for cell in cells:
        magic, _, body = cell.source.partition("\n")
        words = magic.removeprefix("%%").split()
        if not magic.startswith("%%"):
            own += _parsed(cell, cell.source, 0)
        elif words and words[0] in _RUN_HERE:
            own += _parsed(cell, body, 1)
        elif words and words[0] == "writefile" and words[-1].endswith(".py"):
            yield Program(_parsed(cell, body, 1))
    yield Program(own)


def _parsed(cell: Cell, source: str, above: int) -> list[tuple[Cell, ast.Module, int]]:
    """Return a cell with its tree; nothing if it is not Python, or nested too deeply."""
    # IPython drops empty lines at the start.
    body = source.lstrip("\n") if source.strip() else source
    above += source.count("\n") - body.count("\n")
    try:
        tree = ast.parse(TransformerManager().transform_cell(body))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [(cell, tree, above)] if _depth(tree) <= _DEEPEST else []


def _depth(tree: ast.AST) -> int:
    depth, nodes = 0, [tree]
    while nodes:
        nodes = [child for node in nodes for child in ast.iter_child_nodes(node)]
        depth += 1
    return depth
