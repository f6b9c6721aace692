"""A bundle whose layers are changed: what each change costs alone, and all of them together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from ..contract import (
    CompressionReport,
    CompressionTry,
    JobProgress,
    LayerSettings,
    Text,
    invalid_field,
)
from ..errors import CompressionError
from ..export.attempt import Listener
from ..export.bundle import Bundle
from ..export.ledger.intervals import Interval
from ..export.ledger.machine import describe_machine, load_average
from ..export.opening import opened
from ..program.progress import ProgressBar
from ..scratch import ScratchFolder
from .batches import Batch
from .data import check_not_held_out
from .effects import Comparison, Effect, Outputs, Score, checked_score
from .group_reports import GroupReports
from .latency import latency_of, latency_ratio
from .layer_trials import BITS, LayerTrials
from .pruning.pruning import check_shares, prune
from .pruning.sensitivity import SHARES
from .quantization.calibrated import CalibratedProgram
from .quantization.calibration_data import calibration_data, named
from .quantization.effects import outputs_of
from .quantization.quantizer import check_bits, check_list_of_bits

__all__ = ["CompressionStudy", "compression_report"]

FULL_BITS: Final = 32
FLOAT, INT8 = "float32", "int8"
"""The names of the first tries of a report."""

_CONVERTING = Text(zh="转换为 ONNX", en="converting to ONNX")
_OBSERVING = Text(zh="观察激活值", en="observing the activations")
_RUNNING = Text(zh="运行输入", en="running the inputs")
_TIMING = Text(zh="测量延迟", en="measuring the latency")
_PRUNING = Text(zh="剪枝", en="pruning")
_INT8 = Text(zh="全部用 int8", en="all layers in int8")


def compression_report(
    bundle: Bundle | str | Path,
    *,
    data: Sequence[Any],
    inputs: Sequence[Any],
    truth: Sequence[object] | None = None,
    score: Score | None = None,
    bits: Sequence[int] = BITS,
    shares: Sequence[float] = SHARES,
    listener: Listener | None = None,
) -> CompressionReport:
    """Measure what compression does to each layer of a bundle.

    Parameters
    ----------
    bundle, data, inputs, truth, score
        As for `CompressionStudy`, which can also measure several changes together.
    bits, shares, listener
        As for `CompressionStudy.report`.

    Returns
    -------
    CompressionReport

    Raises
    ------
    CompressionError, ExportError, BundleError
        As for `CompressionStudy`.
    """
    check_list_of_bits(bits)
    check_shares(shares)
    study = CompressionStudy(
        bundle, data=data, inputs=inputs, truth=truth, score=score, listener=listener
    )
    return study.report(bits=bits, shares=shares, listener=listener)


class CompressionStudy:
    """The layers of a bundle, and what becomes of the network if they are changed.

    Everything is computed by ONNX Runtime, as in `quantize` and `Bundle.export("onnx")`, apart from
    networks that lack the channels of one group, which Paddle runs. The bundle is not changed.

    Parameters
    ----------
    bundle : Bundle, str or Path
    data : sequence
        Raw inputs for calibration, as `Bundle.predict` takes them: a few dozen that are typical.
        None of them may be among `inputs` or in the held-out set.
    inputs : sequence
        Raw inputs on which changes are judged.
    truth : sequence, optional
        The right label or text of each of them; the accuracy is then the share that is right.
    score : callable, optional
        Another accuracy, from 0 to 1: takes the results of all inputs, as `Bundle.predict` returns
        them. Without both, only decisions that change are counted.
    listener : callable, optional
        Called with the progress, a `contract.JobProgress`.

    Raises
    ------
    CompressionError
        If the data or the inputs do not fit, are constant or contain NaN, there is not one truth
        for each input, or the network computes NaN.
    ExportError
        If the bundle cannot be exported to ONNX at all.
    BundleError
        If it is not a bundle.

    Examples
    --------
    >>> study = CompressionStudy(bundle, data=train[:64], inputs=valid.texts, truth=valid.labels)
    >>> report = study.report()
    >>> study.measure({"conv1": {"bits": 8}, "conv2": {"kept": 24}}).accuracy
    """

    def __init__(
        self,
        bundle: Bundle | str | Path,
        *,
        data: Sequence[Any],
        inputs: Sequence[Any],
        truth: Sequence[object] | None = None,
        score: Score | None = None,
        listener: Listener | None = None,
    ) -> None:
        self.bundle = opened(bundle)
        calibration = calibration_data(self.bundle, data)
        check_not_held_out(data, self.bundle, inputs)
        self._calibration = calibration
        with _progress(self.bundle, listener) as show:
            total = len(calibration.batches) + 2

            def run(batches: Sequence[Batch]) -> Outputs:
                """Convert the program, which takes longer than to check inputs and truth."""
                show(0, total, _CONVERTING)
                self._calibrated = CalibratedProgram.of(
                    self.bundle,
                    calibration,
                    after_batch=lambda number: show(1 + number, total, _OBSERVING),
                )
                self._program = self._calibrated.program.model
                show(total - 1, total, _RUNNING)
                return outputs_of(self._program, batches, self.bundle)

            self._comparison = Comparison(
                self.bundle,
                inputs,
                run,
                truth=truth,
                score=None if score is None else _portion(score),
            )
            self._groups = GroupReports(self.bundle, self._calibrated, self._comparison.batches)
        self._latency: Interval | None = None

    def report(
        self,
        *,
        bits: Sequence[int] = BITS,
        shares: Sequence[float] = SHARES,
        listener: Listener | None = None,
    ) -> CompressionReport:
        """Measure each layer with each number of bits, and without a share of its channels, alone.

        Parameters
        ----------
        bits : sequence of int
            Of the weights, 2 to 8; activations always have 8.
        shares : sequence of float
            Of the channels of a group that are removed, 0 to below 1.
        listener : callable, optional
            Called with the progress; by default a bar shows it, where a person watches.

        Returns
        -------
        CompressionReport
            With the layers, the network without a change, and a try with all layers in int8.

        Raises
        ------
        CompressionError
            If a number of bits or a share is not valid, or no layer can be quantised or pruned.
        """
        load_before = load_average()
        trials = LayerTrials(
            self.bundle, self._calibrated, self._comparison, self._groups, bits, shares
        )
        total = trials.count + 1 + trials.has_int8
        with _progress(self.bundle, listener) as show:
            show(0, total, _TIMING)
            own = self._own(lambda _share: show(0, total, _TIMING))
            layers = trials.measured(lambda number, step: show(1 + number, total, step))
            tries = []
            if trials.has_int8:
                show(total - 1, total, _INT8)
                settings = {
                    layer.name: {"bits": 8}
                    for layer in layers
                    if any(each.bits == 8 for each in layer.precisions)
                }
                tries.append(self.measure(settings, name=INT8))
        return CompressionReport(
            name=self.bundle.record.name,
            layers=tuple(layers),
            baseline=own,
            tries=tuple(tries),
            machine=describe_machine(["onnxruntime"], load_before),
        )

    def measure(
        self,
        settings: Mapping[str, Any],
        *,
        name: str = "",
        listener: Listener | None = None,
    ) -> CompressionTry:
        """Prune and quantise the network, and measure its accuracy, size and latency.

        The size is that of the ONNX program, in which integers of fewer than 8 bits count as if
        they were packed; ONNX Runtime stores each in a byte. The latency is that of one input on
        one thread: the ratio to that of the bundle's own program, which takes turns with it, times
        the latency of the baseline. So what else the machine does affects both.

        Parameters
        ----------
        settings : mapping
            By layer a `LayerSettings` or its fields, such as `{"fc1": {"bits": 8}}`.
        name : str
            Of the result.
        listener : callable, optional
            Called with the progress; an exception ends the measurement.

        Returns
        -------
        CompressionTry
            Sizes in bytes, times in ms; without an accuracy if there is neither truth nor score.

        Raises
        ------
        CompressionError
            If there is no such layer, or it cannot be changed in this way.
        """
        chosen = self._checked(settings)
        shares = self._groups.shares_of(chosen)
        bits = {layer: each.bits for layer, each in chosen.items() if each.bits != FULL_BITS}
        steps = [_PRUNING, _CONVERTING, _RUNNING, _TIMING] if shares else [_RUNNING, _TIMING]

        def show(step: Text) -> None:
            if listener is not None:
                listener(JobProgress(done=steps.index(step), total=len(steps), step=step))

        own = self._own()
        bundle, calibrated = self.bundle, self._calibrated
        with ScratchFolder("study") as work:
            if shares:
                show(_PRUNING)
                bundle = prune(bundle, work / self.bundle.record.name, share=shares)
                show(_CONVERTING)
                calibrated = CalibratedProgram.of(bundle, self._calibration)
            show(_RUNNING)
            model = calibrated.model(bits)
            effect = self._comparison.of(outputs_of(model, self._comparison.batches, bundle))
            show(_TIMING)
            ratio = latency_ratio(
                model,
                self._feed(bundle),
                self._program,
                self._feed(self.bundle),
                # Between two rounds a listener can end the measurement.
                on_round=lambda _share: show(_TIMING),
            )
        size = calibrated.size_of(model, bits)
        return self._try(name, chosen, size, effect, _times(own, ratio))

    def _own(self, on_round: Any = None) -> CompressionTry:
        """Return the network without a change; it is timed once."""
        if self._latency is None:
            self._latency = latency_of(self._program, self._feed(self.bundle), on_round=on_round)
        return self._try(FLOAT, {}, self._program.ByteSize(), self._comparison.own, self._latency)

    def _try(
        self,
        name: str,
        settings: Mapping[str, LayerSettings],
        size: int,
        effect: Effect,
        latency: Interval | None,
    ) -> CompressionTry:
        score = self._comparison.score
        return CompressionTry(
            name=name,
            settings=dict(settings),
            size_bytes=size,
            latency_ms=None if latency is None else latency.middle,
            latency_low_ms=None if latency is None else latency.low,
            latency_high_ms=None if latency is None else latency.high,
            accuracy=None if score is None else min(1.0, max(0.0, score - (effect.lost or 0.0))),
            changed_decisions=effect.changed_decisions,
            decisions=effect.decisions,
        )

    def _feed(self, bundle: Bundle) -> dict[str, Any]:
        """Return one input, or as many as the program takes at once."""
        first = self._comparison.batches[0]
        shapes = [each.shape for each in self.bundle.record.inputs]
        if all(shape and shape[0] is None for shape in shapes):
            first = tuple(array[:1] for array in first)
        return named([first], bundle)[0]

    def _checked(self, settings: Mapping[str, Any]) -> dict[str, LayerSettings]:
        """Return the settings of layers that are changed."""
        quantisable = list(self._calibrated.names.values())
        known = dict.fromkeys((*quantisable, *self._groups.channels))
        if not isinstance(settings, Mapping):
            raise CompressionError(
                f"The settings are {settings!r:.60}, and not a mapping by layer.",
                'Such as {"fc1": {"bits": 8}}.',
            )
        result = {}
        for name, value in settings.items():
            if name not in known:
                raise CompressionError(
                    f"{self.bundle.record.name} has no layer {name!r} that can be changed.",
                    f"Its layers are: {', '.join(known)}.",
                )
            try:
                setting = LayerSettings.model_validate(value)
            except ValidationError as error:
                raise CompressionError(
                    f"The settings of layer {name} are not valid: {invalid_field(error)}.",
                    'Such as {"bits": 8}, or {"kept": 16} for 16 channels.',
                ) from error
            if setting.bits != FULL_BITS:
                check_bits(setting.bits)
                if name not in quantisable:
                    raise CompressionError(
                        f"Layer {name} cannot be quantised.", f"Leave it with {FULL_BITS} bits."
                    )
            if setting != LayerSettings():
                result[name] = setting
        return result


def _portion(score: Score) -> Score:
    """Return a score that is checked to be from 0 to 1, as the lens shows it."""
    number_of = checked_score(score)

    def checked(results: list[Any]) -> float:
        value = number_of(results)
        if not 0 <= value <= 1:
            raise CompressionError(
                f"score returned {value:g}, and an accuracy is from 0 to 1.",
                "Return a share, such as 1 - min(1, error rate).",
            )
        return value

    return checked


def _times(own: CompressionTry, ratio: Interval | None) -> Interval | None:
    """Return the latency of a program from its ratio to that of the baseline."""
    if ratio is None or own.latency_ms is None:
        return None
    return Interval(*(own.latency_ms * each for each in (ratio.low, ratio.middle, ratio.high)))


@contextmanager
def _progress(bundle: Bundle, listener: Listener | None) -> Iterator[Any]:
    """Provide a function that shows how far some work is."""
    with ProgressBar(f"compression of {bundle.record.name}") as bar:

        def show(done: int, total: int, step: Text) -> None:
            if listener is not None:
                listener(JobProgress(done=done, total=total, step=step))
            bar.advance(done / total, step.en)

        yield show
