"""`/paddle-workbench/runs`: what the panel of runs shows and does."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tornado.web import authenticated

from ..contract import OpenedRun, RunForm, RunFormRequest, RunId, RunList
from ..errors import RunNotFoundError
from ..notebooks import MAX_BYTES, Notebook
from ..reading import is_file
from ..runs.folders import OUTPUT_FILE, REPORT_FILE
from ..runs.forms import make_form
from ..runs.provenance import portable_path
from ..runs.queue import run_limit
from ..runs.records import read_record
from .base import WorkbenchHandler

__all__ = ["OpenRunHandler", "RunFormHandler", "RunReportHandler", "RunsHandler"]


class _RunsHandler(WorkbenchHandler):
    def local_notebook(self, request: RunFormRequest) -> Notebook:
        """Return a notebook as it is in the editor, or else its file."""
        path = self.local_path(request.path)
        if request.content is None:
            return Notebook.read(path)
        return Notebook.from_json(path, request.content)


class RunsHandler(_RunsHandler):
    """The runs."""

    @authenticated
    async def get(self) -> None:
        """Answer with all runs, newest first."""
        statuses, problems = await self.in_thread(self.services.runs.all)
        self.answer(RunList(runs=statuses, problems=problems, limit=run_limit()))


class RunFormHandler(_RunsHandler):
    """The form for a notebook."""

    @authenticated
    async def post(self) -> None:
        """Answer with the parameters of a notebook, and with what it can run in."""
        self.answer(await self.in_thread(self._form))

    def _form(self) -> RunForm:
        request = self.parse(RunFormRequest, limit_bytes=MAX_BYTES)
        notebook = self.local_notebook(request)
        expected_s = self.services.runs.expected_s(portable_path(notebook.path), notebook.sha256)
        return make_form(notebook, request.path, expected_s=expected_s)


class OpenRunHandler(_RunsHandler):
    """Opens the notebook of a run."""

    @authenticated
    async def post(self) -> None:
        """Answer with the path of the notebook with the outputs so far."""
        self.answer(await self.in_thread(self._open))

    def _open(self) -> OpenedRun:
        run_id = self.parse(RunId).id
        output = self.services.runs.folder(run_id) / OUTPUT_FILE
        path = self.contents_path(output)
        if not is_file(output):
            raise RunNotFoundError(
                f"{run_id} has no outputs.", "They are there once its first cell has run."
            )
        return OpenedRun(path=path)


class RunReportHandler(_RunsHandler):
    """The report of a run."""

    @authenticated
    async def get(self) -> None:
        """Answer with the report of the run `id`; a missing one is made."""
        report = await self.in_thread(partial(self._report, self.get_query_argument("id")))
        # An origin of its own: whatever an output contains, it cannot act as this server's page.
        self.set_header("Content-Security-Policy", "sandbox allow-scripts; frame-ancestors 'self'")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.finish(report, set_content_type="text/html; charset=UTF-8")

    def _report(self, run_id: str) -> bytes:
        folder = self.services.runs.folder(run_id)
        path = folder / REPORT_FILE
        if not is_file(path):
            self._make_report(folder)
        return path.read_bytes()

    @staticmethod
    def _make_report(folder: Path) -> None:
        # Imported here because the server starts without it.
        from ..runs.report import write_report

        record = read_record(folder)
        if record.is_active:
            raise RunNotFoundError(
                f"{record.id} has no report yet: it is {record.state}.",
                "The report is written when the run ends.",
            )
        write_report(folder)
