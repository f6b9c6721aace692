"""A replica: the application of one server, whose bundles and settings come from the shelf."""

from __future__ import annotations

import asyncio
import logging
from contextvars import Context
from pathlib import Path
from typing import Any

from prometheus_client import disable_created_metrics
from starlette.types import ASGIApp

from ...contract.serving import ModelSettings, ModelSettingsChange
from ...errors import ServingError, WorkbenchError
from ...scratch import ScratchFolder
from ..application import make_gated
from ..bodies import BodyLimits
from ..deployment import Models, Served
from ..descriptions import ServerStatus
from ..grpc_service import InferenceServicer
from ..metrics import Metrics
from ..watching import watch_models
from .calls import GrpcCalls
from .edition import Edition, Outcome, PlacedBundle
from .listening import listen_only_on
from .measured import merged
from .messages import write_warnings
from .shelf import find_shelf

__all__ = ["Replica"]

_log = logging.getLogger(__name__)

GRACE_S = 20.0
"""What a replica has accepted is given up after this time when it ends. Ray may count a request
whose proxy was killed as open for ever, and a command that takes 30 seconds to end is killed."""
SHELF_S = 5.0
"""How long a replica waits for the shelf to say which edition is current."""


class SharedModels(Models):
    """The models of a replica, which change only together with those of all others."""

    def __init__(self, metrics: Metrics, shelf: Any) -> None:
        super().__init__(metrics)
        self._shelf = shelf

    async def change(self, name: str, change: ModelSettingsChange) -> ModelSettings:
        """Change settings of a model in each replica, and return all of them."""
        self.find(name)
        _raise(await _asked(self._shelf, "change", name, change))
        return self.find(name).settings

    async def reload(self, name: str) -> None:
        """Take the bundles of a model from their paths again, in each replica or in none."""
        self.find(name)
        _raise(await _asked(self._shelf, "reload", name))


class SharedMetrics(Metrics):
    """The metrics of a replica, which are read together with those of all others."""

    def __init__(self, shelf: Any) -> None:
        super().__init__()
        self._shelf = shelf

    async def text(self) -> bytes:
        """Return the values of all replicas, each with its `replica` as a label."""
        return merged(await _asked(self._shelf, "measure"))

    async def own_text(self) -> bytes:
        """Return the values of this replica."""
        return await super().text()


class Replica(GrpcCalls):
    """What Serve starts, calls and ends; `application` makes a deployment of it.

    Parameters
    ----------
    application : str
    largest_bytes : int
        Of a body.
    token : str, optional
        What clients send.
    """

    def __init__(self, application: str, largest_bytes: int, token: str | None) -> None:
        from ray.util import get_node_ip_address

        write_warnings()
        listen_only_on(get_node_ip_address())  # type: ignore[no-untyped-call]
        # Of this process: each series of a counter would be followed by its time of birth.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._shelf = find_shelf(application)
        self._token = token
        self.limits = BodyLimits(largest_bytes)
        self._metrics = SharedMetrics(self._shelf)
        self._models = SharedModels(self._metrics, self._shelf)
        self._status = ServerStatus()
        self.servicer = InferenceServicer(
            self._models, self._status, token=token, metrics=self._metrics
        )
        self._edition = Edition()
        self._running: dict[tuple[str, ...], Served] = {}
        self._prepared: dict[tuple[str, ...], Served] = {}
        self._lock = asyncio.Lock()
        watch_models(self._metrics, self._models)

    async def __serve_build_asgi_app__(self) -> ASGIApp:
        """Open the bundles of the current edition, and return the application."""
        outcome = await self.switch(await self._shelf.edition.remote())
        if outcome.error:
            await self._shelf.fail.remote(outcome)
            raise ServingError(outcome.error, outcome.hint)
        self._status.is_ready = True
        return make_gated(self._models, self._metrics, self._status, self.limits, self._token)

    async def prepare(self, edition: Edition) -> Outcome:
        """Open what is new in an edition, next to what is served."""
        async with self._lock:
            return await self._prepare(edition)

    async def discard(self) -> Outcome:
        """Close what was opened for an edition that does not come."""
        async with self._lock:
            prepared, self._prepared = list(self._prepared.values()), {}
            await asyncio.gather(*(each.close(0) for each in prepared))
        return Outcome()

    async def switch(self, edition: Edition) -> Outcome:
        """Serve an edition from now on; what was accepted before is answered as before."""
        async with self._lock:
            outcome = await self._prepare(edition)
            if outcome.error or edition.number <= self._edition.number:
                return outcome
            opened = self._running | self._prepared
            self._running = {each.running: opened[each.running] for each in edition.bundles}
            self._prepared = {}
            for bundle in edition.bundles:
                served = self._running[bundle.running]
                change = ModelSettingsChange(**bundle.settings.model_dump())
                if bundle.measures_batch:  # it has found its own
                    change = change.model_copy(update={"batch": None})
                served.change(change)
            self._models.hold(list(self._running.values()))
            self._edition = edition
        return outcome

    async def measure(self) -> tuple[str, bytes]:
        """Return a name of the replica, and what it counts."""
        from ray import serve

        return str(serve.get_replica_context().rank.rank), await self._metrics.own_text()

    async def check_health(self) -> None:
        """Follow the shelf, if an edition has come while this replica started."""
        try:
            edition = await asyncio.wait_for(self._shelf.edition.remote(), SHELF_S)
        except Exception as error:
            _log.info("The shelf does not answer: %s", error)
            return
        if edition.number > self._edition.number:
            await self.switch(edition)

    async def __del__(self) -> None:
        """Answer what was accepted, and end the workers; Serve awaits it."""
        self._status.is_ready = False
        await self.discard()
        await self._models.close(GRACE_S)

    async def _prepare(self, edition: Edition) -> Outcome:
        new = [
            each
            for each in edition.bundles
            if each.running not in self._running and each.running not in self._prepared
        ]
        try:
            for bundle in new:
                self._prepared[bundle.running] = await self._opened(bundle)
        except WorkbenchError as error:
            return Outcome(error=error.message, hint=error.hint)
        return Outcome()

    async def _opened(self, bundle: PlacedBundle) -> Served:
        content = await self._shelf.content.remote(bundle.digest)
        batch: int | None = None
        if bundle.measures_batch:
            batch = await self._shelf.batch.remote(bundle.running, None)
        measures_batch = bundle.measures_batch and batch is None
        with ScratchFolder("replica") as folder:
            packed = folder / "bundle.zip"
            await asyncio.to_thread(packed.write_bytes, content)
            served = await self._models.start(
                packed,
                target=bundle.target,
                threads=bundle.threads,
                settings=bundle.settings,
                measures_batch=measures_batch,
            )
        if measures_batch:
            batch = await self._shelf.batch.remote(bundle.running, served.settings.batch)
        if batch is not None:
            served.change(ModelSettingsChange(batch=batch))
        served.path = Path(bundle.path)
        return served


async def _asked(shelf: Any, method: str, *arguments: Any) -> Any:
    """Return what the shelf answers; what it does goes on if the request for it is cancelled.

    When a client leaves, Ray cancels its request and all calls from the same context. A change
    would then reach some replicas and not others.
    """

    async def ask() -> Any:
        return await getattr(shelf, method).remote(*arguments)

    return await asyncio.shield(Context().run(asyncio.ensure_future, ask()))


def _raise(outcome: Outcome) -> None:
    if outcome.error:
        raise ServingError(outcome.error, outcome.hint)
