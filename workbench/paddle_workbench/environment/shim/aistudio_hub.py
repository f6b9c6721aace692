"""Let paddlenlp and paddlex be imported into one interpreter.

paddlenlp 3.0.0b4 imports `aistudio_sdk.hub.download`, which aistudio-sdk removed in 0.3.0. paddlex
3.7 needs names that exist only since 0.3.5. No version serves both, so `download` is added when the
module is imported.
"""

import sys

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

# The codes of aistudio_sdk.constant.err_code that paddlenlp distinguishes.
_INVALID_PARAMETER = 10001
_FILE_NOT_FOUND = 12001
_DOWNLOAD_FAILED = 12002


def install() -> None:
    """Install the import hook, unless it is installed."""
    if _HubFinder not in sys.meta_path:
        sys.meta_path.insert(0, _HubFinder)


class _HubFinder:
    """Finds `aistudio_sdk.hub` as Python does, with a loader that adds `download`."""

    @staticmethod
    def find_spec(
        name: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> "ModuleSpec | None":
        if name != _MODULE:
            return None
        from importlib.machinery import PathFinder

        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _CompletingLoader(spec.loader)  # type: ignore[assignment]
        return spec


class _CompletingLoader:
    """A loader that runs a module with another loader, then adds `download` if it is missing."""

    def __init__(self, loader: "Loader") -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> "Any":
        return getattr(self._loader, name)

    def create_module(self, spec: "ModuleSpec") -> "ModuleType | None":
        return self._loader.create_module(spec)

    def exec_module(self, module: "ModuleType") -> None:
        self._loader.exec_module(module)
        if not hasattr(module, "download"):
            module.download = _download  # type: ignore[attr-defined]


def _download(
    *,
    repo_id: str,
    filename: str,
    revision: str = "master",
    cache_dir: "str | None" = None,
    token: "str | None" = None,
) -> "dict[str, Any]":
    """Download one file of a hub repository, as aistudio-sdk did before 0.3.0.

    Returns
    -------
    dict
        `path` of the file; or `error_code` and `error_msg`, since the original did not raise.
    """
    from aistudio_sdk.errors import InvalidParameter, NotExistError
    from aistudio_sdk.file_download import model_file_download

    try:
        path = model_file_download(
            repo_id, filename, revision=revision, local_dir=cache_dir, token=token
        )
    except (InvalidParameter, ValueError) as error:
        return _failure(_INVALID_PARAMETER, str(error))
    except NotExistError as error:
        return _failure(_FILE_NOT_FOUND, str(error))
    except OSError as error:  # requests' exceptions are OSErrors too
        return _failure(_DOWNLOAD_FAILED, str(error))
    if path is None:
        return _failure(_DOWNLOAD_FAILED, f"{filename} of {repo_id} could not be downloaded.")
    return {"path": str(path)}


def _failure(code: int, message: str) -> "dict[str, Any]":
    return {"error_code": code, "error_msg": message}
