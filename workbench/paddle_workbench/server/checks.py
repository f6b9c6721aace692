"""`/paddle-workbench/checks`: a learner's copy against its lesson, in the background."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from functools import partial
from pathlib import Path

from tornado.web import HTTPError, authenticated

from ..checks.learner import lesson_of, prepare_copy
from ..checks.session import check_notebooks
from ..contract import ErrorMessage, LessonCheck, LessonCheckRequest
from ..course.catalog import LessonFile
from ..errors import NotebookError, WorkbenchError
from .base import WorkbenchHandler

__all__ = ["CHECKS_SETTING", "CancelCheckHandler", "CheckHandler", "RunningCheck"]

# The checks of this server by path, the last of each.
CHECKS_SETTING = "paddle_workbench_checks"


class _Cancelled(Exception):  # noqa: N818 - the learner has cancelled, nothing went wrong
    """Ends a check from inside."""


class RunningCheck:
    """A check in a thread of its own, and how far it is.

    Parameters
    ----------
    name : str
        The notebook as the contents API names it.
    path : Path
    lesson : LessonFile
        What it is compared with.
    """

    def __init__(self, name: str, path: Path, lesson: LessonFile) -> None:
        self.state = LessonCheck(path=name, lesson=lesson.metadata.lesson, state="running")
        self._path = path
        self._lesson = lesson
        self._cancelled = threading.Event()

    @property
    def is_running(self) -> bool:
        return self.state.state == "running"

    def cancel(self) -> None:
        """End the check within a second or two."""
        self._cancelled.set()

    def run(self) -> None:
        """Check; the state reports what goes wrong."""
        try:
            self._run()
        except _Cancelled:
            self._set(state="cancelled")
        except WorkbenchError as error:
            message = ErrorMessage(message=error.message, hint=error.hint)
            self._set(state="failed", error=message)
        except Exception:
            message = ErrorMessage(
                message="The check met an unexpected error.",
                hint="The log of the Jupyter server has the details.",
            )
            self._set(state="failed", error=message)
            raise

    def _run(self) -> None:
        with tempfile.TemporaryDirectory(prefix="workbench-learner-") as folder:
            copy = prepare_copy(self._path, self._lesson, Path(folder))
            (checked,) = check_notebooks([copy.path], listener=self._advance)
        if checked.report.error is not None:
            self._set(state="failed", error=checked.report.error)
            return
        self._set(state="done", cells=copy.cells(checked.report))

    def _advance(self, done: int, total: int) -> None:
        if self._cancelled.is_set():
            raise _Cancelled
        self._set(cells_done=done, cells_total=total)

    def _set(self, **fields: object) -> None:
        self.state = self.state.model_copy(update=fields)


class _ChecksHandler(WorkbenchHandler):
    @property
    def checks(self) -> dict[str, RunningCheck]:
        found: dict[str, RunningCheck] = self.settings.setdefault(CHECKS_SETTING, {})
        return found

    def find(self, name: str) -> RunningCheck:
        """Return the last check of a notebook.

        Raises
        ------
        HTTPError
            404 if there was none.
        """
        if name not in self.checks:
            raise HTTPError(404, f"{name} has not been checked since the server started.")
        return self.checks[name]


class CheckHandler(_ChecksHandler):
    @authenticated
    async def get(self) -> None:
        self.answer(self.find(self.get_query_argument("path")).state)

    @authenticated
    async def post(self) -> None:
        name = self.parse(LessonCheckRequest).path
        # A second click, or a second window, finds the check that runs.
        check = self._running(name)
        if check is None:
            path = self._locate(name)
            lesson = await self.in_thread(partial(lesson_of, path))
            check = self._running(name)  # another click may have come meanwhile
        if check is None:
            check = self.checks[name] = RunningCheck(name, path, lesson)
            task = asyncio.create_task(asyncio.to_thread(check.run))
            task.add_done_callback(self._log_failure)
        self.answer(check.state)

    def _running(self, name: str) -> RunningCheck | None:
        check = self.checks.get(name)
        return check if check is not None and check.is_running else None

    def _locate(self, name: str) -> Path:
        """Return where a notebook lies, inside the folder that the server shows."""
        root = Path(self.settings["server_root_dir"]).expanduser().resolve()
        path = (root / name).resolve()
        if not path.is_relative_to(root):
            raise NotebookError(
                f"{name!r} is outside the root folder of this server.",
                "Open the notebook in JupyterLab and check it there.",
            )
        return path

    def _log_failure(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self.log.error("A check failed.", exc_info=task.exception())


class CancelCheckHandler(_ChecksHandler):
    @authenticated
    async def post(self) -> None:
        check = self.find(self.parse(LessonCheckRequest).path)
        check.cancel()
        self.answer(check.state)
