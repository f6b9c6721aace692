"""Every route of the extension, registered by the server and described by OpenAPI."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.routing import PathMatches, Rule, RuleRouter
from tornado.web import Application, RequestHandler

from ..contract import (
    Catalog,
    DoctorReport,
    Job,
    JobList,
    JobRequest,
    LessonCheck,
    LessonCheckRequest,
    LessonRequest,
    OpenedLesson,
    ProgramPicture,
    ProgramRequest,
    ProgressUpdate,
    ResetLesson,
)
from .base import WorkbenchHandler
from .checks import CheckHandler
from .course import CatalogHandler, OpenLessonHandler, ProgressHandler, ResetLessonHandler
from .environment import DoctorHandler
from .events import EventsHandler
from .jobs import CancelJobHandler, JobResultHandler, JobsHandler
from .program import ProgramHandler
from .services import Services

__all__ = ["EVENTS", "ROUTES", "Route", "RouteTable"]

EVENTS = "events"
"""The path of the WebSocket, which OpenAPI cannot describe."""


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path."""

    path: str
    method: Literal["get", "post", "patch"]
    handler: type[WorkbenchHandler]
    summary: str
    request: type[BaseModel] | None
    response: type[BaseModel] | None
    result: type[BaseModel] | None = None
    """Of the job that it starts."""


ROUTES = [
    Route(
        "checks",
        "post",
        CheckHandler,
        "Start to run a copy of a learner's notebook and to compare it with its lesson.",
        LessonCheckRequest,
        Job,
        LessonCheck,
    ),
    Route("course", "get", CatalogHandler, "The course with the learner's state.", None, Catalog),
    Route(
        "course/open",
        "post",
        OpenLessonHandler,
        "Make, or find, the working copy of a lesson.",
        LessonRequest,
        OpenedLesson,
    ),
    Route(
        "course/reset",
        "post",
        ResetLessonHandler,
        "Replace the working copy by a fresh one and keep the old one next to it.",
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
        "environment/doctor",
        "post",
        DoctorHandler,
        "Start to examine the environment.",
        None,
        Job,
        DoctorReport,
    ),
    Route(
        "jobs",
        "get",
        JobsHandler,
        "The jobs, the newest first; of one `kind` and of one `subject`, if these are given.",
        None,
        JobList,
    ),
    Route("jobs/cancel", "post", CancelJobHandler, "Tell a job to stop.", JobRequest, Job),
    Route(
        "jobs/result",
        "get",
        JobResultHandler,
        "The result of a job that has succeeded, given as `id`: what its kind of job promises.",
        None,
        None,
    ),
    Route(
        "program",
        "post",
        ProgramHandler,
        "Read a saved program and return it as the viewer draws it.",
        ProgramRequest,
        ProgramPicture,
    ),
]


class RouteTable(RuleRouter):
    """Sends each path below a prefix to its handler.

    Parameters
    ----------
    application : Application
        The Jupyter server's.
    prefix : str
        The server's base URL and the extension's prefix, ending in `/`.
    services : Services
        Passed to every handler.
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
        return self._application.get_handler_delegate(
            request, target, target_kwargs=options.get("target_kwargs")
        )
