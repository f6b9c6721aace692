"""Let paddlenlp and paddlex live in one interpreter.

paddlenlp 3.0.0b4 imports `aistudio_sdk.hub.download`, gone since aistudio-sdk 0.3.0; paddlex 3.7 needs names that
are only there since 0.3.5. No version serves both, so `download` is added when the module is imported.
`paddle_workbench_shim.pth` calls `install` in every interpreter of the environment; it must stay cheap.
"""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder

# Not from typing: importing it would cost more than everything else here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

__all__ = ["install"]

_MODULE = "aistudio_sdk.hub"


def install() -> None:
    """Add the import hook once to this interpreter."""
    if _HubFinder not in sys.meta_path:
        sys.meta_path.insert(0, _HubFinder)


class _HubFinder:
    """Finds `aistudio_sdk.hub` as Python would, and completes it after it has run."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != _MODULE:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _CompletingLoader(spec.loader)  # type: ignore[assignment]
        return spec


class _CompletingLoader:
    """A loader that passes everything on, and adds what is missing at the end."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        if not hasattr(module, "download"):
            module.download = _download  # type: ignore[attr-defined]


def _download(
    repo_id: str = "", filename: str = "", cache_dir: str | None = None, **options: Any
) -> str:
    """Download one file of a hub repository, as aistudio-sdk did before 0.3.0.

    Returns
    -------
    str
        The path of the file.
    """
    from aistudio_sdk.file_download import model_file_download

    return str(model_file_download(repo_id, filename, cache_dir=cache_dir, **options))
