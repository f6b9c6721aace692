"""Every route of the extension, registered by the server and described by OpenAPI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from ..contract import (
    Catalog,
    DoctorReport,
    LessonRequest,
    OpenedLesson,
    ProgressUpdate,
    ResetLesson,
)
from .base import WorkbenchHandler
from .course import CatalogHandler, OpenLessonHandler, ProgressHandler, ResetLessonHandler
from .environment import DoctorHandler

__all__ = ["PREFIX", "ROUTES", "Route"]

PREFIX = "paddle-workbench"


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
        "Make the working copy afresh and keep the old one beside it.",
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
]
