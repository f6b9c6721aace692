"""A client of a server of bundles."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, overload
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from ..contract.model import invalid_field
from ..contract.serving import (
    TIMEOUT_HEADER,
    ModelList,
    ModelMetadata,
    ModelSettings,
    ModelSettingsChange,
    Predictions,
)
from ..errors import ServingError
from ..export.processing import Prediction
from .encoding import Body, decode_tensors, encode_inputs, encode_tensors
from .json_tensors import HEADER_LENGTH
from .replies import prediction_of, problem_of, retry_after
from .workers.frames import Array

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["ServingClient", "authorization", "path_of"]

_Model = TypeVar("_Model", bound=BaseModel)

TRY_AGAIN = frozenset({429, 503})
"""Statuses after which the same request may succeed."""
LONGEST_PAUSE_S = 10.0


class ServingClient:
    """Asks a server that `workbench serve` has started; threads may share it.

    Parameters
    ----------
    url : str
        Such as `http://127.0.0.1:9292`.
    token : str, optional
        What the server was started with.
    timeout_s : float
        For a call with all its tries; the server drops what is not answered in time.
    retries : int
        How often a request is sent again if the connection fails, or the status is 429 or 503.
        Other statuses stay what they are however often one asks.
    backoff_s : float
        The longest pause before the first of these; it doubles with each. A server's Retry-After
        takes precedence if it is longer.

    Raises
    ------
    ServingError
        If the address is not one of HTTP, or an option is negative. From every call, if it fails:
        with the message and the hint of the server, `place` in the request, and `status`.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        timeout_s: float = 30.0,
        retries: int = 1,
        backoff_s: float = 0.1,
    ) -> None:
        if timeout_s <= 0 or retries < 0 or backoff_s < 0:
            raise ServingError(
                f"The client cannot have timeout_s={timeout_s}, retries={retries}, "
                f"backoff_s={backoff_s}.",
                "Pass a positive time, and 0 or more retries.",
            )
        self.url = url
        self._timeout_s, self._retries, self._backoff_s = timeout_s, retries, backoff_s
        self._metadata: dict[str, ModelMetadata] = {}
        self._client = httpx.Client(
            base_url=_address(url),
            headers=httpx.Headers(authorization(token), encoding="utf-8"),
            trust_env=not _is_loopback(url),  # a proxy does not reach this machine
            limits=httpx.Limits(max_connections=None),
        )

    def __enter__(self) -> ServingClient:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def ready(self) -> bool:
        """Return whether all models have a worker that is ready; False if nothing answers."""
        try:
            reply = self._send_once(_Call("GET", "/v2/health/ready"), self._timeout_s)
        except ServingError:
            return False
        return reply.status == httpx.codes.OK

    def models(self) -> tuple[str, ...]:
        """Return the names of the models."""
        return self._ask(ModelList, "GET", "/v2/models").models

    def metadata(self, model: str) -> ModelMetadata:
        """Return what a model takes and returns."""
        return self._ask(ModelMetadata, "GET", path_of("/v2/models", model))

    @overload
    def predict(
        self, inputs: list[Any] | tuple[Any, ...], model: str | None = None
    ) -> list[Prediction]: ...

    @overload
    def predict(
        self, inputs: str | bytes | Path | Array | Image, model: str | None = None
    ) -> Prediction: ...

    def predict(self, inputs: Any, model: str | None = None) -> Prediction | list[Prediction]:
        """Run a model on one raw input or on a list of them, as `Bundle.predict` does.

        Parameters
        ----------
        inputs
            A text, a picture, or a list of these. A picture is a uint8 array (height, width, 3) in
            RGB or a PIL picture in RGB, or a Path or the bytes of a picture file.
        model : str, optional
            Not needed if the server has one model.

        Returns
        -------
        Prediction, or a list of them

        Raises
        ------
        ServingError
        ShapeError
            If an array is not a picture.
        StorageError
            If a file cannot be read.
        """
        path = "/predict" if model is None else path_of("/models", model, "predict")
        answer = self._ask(Predictions, "POST", path, encode_inputs(inputs))
        predictions = [prediction_of(result) for result in answer.results]
        return predictions if isinstance(inputs, list | tuple) else predictions[0]

    def infer(
        self, arrays: Sequence[Array] | Mapping[str, Array], model: str | None = None
    ) -> list[Array]:
        """Run the program of a model on arrays, which travel as bytes.

        Parameters
        ----------
        arrays : sequence of arrays, or mapping of names to arrays
            A sequence has the order of the model's inputs, whose names are asked for once.
        model : str, optional
            Not needed if the server has one model.

        Returns
        -------
        list of arrays
            The outputs, in the order of the model.

        Raises
        ------
        ServingError
        """
        name = self._only_model() if model is None else model
        if not isinstance(arrays, Mapping):
            arrays = self._named(arrays, name)
        try:
            reply = self._send("POST", path_of("/v2/models", name, "infer"), encode_tensors(arrays))
        except ServingError:
            self._metadata.pop(name, None)  # another version may have other inputs
            raise
        return decode_tensors(reply.content, reply.headers.get(HEADER_LENGTH))

    def settings(self, model: str) -> ModelSettings:
        """Return how a model is served."""
        return self._ask(ModelSettings, "GET", path_of("/models", model, "settings"))

    def change_settings(self, model: str, **changes: float) -> ModelSettings:
        """Change how a model is served while it runs, and return all settings.

        Parameters
        ----------
        model : str
        **changes : int or float
            Fields of `ModelSettings`: batch, wait_ms, workers, queue, timeout_s.
        """
        try:
            change = ModelSettingsChange.model_validate(changes)
        except ValidationError as error:
            raise ServingError(
                f"The settings are not valid: {invalid_field(error)}.",
                f"Use these: {', '.join(ModelSettingsChange.model_fields)}.",
            ) from error
        content = change.model_dump_json(exclude_none=True).encode()
        body = Body(content, {"content-type": "application/json"})
        return self._ask(ModelSettings, "PATCH", path_of("/models", model, "settings"), body)

    def reload(self, model: str) -> ModelMetadata:
        """Let the server take a model from its path again, and return what it is now."""
        self._metadata.pop(model, None)
        return self._ask(ModelMetadata, "POST", path_of("/v2/repository/models", model, "load"))

    def _only_model(self) -> str:
        names = self.models()
        if len(names) != 1:
            raise ServingError(
                f"The server has {len(names)} models.", f"Name one: {', '.join(names)}."
            )
        return names[0]

    def _named(self, arrays: Sequence[Array], model: str) -> dict[str, Array]:
        metadata = self._metadata.get(model)
        if metadata is None:
            metadata = self._metadata[model] = self.metadata(model)
        names = [each.name for each in metadata.inputs]
        if len(arrays) != len(names):
            raise ServingError(
                f"{model} takes {len(names)} arrays, and got {len(arrays)}.",
                f"Pass a list with one array for each input: {', '.join(names)}.",
            )
        return dict(zip(names, arrays, strict=True))

    def _ask(self, kind: type[_Model], method: str, path: str, body: Body | None = None) -> _Model:
        content = self._send(method, path, body).content
        try:
            return kind.model_validate_json(content)
        except ValidationError as error:
            raise ServingError(
                f"{method} {path} of {self.url} answers with something else: "
                f"{invalid_field(error)}.",
                "Check that the address is that of `workbench serve`.",
            ) from error

    def _send(self, method: str, path: str, body: Body | None = None) -> _Reply:
        """Send a request, again if that can help, until the time is up."""
        call = _Call(method, path, body)
        deadline_s = monotonic() + self._timeout_s
        for attempt in range(self._retries + 1):
            try:
                reply = self._send_once(call, deadline_s - monotonic())
            except _ConnectionFailedError as error:
                problem: ServingError = error
                wait_s = 0.0
            else:
                if reply.status == httpx.codes.OK:
                    return reply
                problem = problem_of(reply.status, reply.content)
                if reply.status not in TRY_AGAIN:
                    raise problem
                wait_s = retry_after(reply.headers.get("retry-after", ""))
            longest_s = min(LONGEST_PAUSE_S, self._backoff_s * 2**attempt)
            # Not all clients of a server that was full should come back at the same instant.
            pause_s = max(wait_s, 0.0) + random.uniform(longest_s / 2, longest_s)  # noqa: S311
            if attempt == self._retries or monotonic() + pause_s > deadline_s:
                raise problem
            sleep(pause_s)
        raise AssertionError("unreachable")

    def _send_once(self, call: _Call, timeout_s: float) -> _Reply:
        """Return the whole response, whatever its status is."""
        deadline_s = monotonic() + timeout_s
        headers = {TIMEOUT_HEADER: f"{max(timeout_s, 0.001):.3f}"}
        try:
            with self._client.stream(
                call.method,
                call.path,
                content=call.body.content if call.body else None,
                headers=headers | (call.body.headers if call.body else {}),
                timeout=max(timeout_s, 0.001),
            ) as response:
                # httpx limits each wait, and not the sum of them.
                chunks = []
                for chunk in response.iter_bytes():
                    chunks.append(chunk)
                    if monotonic() > deadline_s:
                        raise self._late(call)
        except httpx.TimeoutException as error:
            raise self._late(call) from error
        except (httpx.NetworkError, httpx.RemoteProtocolError) as error:
            raise _ConnectionFailedError(
                f"{self.url} does not answer: {error}.",
                "Start the server: workbench serve BUNDLE",
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ServingError(
                f"{call.method} {call.path} cannot be sent to {self.url}: {error}."
            ) from error
        return _Reply(response.status_code, response.headers, b"".join(chunks))

    def _late(self, call: _Call) -> ServingError:
        return ServingError(
            f"{self.url} did not answer {call.method} {call.path} within {self._timeout_s:g} "
            "seconds.",
            "Send fewer inputs, or pass a larger timeout_s.",
        )


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    path: str
    body: Body | None = None


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    headers: httpx.Headers
    content: bytes


class _ConnectionFailedError(ServingError):
    """Nothing is listening, or the connection was closed before the answer."""


def authorization(token: str | None) -> dict[str, str]:
    """Return the header with a token."""
    return {"authorization": f"Bearer {token}"} if token else {}


def _address(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        parsed = httpx.URL()
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ServingError(
            f"{url!r:.200} is not an address of HTTP.", "Pass one such as http://127.0.0.1:9292."
        )
    return url


def _is_loopback(url: str) -> bool:
    host = httpx.URL(url).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def path_of(start: str, model: str, *rest: str) -> str:
    """Return the path of a model's route."""
    return "/".join([start, quote(model, safe=""), *rest])
