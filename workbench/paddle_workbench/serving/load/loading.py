"""Load for a server of bundles: at a rate, or by clients that wait; and what it has shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import Any, Literal

import httpx
import numpy as np
import uvloop
from numpy.typing import NDArray

from ...contract.load import LoadPlan, LoadRun
from ...errors import ServingError
from ..client import ServingClient, authorization, path_of
from ..encoding import encode_inputs, encode_tensors
from .connections import request_bytes
from .counts import MetricsReader, server_load
from .sending import PROGRESS_S, LoadProgress, Sender
from .summary import describe, summarize

__all__ = [
    "LoadProgress",
    "PreparedLoad",
    "arrivals",
    "describe",
    "prepare_load",
    "run_load",
]

MOST_REQUESTS = 5_000_000
MOST_CLIENTS = 256
MOMENT_COUNTS = (
    "queue_inputs",
    "batch_rows_sum",
    "batch_rows_count",
    "process_resident_memory_bytes",
)


def arrivals(
    rate: float, duration_s: float, kind: Literal["poisson", "constant"], seed: int = 0
) -> NDArray[np.float64]:
    """Return the instants at which requests arrive, in seconds from the start, ascending.

    Parameters
    ----------
    rate : float
        Requests per second.
    duration_s : float
    kind : {"poisson", "constant"}
        Of many clients who do not know of each other, or at equal distances.
    seed : int
        Of the first kind.

    Returns
    -------
    array of float64, shape (requests,)
        All below `duration_s`.
    """
    if kind == "constant":
        return np.arange(int(np.ceil(rate * duration_s))) / rate
    rng = np.random.default_rng(seed)
    # Given their number, the instants of a Poisson process are uniform.
    return np.sort(rng.uniform(0.0, duration_s, rng.poisson(rate * duration_s)))


def run_load(
    url: str,
    inputs: Sequence[Any],
    *,
    model: str | None = None,
    rate: float | None = None,
    clients: int | None = None,
    kind: Literal["poisson", "constant"] = "poisson",
    duration_s: float = 10.0,
    timeout_s: float = 30.0,
    seed: int = 0,
    size: int = 1,
    token: str | None = None,
    on_progress: Callable[[LoadProgress], None] | None = None,
) -> LoadRun:
    """Load a server, and return what that has shown.

    At a rate, requests are sent at their instants whatever the server does, as those of many users
    are; latency counts from these instants. With clients, each sends one request after the other,
    so that the server is never without work: that is how to find its throughput.

    A keyboard interrupt ends the run; what was measured is returned.

    Parameters
    ----------
    url : str
        Such as `http://127.0.0.1:9292`.
    inputs : sequence
        Sent in turn: what `ServingClient.predict` takes, or mappings of names to
        arrays as `infer` takes them.
    model : str, optional
        Not needed if the server has one model.
    rate : float, optional
        Requests per second.
    clients : int, optional
        Instead of a rate.
    kind : {"poisson", "constant"}
        Of arrivals at a rate.
    duration_s : float
        In which requests are sent.
    timeout_s : float
        After which a request counts as failed, from its instant.
    seed : int
        Of the arrivals.
    size : int
        Inputs of a request. Arrays are joined along their first axis.
    token : str, optional
    on_progress : callable, optional
        Called once a second, in another thread.

    Raises
    ------
    ServingError
        If the plan is not valid, or the server does not answer the first input.
    """
    load = prepare_load(
        url,
        inputs,
        model=model,
        rate=rate,
        clients=clients,
        kind=kind,
        duration_s=duration_s,
        timeout_s=timeout_s,
        seed=seed,
        size=size,
        token=token,
    )
    return load.send(on_progress)


@dataclass(frozen=True, slots=True)
class PreparedLoad:
    """The requests of a load, of which the server has answered one.

    Parameters
    ----------
    url, model : str
    plan : LoadPlan
    contents : tuple of bytes
        Whole requests, which are sent in turn.
    token : str or None
    """

    url: str
    model: str
    plan: LoadPlan
    contents: tuple[bytes, ...]
    token: str | None

    def send(self, on_progress: Callable[[LoadProgress], None] | None = None) -> LoadRun:
        """Load the server, and return what that has shown, as `run_load` does."""
        plan = self.plan
        instants = np.empty(0)
        if plan.rate is not None and plan.arrivals != "closed":
            instants = arrivals(plan.rate, plan.duration_s, plan.arrivals, plan.seed)
        sender = Sender(httpx.URL(self.url), plan, instants, self.contents, on_progress)
        with MetricsReader(self.url, self.model, self.token) as reader:
            before = reader.read()
            if before is not None:
                sender.moments.before = before
                sender.read_server = lambda: reader.read(MOMENT_COUNTS, timeout_s=PROGRESS_S)
            start_s = monotonic()
            _send(sender)
            elapsed_s = monotonic() - start_s
            counted = server_load(before, reader.read(), elapsed_s)
        return summarize(self.url, self.model, sender, counted)


def _plan(
    rate: float | None,
    clients: int | None,
    kind: Literal["poisson", "constant"],
    duration_s: float,
    timeout_s: float,
    seed: int,
    size: int,
) -> LoadPlan:
    if (rate is None) == (clients is None):
        raise ServingError(
            "The load needs either a rate or clients.", "Pass rate=50, or clients=8 for saturation."
        )
    if duration_s <= 0 or timeout_s <= 0 or (rate is not None and rate <= 0):
        raise ServingError(
            f"The load cannot have rate={rate}, duration_s={duration_s}, timeout_s={timeout_s}.",
            "Pass positive numbers.",
        )
    if rate is not None and rate * duration_s > MOST_REQUESTS:
        raise ServingError(
            f"The load has {rate * duration_s:,.0f} requests.",
            f"Choose a rate and a duration with at most {MOST_REQUESTS:,}.",
        )
    if clients is not None and not 1 <= clients <= MOST_CLIENTS:
        raise ServingError(
            f"The load has {clients} clients.", f"Use from 1 to {MOST_CLIENTS}, or a rate."
        )
    if size < 1:
        raise ServingError(f"A request cannot have {size} inputs.", "Pass size=1 or more.")
    return LoadPlan(
        arrivals="closed" if rate is None else kind,
        rate=rate,
        clients=clients,
        duration_s=duration_s,
        timeout_s=timeout_s,
        seed=seed,
        size=size,
    )


def prepare_load(
    url: str,
    inputs: Sequence[Any],
    *,
    model: str | None = None,
    rate: float | None = None,
    clients: int | None = None,
    kind: Literal["poisson", "constant"] = "poisson",
    duration_s: float = 10.0,
    timeout_s: float = 30.0,
    seed: int = 0,
    size: int = 1,
    token: str | None = None,
) -> PreparedLoad:
    """Check a load, let the server answer one of its requests, and encode all of them.

    The parameters are those of `run_load`.

    Raises
    ------
    ServingError
        If the plan is not valid, or the server does not answer.
    """
    plan = _plan(rate, clients, kind, duration_s, timeout_s, seed, size)
    if not len(inputs):
        raise ServingError("The load has no inputs.", "Pass one at least.")
    values = _in_requests(inputs, size)
    with ServingClient(url, token=token, timeout_s=timeout_s) as client:
        names = client.models()
        if model is None and len(names) != 1:
            raise ServingError(
                f"The server has {len(names)} models.", f"Name one: {', '.join(names)}."
            )
        name = names[0] if model is None else model
        if isinstance(values[0], Mapping):
            client.infer(values[0], name)
        else:
            client.predict(values[0], name)
    address = httpx.URL(url)
    contents = tuple(_request(address, name, each, token) for each in values)
    return PreparedLoad(url, name, plan, contents, token)


def _in_requests(inputs: Sequence[Any], size: int) -> list[Any]:
    """Return what requests carry, all inputs at least once."""
    if size == 1:
        return list(inputs)
    groups = [
        [inputs[(start + step) % len(inputs)] for step in range(size)]
        for start in range(0, len(inputs), size)
    ]
    if not isinstance(inputs[0], Mapping):
        return groups
    try:
        return [
            {name: np.concatenate([each[name] for each in group]) for name in group[0]}
            for group in groups
        ]
    except (KeyError, ValueError) as error:
        raise ServingError(
            f"{size} inputs do not make one request: {error}.",
            "Pass size=1, or arrays that differ in the first axis only.",
        ) from error


def _request(url: httpx.URL, model: str, value: Any, token: str | None) -> bytes:
    if isinstance(value, Mapping):
        path, body = path_of("/v2/models", model, "infer"), encode_tensors(value)
    else:
        path, body = path_of("/models", model, "predict"), encode_inputs(value)
    return request_bytes(url, url.path.rstrip("/") + path, body, authorization(token))


def _send(sender: Sender) -> None:
    """Run a sender in a thread, since notebooks have an event loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(uvloop.run, sender.send())
        while True:
            try:
                work.result()
                return
            except KeyboardInterrupt:  # noqa: PERF203 - it may come again
                sender.stop()
