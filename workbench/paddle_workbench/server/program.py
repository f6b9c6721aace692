"""`/paddle-workbench/program`: a saved program as the viewer draws it."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from pathlib import Path

from tornado.web import authenticated

from ..contract import ProgramPicture, ProgramRequest
from ..errors import EnvironmentBrokenError, ProgramError, SchemaVersionError, WorkbenchError
from .base import WorkbenchHandler

__all__ = ["ProgramHandler"]

READ_TIMEOUT_S = 120.0
_ERRORS: dict[str, type[WorkbenchError]] = {"SchemaVersionError": SchemaVersionError}


class ProgramHandler(WorkbenchHandler):
    """Reads programs in a process of its own: files come from anywhere."""

    @authenticated
    async def post(self) -> None:
        request = self.parse(ProgramRequest)
        root = Path(self.settings["server_root_dir"]).expanduser().resolve()
        path = (root / request.path).resolve()
        if not path.is_relative_to(root):
            raise ProgramError(
                f"{request.path} is outside the folder that this server shows.",
                "Copy the program into it.",
            )
        self.answer(await _read(path, request.path))


async def _read(path: Path, shown: str) -> ProgramPicture:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "paddle_workbench.program.sender",
        str(path),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), READ_TIMEOUT_S)
    except asyncio.TimeoutError as error:
        raise ProgramError(
            f"{shown} was not read within {READ_TIMEOUT_S:g} s.",
            f"Try in a terminal: workbench program {shown}",
        ) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    head, _, columns = output.partition(b"\n")
    if process.returncode != 0 or not head:
        last = errors.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
        raise EnvironmentBrokenError(
            f"{shown} cannot be read: {last[0]}",
            f"Try in a terminal: workbench program {shown}",
        )
    said = json.loads(head)
    if "message" in said:
        # The learner knows the file by the path that JupyterLab shows.
        message = said["message"].replace(str(path), shown)
        raise _ERRORS.get(said["kind"], ProgramError)(message, said["hint"])
    return ProgramPicture(
        path=shown,
        format=said["format"],
        version=said["version"],
        columns=base64.b64encode(columns).decode("ascii"),
    )
