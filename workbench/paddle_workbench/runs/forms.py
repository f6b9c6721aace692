"""The form for the parameters of a notebook, and the runs that a filled-in form asks for."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat

from ..contract import RunForm, RunRequest
from ..errors import ParameterError
from ..execution import kernel_for, require_kernel
from ..notebooks import Notebook
from ..ray_cluster import is_ray_installed, require_listening
from .parameters.declarations import read_parameters
from .parameters.given import parse_values
from .parameters.secrets import split_secrets
from .parameters.sweeps import combinations
from .plans import sweep_plans
from .remote import NO_CLUSTER, default_address, require_cluster
from .running.runner import Plan

__all__ = ["installed_kernels", "make_form", "plans_of"]

# A form waits for it.
_CONNECT_S = 3.0
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
        kernel=kernel_for(notebook.node),
        kernels=installed_kernels(),
        backends=["local", "ray"] if is_ray_installed() else ["local"],
        address=default_address(),
        records_metrics=_records_metrics(notebook.node),
        expected_s=expected_s,
        hint="" if parameters else _HINT,
    )


def plans_of(request: RunRequest, notebook: Notebook, parent: Path) -> list[Plan]:
    """Return the runs that a request asks for.

    Parameters
    ----------
    request : RunRequest
    notebook : Notebook
        The one that it names.
    parent : Path
        The folder of all runs.

    Raises
    ------
    ClusterError
        If it asks for a cluster, and there is none at the address.
    NotebookError
        If the kernel is not installed.
    ParameterError
        If a value is wrong; the message begins with the name of the parameter, if it has one.
    """
    parameters = read_parameters(notebook.node)
    for name in request.values.keys() & request.sweep.keys():
        raise ParameterError(f"{name} has a value and is swept.", "Remove one of them.")
    values, secrets = split_secrets(
        parse_values(parameters, request.values),
        [each.name for each in parameters if each.secret and each.name in request.values],
    )
    address = None
    if request.backend == "ray":
        if request.snapshots:
            raise ParameterError("Runs on a cluster keep no snapshots.", "Run it on this machine.")
        address = require_cluster(request.address)
        require_listening(address, hint=NO_CLUSTER, limit_s=_CONNECT_S)
    swept = combinations(parameters, request.sweep, samples=request.samples)
    require_kernel(request.kernel or kernel_for(notebook.node), notebook.path)
    plan = Plan(
        notebook.path,
        values,
        parent,
        timeout_s=request.timeout_s,
        cell_timeout_s=request.cell_timeout_s,
        retries=request.retries,
        snapshots=request.snapshots,
        kernel=request.kernel,
        secrets=secrets,
        content=request.content,
        backend=request.backend,
        address=address,
    )
    return sweep_plans(plan, list(request.sweep), swept)


def installed_kernels() -> list[str]:
    """Return the names of the kernels that are installed, in order."""
    # Imported here because a server that runs nothing does not need it.
    from jupyter_client.kernelspec import KernelSpecManager

    return sorted(KernelSpecManager().find_kernel_specs())


def _records_metrics(notebook: nbformat.NotebookNode) -> bool:
    """Return whether a cell seems to call `record`."""
    return any(cell.cell_type == "code" and _RECORDS.search(cell.source) for cell in notebook.cells)
