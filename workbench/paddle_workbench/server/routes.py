"""The table of all routes, for the server and for the OpenAPI description."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.routing import PathMatches, Rule, RuleRouter
from tornado.web import Application, RequestHandler

from ..contract import (
    BundlePicture,
    BundleRequest,
    Catalog,
    CodePage,
    DismissedNotice,
    DoctorReport,
    ExportReport,
    ExportRequest,
    Job,
    JobList,
    JobRequest,
    LessonCheck,
    LessonCheckRequest,
    LessonRequest,
    MissedOutputs,
    OpenedLesson,
    OpenedRun,
    PageShell,
    ProgramPicture,
    ProgramRequest,
    ProgressUpdate,
    ReceivedOutputs,
    ResetLesson,
    ResumeForm,
    ResumeRequest,
    RunComparison,
    RunForm,
    RunFormRequest,
    RunGroupTable,
    RunIds,
    RunList,
    RunRequest,
    StartedRuns,
)
from .base import WorkbenchHandler
from .checks import CheckHandler
from .codes import ExplainHandler
from .course import (
    CatalogHandler,
    DismissNoticeHandler,
    OpenLessonHandler,
    ProgressHandler,
    ResetLessonHandler,
)
from .environment import DoctorHandler
from .events import EventsHandler
from .export import BundleHandler, ExportHandler, PageHandler, PreflightHandler
from .jobs import CancelJobHandler, JobResultHandler, JobsHandler
from .outputs import OutputsHandler
from .program import ProgramHandler
from .runs import (
    CancelRunsHandler,
    CompareRunsHandler,
    DeleteRunsHandler,
    OpenRunHandler,
    RerunHandler,
    RestoreRunsHandler,
    ResumeFormHandler,
    ResumeHandler,
    RunFormHandler,
    RunGroupHandler,
    RunReportHandler,
    RunsHandler,
)
from .services import Services

__all__ = ["EVENTS", "ROUTES", "Route", "RouteTable"]

EVENTS = "events"
"""The path of the WebSocket for events, which OpenAPI cannot describe."""


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path.

    Parameters
    ----------
    path : str
        Without the prefix.
    method : {"get", "post", "patch"}
    handler : type of WorkbenchHandler
    summary : str
        For the OpenAPI description.
    request, response : type of BaseModel, optional
        The models of the bodies.
    result : type of BaseModel, optional
        The model of the result of the job that it starts.
    query : mapping
        The names of the parameters in the address, and whether each is required.
    """

    path: str
    method: Literal["get", "post", "patch"]
    handler: type[WorkbenchHandler]
    summary: str
    request: type[BaseModel] | None
    response: type[BaseModel] | None
    result: type[BaseModel] | None = None
    query: Mapping[str, bool] = field(default_factory=dict)


