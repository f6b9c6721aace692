"""A run that was queued from another Python environment than that of the dispatcher.

It has other packages, so the fork becomes a process of that environment's interpreter.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from ...child_process import module_command
from ...contract import RunRecord
from ..store.provenance import locate

__all__ = ["become_other", "other_interpreter"]

_MODULE = "paddle_workbench.runs.queue.queued_run"


def other_interpreter(record: RunRecord) -> Path | None:
    """Return the Python that queued a run; None if it is in the environment of this process."""
    provenance = record.provenance
    if provenance is None or provenance.interpreter is None:
        return None
    interpreter = locate(provenance.interpreter)
    # The interpreters of all environments may be links to the same file.
    with suppress(OSError):
        if interpreter.parent.samefile(Path(sys.executable).parent):
            return None
    return interpreter


def become_other(interpreter: Path, folder: Path, slot: int) -> None:
    """Run a run with another interpreter in place of this process; return if it cannot start.

    Parameters
    ----------
    interpreter : Path
    folder : Path
        The run folder.
    slot : int
        The descriptor that holds the slot of the run.
    """
    environment = {name: os.environ[name] for name in os.environ if name != "PYTHONHOME"}
    path = os.pathsep.join([str(interpreter.parent), environment.get("PATH", os.defpath)])
    environment |= {"PATH": path, "VIRTUAL_ENV": str(interpreter.parent.parent)}
    command = module_command(_MODULE, str(folder.absolute()), interpreter=str(interpreter))
    os.set_inheritable(slot, True)  # noqa: FBT003 - it takes no keywords
    with suppress(OSError):
        os.execve(interpreter, command, environment)  # noqa: S606 - there is no shell
    os.set_inheritable(slot, False)  # noqa: FBT003
