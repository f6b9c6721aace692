"""`/paddle-workbench/export`: show a bundle, and check or export it to a target, as jobs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError
from tornado.web import authenticated

from ..child_process import Limits, Outcome, run, run_async
from ..contract import (
    BundlePicture,
    BundleRequest,
    ErrorMessage,
    ExportReport,
    ExportRequest,
    JobProgress,
    PageShell,
)
from ..errors import BundleError, EnvironmentBrokenError, SchemaVersionError, WorkbenchError
from ..jobs import JobControl
from ..reading import is_file
from ..scratch import ScratchFolder
from .base import WorkbenchHandler

__all__ = ["BundleHandler", "ExportHandler", "PageHandler", "PreflightHandler"]

RECORD = "bundle.json"
# 8 GiB, the largest bundle, are unpacked and compared with their digests.
SHOW_LIMITS = Limits(time_s=300.0, memory_bytes=4 * 1024**3)
# The attempt itself is limited in `export.attempt`.
EXPORT_LIMITS = Limits(time_s=1800.0)
# To remove what an export has begun to write.
GRACE_S = 10.0

_PROCESS = "paddle_workbench.export.bundle_process"
_ERRORS: dict[str, type[WorkbenchError]] = {"SchemaVersionError": SchemaVersionError}


class BundleHandler(WorkbenchHandler):
    """Reads and verifies bundles in a child process, since they may come from untrusted sources."""

    @authenticated
    async def post(self) -> None:
        """Answer with the bundle for display."""
        path = _bundle_path(self.local_path(self.parse(BundleRequest).path))
        name = self.contents_path(path)
        with ScratchFolder("bundle") as scratch:
            outcome = await run_async(
                _PROCESS, "show", str(path), limits=SHOW_LIMITS, folder=scratch
            )
        picture = BundlePicture.model_validate(_result(outcome, path, name))
        problem = picture.problem and _relative(picture.problem, path, name)
        self.answer(picture.model_copy(update={"path": name, "problem": problem}))


class PageHandler(WorkbenchHandler):
    """Serves the program that runs a bundle in the browser; its data are in the notebook."""

    @authenticated
    async def get(self) -> None:
        """Answer with the page of a bundle, without a bundle."""
        self.answer(await self.in_thread(_shell))


class _JobHandler(WorkbenchHandler):
    """Starts a job on a bundle and a target, in a child process that imports Paddle."""

    action: Literal["export", "preflight"]

    @authenticated
    async def post(self) -> None:
        """Answer with the job, or with the active one."""
        request = self.parse(ExportRequest)
        path = _bundle_path(self.local_path(request.path))
        name = self.contents_path(path)
        work = partial(_examine, self.action, path, name, request.target, self.services.root)
        subject = f"{name}#{request.target}"
        self.answer(
            await self.in_thread(partial(self.services.jobs.start, self.action, subject, work))
        )


class PreflightHandler(_JobHandler):
    """Starts a job that reports whether a target accepts a bundle."""

    action = "preflight"


class ExportHandler(_JobHandler):
    """Starts a job that exports a bundle to a target."""

    action = "export"


def _shell() -> PageShell:
    from ..export.page_document import shell

    return shell()


def _bundle_path(path: Path) -> Path:
    return path.parent if path.name == RECORD else path


def _examine(
    action: str, path: Path, name: str, target: str, root: Path, job: JobControl
) -> ExportReport:
    def follow(line: str) -> None:
        # Other lines are messages of Paddle and the converters.
        try:
            progress = JobProgress.model_validate_json(line)
        except ValidationError:
            return
        job.advance(progress.done, progress.total, progress.step)

    with ScratchFolder("bundle") as scratch:
        outcome = run(
            _PROCESS, action, str(path), target,
            limits=EXPORT_LIMITS, folder=scratch, grace_s=GRACE_S,
            on_line=follow, stop=job.stop,
        )  # fmt: skip
    job.check()
    report = ExportReport.model_validate(_result(outcome, path, name))
    return report.model_copy(update={"sources": _sources(report, path, root)})


def _sources(report: ExportReport, bundle: Path, root: Path) -> dict[str, str]:
    """Return the files that findings name and a browser can open; not those of notebook cells.

    A bundle names them relative to the notebook or the project that made it, which is usually one
    of the folders around the bundle.
    """
    sources = {}
    folders = [folder for folder in bundle.parents if folder.is_relative_to(root)]
    for name in {finding.line.file for finding in report.findings if finding.line}:
        found = next((path for folder in folders if is_file(path := folder / name)), None)
        file = None if found is None else found.resolve()
        if file is not None and file.is_relative_to(root.resolve()):
            sources[name] = file.relative_to(root.resolve()).as_posix()
    return sources


def _result(outcome: Outcome, path: Path, name: str) -> dict[str, Any]:
    """Return what the child process answered, or raise the error that it answered."""
    answer = outcome.answer or {}
    if "error" in answer:
        error = _relative(ErrorMessage.model_validate(answer["error"]), path, name)
        kind = _ERRORS.get(answer["kind"], BundleError)
        raise kind(error.message, error.hint, code=answer["code"])
    if "result" not in answer:
        raise _no_answer(outcome, name)
    result: dict[str, Any] = answer["result"]
    return result


def _relative(error: ErrorMessage, path: Path, name: str) -> ErrorMessage:
    """Return an error with the path relative to the server's root, as JupyterLab shows it."""
    message, hint = (text.replace(str(path), name) for text in (error.message, error.hint))
    return ErrorMessage(message=message, hint=hint)


def _no_answer(outcome: Outcome, name: str) -> WorkbenchError:
    (last,) = outcome.last_lines(1, length=1000) or [""]
    reason = f": {last}" if last and outcome.limit is None else "."
    return EnvironmentBrokenError(
        f"{name} cannot be read or exported: the process for it {outcome.problem}{reason}",
        f"Try in a terminal: workbench bundle verify {name}",
    )
