"""Record imports in the fork server, so that a kernel can repeat their effects.

A kernel must look as if nothing had been imported yet, and `import paddle` in it must have the same
effects as in a cold kernel: patches, warnings, printed lines. That is why all side effects outside
the imported modules are recorded, by package, while the fork server imports.
"""

from __future__ import annotations

import builtins
import importlib
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from types import (
    BuiltinFunctionType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any, TextIO

from .import_side_effects import (
    AttributeChange,
    DescriptorOutput,
    IssuedWarning,
    PrintedText,
    SideEffect,
    process_state,
    restore_state,
    state_changes,
)
from .variable_reads import recorded_reads

__all__ = ["ImportRecorder", "PackageRecord", "package_of"]

_MISSING = object()
_LISTED = frozenset({"path", "meta_path", "modules", "stdout", "stderr"})
_PLAIN = (str, int, float, bool, bytes, tuple)
# Types of attributes that change what code does; others are their owner's data.
_BEHAVIOUR = (
    type,
    property,
    staticmethod,
    classmethod,
    partial,
    ModuleType,
    FunctionType,
    BuiltinFunctionType,
    MethodType,
    MethodDescriptorType,
    WrapperDescriptorType,
)
_EVERYTHING = ("always", None, Warning, None, 0)
# Attributes that may change when any submodule is imported or a class is inspected.
_NOISE = frozenset({"__warningregistry__", "__builtins__", "__abstractmethods__", "_abc_impl"})


def package_of(name: str) -> str:
    """Return the name of a module's top-level package."""
    return name.partition(".")[0]


@dataclass(slots=True)
class PackageRecord:
    """The effects of importing one top-level package.

    Parameters
    ----------
    name : str
    needs : set of str
        The packages that its modules imported.
    effects : list of SideEffect
        Its side effects outside its modules, in order.
    """

    name: str
    needs: set[str] = field(default_factory=set)
    effects: list[SideEffect] = field(default_factory=list)


class ImportRecorder:
    """Records the effects of imports.

    Parameters
    ----------
    visible : set of str
        Names of the modules that a cold kernel has imported too; changes in them are effects.

    Attributes
    ----------
    packages : dict of str to PackageRecord
        The effects of importing each package.
    variables : set of str
        The environment variables that the imported modules read.
    """

    def __init__(self, visible: set[str]) -> None:
        self.visible = visible
        self.packages: dict[str, PackageRecord] = {}
        self.variables: set[str] = set()
        self._running: list[str] = []
        self._root = ""
        self._beginning = self._state = process_state()
        self._undo: list[AttributeChange] = []
        self._before: dict[int, tuple[Any, dict[str, Any]]] = {}
        self._new: set[str] = set()

    @contextmanager
    def recording(self, root: str) -> Iterator[None]:
        """Record the imports in the block, which belong to one preload."""
        self._before = _attributes(sys.modules.values())
        self._new = set()
        self._root = package_of(root)
        original_import, original_import_module = builtins.__import__, importlib.import_module
        streams = sys.stdout, sys.stderr
        showwarning = warnings.showwarning
        finder = _Watcher(self)
        try:
            builtins.__import__ = self._watching_import(original_import)
            importlib.import_module = self._watching_import_module(original_import_module)
            sys.stdout, sys.stderr = LateStream("stdout", self), LateStream("stderr", self)
            sys.meta_path.insert(0, finder)
            warnings.showwarning = self._on_warning
            # All warnings are recorded; the filters of the kernel decide which are shown.
            warnings.filters.append(_EVERYTHING)  # type: ignore[attr-defined]
            warnings._filters_mutated()  # type: ignore[attr-defined]
            self._state = process_state()
            with recorded_reads(self.variables):
                yield
        finally:
            self._note_state()
            self._root = ""
            warnings.filters.remove(_EVERYTHING)  # type: ignore[attr-defined]
            if warnings.showwarning == self._on_warning:
                warnings.showwarning = showwarning
            sys.meta_path.remove(finder)
            sys.stdout, sys.stderr = streams
            builtins.__import__ = original_import
            importlib.import_module = original_import_module
            self._note_patches(package_of(root))

    def withdraw(self) -> None:
        """Undo all side effects, so that this process is in its first state again."""
        for undo in reversed(self._undo):
            undo.apply()
        self._undo.clear()
        restore_state(self._beginning)

    def record_print(self, stream: str, text: str) -> None:
        """Record what a module printed while it was imported."""
        self._record(self._current()).effects.append(PrintedText(stream, text))

    def record_output(self, descriptor: int, data: bytes, root: str) -> None:
        """Record output that bypassed Python while a preload was imported."""
        self._record(package_of(root)).effects.append(DescriptorOutput(descriptor, data))

    # Called by `_Watcher` and `_WatchingLoader`

    def enter_module(self, module: str) -> None:
        """Note that a module starts to run."""
        self._note_state()
        self._running.append(package_of(module))

    def leave_module(self, module: str) -> None:
        """Note that a module has run."""
        self._note_state()
        self._running.pop()
        if package_of(module) == module:
            # From now on, changes in the package are made by others.
            self._new.add(module)
            inside = [sys.modules[name] for name in list(sys.modules) if package_of(name) == module]
            for identity, content in _attributes(inside).items():
                self._before.setdefault(identity, content)

    def record_need(self, module: str) -> None:
        """Record that the module that is running imports another."""
        if self._running and package_of(module) != self._running[-1]:
            self._record(self._running[-1]).needs.add(package_of(module))

    def _current(self) -> str:
        return self._running[-1] if self._running else self._root

    def _record(self, package: str) -> PackageRecord:
        return self.packages.setdefault(package, PackageRecord(package))

    def _note_state(self) -> None:
        """Assign the changes since the last call to the package that is being imported."""
        now = process_state()
        changes = state_changes(self._state, now)
        if changes:
            self._record(self._current()).effects += changes
        self._state = now

    def _on_warning(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,  # noqa: ARG002 - the signature of `warnings.showwarning`
        line: str | None = None,  # noqa: ARG002
    ) -> None:
        effect = IssuedWarning(message, category, filename, lineno)
        self._record(self._current()).effects.append(effect)

    def _watching_import(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def watching(name: str, globals: Any = None, *rest: Any, **named: Any) -> Any:  # noqa: A002
            level = named.get("level", rest[2] if len(rest) > 2 else 0)
            if not level and globals:
                self._record_need_of(globals.get("__name__"), name)
            return original(name, globals, *rest, **named)

        return watching

    def _watching_import_module(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def watching(name: str, package: str | None = None) -> Any:
            if not name.startswith("."):
                self._record_need_of(sys._getframe(1).f_globals.get("__name__"), name)
            return original(name, package)

        return watching

    def _record_need_of(self, importer: object, name: str) -> None:
        if isinstance(importer, str) and importer not in self.visible:
            package = package_of(importer)
            if package != package_of(name):
                self._record(package).needs.add(package_of(name))

    def _note_patches(self, root: str) -> None:
        """Record changes in modules and classes of other packages."""
        for owner, old in self._before.values():
            now = vars(owner)
            if len(now) == len(old) and all(now.get(name) is value for name, value in old.items()):
                continue
            for name in [*now, *(name for name in old if name not in now)]:
                old_value, value = old.get(name, _MISSING), now.get(name, _MISSING)
                if _is_same(old_value, value) or _is_noise(owner, name, value):
                    continue
                package = self._patching_package(owner, old_value, value, root)
                if package:
                    effect = AttributeChange(owner, name, value, absent=value is _MISSING)
                    self._record(package).effects.append(effect)
                    self._undo.append(
                        AttributeChange(owner, name, old_value, absent=old_value is _MISSING)
                    )

    def _patching_package(self, owner: Any, old_value: Any, value: Any, root: str) -> str:
        """Return the package that made a change; empty if it is not a patch."""
        if not (_is_behaviour(old_value) or _is_behaviour(value)):
            # A counter or cache of the owner, which changes when others use it.
            return ""
        owners = package_of(getattr(owner, "__module__", None) or owner.__name__)
        module = getattr(value, "__module__", None)
        values = package_of(module) if isinstance(module, str) else ""
        lazy = old_value is _MISSING and values == owners
        if lazy or (owners in sys.stdlib_module_names and values in sys.stdlib_module_names):
            return ""
        return values if values in self._new and values != owners else root


class LateStream:
    """Stands in for `sys.stdout` or `sys.stderr` during imports.

    A logging handler that is created during an import keeps its stream. In a kernel this stream
    writes to the `sys.stdout` or `sys.stderr` of that moment.
    """

    # That of ipykernel's streams, which pandas reads when it is imported.
    encoding = "UTF-8"

    def __init__(self, name: str, recorder: ImportRecorder) -> None:
        self._name = name
        self._recorder = recorder

    def write(self, text: str) -> int:
        """Write to the current stream; during an import, to the record."""
        if getattr(sys, self._name) is self:
            self._recorder.record_print(self._name, text)
            return len(text)
        return int(self._target().write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target(), name)

    def _target(self) -> Any:
        current = getattr(sys, self._name)
        return getattr(sys, f"__{self._name}__") if current is self else current


class _Watcher:
    """A finder that wraps the loaders of the modules that other finders find."""

    def __init__(self, recorder: ImportRecorder) -> None:
        self._recorder = recorder

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> Any:
        self._recorder.record_need(name)
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            if finder is self or find is None:
                continue
            spec = find(name, path, target)
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = _WatchingLoader(spec.loader, self._recorder)
                return spec
        return None


class _WatchingLoader:
    """Tells the recorder when a module runs, and then restores the module's own loader."""

    def __init__(self, loader: Any, recorder: ImportRecorder) -> None:
        self._loader = loader
        self._recorder = recorder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: Any) -> ModuleType | None:
        created: ModuleType | None = self._loader.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._recorder.enter_module(module.__name__)
        try:
            self._loader.exec_module(module)
        finally:
            self._recorder.leave_module(module.__name__)


def _attributes(modules: Iterable[object]) -> dict[int, tuple[Any, dict[str, Any]]]:
    """Return the attributes of modules and of the classes in them, by identity."""
    attributes: dict[int, tuple[Any, dict[str, Any]]] = {}
    for module in list(modules):
        if not isinstance(module, ModuleType):
            continue
        content = dict(vars(module))
        attributes[id(module)] = (module, content)
        for value in content.values():
            if isinstance(value, type) and id(value) not in attributes:
                attributes[id(value)] = (value, dict(vars(value)))
    return attributes


def _is_same(old_value: Any, value: Any) -> bool:
    return old_value is value or (
        isinstance(value, _PLAIN) and type(old_value) is type(value) and bool(old_value == value)
    )


def _is_behaviour(value: Any) -> bool:
    return isinstance(value, _BEHAVIOUR)


def _is_noise(owner: Any, name: str, value: Any) -> bool:
    """Return whether an attribute may change at any time or is recorded in another way."""
    if name in _NOISE or name.startswith("__pybind11_internals"):
        return True
    if owner is sys:
        return name in _LISTED
    # Importing a submodule sets an attribute of its parent.
    return (
        isinstance(owner, ModuleType)
        and isinstance(value, ModuleType)
        and value.__name__ == f"{owner.__name__}.{name}"
    )
