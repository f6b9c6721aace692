"""The base of every route: parsing, answering, paths, and the map from errors to statuses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from jupyter_server.base.handlers import APIHandler
from pydantic import BaseModel, ValidationError
from tornado.web import HTTPError

from ..contract import ErrorMessage
from ..errors import (
    BundleError,
    ClusterError,
    CodeNotFoundError,
    CourseError,
    EnvironmentBrokenError,
    ExerciseNotFoundError,
    ForbiddenPathError,
    JobNotFoundError,
    LessonMetadataError,
    LessonNotFoundError,
    NotebookError,
    ProgramError,
    RunActiveError,
    RunNotFoundError,
    SchemaVersionError,
    StorageError,
    WorkbenchError,
)
from ..reading import resolved, storage_errors_as
from ..terminal_text import one_line
from .services import Services

__all__ = ["WorkbenchHandler", "status_of"]

MAX_BODY_BYTES = 1024 * 1024

_Model = TypeVar("_Model", bound=BaseModel)
_Result = TypeVar("_Result")

# The first class that matches determines the status.
_STATUSES: list[tuple[type[WorkbenchError], int]] = [
    (LessonNotFoundError, 404),
    (ExerciseNotFoundError, 404),
    (RunActiveError, 409),
    (RunNotFoundError, 404),
    (JobNotFoundError, 404),
    (CodeNotFoundError, 404),
    (ForbiddenPathError, 403),
    (LessonMetadataError, 422),
    (SchemaVersionError, 409),
    (NotebookError, 422),
    (ProgramError, 422),
    (BundleError, 422),
    (EnvironmentBrokenError, 503),
    (ClusterError, 503),
    (StorageError, 507),
    (CourseError, 500),
]


def status_of(error: WorkbenchError) -> int:
    """Return the HTTP status for an error of the workbench."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)


class WorkbenchHandler(APIHandler):
    """The base of the handlers of all HTTP routes.

    Failures are answered with an `ErrorMessage`.
    """

    services: Services

    def initialize(self, services: Services) -> None:
        """Keep the services; tornado calls it for each request."""
        self.services = services

    def parse(self, model: type[_Model], *, limit_bytes: int = MAX_BODY_BYTES) -> _Model:
        """Return the request's body as a model of the contract.

        Raises
        ------
        HTTPError
            400, with the field and its value, if the body does not match the model; 413 if it is
            larger than the limit.
        """
        size = len(self.request.body)
        if size > limit_bytes:
            raise HTTPError(413, f"The body has {size} bytes; the limit is {limit_bytes}.")
        try:
            return model.model_validate_json(self.request.body)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the body"
            raise HTTPError(
                400, f"{where}: {first['msg']} (got {first['input']!r:.200})"
            ) from error

    def answer(self, model: BaseModel) -> None:
        """Answer with a model of the contract."""
        self.answer_json(model.model_dump_json())

    def answer_json(self, content: str) -> None:
        """Answer with a model of the contract that has already been serialised."""
        self.set_header("Content-Type", "application/json")
        self.finish(content)

    async def in_thread(self, work: Callable[[], _Result]) -> _Result:
        """Run a function that reads or writes files in a thread, not to block the server."""
        return await asyncio.to_thread(work)

    def contents_path(self, path: Path) -> str:
        """Return the path of a file in the home as the contents API expects it.

        Raises
        ------
        EnvironmentBrokenError
            If the file is not below the server's root.
        StorageError
            If links on the way to it lead in a circle.
        """
        root, home = self.services.root, self.services.settings.home
        absolute = resolved(path)
        if not absolute.is_relative_to(root):
            raise EnvironmentBrokenError(
                f"This server is rooted at {root}, but the files of the workbench are in {home}.",
                "Start JupyterLab with `workbench lab`, or set PADDLE_WORKBENCH_HOME to a folder "
                f"below {root}.",
            )
        return absolute.relative_to(root).as_posix()

    def local_path(self, name: str) -> Path:
        """Return the local path of a file, given its path in the contents API.

        Raises
        ------
        ForbiddenPathError
            If it is outside the server's root, or is not a path.
        """
        with storage_errors_as(ForbiddenPathError):
            path = resolved(self.services.root / name)
        if not path.is_relative_to(self.services.root):
            raise ForbiddenPathError(
                f"{name!r} is outside the root folder of this server.",
                "Copy the file into that folder and open it in JupyterLab.",
            )
        return path

    def write_error(self, status_code: int, **details: Any) -> None:
        """Answer every failure with an `ErrorMessage`."""
        error = (details.get("exc_info") or (None, None, None))[1]
        if isinstance(error, WorkbenchError):
            self.set_status(status_of(error))
            message = ErrorMessage(message=error.sentence, hint=error.hint)
        elif isinstance(error, HTTPError):
            self.set_status(status_code)
            message = ErrorMessage(message=error.get_message() or error.reason or str(error))
        else:
            self.set_status(500)
            message = ErrorMessage(
                message="An unexpected error occurred in the server.",
                hint="The log of the Jupyter server has the details.",
            )
        self.answer(message)

    def log_exception(self, kind: Any, error: Any, trace: Any) -> None:
        """Log errors of the workbench without a traceback, and others as tornado does."""
        if isinstance(error, WorkbenchError):
            self.log.warning("%s %s: %s", self.request.method, one_line(self.request.path), error)
        else:
            super().log_exception(kind, error, trace)
