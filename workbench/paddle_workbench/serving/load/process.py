"""A load that is sent from a process of its own.

In a kernel, other threads hold Python's lock for up to some milliseconds, by which requests would
be sent late and answers be seen late.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...child_process import Limits, run
from ...contract.load import LoadMoment, LoadPlan, LoadRun
from ...errors import ServingError
from ...scratch import ScratchFolder
from ..token import TOKEN_VARIABLE
from .loading import LoadProgress, PreparedLoad

__all__ = ["CONTENTS", "LOAD", "read_load", "send_load"]

LOAD, CONTENTS = "load.json", "requests.bin"
GRACE_S = 10.0
_CHILD = "paddle_workbench.serving.load.child"


def send_load(
    load: PreparedLoad,
    *,
    on_progress: Callable[[LoadProgress], None] | None = None,
    stop: threading.Event | None = None,
) -> LoadRun | None:
    """Send a load from a child process, and return what that has shown.

    Parameters
    ----------
    load : PreparedLoad
    on_progress : callable, optional
        Called once a second, in this thread.
    stop : Event, optional
        Ends the run when another thread sets it; what was measured is returned.

    Returns
    -------
    LoadRun or None
        None if it was stopped before it began.

    Raises
    ------
    ServingError
        If the process ends without a result.
    """
    with ScratchFolder("load") as folder:
        _write(load, folder)
        outcome = run(
            _CHILD,
            limits=Limits(),
            folder=folder,
            environment=os.environ | ({TOKEN_VARIABLE: load.token} if load.token else {}),
            grace_s=GRACE_S,
            on_line=None if on_progress is None else _Lines(on_progress),
            stop=stop,
        )
    if outcome.answer is not None:
        return LoadRun.model_validate(outcome.answer)
    if stop is not None and stop.is_set():
        return None
    raise ServingError(
        f"The process that loads the server {outcome.problem}.", "\n".join(outcome.last_lines())
    )


def read_load(folder: Path) -> PreparedLoad:
    """Return the load that the parent has written into a folder; for use in the child."""
    record = json.loads((folder / LOAD).read_text(encoding="utf-8"))
    with (folder / CONTENTS).open("rb") as file:
        contents = tuple(file.read(size) for size in record["sizes"])
    return PreparedLoad(
        record["url"],
        record["model"],
        LoadPlan.model_validate(record["plan"]),
        contents,
        os.environ.get(TOKEN_VARIABLE),
    )


def _write(load: PreparedLoad, folder: Path) -> None:
    record = {
        "url": load.url,
        "model": load.model,
        "plan": load.plan.model_dump(),
        "sizes": [len(each) for each in load.contents],
    }
    (folder / LOAD).write_text(json.dumps(record), encoding="utf-8")
    (folder / CONTENTS).write_bytes(b"".join(load.contents))


class _Lines:
    """Makes progress of the lines that the child prints."""

    def __init__(self, on_progress: Callable[[LoadProgress], None]) -> None:
        self._on_progress = on_progress

    def __call__(self, line: str) -> None:
        try:
            values: Any = json.loads(line)
        except ValueError:  # a warning of a library
            return
        if isinstance(values, dict):
            moment = LoadMoment.model_validate(values.pop("moment"))
            self._on_progress(LoadProgress(**values, moment=moment))
