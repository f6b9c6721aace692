"""`/paddle-workbench/checks`: a learner's copy against its lesson, in the background."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tornado.web import authenticated

from ..checks.learner import lesson_of
from ..checks.session import check_notebooks
from ..contract import LessonCheck, LessonCheckRequest
from ..errors import NotebookError
from ..jobs import JobControl
from ..notebooks import Notebook
from .base import WorkbenchHandler

__all__ = ["CheckHandler"]


class CheckHandler(WorkbenchHandler):
    @authenticated
    async def post(self) -> None:
        name = self.parse(LessonCheckRequest).path
        path = self.local_path(name)
        # Before the job: what cannot be checked at all is rejected at once.
        lesson = await self.in_thread(partial(_lesson_name, path))
        # A second click, or a second window, gets the check that runs.
        work = partial(_check, name, path, lesson)
        self.answer(await self.in_thread(partial(self.services.jobs.start, "check", name, work)))


def _lesson_name(path: Path) -> str:
    return lesson_of(Notebook.read(path)).metadata.lesson


def _check(name: str, path: Path, lesson: str, job: JobControl) -> LessonCheck:
    (checked,) = check_notebooks([path], listener=job.advance)
    report = checked.report
    if report.error is not None:
        raise NotebookError(report.error.message, report.error.hint)
    return LessonCheck(path=name, lesson=lesson, cells=report.cells, findings=report.findings)
