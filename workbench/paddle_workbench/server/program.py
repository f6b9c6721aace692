"""`/paddle-workbench/program`: a saved program as the viewer draws it."""

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

# A program of 200 MB, the most that is read, takes some 3 GB.
LIMITS = Limits(time_s=120.0, memory_bytes=6 * 1024**3, output_bytes=1024**3)
_ERRORS: dict[str, type[WorkbenchError]] = {"SchemaVersionError": SchemaVersionError}


class ProgramHandler(WorkbenchHandler):
    """Reads programs in a process of its own: files come from anywhere."""

    @authenticated
    async def post(self) -> None:
        request = self.parse(ProgramRequest)
        self.answer(await _read(self.local_path(request.path), request.path))


async def _read(path: Path, shown: str) -> ProgramPicture:
    outcome = await run_async("paddle_workbench.program.sender", str(path), limits=LIMITS)
    hint = f"Try in a terminal: workbench program {shown}"
    if outcome.limit == "time":
        raise ProgramError(f"{shown} was not read within {LIMITS.time_s:g} s.", hint)
    if outcome.limit is not None:
        raise ProgramError(f"{shown} cannot be read: its reader {outcome.problem}.", hint)
    head, _, columns = outcome.stdout.partition(b"\n")
    if outcome.status != 0 or not head:
        (last,) = outcome.last_lines(1, length=1000) or [f"its reader {outcome.problem}."]
        raise EnvironmentBrokenError(f"{shown} cannot be read: {last}", hint)
    message = json.loads(head)
    if "message" in message:
        # The learner knows the file by the path that JupyterLab shows.
        text = message["message"].replace(str(path), shown)
        raise _ERRORS.get(message["kind"], ProgramError)(text, message["hint"])
    return ProgramPicture(
        path=shown,
        format=message["format"],
        version=message["version"],
        columns=base64.b64encode(columns).decode("ascii"),
    )
