"""Remove the user's name and home from a report, so that it can be sent to a teacher."""

from __future__ import annotations

import getpass
import re
from pathlib import Path

__all__ = ["redact"]

# Account names that identify nobody, and are words that reports need.
_NOBODY = {"admin", "jovyan", "nobody", "paddle", "python", "root", "ubuntu", "user", "workbench"}


def redact(text: str, *, home: Path | None = None, user: str | None = None) -> str:
    """Return a text with the home replaced by `~` and the user's name by `<user>`.

    Parameters
    ----------
    text : str
    home, user
        By default those of this process.
    """
    home = Path.home() if home is None else home
    user = _user() if user is None else user
    for folder in {str(home), str(home.resolve())} - {home.anchor}:
        # `/home/li` must not match in `/home/lily`.
        text = re.sub(rf"{re.escape(folder)}(?![\w.-])", "~", text)
    if user and user not in _NOBODY:
        text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(user)}(?![A-Za-z0-9])", "<user>", text)
    return text


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user id without a name
        return ""
