"""What is wrong with a request, and the answers that say so."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from ..contract.serving import ServingProblem
from ..errors import ServingError, WorkbenchError

__all__ = [
    "InvalidRequestError",
    "RequestError",
    "UnknownModelError",
    "as_request_error",
    "read_json",
    "response_to",
]

_log = logging.getLogger(__name__)

_Model = TypeVar("_Model", bound=BaseModel)


class RequestError(Exception):
    """A request that is not answered as it should be.

    Parameters
    ----------
    status : int
        Of HTTP, also if the request came by gRPC.
    error, hint : str
    place : str
        Where in the request.
    headers : mapping of str to str, optional
    """

    def __init__(
        self,
        status: int,
        error: str,
        hint: str = "",
        *,
        place: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(error)
        self.status = status
        self.problem = ServingProblem(error=error, hint=hint, place=place)
        self.headers = dict(headers or {})


class InvalidRequestError(RequestError):
    """A request whose content is not what the model takes."""

    def __init__(self, error: str, hint: str = "", *, place: str = "") -> None:
        super().__init__(422, error, hint, place=place)


class UnknownModelError(ServingError):
    """The server has no such model, or not this version of it."""


def as_request_error(error: Exception) -> RequestError:
    """Return an error of any kind as what is wrong with a request; unexpected ones are logged."""
    if isinstance(error, RequestError):
        return error
    if isinstance(error, WorkbenchError):
        status = 404 if isinstance(error, UnknownModelError) else 409
        return RequestError(status, error.message, error.hint)
    _log.error("A request failed.", exc_info=error)
    return RequestError(500, f"The server failed: {type(error).__name__}.")


def response_to(error: Exception) -> Response:
    """Return the answer to a request that failed."""
    error = as_request_error(error)
    return Response(
        error.problem.model_dump_json(),
        error.status,
        headers=error.headers,
        media_type="application/json",
    )


def read_json(content: bytes, model: type[_Model]) -> _Model:
    """Return what JSON contains.

    Raises
    ------
    InvalidRequestError
        With the place of the first value that is not valid.
    """
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]
        ).lstrip(".")
        message = first["msg"].rstrip(".")
        if not place:
            raise InvalidRequestError(
                f"The body is not valid: {message}.", "Send JSON.", place="body"
            ) from error
        if first["type"] == "extra_forbidden":
            *outside, field = first["loc"]
            known = () if outside else model.model_fields
            near = difflib.get_close_matches(str(field), known, n=1)
            raise InvalidRequestError(
                f"The field {field!r:.80} is unknown.",
                f"Did you mean {near[0]}?" if near else "See /docs.",
                place=place,
            ) from error
        value = "" if first["type"] == "missing" else f": {first['input']!r:.80}"
        raise InvalidRequestError(f"{message}{value}.", place=place) from error
