"""`/paddle-workbench/jobs`: background work, whatever started it."""

from __future__ import annotations

from functools import partial

from tornado.web import authenticated

from ..contract import JobList, JobRequest
from .base import WorkbenchHandler

__all__ = ["CancelJobHandler", "JobResultHandler", "JobsHandler"]


class JobsHandler(WorkbenchHandler):
    @authenticated
    def get(self) -> None:
        kind = self.get_query_argument("kind", None)
        subject = self.get_query_argument("subject", None)
        self.answer(JobList(jobs=self.services.jobs.find(kind, subject)))


class JobResultHandler(WorkbenchHandler):
    @authenticated
    async def get(self) -> None:
        job_id = self.get_query_argument("id")
        self.answer_json(await self.in_thread(partial(self.services.jobs.result, job_id)))


class CancelJobHandler(WorkbenchHandler):
    @authenticated
    def post(self) -> None:
        self.answer(self.services.jobs.cancel(self.parse(JobRequest).id))
