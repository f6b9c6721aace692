"""What all runs of a notebook have in common, read once for a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...contract import Parameter
from ...execution import kernel_for, require_kernel
from ...notebooks import Notebook
from ..parameters.declarations import read_parameters
from ..store.provenance import common_provenance

__all__ = ["Source"]


@dataclass(frozen=True, slots=True)
class Source:
    """A notebook as it was when it was read, and where it runs.

    Parameters
    ----------
    notebook : Notebook
    kernel : str
        The kernel that it runs in, which is installed.
    declared : list of Parameter
    provenance : dict
        The fields of `Provenance` that do not depend on values of parameters.
    """

    notebook: Notebook
    kernel: str
    declared: list[Parameter]
    provenance: dict[str, Any]

    @classmethod
    def read(
        cls, path: Path, *, kernel: str | None = None, content: Mapping[str, Any] | None = None
    ) -> Source:
        """Read a notebook that is to run on this machine.

        Parameters
        ----------
        path : Path
        kernel : str, optional
            By default the one that the notebook names.
        content : dict, optional
            The notebook as an editor has it; by default the file.

        Raises
        ------
        NotebookError
            If the notebook cannot be read, or the kernel is not installed.
        """
        notebook = (
            Notebook.read(path) if content is None else Notebook.from_json(path, dict(content))
        )
        return cls(
            notebook=notebook,
            kernel=require_kernel(kernel or kernel_for(notebook.node), path),
            declared=read_parameters(notebook.node),
            provenance=common_provenance(notebook),
        )
