"""What is wrong with a request, and the answers that say so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from ..contract.serving import ServingProblem

__all__ = ["InvalidRequestError", "RequestError", "read_json", "response_to"]

_Model = TypeVar("_Model", bound=BaseModel)


class RequestError(Exception):
    """A request that is not answered as it should be.

    Parameters
    ----------
    status : int
        Of HTTP.
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


def response_to(error: RequestError) -> Response:
    """Return the answer to a request that failed."""
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
        value = "" if first["type"] == "missing" else f": {first['input']!r:.80}"
        raise InvalidRequestError(f"{message}{value}.", place=place) from error
