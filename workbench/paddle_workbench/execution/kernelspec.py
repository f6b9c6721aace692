"""The kernel that a notebook needs."""

from __future__ import annotations

from pathlib import Path

import nbformat

from ..errors import NotebookError

__all__ = ["is_python", "kernel_for", "kernel_of", "language_of", "require_kernel"]

# Of several kernels for Python.
_PREFERRED = ("paddle", "python3")


def kernel_of(notebook: nbformat.NotebookNode) -> str | None:
    """Return the name of the kernel that a notebook asks for; None if it does not name one."""
    kernelspec = notebook.metadata.get("kernelspec")
    name = kernelspec.get("name") if isinstance(kernelspec, dict) else None
    return name if isinstance(name, str) and name else None


def kernel_for(notebook: nbformat.NotebookNode) -> str | None:
    """Return the kernel that a notebook asks for, or else one that is installed for its language.

    None if there is none.
    """
    name = kernel_of(notebook)
    if name is not None:
        return name
    from jupyter_client.kernelspec import KernelSpecManager

    language = language_of(notebook).lower()
    names = sorted(
        name
        for name, kernel in KernelSpecManager().get_all_specs().items()
        if str(kernel["spec"].get("language", "")).lower() == language
    )
    preferred = (name for name in _PREFERRED if name in names)
    return next(preferred, names[0] if names else None)


def language_of(notebook: nbformat.NotebookNode) -> str:
    """Return the language of a notebook, `python` if it does not name one."""
    for part, field in (("language_info", "name"), ("kernelspec", "language")):
        value = notebook.metadata.get(part)
        name = value.get(field) if isinstance(value, dict) else None
        if isinstance(name, str) and name:
            return name
    return "python"


def is_python(notebook: nbformat.NotebookNode) -> bool:
    """Return whether a notebook is in Python."""
    return language_of(notebook).lower() in ("python", "ipython")


def require_kernel(name: str | None, path: Path) -> str:
    """Return the name of a kernel if it is installed.

    Parameters
    ----------
    name : str or None
        None if the notebook does not name a kernel.
    path : Path
        The file of the notebook, for the error.

    Raises
    ------
    NotebookError
        If the kernel is not installed, or there is no name.
    """
    from jupyter_client.kernelspec import KernelSpecManager

    kernels = KernelSpecManager().find_kernel_specs()
    if name is None or name not in kernels:
        problem = f"needs the kernel {name!r}, which is not installed"
        raise NotebookError(
            f"{path.name} {problem if name else 'does not name a kernel'}.",
            f"Installed kernels: {', '.join(sorted(kernels))}. Choose one in JupyterLab or with "
            "--kernel, or run `workbench doctor`.",
        )
    return name
