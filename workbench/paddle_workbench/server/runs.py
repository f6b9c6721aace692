"""`/paddle-workbench/runs`: what the panel of runs shows and does."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tornado.web import HTTPError, authenticated

from ..contract import (
    OpenedRun,
    ResumeForm,
    ResumeRequest,
    RunComparison,
    RunForm,
    RunFormRequest,
    RunGroupTable,
    RunIds,
    RunList,
    RunRecord,
    RunRequest,
    StartedRuns,
)
from ..errors import RunNotFoundError, WorkbenchError
from ..notebooks import MAX_BYTES, Notebook
from ..reading import is_file
from ..runs.cancellation import cancel_run
from ..runs.forms import make_form, plans_of
from ..runs.parameters.injection import injection_warnings
from ..runs.queue import queue_runs, run_limit
from ..runs.results.comparison import compare_runs
from ..runs.results.groups import find_group, group_table
from ..runs.running.resuming import plan_resume, resume_form
from ..runs.running.runner import plan_rerun
from ..runs.store.folders import OUTPUT_FILE, REPORT_FILE
from ..runs.store.provenance import portable_path
from ..runs.store.records import read_record
from ..runs.trash import delete_run, restore_run
from .base import WorkbenchHandler

__all__ = [
    "CancelRunsHandler",
    "CompareRunsHandler",
    "DeleteRunsHandler",
    "OpenRunHandler",
    "RerunHandler",
    "RestoreRunsHandler",
    "ResumeFormHandler",
    "ResumeHandler",
    "RunFormHandler",
    "RunGroupHandler",
    "RunReportHandler",
    "RunsHandler",
]

# Each is a column, and its notebook is read.
MOST_COMPARED = 50


class _RunsHandler(WorkbenchHandler):
    def local_notebook(self, request: RunFormRequest) -> Notebook:
        """Return a notebook as it is in the editor, or else its file."""
        path = self.local_path(request.path)
        if request.content is None:
            return Notebook.read(path)
        return Notebook.from_json(path, request.content)

    async def answer_runs(self, ids: list[str]) -> None:
        """Answer with the runs that exist, in this order."""
        statuses = await self.in_thread(partial(self.services.runs.select, ids))
        self.answer(RunList(runs=statuses, limit=run_limit()))


class RunsHandler(_RunsHandler):
    """The runs."""

    @authenticated
    async def get(self) -> None:
        """Answer with all runs, newest first."""
        statuses, problems = await self.in_thread(self.services.runs.all)
        self.answer(RunList(runs=statuses, problems=problems, limit=run_limit()))

    @authenticated
    async def post(self) -> None:
        """Queue runs of a notebook, or only count them, and answer with their ids."""
        self.answer(await self.in_thread(self._start))

    def _start(self) -> StartedRuns:
        request = self.parse(RunRequest, limit_bytes=MAX_BYTES)
        notebook = self.local_notebook(request)
        plans = plans_of(request, notebook, self.services.settings.runs)
        if not request.only_count:
            return _started(queue_runs(plans))
        warnings = injection_warnings(notebook.node, [*request.values, *request.sweep])
        return StartedRuns(ids=[], count=len(plans), warnings=warnings)


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


class CancelRunsHandler(_RunsHandler):
    """Cancels runs."""

    @authenticated
    async def post(self) -> None:
        """Answer with the runs once they have ended; those that had ended before stay as they are.

        A kernel that does not react is killed after some seconds.
        """
        ids = self.parse(RunIds).ids
        await self.in_thread(partial(self._cancel, ids))
        await self.answer_runs(ids)

    def _cancel(self, ids: list[str]) -> None:
        folders = self.services.runs.folders(ids)
        states = {folder: read_record(folder).state for folder in folders}
        running = [folder for folder, state in states.items() if state == "running"]
        # The last one first, so that none starts when those before it have ended.
        for folder in reversed(folders):
            if states[folder] == "queued":
                _cancel_if_active(folder)
        if running:
            with ThreadPoolExecutor(len(running)) as pool:
                list(pool.map(_cancel_if_active, running))


class DeleteRunsHandler(_RunsHandler):
    """Deletes runs."""

    @authenticated
    async def post(self) -> None:
        """Move runs to the trash, and answer with those that are still there: none."""
        ids = self.parse(RunIds).ids
        await self.in_thread(partial(self._delete, ids))
        await self.answer_runs(ids)

    def _delete(self, ids: list[str]) -> None:
        for folder in self.services.runs.folders(ids):
            delete_run(folder)


class RestoreRunsHandler(_RunsHandler):
    """Restores deleted runs."""

    @authenticated
    async def post(self) -> None:
        """Take runs back from the trash, and answer with them."""
        ids = self.parse(RunIds).ids
        await self.in_thread(partial(self._restore, ids))
        await self.answer_runs(ids)

    def _restore(self, ids: list[str]) -> None:
        for run_id in ids:
            restore_run(run_id, self.services.settings.runs)


class RerunHandler(_RunsHandler):
    """Repeats runs."""

    @authenticated
    async def post(self) -> None:
        """Queue the same runs again, and answer with their ids."""
        self.answer(await self.in_thread(self._repeat))

    def _repeat(self) -> StartedRuns:
        request = self.parse(RunIds)
        parent = self.services.settings.runs
        plans = [
            plan_rerun(folder, parent=parent, anyway=request.anyway)
            for folder in self.services.runs.folders(request.ids)
        ]
        return _started(queue_runs(plans))


class ResumeFormHandler(_RunsHandler):
    """The form for resuming a run."""

    @authenticated
    async def post(self) -> None:
        """Answer with the cells at which a run can be resumed."""
        self.answer(await self.in_thread(self._form))

    def _form(self) -> ResumeForm:
        request = self.parse(ResumeRequest, limit_bytes=MAX_BYTES)
        (folder,) = self.services.runs.folders([request.id])
        return resume_form(folder, content=request.content)


class ResumeHandler(_RunsHandler):
    """Resumes a run."""

    @authenticated
    async def post(self) -> None:
        """Queue the run that continues another, and answer with its id and where it begins."""
        self.answer(await self.in_thread(self._resume))

    def _resume(self) -> StartedRuns:
        request = self.parse(ResumeRequest, limit_bytes=MAX_BYTES)
        (folder,) = self.services.runs.folders([request.id])
        plan, _reason = plan_resume(folder, cell=request.cell, content=request.content)
        return _started(queue_runs([plan]))


class CompareRunsHandler(_RunsHandler):
    """Compares runs."""

    @authenticated
    async def post(self) -> None:
        """Answer with how runs differ: two, or a few."""
        ids = list(dict.fromkeys(self.parse(RunIds).ids))
        if not 2 <= len(ids) <= MOST_COMPARED:
            raise HTTPError(
                400, f"ids: From 2 to {MOST_COMPARED} runs are compared, not {len(ids)}"
            )
        self.answer(await self.in_thread(partial(self._compare, ids)))

    def _compare(self, ids: list[str]) -> RunComparison:
        return compare_runs(self.services.runs.folders(ids))


class RunGroupHandler(_RunsHandler):
    """The runs of a sweep."""

    @authenticated
    async def get(self) -> None:
        """Answer with the runs of the sweep `id` in one table."""
        self.answer(await self.in_thread(partial(self._table, self.get_query_argument("id"))))

    def _table(self, group_id: str) -> RunGroupTable:
        statuses, _problems = self.services.runs.all()
        records = [status.run for status in reversed(statuses)]
        return group_table(find_group(group_id, records))


class OpenRunHandler(_RunsHandler):
    """Opens the notebook of a run."""

    @authenticated
    async def post(self) -> None:
        """Answer with the path of the notebook with the outputs so far."""
        self.answer(await self.in_thread(self._open))

    def _open(self) -> OpenedRun:
        ids = self.parse(RunIds).ids
        if len(ids) != 1:
            raise HTTPError(400, f"ids: One run can be opened at once (got {len(ids)})")
        (folder,) = self.services.runs.folders(ids)
        output = folder / OUTPUT_FILE
        path = self.contents_path(output)
        if not is_file(output):
            raise RunNotFoundError(
                f"{folder.name} has no outputs.", "They are there once its first cell has run."
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
        (folder,) = self.services.runs.folders([run_id])
        path = folder / REPORT_FILE
        if not is_file(path):
            self._make_report(folder)
        return path.read_bytes()

    @staticmethod
    def _make_report(folder: Path) -> None:
        # Imported here because the server starts without it.
        from ..runs.reports.report import write_report

        record = read_record(folder)
        if record.is_active:
            raise RunNotFoundError(
                f"{record.id} has no report yet: it is {record.state}.",
                "The report is written when the run ends.",
            )
        write_report(folder)


def _started(records: Sequence[RunRecord]) -> StartedRuns:
    """Return what a request has started."""
    warnings = dict.fromkeys(warning for record in records for warning in record.warnings)
    first = records[0] if records else None
    return StartedRuns(
        ids=[record.id for record in records],
        count=len(records),
        group=first.group.id if first is not None and first.group is not None else None,
        warnings=list(warnings),
        resumed_from=None if first is None else first.resumed_from,
    )


def _cancel_if_active(folder: Path) -> None:
    """Cancel a run, unless it ends by itself meanwhile."""
    try:
        cancel_run(folder)
    except WorkbenchError:
        if read_record(folder).is_active:
            raise
