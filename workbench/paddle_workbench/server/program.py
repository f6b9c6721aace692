"""`/paddle-workbench/program`: read a saved program for display."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from tornado.web import authenticated

from ..child_process import Limits, run_async
from ..contract import ProgramPicture, ProgramRequest
from ..errors import EnvironmentBrokenError, ProgramError, SchemaVersionError, WorkbenchError
from .base import WorkbenchHandler

__all__ = ["ProgramHandler"]

# A program of 200 MB, the limit for reading, needs about 3 GB of memory.
LIMITS = Limits(time_s=120.0, memory_bytes=6 * 1024**3, output_bytes=1024**3)
_ERRORS: dict[str, type[WorkbenchError]] = {"SchemaVersionError": SchemaVersionError}


class ProgramHandler(WorkbenchHandler):
    """Reads programs in a child process, since they may come from untrusted sources."""

    @authenticated
    async def post(self) -> None:
        """Answer with the program in columns."""
        request = self.parse(ProgramRequest)
        self.answer(await _read(self.local_path(request.path), request.path))


async def _read(path: Path, name: str) -> ProgramPicture:
    outcome = await run_async("paddle_workbench.program.sender", str(path), limits=LIMITS)
    hint = f"Try in a terminal: workbench program {name}"
    if outcome.limit == "time":
        raise ProgramError(f"{name} was not read within {LIMITS.time_s:g} s.", hint)
    if outcome.limit is not None:
        raise ProgramError(f"{name} cannot be read: its reader {outcome.problem}.", hint)
    head, _, columns = outcome.stdout.partition(b"\n")
    if outcome.status != 0 or not head:
        (last,) = outcome.last_lines(1, length=1000) or [f"its reader {outcome.problem}."]
        raise EnvironmentBrokenError(f"{name} cannot be read: {last}", hint)
    message = json.loads(head)
    if "message" in message:
        # JupyterLab shows the path relative to the server's root.
        text = message["message"].replace(str(path), name)
        raise _ERRORS.get(message["kind"], ProgramError)(text, message["hint"])
    return ProgramPicture(
        path=name,
        format=message["format"],
        version=message["version"],
        columns=base64.b64encode(columns).decode("ascii"),
    )
