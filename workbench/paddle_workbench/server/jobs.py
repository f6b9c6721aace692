"""`/paddle-workbench/jobs`: list and cancel background jobs, and get their results."""

from __future__ import annotations

from functools import partial

from tornado.web import authenticated

from ..contract import JobList, JobRequest
from .base import WorkbenchHandler

__all__ = ["CancelJobHandler", "JobResultHandler", "JobsHandler"]


class JobsHandler(WorkbenchHandler):
    """The jobs, newest first."""

    @authenticated
    def get(self) -> None:
        """Answer with the jobs of a `kind` and `subject`, or with all."""
        kind = self.get_query_argument("kind", None)
        subject = self.get_query_argument("subject", None)
        self.answer(JobList(jobs=self.services.jobs.find(kind, subject)))


class JobResultHandler(WorkbenchHandler):
    """The result of a job."""

    @authenticated
    async def get(self) -> None:
        """Answer with the result of the job `id`, whose model depends on the kind of job."""
        job_id = self.get_query_argument("id")
        self.answer_json(await self.in_thread(partial(self.services.jobs.result, job_id)))


class CancelJobHandler(WorkbenchHandler):
    """Cancels a job."""

    @authenticated
    def post(self) -> None:
        """Answer with the job, which may still be running until its work has stopped."""
        self.answer(self.services.jobs.cancel(self.parse(JobRequest).id))
