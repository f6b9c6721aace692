"""`/paddle-workbench/checks`: compare a working copy with its lesson, as a job."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from tornado.web import authenticated

from ..checks.learner import lesson_of, prepare_copy
from ..checks.session import check_notebooks
from ..contract import LessonCheck, LessonCheckRequest
from ..course.catalog import LessonFile
from ..errors import NotebookError
from ..jobs import JobControl
from ..notebooks import Notebook
from .base import WorkbenchHandler

__all__ = ["CheckHandler"]


class CheckHandler(WorkbenchHandler):
    """Starts a job that runs a copy of a learner's notebook and compares it with its lesson."""

    @authenticated
    async def post(self) -> None:
        """Answer with the job, or with the active one for the same notebook."""
        name = self.parse(LessonCheckRequest).path
        path = self.local_path(name)
        copy, lesson = await self.in_thread(partial(_read, path))
        work = partial(_check, name, copy, lesson)
        self.answer(await self.in_thread(partial(self.services.jobs.start, "check", name, work)))


def _read(path: Path) -> tuple[Notebook, LessonFile]:
    copy = Notebook.read(path)
    return copy, lesson_of(copy)


def _check(name: str, copy: Notebook, lesson: LessonFile, job: JobControl) -> LessonCheck:
    with tempfile.TemporaryDirectory(prefix="workbench-learner-") as folder:
        prepared = prepare_copy(copy, lesson, Path(folder))
        (checked,) = check_notebooks([prepared.path], listener=job.advance)
    error = checked.report.error
    if error is not None:
        raise NotebookError(error.message, error.hint)
    cells = prepared.cells(checked.report)
    return LessonCheck(path=name, lesson=lesson.metadata.lesson, cells=cells)
