"""`/paddle-workbench/environment`: what the doctor finds."""

from __future__ import annotations

import asyncio

from pydantic import ValidationError
from tornado.web import authenticated

from ..child_process import Limits, run_async
from ..contract import DoctorReport
from ..errors import EnvironmentBrokenError
from .base import WorkbenchHandler

__all__ = ["DoctorHandler"]

LIMITS = Limits(time_s=180.0)


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
    outcome = await run_async("paddle_workbench.cli", "doctor", "--json", limits=LIMITS)
    if outcome.limit == "time":
        raise EnvironmentBrokenError(
            f"The doctor did not finish within {LIMITS.time_s:g} s.",
            "Run `workbench doctor` in a terminal to see where it hangs.",
        )
    try:
        return DoctorReport.model_validate_json(outcome.stdout)
    except ValidationError as error:
        (last,) = outcome.last_lines(1, length=1000) or [f"it {outcome.problem}"]
        raise EnvironmentBrokenError(
            f"The doctor failed: {last}", "Run `workbench doctor` in a terminal."
        ) from error
