"""A bench for a server: turn load and settings, watch it live, and compare runs."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import traitlets

from ..contract import Language
from ..contract.load import BenchRun
from ..errors import ServingError, WorkbenchError
from ..export.bundle import Bundle
from ..serving.load import LoadProgress
from ..serving.load.bench import Bench, limits, load_of, mean_batch, memory_mib, settings_of
from ..serving.load.notes import notes_of
from ..text.characters import sendable
from .base import WorkbenchWidget
from .compression_picture import html_table
from .serving_bench_picture import brief, curves_picture

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["ServingBench"]

NOTHING: Final = "–"


class ServingBench(WorkbenchWidget, front_end="serving-bench"):
    """Loads a server, shows live how it answers, and keeps the runs side by side.

    The load is sent by a process of its own. At a rate, latency counts from the instant for which a
    request was planned, whatever the server does.

    Parameters
    ----------
    target : str, Path or Bundle
        Address of a server, or a bundle, for which a server is started when it is needed. It ends
        with `close`, with the kernel, or when another bench starts one for the same bundle.
    inputs : sequence, optional
        Sent in turn: texts, pictures, or mappings of names to arrays, as
        `serving.load.run_load` takes them. By default the examples of the bundle.
    model : str, optional
        Not needed if the server has one model.
    token : str, optional
        Of the server at the address.

    Raises
    ------
    WidgetError
        If a keyword is not a trait, or a value of one is not valid.
    BundleError
        If it is not a whole and unchanged bundle.
    ServingError
        If the server does not answer, or there are no inputs.
    """

    title = traitlets.Unicode().tag(sync=True)
    """The model, and where it is served."""

    load = traitlets.Dict().tag(sync=True)
    """What the next run sends: a `contract.serving.BenchLoad`."""

    settings = traitlets.Dict().tag(sync=True)
    """How the next run wants the model served: a `contract.serving.BenchSettings`."""

    limits = traitlets.Dict().tag(sync=True)
    """By name of a number in `load` or `settings` the smallest and the largest."""

    state = traitlets.Enum(("idle", "starting", "running", "stopping"), "idle").tag(sync=True)
    """What the bench does."""

    failure = traitlets.Unicode("").tag(sync=True)
    """Why the last request failed; empty if it did not."""

    # What differs with each run has names that a check of a notebook does not compare.
    _progress = traitlets.Dict().tag(sync=True)
    """Of the run that goes on: number, elapsed_s, duration_s, scheduled, answered, failed."""

    _moments = traitlets.List(traitlets.Dict()).tag(sync=True)
    """The `contract.serving.LoadMoment`s of the run that goes on."""

    _rows = traitlets.List(traitlets.Dict()).tag(sync=True)
    """The runs as `contract.serving.BenchRun`s, without their seconds, with notes in `lang`."""

    removed = traitlets.Int(0).tag(sync=True)
    """How many runs can be brought back."""

    hidden = traitlets.List(traitlets.Int()).tag(sync=True)
    """Numbers of runs that are not drawn."""

    def __init__(
        self,
        target: str | Path | Bundle,
        inputs: Sequence[Any] | None = None,
        *,
        model: str | None = None,
        token: str | None = None,
        **traits: Any,
    ) -> None:
        self.check_options(traits, ["inputs", "model", "token"])
        path = target.path if isinstance(target, Bundle) else target
        self._bench = Bench(path, inputs, model=model, token=token)
        self._stop = threading.Event()
        # Guards traits, which the thread of a run sets too.
        self._lock = threading.RLock()
        super().__init__(
            **{
                "title": sendable(self._bench.server.name),
                "load": self._bench.load.model_dump(),
                "settings": self._bench.settings.model_dump(),
                "limits": {name: list(each) for name, each in limits().items()},
                **traits,
            }
        )
        self.on_msg(self._on_request)

    def __repr__(self) -> str:
        return f"ServingBench({self.title}: {len(self.runs)} runs)"

    @property
    def runs(self) -> tuple[BenchRun, ...]:
        """The runs, with their settings and what the load has shown."""
        return self._bench.runs

    @property
    def url(self) -> str:
        """Address of the server; empty before it is started."""
        return self._bench.server.url

    def table(self) -> DataFrame:
        """Return the runs as a pandas table with one row each, by their numbers."""
        return self._bench.table()

    def run(self, **choices: Any) -> BenchRun:
        """Load the server as chosen, wait for the end, and return the run, which is shown too.

        An interrupt of the kernel ends the run; what was measured is returned.

        Parameters
        ----------
        **choices
            Of the load: rate, clients, arrivals ("poisson", "constant" or "closed"), duration_s,
            size, timeout_s, seed. Of the server: batch, wait_ms, workers, queue, and of one that
            was started here threads. What is not passed stays as it is.

        Raises
        ------
        ServingError
            If another run goes on, a choice is not valid, or the server does not start or answer.
        """
        work = self._start(choices)
        while True:
            try:
                result = work.result()
                break
            except KeyboardInterrupt:
                self.stop()
        if result is None:
            raise ServingError("The run was stopped before it began.", "Run it again.")
        return result

    def stop(self) -> None:
        """End the run that goes on; what was measured is kept."""
        self._stop.set()
        with self._lock:
            if self.state in ("starting", "running"):
                self.state = "stopping"

    def close(self) -> None:
        """End the widget, and the server if it was started here."""
        if hasattr(self, "_bench"):  # not if there is no bench
            self._stop.set()
            self._bench.close()
        super().close()

    @traitlets.validate("load")
    def _load_is_valid(self, proposal: dict[str, Any]) -> dict[str, Any]:
        self._choose(proposal["value"])
        return self._bench.load.model_dump()

    @traitlets.validate("settings")
    def _settings_are_valid(self, proposal: dict[str, Any]) -> dict[str, Any]:
        self._choose(proposal["value"])
        return self._bench.settings.model_dump()

    def _choose(self, values: dict[str, Any]) -> None:
        try:
            self._bench.choose(**values)
        except ServingError as error:
            raise traitlets.TraitError(str(error)) from error

    @traitlets.observe("lang")
    def _translate(self, _change: Any) -> None:
        self._show_runs()

    def _on_request(self, _widget: Any, request: Any, _buffers: Any) -> None:
        """Handle a request of the browser."""
        if not isinstance(request, dict):
            return
        do, number = request.get("do"), request.get("number", 0)
        with self._lock:
            self.failure = ""
        try:
            if do == "run":
                self._start({**request.get("load", {}), **request.get("settings", {})})
            elif do == "repeat":
                run = self._bench.find(number)
                choices = load_of(run).model_dump()
                choices |= settings_of(run.settings, run.threads).model_dump(exclude_none=True)
                self._start(choices)
            elif do == "stop":
                self.stop()
            elif do == "remove":
                self._bench.remove(number)
                self._show_runs()
            elif do == "restore":
                self._bench.restore()
                self._show_runs()
        except WorkbenchError as error:
            self._fail(error)

    def _start(self, choices: dict[str, Any]) -> Future[BenchRun | None]:
        """Run in a thread, so that the kernel stays free."""
        with self._lock:
            if self.state != "idle":
                raise ServingError("The bench is running.", "Stop that run, or wait for its end.")
            self._bench.choose(**choices)
            self._stop = threading.Event()
            self._duration_s = self._bench.load.duration_s
            with self.hold_sync():
                self.load = self._bench.load.model_dump()
                self.settings = self._bench.settings.model_dump()
                self.state, self.failure = "starting", ""
                self._moments, self._progress = [], {}
        future: Future[BenchRun | None] = Future()
        threading.Thread(target=self._work, args=(future,), daemon=True).start()
        return future

    def _work(self, future: Future[BenchRun | None]) -> None:
        try:
            run = self._bench.run(
                on_progress=self._show_progress, on_ready=self._show_ready, stop=self._stop
            )
        except Exception as error:  # nothing else reports exceptions of this thread
            self._end(error)
            future.set_exception(error)
        else:
            self._end(None)
            future.set_result(run)

    def _show_ready(self) -> None:
        with self._lock:
            if self.state == "starting":
                self.state = "running"

    def _show_progress(self, progress: LoadProgress) -> None:
        with self._lock, self.hold_sync():
            self._progress = {
                "elapsed_s": progress.elapsed_s,
                "duration_s": self._duration_s,
                "scheduled": progress.scheduled,
                "answered": progress.answered,
                "failed": progress.failed,
            }
            self._moments = [*self._moments, progress.moment.model_dump()]

    def _end(self, error: Exception | None) -> None:
        with self._lock, self.hold_sync():
            if error is not None:
                self._fail(error)
            self._show_runs()
            self.state = "idle"

    def _fail(self, error: Exception) -> None:
        with self._lock:
            is_known = isinstance(error, WorkbenchError)
            self.failure = sendable(str(error) if is_known else f"{type(error).__name__}: {error}")

    def _show_runs(self) -> None:
        if not hasattr(self, "_bench"):
            return
        with self._lock, self.hold_sync():
            self._rows = [_sent(each, self.lang) for each in self.runs]
            self.removed = self._bench.removed

    def to_html(self) -> str:
        """Return the runs as a table, with what they have shown over time."""
        head = f"<p><b>{escape(self.title)}</b></p>"
        if not self.runs:
            empty = self.text("No run yet.")
            return f"{head}<p>{escape(empty)}</p>"
        heads = [
            self.text("run"),
            self.text("load"),
            self.text("settings"),
            self.text("answers/s"),
            self.text("p50 ms"),
            self.text("p95 ms"),
            self.text("p99 ms"),
            self.text("errors"),
            self.text("mean batch"),
            self.text("memory, MiB"),
        ]
        table = html_table(heads, [self._cells(each) for each in self.runs])
        lasting = max(each.result.elapsed_s for each in self.runs)
        pictures = [
            curves_picture(
                {
                    each.number: [
                        (moment.at_s, getattr(moment, name)) for moment in each.result.moments
                    ]
                    for each in self.runs
                },
                title=title,
                seconds=lasting,
                x_label=self.text("seconds"),
            )
            for name, title in (
                ("per_second", self.text("answers per second")),
                ("p99_ms", self.text("99th percentile of the latency, ms")),
                ("queue", self.text("inputs in the queue")),
            )
        ]
        # One element, since a check of a notebook takes other notes, and not more elements.
        notes = " ".join(
            f"{each.number}: {note}"
            for each in self.runs
            for note in notes_of(each.result, self.lang)
        )
        drawn = f"<div style='display:flex;flex-wrap:wrap;gap:12px'>{''.join(pictures)}</div>"
        return f"{head}{table}{drawn}<p><small>{escape(notes) or NOTHING}</small></p>"

    def _cells(self, run: BenchRun) -> list[str]:
        """Return the cells of a run as HTML."""
        result, settings = run.result, run.settings
        plan, latency = result.plan, result.latency
        if plan.clients == 1:
            load = self.text("1 client")
        elif plan.clients is not None:
            load = self.text("{clients} clients", clients=plan.clients)
        elif plan.arrivals == "poisson":
            load = self.text("{rate}/s, Poisson", rate=f"{plan.rate:g}")
        else:
            load = self.text("{rate}/s, constant", rate=f"{plan.rate:g}")
        if plan.size > 1:
            load += self.text(", {size} inputs each", size=plan.size)
        load += self.text(", {seconds} s", seconds=f"{plan.duration_s:g}")
        knobs = self.text(
            "batch {batch}, wait {wait} ms, workers {workers}, queue {queue}",
            batch=settings.batch,
            wait=f"{settings.wait_ms:g}",
            workers=settings.workers,
            queue=settings.queue,
        )
        if run.threads is not None:
            knobs += self.text(", threads {threads}", threads=run.threads)
        figures = [
            result.per_second,
            *(getattr(latency, f"p{share}_ms") if latency else None for share in (50, 95, 99)),
        ]
        return [
            str(run.number),
            escape(load),
            escape(knobs),
            *map(_measured, figures),
            f"<span data-measured>{sum(result.errors.values())}</span>",
            _measured(mean_batch(result)),
            _measured(memory_mib(result)),
        ]


def _measured(value: float | None) -> str:
    return NOTHING if value is None else f"<span data-measured>{brief(value)}</span>"


def _sent(run: BenchRun, language: Language) -> dict[str, Any]:
    """Return a run as the browser gets it."""
    values = run.model_dump(mode="json", exclude={"result": {"seconds"}})
    values["result"]["notes"] = list(notes_of(run.result, language))
    return values
