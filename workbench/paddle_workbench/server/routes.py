"""Every route of the extension, registered by the server and described by OpenAPI."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.routing import PathMatches, Rule, RuleRouter
from tornado.web import Application

from ..contract import (
    Catalog,
    DoctorReport,
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
from .checks import CancelCheckHandler, CheckHandler
from .course import CatalogHandler, OpenLessonHandler, ProgressHandler, ResetLessonHandler
from .environment import DoctorHandler
from .program import ProgramHandler

__all__ = ["ROUTES", "Route", "RouteTable"]


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path."""

    path: str
    method: Literal["get", "post", "patch"]
    handler: type[WorkbenchHandler]
    summary: str
    request: type[BaseModel] | None
    response: type[BaseModel]


ROUTES = [
    Route(
        "checks",
        "get",
        CheckHandler,
        "How far the last check of a notebook is, given as `path`, and what it found.",
        None,
        LessonCheck,
    ),
    Route(
        "checks",
        "post",
        CheckHandler,
        "Run a copy of a learner's notebook and compare it with its lesson, in the background.",
        LessonCheckRequest,
        LessonCheck,
    ),
    Route(
        "checks/cancel",
        "post",
        CancelCheckHandler,
        "End the check of a notebook.",
        LessonCheckRequest,
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
        "get",
        DoctorHandler,
        "Examine the environment; takes some seconds.",
        None,
        DoctorReport,
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
    """

    def __init__(self, application: Application, prefix: str) -> None:
        self._application = application
        handlers = {route.path: route.handler for route in ROUTES}
        super().__init__(
            [
                Rule(PathMatches(re.escape(prefix + path)), handler)
                for path, handler in handlers.items()
            ]
        )

    def get_target_delegate(
        self, target: Any, request: HTTPServerRequest, **_options: Any
    ) -> HTTPMessageDelegate:
        return self._application.get_handler_delegate(request, target)
