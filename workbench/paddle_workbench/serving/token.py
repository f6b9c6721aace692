"""The token of a server: where it is read from, on both sides."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import ServingError
from ..reading import read_text

__all__ = ["TOKEN_VARIABLE", "read_token"]

TOKEN_VARIABLE = "WORKBENCH_SERVING_TOKEN"  # noqa: S105 - its name
MAX_BYTES = 4096
HINT = "Write the token into the only line of a file."


def read_token(file: Path | None) -> str | None:
    """Return the token in a file or, without one, that of the environment; None if it has none.

    Raises
    ------
    ServingError
        If the file is empty or has several lines.
    StorageError
        If it cannot be read, or is not UTF-8.
    """
    if file is None:
        return os.environ.get(TOKEN_VARIABLE) or None
    token = read_text(file, kind="token", limit_bytes=MAX_BYTES, hint=HINT).strip()
    if not token or len(token.splitlines()) > 1:
        what = "has several lines" if token else "is empty"
        raise ServingError(f"The token file {file} {what}.", HINT)
    return token
