"""Delay a grammar that Jupyter programs import but do not use.

jsonschema imports `rfc3987_syntax` for its format checks `iri` and `iri-reference`, which no
notebook schema uses. The import builds about sixty Earley parsers and takes most of the time of
`import nbformat`. Here the module runs when it is first used.
"""

import sys
from _thread import RLock

# Not from typing: importing it would cost more than everything else here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

__all__ = ["install"]

_MODULE = "rfc3987_syntax"


def install() -> None:
    """Install the import hook, unless it is installed."""
    if _GrammarFinder not in sys.meta_path:
        sys.meta_path.insert(0, _GrammarFinder)


class _GrammarFinder:
    """Finds `rfc3987_syntax` as Python does, with a loader that delays running it."""

    @staticmethod
    def find_spec(
        name: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> "ModuleSpec | None":
        if name != _MODULE:
            return None
        from importlib.machinery import PathFinder

        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _LazyLoader(spec.loader)  # type: ignore[assignment]
        return spec


class _LazyLoader:
    """A loader that runs the module when its function is called or another name is accessed.

    `importlib.util.LazyLoader` does not help: `from rfc3987_syntax import …` accesses a name.
    """

    def __init__(self, loader: "Loader") -> None:
        self._loader = loader
        self._loaded = False
        self._lock = RLock()

    def __getattr__(self, name: str) -> "Any":
        return getattr(self._loader, name)

    def create_module(self, spec: "ModuleSpec") -> "ModuleType | None":
        return self._loader.create_module(spec)

    def exec_module(self, module: "ModuleType") -> None:
        def is_valid_syntax(term: str, value: str) -> bool:
            self._load(module)
            # Running the module has replaced this function by the real one.
            return bool(module.is_valid_syntax(term, value))

        def load_and_get(name: str) -> "Any":
            # `from … import …` and inspection look up dunder names, which the module does not have.
            if self._loaded or name.startswith("__"):
                raise AttributeError(f"module {_MODULE!r} has no attribute {name!r}")
            self._load(module)
            return getattr(module, name)

        module.is_valid_syntax = is_valid_syntax  # type: ignore[attr-defined]
        module.__getattr__ = load_and_get  # type: ignore[method-assign]

    def _load(self, module: "ModuleType") -> None:
        with self._lock:
            if not self._loaded:
                self._loader.exec_module(module)
                self._loaded = True
