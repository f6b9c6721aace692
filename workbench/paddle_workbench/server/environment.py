"""`/paddle-workbench/environment`: what the doctor finds."""

from __future__ import annotations

import asyncio
import sys

from pydantic import ValidationError
from tornado.web import authenticated

from ..contract import DoctorReport
from ..errors import EnvironmentBrokenError
from .base import WorkbenchHandler

__all__ = ["DoctorHandler"]

DOCTOR_TIMEOUT_S = 180.0


class DoctorHandler(WorkbenchHandler):
    """Runs the doctor in a process of its own: it imports Paddle, and this process must not."""

    @authenticated
    async def get(self) -> None:
        # Windows that ask at the same time share one examination.
        running: asyncio.Task[DoctorReport] | None = self.settings.get("paddle_workbench_doctor")
        if running is None or running.done():
            running = asyncio.create_task(_examine())
            self.settings["paddle_workbench_doctor"] = running
        self.answer(await asyncio.shield(running))


async def _examine() -> DoctorReport:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "paddle_workbench.cli",
        "doctor",
        "--json",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), DOCTOR_TIMEOUT_S)
    except asyncio.TimeoutError as error:
        raise EnvironmentBrokenError(
            f"The doctor did not finish within {DOCTOR_TIMEOUT_S:g} s.",
            "Run `workbench doctor` in a terminal to see where it stays.",
        ) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        return DoctorReport.model_validate_json(output)
    except ValidationError as error:
        last = errors.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
        raise EnvironmentBrokenError(
            f"The doctor failed: {last[0]}", "Run `workbench doctor` in a terminal."
        ) from error
