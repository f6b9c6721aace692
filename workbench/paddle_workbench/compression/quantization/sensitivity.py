"""Which layers int8 harms, and a mixed plan that keeps a budget by leaving those in float32."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...contract import JobProgress, QuantizationPlan, Text
from ...errors import CompressionError
from ...export.attempt import Listener
from ...export.bundle import Bundle
from ...export.opening import opened
from ...export.targets.int8_onnx import check_plan, read_plan
from ...export.targets.target import PROGRAM_FOLDER
from ...program.progress import ProgressBar
from ..effects import Effect, Score
from .effects import Effects
from .plan import selected
from .quantizing import float_program

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Budget", "LayerSensitivity", "Sensitivity", "sensitivity"]

_MEASURING = Text(zh="逐层测量", en="Measuring layer by layer")
_FLOAT_BYTES = 4


@dataclass(frozen=True, slots=True)
class Budget:
    """What a mixed plan may cost; each limit that is named has to be kept.

    Parameters
    ----------
    lost : float, optional
        Of the score, such as 0.01 for one point of accuracy.
    changed : float, optional
        Share of the decisions.
    difference : float, optional
        Of the outputs; see `Effect`.
    bytes : int, optional
        Most bytes of all weights that can be quantised.
    """

    lost: float | None = None
    changed: float | None = None
    difference: float | None = None
    bytes: int | None = None

    def __post_init__(self) -> None:
        limits = self._limits()
        if not limits and self.bytes is None:
            raise CompressionError("The budget has no limit.", "Such as Budget(changed=0.01).")
        for name, limit in {**limits, "bytes": self.bytes}.items():
            if limit is not None and not _is_limit(limit):
                raise CompressionError(
                    f"The budget for {name} is {limit!r:.40}.",
                    "Pass a number that is not negative.",
                )

    def allows(self, effect: Effect) -> bool:
        """Return whether an effect keeps the limits, apart from that of bytes.

        Raises
        ------
        CompressionError
            If the effect was measured without what a limit is about.
        """
        for name, limit in self._limits().items():
            value = getattr(effect, name)
            if value is None:
                raise CompressionError(
                    f"The budget limits {name!r}, which was not measured.",
                    "Pass truth or score to sensitivity."
                    if name == "lost"
                    else "Limit the difference instead: the outputs are not decisions.",
                )
            if value > limit:
                return False
        return True

    def _limits(self) -> dict[str, float]:
        limits = {"lost": self.lost, "changed": self.changed, "difference": self.difference}
        return {name: limit for name, limit in limits.items() if limit is not None}


def _is_limit(value: object) -> bool:
    return isinstance(value, Real) and float(value) >= 0


@dataclass(frozen=True, slots=True)
class LayerSensitivity:
    """What int8 in one layer does.

    Parameters
    ----------
    name, kind : str
        As in the plan.
    elements : int
        Number of its weights.
    alone : Effect
        If only this layer is quantised.
    others : Effect
        If all but this one are.
    """

    name: str
    kind: str
    elements: int
    alone: Effect
    others: Effect


@dataclass(frozen=True)
class Sensitivity:
    """The layers of a plan, each quantised alone, and each left out.

    Parameters
    ----------
    layers : tuple of LayerSensitivity
        In the order in which they run.
    all : Effect
        If all are quantised.
    score : float or None
        Of the network in float32.
    """

    layers: tuple[LayerSensitivity, ...]
    all: Effect
    score: float | None
    _plan: QuantizationPlan
    _effects: Effects

    def to_frame(self) -> DataFrame:
        """Return a table with a row for each layer."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "layer": each.name,
                    "kind": each.kind,
                    "weights": each.elements,
                    "alone": each.alone.difference,
                    "all but it": each.others.difference,
                    "changed alone": each.alone.changed,
                    "lost alone": each.alone.lost,
                }
                for each in self.layers
            ]
        )

    def within(self, budget: Budget) -> list[str]:
        """Return the layers to quantise, so that the budget is kept: `quantize(…, layers=…)`.

        Layers are left in float32 in the order of what they alone do to the outputs, for the
        weights they have; as few as the limits of the effect demand, which is measured for each
        try, or as many as the limit of bytes permits.

        Raises
        ------
        CompressionError
            If no choice keeps the budget.
        """
        # Keeping a small and sensitive layer in float32 costs little and brings much.
        worst_first = sorted(
            self.layers, key=lambda each: each.alone.difference / each.elements, reverse=True
        )
        if budget.bytes is not None:
            return self._within_bytes(worst_first, budget)
        fewest, most = 0, len(worst_first)
        if budget.allows(self.all):
            return [each.name for each in self.layers]
        # More layers in float32 have a smaller effect, as a rule: bisection needs few tries.
        while most - fewest > 1:
            middle = (fewest + most) // 2
            if budget.allows(self._effect_without(worst_first[:middle])):
                most = middle
            else:
                fewest = middle
        if most == len(worst_first):
            raise CompressionError(
                "With the first layer in int8 the budget is exceeded already.",
                "Allow more, or calibrate with another method.",
            )
        return self._names_without(worst_first[:most])

    def _within_bytes(self, worst_first: Sequence[LayerSensitivity], budget: Budget) -> list[str]:
        room = (budget.bytes or 0) - sum(each.elements for each in self.layers)
        if room < 0:
            raise CompressionError(
                f"With all layers in int8 the weights have {(budget.bytes or 0) - room} bytes, and "
                f"the budget allows {budget.bytes}.",
                "Allow more, or remove channels first.",
            )
        kept: list[LayerSensitivity] = []
        for each in worst_first:
            extra = (_FLOAT_BYTES - 1) * each.elements
            if extra <= room and len(kept) < len(self.layers) - 1:
                kept.append(each)
                room -= extra
        if not budget.allows(self._effect_without(kept)):
            raise CompressionError(
                f"The most sensitive layers that {budget.bytes} bytes permit in float32 are not "
                "enough to keep the other limits.",
                "Allow more bytes or a larger effect.",
            )
        return self._names_without(kept)

    def _effect_without(self, kept: Sequence[LayerSensitivity]) -> Effect:
        return self._effects.of(selected(self._plan, self._names_without(kept)))

    def _names_without(self, kept: Sequence[LayerSensitivity]) -> list[str]:
        left_out = {each.name for each in kept}
        return [each.name for each in self.layers if each.name not in left_out]


