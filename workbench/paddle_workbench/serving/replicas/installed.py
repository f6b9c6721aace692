"""Whether Ray is there, which only those install who need it."""

from __future__ import annotations

import importlib.util

from ...errors import ServingError

__all__ = ["require_ray"]


def require_ray() -> None:
    """Raise an error that says what to install, if Ray is not installed.

    Raises
    ------
    ServingError
    """
    if importlib.util.find_spec("ray") is None:
        raise ServingError(
            "The engine ray needs Ray, which is not installed.",
            'Install it: pip install "paddle-workbench[scale]"',
        )
