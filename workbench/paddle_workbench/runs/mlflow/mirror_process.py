"""Sends a run to MLflow while it is executed.

    python -m paddle_workbench.runs.mlflow.mirror_process FOLDER

Reads the run folder until stdin ends, sends the rest, and prints a list of warnings as JSON.
"""

from __future__ import annotations

import json
import select
import sys
import time
from pathlib import Path

from .sender import Sender

__all__ = ["main"]

POLL_S = 1.0
LONGEST_PAUSE_S = 15.0


def main() -> None:
    """Mirror the run in the folder that is given as an argument."""
    sender = Sender(Path(sys.argv[1]))
    pause_s = POLL_S
    failure = ""
    while not _has_ended(pause_s):
        failure = _attempt(sender)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S) if failure else POLL_S
    was_reached = not failure
    failure = _attempt(sender, ended=True)
    if failure and was_reached:
        time.sleep(POLL_S)
        failure = _attempt(sender, ended=True)
    warnings = list(sender.warnings)
    if failure:
        warnings.append(f"The run is not, or not completely, mirrored to MLflow: {failure}.")
    sys.stdout.write(json.dumps(warnings))


def _attempt(sender: Sender, *, ended: bool = False) -> str:
    """Send what is new, and return why this has failed; empty if it has not."""
    from ...errors import clause_of

    try:
        sender.send()
        if ended:
            sender.end()
    except Exception as error:  # MLflow raises whatever its parts do
        return clause_of(error)
    return ""


def _has_ended(wait_s: float) -> bool:
    """Wait, and return whether the run has ended."""
    readable, _, _ = select.select([sys.stdin], [], [], wait_s)
    return bool(readable)


if __name__ == "__main__":
    main()
