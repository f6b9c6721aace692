"""A variant in a child process of its own, as the process that measures sees it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...child_process import ForkWorker, Limits, Outcome, Worker
from ...contract import Sample
from ...errors import clause_of
from ...processor import THREAD_VARIABLES
from ...program.passes.forks import check_fork
from ..samples import EagerSample, read_samples, write_samples
from ..session import MODULE, REFERENCE, Session
from ..targets.target import Run
from .protocol import BlockFailed
from .variants import Variant

__all__ = ["LIMITS", "Contender"]

LIMITS = Limits(time_s=600.0, output_bytes=256 * 1024**2)


@dataclass
class Loading:
    """How long a variant took to load, in milliseconds."""

    load_ms: float
    import_ms: float


class Contender:
    """A variant that is loaded and ready to be measured; every failure is a `BlockFailed`.

    Parameters
    ----------
    variant : Variant or None
        None for the fixed computation that shows the noise of the machine.
    names : sequence of str
        Of the bundle's inputs, in its order.
    threads : int
    folder : Path
        An empty folder for what it exchanges with its child.
    limits : Limits
        Of each request.
    """

    def __init__(
        self,
        variant: Variant | None,
        names: Sequence[str],
        *,
        threads: int,
        folder: Path,
        limits: Limits = LIMITS,
    ) -> None:
        self.title = "The reference" if variant is None else variant.shown_title
        self.peak_bytes: dict[int, int] = {}
        self._folder = folder
        self._passes: dict[int, int] = {}
        request: dict[str, Any] = {"threads": threads}
        if variant is None:
            request |= {"target": REFERENCE, "folder": ""}
        elif variant.bundle is not None:
            request |= {"target": variant.target, "folder": str(variant.folder.resolve())}
        try:
            if variant is None or variant.bundle is not None:
                environment = os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads))
                self._worker = Worker(MODULE, limits=limits, environment=environment)
            else:
                session = Session(lambda _request: _load_here(variant, threads))
                self._worker = ForkWorker(
                    session.answer, limits=limits, folder=folder, check=_check()
                )
        except OSError as error:
            raise BlockFailed(f"{self.title} has no process: {clause_of(error)}.") from error
        try:
            answer = self._ask("load", names=list(names), **request)
        except BaseException:  # an interrupt, too
            self.close()
            raise
        self.loading = Loading(answer["load_ms"], answer["import_ms"])

    def results(self, samples: Sequence[EagerSample]) -> list[EagerSample]:
        """Return the outputs for samples, or why there are none."""
        outputs = self._folder / "outputs.npz"
        answer = self._ask("run", outputs=str(outputs), **self._written(samples))
        records = [Sample.model_validate(record) for record in answer["records"]]
        results = read_samples(outputs, records)
        outputs.unlink()
        return results

    def warm_up(
        self, batch: int, inputs: Sequence[EagerSample], *, warm_up_s: float, block_s: float
    ) -> None:
        """Call the variant with a batch for a while, untimed."""
        times = {"warm_up_s": warm_up_s, "block_s": block_s}
        answer = self._ask("warm up", batch=batch, **times, **self._written(inputs))
        self._passes[batch] = answer["passes"]

    def block(self, batch: int) -> Sequence[float]:
        """Call the variant for one block; return the duration of each call in milliseconds."""
        answer = self._ask("time", batch=batch, passes=self._passes[batch])
        self.peak_bytes[batch] = answer["peak_bytes"]
        return list(answer["calls_ms"])

    def close(self) -> None:
        """End the child."""
        self._worker.close()

    def _written(self, samples: Sequence[EagerSample]) -> dict[str, Any]:
        path = self._folder / "inputs.npz"
        plain = [EagerSample(each.name, each.inputs) for each in samples]
        write_samples(plain, path)
        return {"inputs": str(path), "records": [each.record().model_dump() for each in plain]}

    def _ask(self, action: str, **values: Any) -> dict[str, Any]:
        reply = self._worker.request({"do": action, **values})
        if isinstance(reply, Outcome):
            lines = reply.last_lines(1, length=300)
            reason = f": {lines[0].strip()}" if lines else "."
            raise BlockFailed(f"{self.title} {reply.problem}{reason}")
        if "error" in reply.values:
            raise BlockFailed(f"{self.title} failed: {reply.values['error']}")
        return dict(reply.values)


def _check() -> Callable[[], None] | None:
    """Return what shows in a fork that no thread held a lock of Paddle; None if it cannot."""
    paddle = sys.modules.get("paddle")
    return check_fork if paddle is not None and paddle.device.get_device() == "cpu" else None


def _load_here(variant: Variant, threads: int) -> Run:
    """Load a variant in a fork, whose libraries are loaded already."""
    import threadpoolctl  # of scikit-learn

    threadpoolctl.threadpool_limits(threads)
    if variant.load is not None:
        return variant.load(threads)
    assert variant.run is not None  # noqa: S101 - checked by Variant
    return variant.run
