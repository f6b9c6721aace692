"""The bodies of requests: read within limits, and taken apart into items."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Sequence
from time import monotonic
from typing import Any

from starlette.requests import ClientDisconnect, Request

from ..contract import BundleRecord
from ..contract.serving import PicturesRequest, TextsRequest
from .problems import InvalidRequestError, RequestError, read_json
from .workers.model import Item

__all__ = ["BodyLimits", "described_body", "items_of", "read_body"]

_TEXT_TASKS = frozenset({"text-classification"})


class BodyLimits:
    """How large a body may be, and how long it may take to arrive.

    Parameters
    ----------
    largest_bytes : int
    slowest_s : float
    """

    def __init__(self, largest_bytes: int = 16 << 20, slowest_s: float = 30.0) -> None:
        self.largest_bytes = largest_bytes
        self.slowest_s = slowest_s


async def read_body(request: Request, limits: BodyLimits) -> bytes:
    """Return the body of a request.

    Raises
    ------
    RequestError
        If it is too large, does not arrive in time, or does not arrive as a whole.
    """
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > limits.largest_bytes:
        raise _too_large(limits)
    chunks, size = [], 0
    deadline_s = monotonic() + limits.slowest_s
    stream = request.stream()
    try:
        while True:
            chunk = await asyncio.wait_for(anext(stream, b""), deadline_s - monotonic())
            if not chunk:
                break
            size += len(chunk)
            if size > limits.largest_bytes:
                raise _too_large(limits)
            chunks.append(chunk)
    except asyncio.TimeoutError:
        raise RequestError(
            408,
            f"The body did not arrive within {limits.slowest_s:g} seconds.",
            "Send it faster, or in smaller requests.",
            headers={"connection": "close"},
        ) from None
    except ClientDisconnect:
        raise RequestError(400, "The connection was closed within the body.") from None
    return b"".join(chunks)


def _too_large(limits: BodyLimits) -> RequestError:
    return RequestError(
        413,
        f"The body has more than {limits.largest_bytes:,} bytes.",
        "Send less at a time, or start the server with a larger --body-mb.",
        headers={"connection": "close"},
    )


def items_of(body: bytes, media_type: str, record: BundleRecord) -> list[tuple[str, Item]]:
    """Return the raw inputs in the body of a request to the route of a task, with their places.

    Parameters
    ----------
    body : bytes
        JSON, or with the types `text/plain` and `image/*` one text or picture alone.
    media_type : str
        Of the body, without parameters; empty if it is not given.
    record : BundleRecord

    Raises
    ------
    InvalidRequestError
        With the place.
    """
    if record.task in _TEXT_TASKS:
        if media_type == "text/plain":
            return [("body", Item(text=_decoded(body)))]
        texts = read_json(body, TextsRequest)
        named = _one_or_several(texts.text, texts.texts, "text", "texts")
        return [(place, Item(text=text)) for place, text in named]
    if media_type.startswith("image/") or body.lstrip()[:1] != b"{":
        if not body:
            raise InvalidRequestError(
                "The body is empty.", "Send the content of a picture file.", place="body"
            )
        return [("body", Item(picture=body))]
    pictures = read_json(body, PicturesRequest)
    named = _one_or_several(pictures.picture, pictures.pictures, "picture", "pictures")
    return [(place, Item(picture=_from_base64(text, place))) for place, text in named]


def _one_or_several(
    one: str | None, several: Sequence[str] | None, name: str, plural: str
) -> list[tuple[str, str]]:
    if one is not None and several is None:
        return [(name, one)]
    if several is not None and one is None:
        return [(f"{plural}[{number}]", each) for number, each in enumerate(several)]
    raise InvalidRequestError(
        f"Expected either {name!r} or {plural!r}.",
        f'Send {{"{name}": "…"}}, or {{"{plural}": ["…", "…"]}}.',
        place="body",
    )


def _decoded(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequestError(
            f"The text is not UTF-8: byte {error.start} is {body[error.start]:#04x}.",
            "Send it as UTF-8.",
            place="body",
        ) from error


def _from_base64(text: str, place: str) -> bytes:
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidRequestError(
            f"The picture is not base64: {error}.",
            "Send the content of the file in base64, or the file itself as the body.",
            place=place,
        ) from error
    if not content:
        raise InvalidRequestError("The picture is empty.", "Send a picture file.", place=place)
    return content


def described_body(*models: Any) -> dict[str, Any]:
    """Return the description of a body that the route reads itself."""
    schemas = [model.model_json_schema() for model in models]
    schema = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
