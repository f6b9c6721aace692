"""Read the files in Jupyter's folders without its applications, whose import takes seconds.

Jupyter lists its folders from the most to the least important.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_config_path, jupyter_path

from ...errors import StorageError
from ...reading import parse_json, read_bytes
from ..repairs import shell_path

__all__ = ["first_folder", "lab_pages", "read_object", "server_configurations", "unhide_command"]

_KIND = "Jupyter configuration file"


def first_folder(kind: str, name: str, file: str) -> Path | None:
    """Return the folder `kind/name` that Jupyter uses; it hides those in later folders.

    Parameters
    ----------
    kind : str
        `kernels` or `labextensions`.
    name : str
    file : str
        The name of a file that the folder must contain.
    """
    folders = (Path(folder, name) for folder in jupyter_path(kind))
    return next((folder for folder in folders if (folder / file).is_file()), None)


def unhide_command(folder: Path) -> str:
    """Return the command after which a folder no longer hides that of this environment."""
    if all(os.access(path, os.W_OK | os.X_OK) for path in (folder, folder.parent)):
        return f"rm -r {shell_path(folder)}"
    # It cannot be removed, but it can come later in the order.
    entries = filter(None, os.environ.get("JUPYTER_PATH", "").split(os.pathsep))
    if any(folder.is_relative_to(entry) for entry in entries):
        return "unset JUPYTER_PATH"
    return "export JUPYTER_PREFER_ENV_PATH=1"


def server_configurations() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the server's configuration files, from the least to the most important."""
    for folder in map(Path, reversed(jupyter_config_path())):
        parts = sorted((folder / "jupyter_server_config.d").glob("*.json"))
        for file in [*parts, folder / "jupyter_server_config.json"]:
            yield file, read_object(file)


def lab_pages() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the files that disable JupyterLab extensions, from the least to the most important."""
    for folder in map(Path, reversed(jupyter_config_path())):
        file = folder / "labconfig" / "page_config.json"
        yield file, read_object(file)


def read_object(file: Path) -> dict[str, Any]:
    """Return the JSON object in a file, empty if there is none: Jupyter ignores such a file."""
    try:
        content = parse_json(read_bytes(file, kind=_KIND), file, kind=_KIND)
    except StorageError:
        return {}
    return content if isinstance(content, dict) else {}
