"""Hide loaded modules until they are imported.

A kernel that was forked from the fork server has loaded the whole stack. `HiddenModules` removes it
from `sys.modules`. The first import of a package restores that package and those it needs, and
repeats the side effects of importing them (`recording`). A warm kernel looks like a cold one, but
its imports take milliseconds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from threading import RLock
from types import ModuleType
from typing import Any

from .process_values import renew
from .recording import PackageRecord, package_of

__all__ = ["HiddenModules"]


# The only package of the standard library that is hidden: it remembers the folder in which it was
# imported, and a cell may change the folder before it imports it.
_HIDDEN_STANDARD_PACKAGES = frozenset({"multiprocessing"})


class HiddenModules:
    """A finder for modules that were removed from `sys.modules`.

    Parameters
    ----------
    records : mapping of str to PackageRecord
        The side effects of importing each package.
    visible : set of str
        Names of the modules that stay visible, as do nearly all of the standard library.
    """

    def __init__(self, records: Mapping[str, PackageRecord], visible: set[str]) -> None:
        self._records = records
        self._lock = RLock()
        self._hidden: dict[str, dict[str, ModuleType]] = {}
        self._import_order: dict[str, int] = {}
        self._in_parents: list[tuple[ModuleType, str, ModuleType]] = []
        # Another name of the main module, which multiprocessing creates.
        sys.modules.pop("__mp_main__", None)
        standard = sys.stdlib_module_names - _HIDDEN_STANDARD_PACKAGES
        for name, module in list(sys.modules.items()):
            package = package_of(name)
            if name in visible or package in standard:
                continue
            # A module without a spec was not imported; Cython's shared types, for example.
            if isinstance(module, ModuleType) and module.__spec__ is not None:
                self._hidden.setdefault(package, {})[name] = module
                self._import_order.setdefault(package, len(self._import_order))
        self._conceal(visible)

    def install(self) -> None:
        """Become the first finder that Python asks for a module."""
        sys.meta_path.insert(0, self)

    @property
    def packages(self) -> list[str]:
        """Return the names of the packages that are still hidden."""
        return list(self._hidden)

    def borrow(self, name: str) -> Any:
        """Return a module without revealing it if it is hidden."""
        return self._hidden.get(package_of(name), {}).get(name) or import_module(name)

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - Python's signature
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Find a hidden module."""
        module = self._hidden.get(package_of(name), {}).get(name)
        if module is None:
            return None
        original = module.__spec__
        loader: Any = _Revealer(self, module)
        spec = ModuleSpec(name, loader, is_package=hasattr(module, "__path__"))
        if original is not None:
            spec.origin = original.origin
            spec.submodule_search_locations = original.submodule_search_locations
        return spec

    def reveal(self, package: str) -> None:
        """Restore a package and those it needs, and repeat what importing them does."""
        with self._lock:
            packages = sorted(self._packages_for(package), key=self._import_order.__getitem__)
            for modules in [self._hidden.pop(name) for name in packages]:
                # Python itself adds the module that is being imported.
                sys.modules.update(
                    (name, module) for name, module in modules.items() if name not in sys.modules
                )
            for parent, name, module in self._in_parents:
                if package_of(module.__name__) in packages:
                    setattr(parent, name, module)
        for name in packages:
            record = self._records.get(name)
            for effect in record.effects if record is not None else ():
                effect.apply()
        renew(name for name in list(sys.modules) if package_of(name) in packages)

    def _packages_for(self, package: str) -> set[str]:
        """Return the hidden packages that a package needs, including itself."""
        packages: set[str] = set()
        waiting = [package]
        while waiting:
            name = waiting.pop()
            if name in self._hidden and name not in packages:
                packages.add(name)
                waiting += self._records[name].needs if name in self._records else ()
        return packages

    def _conceal(self, visible: Iterable[str]) -> None:
        for name in [name for modules in self._hidden.values() for name in modules]:
            module = sys.modules.pop(name)
            parent_name, _, child = name.rpartition(".")
            if parent_name in visible:
                parent = sys.modules[parent_name]
                if getattr(parent, child, None) is module:
                    self._in_parents.append((parent, child, module))
                    delattr(parent, child)


class _Revealer:
    """The loader of a hidden module."""

    def __init__(self, hidden: HiddenModules, module: ModuleType) -> None:
        self._hidden = hidden
        self._module = module
        self._spec = module.__spec__

    def __getattr__(self, name: str) -> Any:
        # Code that inspects a spec without importing uses other attributes of its loader.
        return getattr(self._spec.loader if self._spec else None, name)

    def create_module(self, _spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        # The module has already run in the fork server; only its spec was replaced.
        module.__spec__ = self._spec
        self._hidden.reveal(package_of(module.__name__))
