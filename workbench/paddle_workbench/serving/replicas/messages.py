"""What processes of a cluster write to stderr, which Ray hands on to the command."""

from __future__ import annotations

import logging

__all__ = ["write_warnings"]


def write_warnings() -> None:
    """Write warnings of the workbench and of Ray, and nothing less."""
    import ray.serve  # noqa: F401 - it sets levels when it is imported

    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
