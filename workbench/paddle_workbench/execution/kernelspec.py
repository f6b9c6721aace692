"""The kernel that a notebook asks for."""

from __future__ import annotations

from pathlib import Path

import nbformat

from ..errors import NotebookError

__all__ = ["require_kernel"]


def require_kernel(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Make sure that the kernel a notebook asks for is installed.

    Raises
    ------
    NotebookError
        If it is not, or the notebook names none.
    """
    from jupyter_client.kernelspec import KernelSpecManager

    name = notebook.metadata.get("kernelspec", {}).get("name")
    installed = KernelSpecManager().find_kernel_specs()
    if name not in installed:
        wanted = (
            f"asks for the kernel {name!r}, which is not installed" if name else "names no kernel"
        )
        raise NotebookError(
            f"{path.name} {wanted}.",
            f"Installed are: {', '.join(sorted(installed))}. Choose one in JupyterLab, or run "
            "`workbench doctor`.",
        )
