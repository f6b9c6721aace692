"""A bench for a server: loads and settings that are turned, and runs side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from ...contract.load import BenchLoad, BenchRun, BenchSettings, LoadRun
from ...contract.serving import ModelSettings
from ...errors import ServingError
from .bench_server import BenchServer
from .loading import LoadProgress, prepare_load
from .process import send_load

if TYPE_CHECKING:
    from pandas import DataFrame

_Chosen = TypeVar("_Chosen", bound=BaseModel)

__all__ = ["Bench", "Limits", "limits", "load_of", "mean_batch", "memory_mib"]

Limits = dict[str, tuple[float, float]]
"""By name the smallest and the largest value."""


class Bench:
    """Loads a server again and again with other settings, and keeps the runs.

    Parameters
    ----------
    target : str or Path
        Address of a server, or path of a bundle, for which a server is started.
    inputs : sequence, optional
        What `serving.load.run_load` takes; by default the examples of the bundle.
    model : str, optional
        Not needed if the server has one model.
    token : str, optional
        Of the server.

    Attributes
    ----------
    load : BenchLoad
        What the next run sends if it is not told otherwise.
    settings : BenchSettings
        How the next run wants the model served.
    runs : tuple of BenchRun

    Raises
    ------
    BundleError
        If it is not a whole and unchanged bundle.
    ServingError
        If the server does not answer, or there are no inputs.
    """

    def __init__(
        self,
        target: str | Path,
        inputs: Sequence[Any] | None = None,
        *,
        model: str | None = None,
        token: str | None = None,
    ) -> None:
        self.server = BenchServer(target, model=model, token=token)
        self._inputs = list(self.server.default_inputs() if inputs is None else inputs)
        if not self._inputs:
            raise ServingError("The bench has no inputs.", "Pass one at least: inputs=[…].")
        self.load = BenchLoad()
        self.settings = settings_of(self.server.settings, self.server.threads)
        self.runs: tuple[BenchRun, ...] = ()
        self._removed: list[tuple[int, BenchRun]] = []
        self._count = 0
        # One run at a time; the runs are also removed while another one goes on.
        self._running, self._lock = threading.Lock(), threading.Lock()

    def choose(self, **choices: Any) -> None:
        """Set what the next run sends and how it is served; the rest stays.

        Parameters
        ----------
        **choices
            Fields of `BenchLoad` and `BenchSettings`. A rate ends a closed load, and clients make
            the load closed, if arrivals is not among them.

        Raises
        ------
        ServingError
            If there is no such field, or a value is not within its limits.
        """
        names = [*BenchLoad.model_fields, *BenchSettings.model_fields]
        for name in choices:
            if name not in names:
                raise ServingError(
                    f"The bench has no setting {name!r}.", f"Use these: {', '.join(names)}."
                )
        if choices.get("threads") is not None and self.server.folder is None:
            raise ServingError(
                f"The number of threads of {self.server.url} cannot be changed: it belongs to the "
                "start of a server.",
                "Pass the bundle instead of the address, or start the server with --threads.",
            )
        if "arrivals" not in choices:
            has_rate, has_clients = ("rate" in choices, "clients" in choices)
            if has_rate and has_clients:
                raise ServingError(
                    "The load cannot have a rate and clients that wait for their answers.",
                    "Pass either rate= or clients=.",
                )
            if has_clients:
                choices["arrivals"] = "closed"
            elif has_rate and self.load.arrivals == "closed":
                choices["arrivals"] = "poisson"
        load = _changed(self.load, choices)
        self.load, self.settings = load, _changed(self.settings, choices)

    def run(
        self,
        *,
        on_progress: Callable[[LoadProgress], None] | None = None,
        on_ready: Callable[[], None] | None = None,
        stop: threading.Event | None = None,
        **choices: Any,
    ) -> BenchRun | None:
        """Serve and load as chosen, keep the run, and return it.

        Parameters
        ----------
        on_progress : callable, optional
            Called once a second, in this thread.
        on_ready : callable, optional
            Called when the server has the settings and the load begins.
        stop : Event, optional
            Ends the run when another thread sets it; what was measured is kept.
        **choices
            As for `choose`.

        Returns
        -------
        BenchRun or None
            None if it was stopped before it began.

        Raises
        ------
        ServingError
            If another run goes on, a choice is not valid, or the server does not start or answer.
        """
        if not self._running.acquire(blocking=False):
            raise ServingError("The bench is running.", "Stop that run, or wait for its end.")
        try:
            self.choose(**choices)
            load, settings = self.load, self.settings
            served = self.server.apply(
                ModelSettings(**settings.model_dump(exclude={"threads"})), settings.threads
            )
            if stop is not None and stop.is_set():
                return None
            prepared = prepare_load(
                self.server.url,
                self._inputs,
                model=self.server.model,
                token=self.server.token,
                **_load_options(load),
            )
            started_at = datetime.now(timezone.utc)
            if on_ready is not None:
                on_ready()
            result = send_load(prepared, on_progress=on_progress, stop=stop)
            return None if result is None else self._keep(result, served, started_at)
        finally:
            self._running.release()

    def find(self, number: int) -> BenchRun:
        """Return the run of a number.

        Raises
        ------
        ServingError
            If there is none.
        """
        for each in self.runs:
            if each.number == number:
                return each
        numbers = ", ".join(str(each.number) for each in self.runs) or "none"
        raise ServingError(f"The bench has no run {number}.", f"It has these: {numbers}.")

    def remove(self, number: int) -> None:
        """Remove a run; `restore` brings it back.

        Raises
        ------
        ServingError
            If there is none of this number.
        """
        with self._lock:
            run = self.find(number)
            self._removed.append((self.runs.index(run), run))
            self.runs = tuple(each for each in self.runs if each is not run)

    def restore(self) -> BenchRun | None:
        """Bring back the run that was removed last, and return it; None if there is none."""
        with self._lock:
            if not self._removed:
                return None
            place, run = self._removed.pop()
            self.runs = (*self.runs[:place], run, *self.runs[place:])
            return run

    @property
    def removed(self) -> int:
        """How many runs can be brought back."""
        return len(self._removed)

    def table(self) -> DataFrame:
        """Return the runs as a table with one row each, by their numbers."""
        from pandas import DataFrame

        rows = [_row(each) for each in self.runs]
        frame = DataFrame(rows, index=[each.number for each in self.runs])
        return frame.rename_axis("run")

    def close(self) -> None:
        """End the server if it was started here; another run starts it again."""
        self.server.close()

    def _keep(self, result: LoadRun, settings: ModelSettings, started_at: datetime) -> BenchRun:
        with self._lock:
            self._count += 1
            run = BenchRun(
                number=self._count,
                started_at=started_at,
                settings=settings,
                threads=self.server.threads,
                result=result,
            )
            self.runs = (*self.runs, run)
            return run


def limits() -> Limits:
    """Return the limits of all numbers that can be chosen."""
    found: Limits = {}
    for model in (BenchLoad, BenchSettings):
        for name, field in model.model_fields.items():
            bounds = {key: getattr(each, key) for each in field.metadata for key in each.__slots__}
            if bounds.keys() >= {"ge", "le"}:
                found[name] = (bounds["ge"], bounds["le"])
    return found


def settings_of(settings: ModelSettings, threads: int | None) -> BenchSettings:
    """Return what a bench can turn of settings."""
    values = settings.model_dump(include=set(BenchSettings.model_fields))
    return BenchSettings(**values, threads=threads)


def load_of(run: BenchRun) -> BenchLoad:
    """Return the load of a run, to repeat it."""
    values = run.result.plan.model_dump(include=set(BenchLoad.model_fields), exclude_none=True)
    return BenchLoad(**values)


def mean_batch(result: LoadRun) -> float | None:
    """Return the mean number of inputs of a batch; None if none was counted."""
    server = result.server
    return server.inputs / server.batches if server is not None and server.batches else None


def memory_mib(result: LoadRun) -> float | None:
    """Return the memory of all processes at the end; None if it is not known."""
    server = result.server
    return sum(server.memory_bytes.values()) / 2**20 if server and server.memory_bytes else None


def _changed(model: _Chosen, choices: Mapping[str, Any]) -> _Chosen:
    names = type(model).model_fields
    own = {name: value for name, value in choices.items() if name in names}
    try:
        return type(model).model_validate(model.model_dump() | own)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        if name in limits():
            low, high = limits()[name]
            kind = "whole number" if "int" in str(names[name].annotation) else "number"
            hint = f"Use a {kind} from {low:g} to {high:g}."
        else:
            hint = f"{first['msg']}."
        raise ServingError(f"{name} cannot be {first['input']!r:.80}.", hint) from error


def _load_options(load: BenchLoad) -> dict[str, Any]:
    """Return a load as `prepare_load` takes it."""
    options = load.model_dump(include={"duration_s", "size", "timeout_s", "seed"})
    if load.arrivals == "closed":
        return options | {"clients": load.clients}
    return options | {"rate": load.rate, "kind": load.arrivals}


def _row(run: BenchRun) -> dict[str, Any]:
    result = run.result
    plan, latency = result.plan, result.latency
    return {
        **plan.model_dump(include={"arrivals", "rate", "clients", "size", "duration_s"}),
        **run.settings.model_dump(include={"batch", "wait_ms", "workers", "queue"}),
        "threads": run.threads,
        "per_second": result.per_second,
        "inputs_per_second": result.per_second * plan.size,
        **{
            f"p{share}_ms": None if latency is None else getattr(latency, f"p{share}_ms")
            for share in (50, 95, 99)
        },
        "errors": sum(result.errors.values()),
        "mean_batch": mean_batch(result),
        "memory_mib": memory_mib(result),
        "notes": " ".join(result.notes),
    }
