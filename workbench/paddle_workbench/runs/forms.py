"""The form for the parameters of a notebook, for a person who wants to run it."""

from __future__ import annotations

import re

import nbformat

from ..contract import RunForm
from ..execution import kernel_of
from ..notebooks import Notebook
from .declarations import read_parameters

__all__ = ["installed_kernels", "make_form"]

_RECORDS = re.compile(r"^[^#\n]*\brecord\s*\(", re.MULTILINE)
_HINT = (
    "Give a cell the tag `parameters`, and assign one value in each of its lines, such as "
    "`lr = 0.1  # learning rate`. Each becomes a field here."
)


def make_form(notebook: Notebook, path: str, *, expected_s: float | None = None) -> RunForm:
    """Return the form for a notebook.

    Parameters
    ----------
    notebook : Notebook
    path, expected_s
        As in `RunForm`.

    Raises
    ------
    ParameterError
        If the `parameters` cell is not valid Python.
    """
    parameters = read_parameters(notebook.node)
    return RunForm(
        path=path,
        parameters=parameters,
        kernel=kernel_of(notebook.node),
        kernels=installed_kernels(),
        records_metrics=_records_metrics(notebook.node),
        expected_s=expected_s,
        hint="" if parameters else _HINT,
    )


def installed_kernels() -> list[str]:
    """Return the names of the kernels that are installed, in order."""
    # Imported here because a server that runs nothing does not need it.
    from jupyter_client.kernelspec import KernelSpecManager

    return sorted(KernelSpecManager().find_kernel_specs())


def _records_metrics(notebook: nbformat.NotebookNode) -> bool:
    """Return whether a cell seems to call `record`."""
    return any(cell.cell_type == "code" and _RECORDS.search(cell.source) for cell in notebook.cells)
