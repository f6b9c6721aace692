"""The models of a server: each with its versions, which are replaced without a lost request."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..contract import BundleRecord
from ..contract.serving import ModelSettings, ModelSettingsChange
from ..errors import ServingError, StorageError, WorkbenchError
from ..export.bundle_folder import BundleFolder
from ..reading import expanded, is_file
from ..scratch import ScratchFolder
from .metrics import Metrics
from .problems import UnknownModelError
from .workers.batching import BatchQueue
from .workers.nursery import check_target
from .workers.pool import WorkerPool

__all__ = ["Models", "Served", "check_different"]

_log = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class Served:
    """A version of a model that is served.

    Parameters
    ----------
    path : Path
        Where the bundle was taken from, and is taken from again.
    record : BundleRecord
    target : str
    settings : ModelSettings
    measures_batch : bool
        Whether the batch is what a worker was fastest with.
    pool : WorkerPool
    copy : ScratchFolder
        The files that its workers open: those at the path may be replaced at any time.
    """

    path: Path
    record: BundleRecord
    target: str
    settings: ModelSettings
    measures_batch: bool
    pool: WorkerPool
    copy: ScratchFolder

    @property
    def name(self) -> str:
        """The name of the model."""
        return self.record.name

    def change(self, change: ModelSettingsChange) -> ModelSettings:
        """Change settings while it runs, and return all of them."""
        changes = change.model_dump(exclude_none=True)
        self.settings = settings = self.settings.model_copy(update=changes)
        self.measures_batch &= change.batch is None
        queue = self.pool.queue
        queue.batch, queue.wait_s = settings.batch, settings.wait_ms / 1000
        queue.limit = settings.queue
        queue.wake()
        self.pool.resize(settings.workers)
        return settings

    async def close(self, grace_s: float) -> None:
        """Answer what waits, end the workers, and remove the copy."""
        await self.pool.close(grace_s)
        self.copy.close()


class Models:
    """All models of a server.

    Parameters
    ----------
    metrics : Metrics
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._versions: dict[str, dict[str, Served]] = {}
        self._lock = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()

    def __iter__(self) -> Iterator[Served]:
        for versions in self._versions.values():
            yield from versions.values()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the models."""
        return tuple(self._versions)

    def versions(self, name: str) -> tuple[str, ...]:
        """Return the versions of a model, the one that answers by default last.

        Raises
        ------
        UnknownModelError
        """
        self.find(name)
        return tuple(self._versions[name])

    def find(self, name: str, version: str | None = None) -> Served:
        """Return a version of a model; by default the one that was added last.

        Raises
        ------
        UnknownModelError
        """
        versions = self._versions.get(name)
        if not versions:
            raise UnknownModelError(
                f"There is no model {name!r}.", f"Use one of these: {', '.join(self._versions)}."
            )
        if version is None:
            return next(reversed(versions.values()))
        if version not in versions:
            raise UnknownModelError(
                f"The model {name} has no version {version!r}.",
                f"Use one of these: {', '.join(versions)}.",
            )
        return versions[version]

    async def add(
        self,
        path: str | Path,
        *,
        target: str,
        threads: int,
        settings: ModelSettings,
        measures_batch: bool = False,
    ) -> Served:
        """Open a bundle and start its workers; one of the same name and version is replaced.

        What the one before has accepted is answered. If the new one is not ready, nothing changes.
        With `measures_batch`, the batch is what the first worker is fastest with, instead of that
        of the settings.

        Raises
        ------
        BundleError
            If it is not a whole and unchanged bundle.
        ServingError
            If the target is not served, or the bundle does not run in it.
        """
        async with self._lock:
            served = await self.start(
                path,
                target=target,
                threads=threads,
                settings=settings,
                measures_batch=measures_batch,
            )
            versions = self._versions.setdefault(served.name, {})
            before = [
                each
                for each in versions.values()
                if each.path == served.path or each.record.version == served.record.version
            ]
            for each in before:
                del versions[each.record.version]
            versions[served.record.version] = served
        for each in before:
            self._close_later(each, settings.timeout_s)
        return served

    async def start(
        self,
        path: str | Path,
        *,
        target: str,
        threads: int,
        settings: ModelSettings,
        measures_batch: bool = False,
    ) -> Served:
        """Open a bundle and start its workers, which do not answer yet; see `add`.

        Raises
        ------
        BundleError
            If it is not a whole and unchanged bundle.
        ServingError
            If the target is not served, or the bundle does not run in it.
        """
        check_target(target)
        place = expanded(path)
        copy, record = await asyncio.to_thread(_copied, place)
        metrics = self._metrics.for_model(record.name, record.version)
        queue = BatchQueue(settings.batch, settings.wait_ms / 1000, settings.queue)
        pool = WorkerPool(
            record.name, copy.path / "bundle", target, threads, queue=queue, metrics=metrics
        )
        try:
            await pool.start(settings.workers, measures_batch=measures_batch)
        except WorkbenchError as error:
            copy.close()
            _log.error("%s was not loaded: %s %s", place, error.message, error.hint)
            raise
        settings = settings.model_copy(update={"batch": queue.batch})
        return Served(place, record, target, settings, measures_batch, pool, copy)

    def hold(self, served: Sequence[Served]) -> None:
        """Answer with these from now on, and only with these.

        What the others have accepted is answered.

        Parameters
        ----------
        served : sequence of Served
            Of several versions of a model, the last one answers by default.
        """
        before = [each for each in self if each not in served]
        self._versions = {}
        for each in served:
            self._versions.setdefault(each.name, {})[each.record.version] = each
        for each in before:
            self._close_later(each, each.settings.timeout_s)

    async def change(self, name: str, change: ModelSettingsChange) -> ModelSettings:
        """Change settings of a model while it runs, and return all of them.

        Raises
        ------
        UnknownModelError
        """
        return self.find(name).change(change)

    async def reload(self, name: str) -> None:
        """Take the bundles of a model from their paths again.

        Raises
        ------
        WorkbenchError
            As for `add`; what ran before still runs.
        """
        self.find(name)
        for each in list(self._versions[name].values()):
            await self.add(
                each.path,
                target=each.target,
                threads=each.pool.threads,
                settings=each.settings,
                measures_batch=each.measures_batch,
            )

    async def close(self, grace_s: float) -> None:
        """Answer what waits in all models, for as long as the grace, and end their workers."""
        await asyncio.gather(*(each.close(grace_s) for each in self), *self._closing)
        self._versions = {}

    def _close_later(self, served: Served, grace_s: float) -> None:
        task = asyncio.create_task(served.close(grace_s))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def check_different(records: Sequence[BundleRecord]) -> None:
    """Reject bundles that are to be served together, if the last one would replace another.

    Raises
    ------
    ServingError
    """
    *others, last = records
    if any((each.name, each.version) == (last.name, last.version) for each in others):
        raise ServingError(
            f"Two bundles are called {last.name}, and have the version {last.version}.",
            "Serve one of them, or create one with another name or version.",
        )


def _copied(path: Path) -> tuple[ScratchFolder, BundleRecord]:
    """Copy a bundle, and compare the copy with its digests."""
    copy = ScratchFolder("serving")
    place = copy.path / "bundle"
    try:
        if is_file(path):
            place = copy.path / "bundle.zip"
            shutil.copyfile(path, place)
            opened = BundleFolder(place)
            shutil.copytree(opened.folder, copy.path / "bundle")
            return copy, opened.record
        BundleFolder(path)  # names what is wrong with it by its own path
        shutil.copytree(path, place)
        return copy, BundleFolder(place).record
    except OSError as error:
        copy.close()
        raise StorageError(
            f"{path} cannot be copied: {error}.", "Free some space, or set TMPDIR."
        ) from error
    except WorkbenchError:
        copy.close()
        raise
