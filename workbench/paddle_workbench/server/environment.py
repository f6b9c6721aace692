"""`/paddle-workbench/environment`: run the doctor, as a job."""

from __future__ import annotations

from functools import partial

from pydantic import ValidationError
from tornado.web import authenticated

from ..child_process import Limits, run
from ..contract import DoctorReport, JobProgress
from ..errors import EnvironmentBrokenError
from ..jobs import JobControl
from .base import WorkbenchHandler

__all__ = ["DoctorHandler"]

LIMITS = Limits(time_s=180.0)


class DoctorHandler(WorkbenchHandler):
    """Starts a job that runs the doctor, in a child process so that it cannot harm the server."""

    @authenticated
    async def post(self) -> None:
        """Answer with the job, or with the active one."""
        self.answer(await self.in_thread(partial(self.services.jobs.start, "doctor", "", _examine)))


def _examine(job: JobControl) -> DoctorReport:
    def follow(line: str) -> None:
        # Other lines are warnings of the libraries that it imports.
        try:
            progress = JobProgress.model_validate_json(line)
        except ValidationError:
            return
        job.advance(progress.done, progress.total, progress.step)

    outcome = run(
        "paddle_workbench.cli", "doctor", "--json", "--progress",
        limits=LIMITS, on_line=follow, stop=job.stop,
    )  # fmt: skip
    job.check()
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
