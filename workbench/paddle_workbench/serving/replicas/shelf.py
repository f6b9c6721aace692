"""The shelf: an actor that keeps what replicas serve, and lets all change together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...contract.serving import ModelSettingsChange
from ...errors import WorkbenchError
from .edition import Edition, Outcome, PackedBundle, PlacedBundle, pack_bundle
from .messages import write_warnings

__all__ = ["NAMESPACE", "Shelf", "find_shelf", "open_shelf"]

_log = logging.getLogger(__name__)

NAMESPACE = "paddle-workbench"
MEASURE_S = 5.0
"""A replica that has not said within this time what it counts is left out."""
PREPARE_S = 300.0
"""In this time each replica must have opened the bundles of a new edition."""
_EDITION = "edition.json"


class Shelf:
    """Keeps the current edition and the bundles in it, and changes both in all replicas.

    A change has two steps: first each replica opens what is new next to what it serves, then all
    switch. If one cannot open it, none switches. The files are kept in a folder, so that a shelf
    that ends starts again with them.

    Parameters
    ----------
    application : str
        The name of the application in Serve.
    folder : str
        Where its files are; made if it is missing.
    """

    def __init__(self, application: str, folder: str) -> None:
        write_warnings()
        self._application = application
        self._folder = Path(folder)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._edition = Edition()
        self._failure = Outcome()
        self._batches: dict[tuple[str, ...], int] = {}
        self._lock = asyncio.Lock()
        with suppress(FileNotFoundError):
            content = (self._folder / _EDITION).read_bytes()
            self._edition = Edition.model_validate_json(content)

    async def edition(self) -> Edition:
        """Return what a replica serves now."""
        return self._edition

    async def content(self, digest: str) -> bytes:
        """Return the zip file of a bundle."""
        return await asyncio.to_thread(self._file(digest).read_bytes)

    async def batch(self, running: tuple[str, ...], measured: int | None) -> int | None:
        """Return the batch of a bundle in all replicas: what the first one has measured.

        Parameters
        ----------
        running : tuple of str
            See `PlacedBundle.running`.
        measured : int, optional
            What this replica has measured, which counts if it is the first.
        """
        if measured is not None:
            self._batches.setdefault(running, measured)
        return self._batches.get(running)

    async def fail(self, failure: Outcome) -> None:
        """Note why a replica could not start."""
        self._failure = failure

    async def failure(self) -> Outcome:
        """Return why a replica could not start; empty if none failed since the last offer."""
        return self._failure

    async def offer(
        self, packed: Sequence[PackedBundle], bundles: Sequence[PlacedBundle]
    ) -> Outcome:
        """Serve these bundles from now on, and no others.

        Parameters
        ----------
        packed : sequence of PackedBundle
            The files of those that are not on the shelf.
        bundles : sequence of PlacedBundle
        """
        async with self._lock:
            self._failure = Outcome()
            return await self._change(bundles, packed)

    async def reload(self, name: str) -> Outcome:
        """Take the bundles of a model from their paths again, on the machine of the shelf."""
        async with self._lock:
            bundles, packed = list(self._edition.bundles), []
            for number, bundle in enumerate(bundles):
                if bundle.name != name:
                    continue
                try:
                    one = await asyncio.to_thread(pack_bundle, bundle.path)
                except WorkbenchError as error:
                    return Outcome(error=error.message, hint=error.hint)
                packed.append(one)
                bundles[number] = bundle.model_copy(
                    update={"name": one.name, "version": one.version, "digest": one.digest}
                )
            return await self._change(bundles, packed)

    async def change(self, name: str, change: ModelSettingsChange) -> Outcome:
        """Change settings of a model in each replica."""
        changes = change.model_dump(exclude_none=True)
        async with self._lock:
            bundles = list(self._edition.bundles)
            for number, each in enumerate(bundles):
                if each.name == name:
                    update = {
                        "settings": each.settings.model_copy(update=changes),
                        "measures_batch": each.measures_batch and change.batch is None,
                    }
                    bundles[number] = each.model_copy(update=update)
            return await self._change(bundles, ())

    async def measure(self) -> list[tuple[str, bytes]]:
        """Return what each replica counts, in the format of Prometheus, with its name."""
        try:
            answers = await self._ask("measure", limit_s=MEASURE_S)
        except TimeoutError:
            return []
        return [each for each in answers if not isinstance(each, Exception)]

    async def _change(
        self, bundles: Sequence[PlacedBundle], packed: Sequence[PackedBundle]
    ) -> Outcome:
        edition = Edition(number=self._edition.number + 1, bundles=tuple(bundles))
        for each in packed:
            await asyncio.to_thread(self._file(each.digest).write_bytes, each.content)
        outcome = await self._tell("prepare", edition)
        if outcome.error:
            await self._tell("discard")
        else:
            self._edition = edition
            temporary = self._folder / f".{_EDITION}"
            temporary.write_text(edition.model_dump_json(), encoding="utf-8")
            temporary.replace(self._folder / _EDITION)
            late = await self._tell("switch", edition)  # a replica that has not follows later
            if late.error:
                _log.warning("A replica still serves what it did before: %s", late.error)
        self._remove_unused()
        return outcome

    async def _tell(self, method: str, *arguments: Any) -> Outcome:
        """Call a method of each replica, and return the first failure."""
        from ray.exceptions import RayActorError

        try:
            answers = await self._ask(method, *arguments, limit_s=PREPARE_S)
        except TimeoutError:
            return Outcome(
                error=f"A replica did not answer within {PREPARE_S:g} seconds.",
                hint="See the server's messages.",
            )
        for each in answers:
            # One that has ended meanwhile is replaced by one that takes the current edition.
            if isinstance(each, Exception) and not isinstance(each, RayActorError):
                return Outcome(error=f"A replica failed: {each}.", hint="See its messages.")
            if isinstance(each, Outcome) and each.error:
                return each
        return Outcome()

    async def _ask(self, method: str, *arguments: Any, limit_s: float) -> list[Any]:
        """Return what each replica answers to a call, or the exception with which it fails."""
        from ray import serve
        from ray.serve.exceptions import DeploymentUnavailableError, RayServeException

        try:
            handle = await asyncio.to_thread(serve.get_app_handle, self._application)
            answers: list[Any] = await handle.broadcast(method, *arguments).results_async(
                timeout_s=limit_s, return_exceptions=True
            )
        except (RayServeException, DeploymentUnavailableError) as error:
            _log.info("No replica runs: %s", error)
            return []
        return answers

    def _file(self, digest: str) -> Path:
        return self._folder / f"{digest}.zip"

    def _remove_unused(self) -> None:
        used = {each.digest for each in self._edition.bundles}
        for path in self._folder.glob("*.zip"):
            if path.stem not in used:
                path.unlink(missing_ok=True)


def open_shelf(application: str, folder: Path) -> Any:
    """Return the shelf of an application; it starts on the head of the cluster if there is none."""
    import ray

    actor: Any = ray.remote(Shelf)
    return actor.options(
        name=_name(application),
        namespace=NAMESPACE,
        lifetime="detached",
        get_if_exists=True,
        max_restarts=-1,
        max_task_retries=2,
        num_cpus=0,
        resources={"node:__internal_head__": 0.001},
    ).remote(application, str(folder))


def find_shelf(application: str) -> Any:
    """Return the shelf of an application."""
    import ray

    return ray.get_actor(_name(application), namespace=NAMESPACE)


def _name(application: str) -> str:
    return f"shelf-{application}"
