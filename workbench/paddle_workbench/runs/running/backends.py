"""Where the kernel of a run is: on this machine, or on a node of a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat

from ...contract import RunRecord
from ...execution import Execution, ExecutionListener
from ..parameters.secrets import Redaction, environment_of
from ..remote import RemoteExecution, require_cluster
from ..store.folders import KERNEL_LOG
from .snapshots import Resumption, SnapshotProbe

__all__ = ["make_execution", "placed"]


def make_execution(
    notebook: nbformat.NotebookNode,
    source: Path,
    *,
    folder: Path,
    record: RunRecord,
    listener: ExecutionListener,
    secrets: Mapping[str, Any],
    on_memory: Callable[[int | None], None],
    on_warning: Callable[[str], None],
    resumption: Resumption | None = None,
) -> Execution | RemoteExecution:
    """Return the execution of a run on the backend of its record.

    Parameters
    ----------
    notebook : NotebookNode
        With its parameters.
    source : Path
        Its file in the work folder.
    folder : Path
        The run folder.
    record : RunRecord
    listener : ExecutionListener
    secrets : mapping
    on_memory, on_warning : callable
        What another machine reports: the memory of the kernel in bytes, and sentences for the user.
    resumption : Resumption, optional
        The snapshot from which it continues.

    Raises
    ------
    ClusterError
        If Ray is not installed, or the record has no address.
    """
    options: dict[str, Any] = {
        "folder": source.parent,
        "kernel_log": folder / KERNEL_LOG,
        "listener": listener,
        "time_limit_s": record.timeout_s,
        "cell_time_limit_s": record.cell_timeout_s,
        "redact": Redaction(secrets) if secrets else None,
    }
    variables = environment_of(secrets)
    if record.backend == "local":
        if resumption is not None:
            options |= {"cells": resumption.cells, "kernel_options": resumption.kernel_options}
        return Execution(
            notebook,
            environment={**os.environ, **variables},
            probe=SnapshotProbe.of(folder, record, notebook, on_warning),
            **options,
        )
    return RemoteExecution(
        notebook,
        address=require_cluster(record.address),
        variables=variables,
        on_memory=on_memory,
        on_warning=on_warning,
        **options,
    )


@contextmanager
def placed(execution: Execution | RemoteExecution, record: RunRecord) -> Iterator[dict[str, Any]]:
    """Wait until there is room for the kernel, and hold it until the end of the block.

    Yields what changes in the record by that.

    Raises
    ------
    ClusterError
        If the cluster cannot be reached or used.
    """
    if isinstance(execution, Execution):
        yield {}
        return
    changes: dict[str, Any] = {}
    try:
        place = execution.place()
        if place is not None:  # otherwise it is cancelled
            changes = {"address": place.address, "node": place.node}
            if record.provenance is not None:
                changes["provenance"] = record.provenance.model_copy(update=place.machine)
        yield changes
    finally:
        execution.close()
