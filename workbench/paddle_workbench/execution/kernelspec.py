"""The kernel that a notebook needs."""

from __future__ import annotations

from pathlib import Path

import nbformat

from ..errors import NotebookError

__all__ = ["require_kernel"]


def require_kernel(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Make sure that the kernel of a notebook is installed.

    Parameters
    ----------
    notebook : NotebookNode
    path : Path
        The file of the notebook, for the error.

    Raises
    ------
    NotebookError
        If the kernel is not installed, or the notebook does not name one.
    """
    from jupyter_client.kernelspec import KernelSpecManager

    name = notebook.metadata.get("kernelspec", {}).get("name")
    kernels = KernelSpecManager().find_kernel_specs()
    if name not in kernels:
        problem = f"needs the kernel {name!r}, which is not installed"
        raise NotebookError(
            f"{path.name} {problem if name else 'does not name a kernel'}.",
            f"Installed kernels: {', '.join(sorted(kernels))}. Choose one in JupyterLab, or run "
            "`workbench doctor`.",
        )
