"""What compression does to each layer of a network, and the ways to do it that were tried."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

import traitlets
from pydantic import ValidationError

from ..compression.estimates import Cost, checked_settings, estimate, front, recipe_for, worth_of
from ..contract import (
    CompressionReport,
    CompressionTry,
    IntegerGrid,
    JobProgress,
    LayerPrecision,
    LayerReport,
    LayerSettings,
    Recipe,
    invalid_field,
)
from ..errors import CompressionError, WidgetError, WorkbenchError
from ..export.bundle import Bundle
from ..text.characters import sendable
from .base import WorkbenchWidget
from .compression_lens_input import described
from .compression_picture import front_picture, html_table, small_histogram, unit_of
from .measurement import Measure, Measurement

__all__ = ["CompressionLens"]

FULL_BITS: Final = 32
NOTHING: Final = "–"


class CompressionLens(WorkbenchWidget, front_end="compression-lens"):
    """Shows what compression does to each layer, and what was tried to make a network smaller.

    For each layer: histograms of its weights and of what it takes, scale and zero point, what is
    rounded away, and what is lost if only this layer is changed. Bits and channels of layers can be
    set; size and accuracy are estimated in the browser, and measured on request.

    Parameters
    ----------
    source : Bundle, str or Path, or CompressionReport
        Of a bundle or its path, each layer is measured, which takes a while.
    data, inputs : sequence, optional
        Of a bundle: raw inputs as `Bundle.predict` takes them, to calibrate with and to judge on.
        See `compression.CompressionStudy`.
    truth : sequence, optional
        Of a bundle: the right label or text of each of the inputs.
    score : callable, optional
        Of a bundle, instead of `truth`: returns an accuracy, from 0 to 1, for the results of all
        inputs.
    measure : callable, optional
        Of a report: takes settings by layer, a dict of `LayerSettings`, and returns a
        `CompressionTry`. With a parameter `listener` it gets a function to call with a
        `JobProgress`; that function ends it when the measurement was cancelled. It runs in a
        thread. A bundle measures itself.
    settings : mapping, optional
        To begin with, such as `{"fc1": {"bits": 8}}`.

    Raises
    ------
    WidgetError
        If it is neither, what is passed is for the other, `measure` cannot be called, or the
        settings do not fit the report.
    CompressionError, ExportError, BundleError
        If the bundle, its data or inputs are not valid; see `compression.CompressionStudy`.
    """

    title = traitlets.Unicode().tag(sync=True)
    """Name of the network, and the machine on which it was measured."""

    layers = traitlets.List(traitlets.Dict()).tag(sync=True)
    """The `contract.LayerReport`s."""

    tries = traitlets.List(traitlets.Dict()).tag(sync=True)
    """The `contract.CompressionTry`s; the first is the network without a change."""

    baseline = traitlets.Unicode().tag(sync=True)
    """Name of the try to which others are compared; by default that of the first."""

    settings = traitlets.Dict().tag(sync=True)
    """By layer bits and kept, the number of channels that are left, None for all; only layers that
    are changed."""

    layer = traitlets.Unicode().tag(sync=True)
    """Name of the layer that is open; empty for none."""

    figures_bits = traitlets.Int().tag(sync=True)
    """Number of bits that the figures of the table belong to; by default the most below 32."""

    sort_by = traitlets.Unicode("").tag(sync=True)
    """A column by which layers are sorted: layer, weights, activations, snr, saturated,
    loss, size, bits or channels; empty for the order of the network."""

    descending = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether the largest come first."""

    cost = traitlets.Enum(("size", "latency"), "size").tag(sync=True)
    """What accuracy is drawn against."""

    can_measure = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether settings can be measured."""

    state = traitlets.Enum(("idle", "measuring", "cancelling"), "idle").tag(sync=True)
    """What the measurement does."""

    progress = traitlets.Float(-1.0).tag(sync=True)
    """How far it is, 0 to 1; -1 if it is not known."""

    stage = traitlets.Unicode("").tag(sync=True)
    """What it does, as a phrase; empty if it is not known."""

    failure = traitlets.Unicode("").tag(sync=True)
    """Why the last request failed; empty if it did not."""

    def __init__(
        self,
        source: CompressionReport | Bundle | str | Path,
        *,
        data: Sequence[Any] | None = None,
        inputs: Sequence[Any] | None = None,
        truth: Sequence[object] | None = None,
        score: Callable[[list[Any]], float] | None = None,
        measure: Measure | None = None,
        settings: Mapping[str, Any] | None = None,
        **traits: Any,
    ) -> None:
        of_bundle = {"data": data, "inputs": inputs, "truth": truth, "score": score}
        self.check_options(traits, [*of_bundle, "measure"])
        report, measure = described(source, measure, of_bundle)
        self._report = report
        self._measure = measure
        self._measurement: Measurement | None = None
        # Guards traits and tries, which the thread of a measurement sets too.
        self._lock = threading.RLock()
        bits = {each.bits for layer in report.layers for each in layer.precisions} - {FULL_BITS}
        super().__init__(
            **{
                "title": _title(report),
                "layers": [layer.model_dump(mode="json") for layer in report.layers],
                "tries": _sent(report),
                "baseline": report.baseline.name,
                "settings": {} if settings is None else settings,
                "figures_bits": max(bits, default=FULL_BITS),
                "can_measure": measure is not None,
                **traits,
            }
        )
        self.on_msg(self._on_request)

    @property
    def report(self) -> CompressionReport:
        """The report, with the tries that were added here."""
        return self._report

    @property
    def estimate(self) -> CompressionTry:
        """What the settings would cost if layers did not affect each other."""
        return estimate(self._report, self.settings)

    def recipe(self) -> Recipe:
        """Return the settings as a recipe.

        Raises
        ------
        CompressionError
            If nothing is changed, or a layer has a number of bits that recipes do not have.
        """
        return recipe_for(self._report, self.settings)

    @traitlets.validate("settings")
    def _settings_fit(self, proposal: dict[str, Any]) -> dict[str, Any]:
        try:
            chosen = checked_settings(self._report, proposal["value"])
        except CompressionError as error:
            raise traitlets.TraitError(str(error)) from error
        return {name: setting.model_dump() for name, setting in chosen.items()}

    @traitlets.validate("baseline")
    def _baseline_exists(self, proposal: dict[str, Any]) -> str:
        name = str(proposal["value"])
        if name not in {each.name for each in self._tries}:
            raise traitlets.TraitError(f"there is no try {name!r}.")
        return name

    @traitlets.validate("layer")
    def _layer_exists(self, proposal: dict[str, Any]) -> str:
        name = str(proposal["value"])
        if name and name not in {each.name for each in self._report.layers}:
            raise traitlets.TraitError(f"there is no layer {name!r}.")
        return name

    @property
    def _tries(self) -> tuple[CompressionTry, ...]:
        return (self._report.baseline, *self._report.tries)

    def _on_request(self, _widget: Any, request: Any, _buffers: Any) -> None:
        """Handle a request of the browser."""
        if not isinstance(request, dict):
            return
        self.failure = ""
        try:
            # With the settings, since those of the trait may still be on their way.
            settings = checked_settings(self._report, request.get("settings", self.settings))
            if request.get("do") == "keep":
                self._add(estimate(self._report, settings, name=""))
            elif request.get("do") == "measure":
                self._start(settings)
        except WorkbenchError as error:
            self.failure = sendable(str(error))
        if request.get("do") == "cancel" and self._measurement:
            self._measurement.cancel()
            with self._lock:
                if self.state == "measuring":
                    self.state = "cancelling"

    def _start(self, settings: dict[str, LayerSettings]) -> None:
        if self._measure is None or self.state != "idle":
            return
        with self._lock, self.hold_sync():
            self.state, self.progress, self.stage = "measuring", -1.0, ""
        self._measurement = Measurement(
            self._measure, settings, on_progress=self._show_progress, on_end=self._end
        )
        self._measurement.start()

    def _show_progress(self, progress: JobProgress) -> None:
        with self._lock, self.hold_sync():
            self.progress = min(1.0, progress.done / progress.total) if progress.total else -1.0
            self.stage = sendable(progress.step.in_language(self.lang)) if progress.step else ""

    def _end(self, result: CompressionTry | str) -> None:
        failure = result if isinstance(result, str) else ""
        try:
            if isinstance(result, CompressionTry):
                self._add(result)
        except WorkbenchError as error:
            failure = str(error)
        with self._lock, self.hold_sync():
            self.failure = sendable(failure)
            self.state, self.progress, self.stage = "idle", -1.0, ""

    def _add(self, entry: CompressionTry) -> None:
        with self._lock:
            self._report = self._report_with(entry)
            self.tries = _sent(self._report)

    def _report_with(self, entry: CompressionTry) -> CompressionReport:
        """Return the report with a try under a name that no other has."""
        names = {each.name for each in self._tries}
        name, number = entry.name, len(names)
        while not name or name in names:
            name = self.text("try {number}", number=number)
            number += 1
        tries = (*self._report.tries, entry.model_copy(update={"name": name}))
        try:
            # Made again, since a try may have settings of layers that do not exist.
            return CompressionReport(**{**dict(self._report), "tries": tries})
        except ValidationError as error:
            raise WidgetError(
                f"The try that measure returned does not fit the report: {invalid_field(error)}.",
                "Return the settings that it was called with.",
            ) from error

    def to_html(self) -> str:
        """Return the layers as a table, and the tries as a picture with their figures."""
        title = f"<p><b>{escape(self.title)}</b></p>"
        figures = self.text("With {bits} bits:", bits=self.figures_bits)
        layers = html_table(
            self._layer_heads(), [self._layer(each) for each in self._report.layers]
        )
        return f"{title}<p>{escape(figures)}</p>{layers}{self._drawn()}{self._tries_table()}"

    def _layer_heads(self) -> list[str]:
        return [
            self.text("layer"),
            self.text("parameters"),
            self.text("weights"),
            self.text("activations"),
            self.text("SNR, dB"),
            self.text("saturated"),
            self.text("sensitivity"),
            self.text("bits"),
            self.text("channels"),
        ]

    def _layer(self, layer: LayerReport) -> list[str]:
        """Return the cells of a layer as HTML."""
        bits = self.figures_bits
        precision = next((each for each in layer.precisions if each.bits == bits), None)
        grids = [precision.weights, precision.activations] if precision else [None, None]
        setting = LayerSettings(**self.settings.get(layer.name, {}))
        facts = " · ".join(filter(None, (layer.op, "×".join(map(str, layer.shape)), layer.line)))
        return [
            f"<b>{escape(layer.name)}</b><br><small>{escape(facts)}</small>",
            f"{layer.parameters:,}",
            *(
                small_histogram(histogram, grid, label) if histogram else NOTHING
                for histogram, grid, label in (
                    (layer.weights, grids[0], self.text("weights")),
                    (layer.activations, grids[1], self.text("activations")),
                )
            ),
            self._pair(_decibels(each) for each in grids),
            self._pair(_saturated(each) for each in grids),
            self._lost(precision),
            str(setting.bits),
            str(setting.kept or layer.channels or NOTHING),
        ]

    def _pair(self, figures: Iterable[str]) -> str:
        """Return a figure of the weights above that of the activations."""
        names = (self.text("w"), self.text("a"))
        return "<br>".join(
            f"{name}&nbsp;{figure}" for name, figure in zip(names, figures, strict=True)
        )

    def _lost(self, precision: LayerPrecision | None) -> str:
        lost = precision.lost_accuracy if precision else None
        changed = precision.changed_decisions if precision else None
        if self._has_truth:
            return NOTHING if lost is None else f"{-100 * lost:+.1f}"
        return NOTHING if changed is None else str(changed)

    @property
    def _has_truth(self) -> bool:
        return self._report.baseline.accuracy is not None

    def _drawn(self) -> str:
        largest = max(each.size_bytes for each in self._tries)
        unit, size = unit_of(largest)
        cost: Cost = "size" if self.cost == "size" else "latency"
        is_size = cost == "size"
        best = front(self._tries, cost=cost, has_truth=self._has_truth)
        names = ", ".join(each.name for each in best)
        worth = self.text("accuracy") if self._has_truth else self.text("same decisions")
        return front_picture(
            self._tries,
            cost=cost,
            unit=size if is_size else 1.0,
            has_truth=self._has_truth,
            labels=(
                self.text("Tries; on the front are {names}", names=names),
                self.text("size, {unit}", unit=unit) if is_size else self.text("latency, ms"),
                worth,
            ),
        )

    def _tries_table(self) -> str:
        worth = self.text("accuracy") if self._has_truth else self.text("same decisions")
        heads = [self.text("try"), self.text("size"), self.text("ms"), worth, self.text("changed")]
        rows = []
        for entry in self._tries:
            unit, size = unit_of(entry.size_bytes)
            kept = worth_of(entry, has_truth=self._has_truth)
            sign = "●" if entry.is_measured else "○"
            pin = " ◆" if entry.name == self.baseline else ""
            rows.append(
                [
                    f"{sign} {escape(sendable(entry.name))}{pin}",
                    f"{entry.size_bytes / size:.3g} {unit}",
                    f"<span data-measured>{entry.latency_ms:.3g}</span>"
                    if entry.latency_ms
                    else NOTHING,
                    NOTHING if kept is None else f"{kept:.1%}",
                    NOTHING if entry.changed_decisions is None else str(entry.changed_decisions),
                ]
            )
        legend = self.text("● measured, ○ estimated, ◆ baseline")
        return f"{html_table(heads, rows)}<p><small>{escape(legend)}</small></p>"


def _decibels(grid: IntegerGrid | None) -> str:
    return NOTHING if grid is None or grid.snr_db is None else f"{grid.snr_db:.1f}"


def _saturated(grid: IntegerGrid | None) -> str:
    return NOTHING if grid is None or grid.saturated is None else f"{grid.saturated:.2%}"


def _sent(report: CompressionReport) -> list[dict[str, Any]]:
    return [each.model_dump(mode="json") for each in (report.baseline, *report.tries)]


def _title(report: CompressionReport) -> str:
    machine = report.machine
    where = f", {machine.processor}, {machine.cores} cores" if machine else ""
    return sendable(f"{report.name}{where}")