def sensitivity(
    bundle: Bundle | str | Path,
    inputs: Sequence[Any],
    *,
    truth: Sequence[object] | None = None,
    score: Score | None = None,
    listener: Listener | None = None,
) -> Sensitivity:
    """Measure what int8 does in each layer of a bundle with a plan.

    Each layer is quantised alone, and then all but this one: a layer may do harm only together with
    others.

    Parameters
    ----------
    bundle : Bundle, str or Path
        As `quantize` makes it; layers that it leaves in float32 are left out here.
    inputs : sequence
        Raw inputs as `quantize` takes them: not the held-out set, on which the result is judged.
    truth : sequence, optional
        The right label or text of each; the score is then the share that is right.
    score : callable, optional
        Another score: takes the results of all inputs, as `Bundle.predict` returns them.
    listener : callable, optional
        Called with the progress, a `contract.JobProgress`; by default a bar shows it, where a
        person watches.

    Returns
    -------
    Sensitivity

    Raises
    ------
    CompressionError
        If the inputs do not fit, or there is not one truth for each.
    BundleError
        If the bundle has no plan.
    """
    chosen = opened(bundle)
    check_plan(chosen.record)
    plan = read_plan(chosen.folder / PROGRAM_FOLDER)
    layers = [layer for layer in plan.layers if layer.is_quantized]
    effects = Effects(chosen, float_program(chosen), inputs, truth=truth, score=score)
    total = 2 * len(layers) + 1

    def plans() -> Iterator[QuantizationPlan]:
        yield plan
        for each in layers:
            yield selected(plan, {each.name})
            yield selected(plan, {other.name for other in layers if other is not each})

    measured: list[Effect] = []
    with ProgressBar(f"sensitivity of {chosen.record.name}") as bar:
        for each in plans():
            progress = JobProgress(done=len(measured), total=total, step=_MEASURING)
            bar.show(progress, listener)
            measured.append(effects.of(each))
    whole, *rest = measured
    return Sensitivity(
        tuple(
            LayerSensitivity(layer.name, layer.kind, layer.elements, alone, others)
            for layer, alone, others in zip(layers, rest[::2], rest[1::2], strict=True)
        ),
        whole,
        effects.score,
        plan,
        effects,
    )
