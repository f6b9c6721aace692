"""Notebook files: read within limits, once, and refused with a clear message if they are broken.

What other programs write a little differently is repaired when it is read (`notebook_repair`). The
file stays as it is.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from .errors import NotebookError
from .notebook_repair import repaired_notebook
from .reading import broken_file, decode, read_bytes, storage_errors_as
from .storage import write_whole

__all__ = ["Notebook", "read_json", "read_notebook"]

KIND = "notebook"
MAX_BYTES = 128 * 1024 * 1024
"""The maximum size of a notebook."""

_HINT = "Restore the notebook, or open it in JupyterLab and save it again."
_TOO_DEEP = "it is nested too deeply"


@dataclass(frozen=True, slots=True, eq=False)
class Notebook:
    """A notebook file, as it was when it was read.

    Parameters
    ----------
    path : Path
    content : bytes
        The content of the file.
    json : dict
        The content as JSON, without cell ids if the file has none.
    node : NotebookNode
        The notebook: valid, and every cell has an id.
    is_repaired : bool
        Whether the file is not valid as it is, or older than cell ids.
    """

    path: Path
    content: bytes
    json: dict[str, Any]
    node: nbformat.NotebookNode
    is_repaired: bool

    @classmethod
    def read(cls, path: Path) -> Notebook:
        """Read a notebook in format 4.

        Raises
        ------
        NotebookError
            If the file is missing, cannot be read, or is not a valid notebook in format 4.
        """
        content, parsed = _read(path)
        node, is_repaired = _node(parsed, path)
        return cls(path, content, parsed, node, is_repaired)

    @classmethod
    @storage_errors_as(NotebookError)
    def from_json(cls, path: Path, content: dict[str, Any]) -> Notebook:
        """Return a notebook as an editor has it, which may not have been saved.

        Parameters
        ----------
        path : Path
            Its file, which need not exist.
        content : dict

        Raises
        ------
        NotebookError
            If it is not a valid notebook in format 4.
        """
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        parsed = _checked(content, path)
        node, is_repaired = _node(parsed, path)
        return cls(path, text.encode(errors="surrogatepass"), parsed, node, is_repaired)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file, as hexadecimal digits."""
        return hashlib.sha256(self.content).hexdigest()

    def copy_to(self, folder: Path) -> Path:
        """Write the content into a folder, and return the path of the copy.

        Raises
        ------
        StorageError
            If it cannot be written.
        """
        copy = folder / self.path.name
        write_whole(copy, self.content)
        return copy

    def write_to(self, folder: Path) -> Path:
        """Write the notebook into a folder so that any tool can read it, and return its path there.

        Raises
        ------
        StorageError
            If it cannot be written.
        """
        if not self.is_repaired:
            return self.copy_to(folder)
        copy = folder / self.path.name
        write_whole(copy, nbformat.writes(self.node))
        return copy


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Return a notebook in format 4 as nbformat reads it.

    Raises
    ------
    NotebookError
        As for `Notebook.read`.
    """
    return Notebook.read(path).node


def read_json(path: Path) -> dict[str, Any]:
    """Return a notebook in format 4 as JSON, without validating it.

    Raises
    ------
    NotebookError
        If the file is missing, cannot be read, or is not a notebook in format 4.
    """
    _content, parsed = _read(path)
    return parsed


@storage_errors_as(NotebookError)
def _read(path: Path) -> tuple[bytes, dict[str, Any]]:
    content = read_bytes(path, kind=KIND, limit_bytes=MAX_BYTES, hint=_HINT)
    text = decode(content, path, kind=KIND, hint=_HINT)
    # Windows programs begin a file with a byte order mark.
    return content, _parse(text.removeprefix("\ufeff"), path)


@storage_errors_as(NotebookError)
def _node(parsed: dict[str, Any], path: Path) -> tuple[nbformat.NotebookNode, bool]:
    try:
        repaired = repaired_notebook(parsed)
        notebook: nbformat.NotebookNode = nbformat.v4.to_notebook(repaired)
        nbformat.validate(notebook)
    except RecursionError as error:
        raise broken_file(path, KIND, _TOO_DEEP, _HINT) from error
    except (
        nbformat.ValidationError,
        ArithmeticError,
        AttributeError,
        KeyError,
        TypeError,
        ValueError,
    ) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise NotebookError(f"{path} is not a valid notebook: {reason}.", _HINT) from error
    return notebook, repaired != parsed


def _parse(text: str, path: Path) -> dict[str, Any]:
    # Less strict than for files in the home: outputs of other programs contain NaN.
    try:
        content = json.loads(text)
    except RecursionError as error:
        raise broken_file(path, KIND, _TOO_DEEP, _HINT) from error
    except ValueError as error:
        raise broken_file(path, KIND, f"it is not JSON ({error})", _HINT) from error
    return _checked(content, path)


def _checked(content: Any, path: Path) -> dict[str, Any]:
    """Return the JSON of a notebook if it is one in format 4."""
    if not isinstance(content, dict) or ("cells" not in content and "worksheets" not in content):
        raise broken_file(path, KIND, "it has no cells", _HINT)
    if content.get("nbformat") != 4:
        raise NotebookError(
            f"{path} is in notebook format {content.get('nbformat')!r:.20} instead of 4.",
            f"Convert it: jupyter nbconvert --to notebook --nbformat 4 {shlex.quote(str(path))}",
        )
    minor = content.get("nbformat_minor", 0)
    if not isinstance(minor, int):
        reason = f"field 'nbformat_minor' is {minor!r:.20}, not a whole number"
        raise broken_file(path, KIND, reason, _HINT)
    return content