ROUTES = [
    Route(
        "checks",
        "post",
        CheckHandler,
        "Start a job that runs a copy of a learner's notebook and compares it with its lesson.",
        LessonCheckRequest,
        Job,
        LessonCheck,
    ),
    Route(
        "course",
        "get",
        CatalogHandler,
        "Return the course with the learner's progress.",
        None,
        Catalog,
    ),
    Route(
        "course/open",
        "post",
        OpenLessonHandler,
        "Open the working copy of a lesson; create it if it does not exist.",
        LessonRequest,
        OpenedLesson,
        OpenedRun,
    ),
    Route(
        "course/reset",
        "post",
        ResetLessonHandler,
        "Replace a working copy with a new one, and keep the old one next to it.",
        LessonRequest,
        ResetLesson,
    ),
    Route(
        "course/progress",
        "patch",
        ProgressHandler,
        "Report an attempt at an exercise, or a new state of a lesson.",
        ProgressUpdate,
        Catalog,
    ),
    Route(
        "course/dismiss",
        "post",
        DismissNoticeHandler,
        "Remove a notice that the learner has read.",
        DismissedNotice,
        Catalog,
    ),
    Route(
        "environment/doctor",
        "post",
        DoctorHandler,
        "Start a job that runs the doctor.",
        None,
        Job,
        DoctorReport,
    ),
    Route(
        "export",
        "post",
        ExportHandler,
        "Start a job that exports a bundle to a target.",
        ExportRequest,
        Job,
        ExportReport,
    ),
    Route(
        "export/bundle",
        "post",
        BundleHandler,
        "Verify a bundle and return it for display.",
        BundleRequest,
        BundlePicture,
    ),
    Route(
        "export/page",
        "get",
        PageHandler,
        "Return the page that runs a bundle in the browser, without a bundle.",
        None,
        PageShell,
    ),
    Route(
        "export/preflight",
        "post",
        PreflightHandler,
        "Start a job that reports whether a target accepts a bundle, without changing it.",
        ExportRequest,
        Job,
        ExportReport,
    ),
    Route(
        "explain",
        "get",
        ExplainHandler,
        "Return the page of a `code` in the language `lang`; as HTML for a browser.",
        None,
        CodePage,
        query={"code": True, "lang": False},
    ),
    Route(
        "jobs",
        "get",
        JobsHandler,
        "Return the jobs, newest first, optionally only those of a `kind` and `subject`.",
        None,
        JobList,
        query={"kind": False, "subject": False},
    ),
    Route("jobs/cancel", "post", CancelJobHandler, "Cancel a job.", JobRequest, Job),
    Route(
        "jobs/result",
        "get",
        JobResultHandler,
        "Return the result of the job `id`, which has succeeded.",
        None,
        None,
        query={"id": True},
    ),
    Route(
        "outputs",
        "get",
        OutputsHandler,
        "Return what closed pages have missed `after` a version of the outputs of a `kernel`.",
        None,
        MissedOutputs,
        query={"kernel": True, "page": True, "after": False},
    ),
    Route(
        "outputs",
        "post",
        OutputsHandler,
        "Forget outputs that a page has saved.",
        ReceivedOutputs,
        MissedOutputs,
    ),
    Route(
        "program",
        "post",
        ProgramHandler,
        "Read a saved program and return it for display.",
        ProgramRequest,
        ProgramPicture,
    ),
    Route("runs", "get", RunsHandler, "Return the runs, newest first.", None, RunList),
    Route(
        "runs",
        "post",
        RunsHandler,
        "Queue runs of a notebook, one for each combination of a sweep, or only count them.",
        RunRequest,
        StartedRuns,
    ),
    Route(
        "runs/cancel",
        "post",
        CancelRunsHandler,
        "Cancel runs, and return them when they have ended.",
        RunIds,
        RunList,
    ),
    Route(
        "runs/compare",
        "post",
        CompareRunsHandler,
        "Return how runs differ: parameters, metrics, outputs and provenance.",
        RunIds,
        RunComparison,
    ),
    Route(
        "runs/delete",
        "post",
        DeleteRunsHandler,
        "Move runs to the trash, where they are kept for a week.",
        RunIds,
        RunList,
    ),
    Route(
        "runs/form",
        "post",
        RunFormHandler,
        "Return the form for the parameters of a notebook.",
        RunFormRequest,
        RunForm,
    ),
    Route(
        "runs/group",
        "get",
        RunGroupHandler,
        "Return the runs of the sweep `id` in one table.",
        None,
        RunGroupTable,
        query={"id": True},
    ),
    Route(
        "runs/open",
        "post",
        OpenRunHandler,
        "Return the notebook of a run, with the outputs so far.",
        RunIds,
        OpenedRun,
    ),
    Route(
        "runs/report",
        "get",
        RunReportHandler,
        "Return the report of the run `id` as HTML; a missing one is made.",
        None,
        None,
        query={"id": True},
    ),
    Route(
        "runs/rerun",
        "post",
        RerunHandler,
        "Queue runs again with the same notebook and parameters.",
        RunIds,
        StartedRuns,
    ),
    Route(
        "runs/restore",
        "post",
        RestoreRunsHandler,
        "Take deleted runs back, and return them.",
        RunIds,
        RunList,
    ),
    Route(
        "runs/resume",
        "post",
        ResumeHandler,
        "Queue the run that continues another, at a cell or from the start.",
        ResumeRequest,
        StartedRuns,
    ),
    Route(
        "runs/resume-form",
        "post",
        ResumeFormHandler,
        "Return the cells at which a run can be resumed.",
        ResumeRequest,
        ResumeForm,
    ),
]


class RouteTable(RuleRouter):
    """Routes each path below a prefix to its handler.

    Parameters
    ----------
    application : Application
        The Jupyter server's.
    prefix : str
        The server's base URL and the extension's prefix, ending in `/`.
    services : Services
        Passed to all handlers.
    """

    def __init__(self, application: Application, prefix: str, services: Services) -> None:
        self._application = application
        handlers: dict[str, type[RequestHandler]] = {route.path: route.handler for route in ROUTES}
        handlers[EVENTS] = EventsHandler
        options = {"services": services}
        super().__init__(
            [
                Rule(PathMatches(re.escape(prefix + path)), handler, options)
                for path, handler in handlers.items()
            ]
        )

    def get_target_delegate(
        self, target: Any, request: HTTPServerRequest, **options: Any
    ) -> HTTPMessageDelegate:
        """Return the delegate of a handler, created by the server's application."""
        return self._application.get_handler_delegate(
            request, target, target_kwargs=options.get("target_kwargs")
        )
