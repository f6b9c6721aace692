"""Each layer of a bundle changed alone: with fewer bits, or without some of its channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ..contract import LayerReport, Text
from ..errors import CompressionError
from ..export.bundle import Bundle
from .effects import Comparison, Effect
from .group_reports import GroupReports
from .layer_reports import layer_reports
from .quantization.calibrated import CalibratedProgram
from .quantization.effects import outputs_of
from .quantization.quantizer import check_list_of_bits

__all__ = ["BITS", "LayerTrials"]

FULL_BITS: Final = 32
BITS: Final = (8, 4, 2)


class LayerTrials:
    """The layers of a bundle with what can be chosen for each, which is measured one by one.

    Parameters
    ----------
    bundle : Bundle
    calibrated : CalibratedProgram
    comparison : Comparison
    groups : GroupReports
    bits : sequence of int
        Of the weights, 2 to 8.
    shares : sequence of float
        Of the channels of a group that are removed, 0 to below 1.

    Raises
    ------
    CompressionError
        If a number of bits or a share is not valid, or no layer can be changed.
    """

    def __init__(
        self,
        bundle: Bundle,
        calibrated: CalibratedProgram,
        comparison: Comparison,
        groups: GroupReports,
        bits: Sequence[int],
        shares: Sequence[float],
    ) -> None:
        check_list_of_bits(bits)
        self._bundle, self._calibrated = bundle, calibrated
        self._comparison, self._groups = comparison, groups
        self._changes = groups.changes(shares)
        self._layers = _sized(
            layer_reports(bundle, calibrated, sorted(set(bits), reverse=True)), calibrated
        )
        if not self.count:
            raise CompressionError(
                f"{bundle.record.name} has no layer that can be quantised or pruned.",
                "Only networks with convolutions, linear layers or embeddings have.",
            )

    @property
    def count(self) -> int:
        """How many changes are measured."""
        return len(self._changes) + sum(len(layer.precisions) - 1 for layer in self._layers)

    @property
    def has_int8(self) -> bool:
        """Whether a layer can have 8 bits."""
        return any(each.bits == 8 for layer in self._layers for each in layer.precisions)

    def measured(self, show: Callable[[int, Text], None]) -> list[LayerReport]:
        """Return the layers with what each choice costs.

        Parameters
        ----------
        show : callable
            Called with the number of changes that are measured, and the next one.
        """
        number = 0
        layers = []
        for layer in self._layers:
            precisions = []
            for each in layer.precisions:
                if each.bits == FULL_BITS:
                    precisions.append(each)
                    continue
                show(number, _step(layer.name, each.bits, "位", "bits"))
                number += 1
                effect = self._effect({layer.name: each.bits})
                precisions.append(each.model_copy(update=_loss(effect)))
            layers.append(layer.model_copy(update={"precisions": tuple(precisions)}))
        for change in self._changes:
            show(number, _step(change.group, change.kept, "个通道", "channels"))
            number += 1
            effect = self._comparison.of(self._groups.outputs(change))
            layers = self._groups.with_change(layers, change, _loss(effect))
        return layers

    def _effect(self, bits: Mapping[str, int]) -> Effect:
        model = self._calibrated.model(bits)
        return self._comparison.of(outputs_of(model, self._comparison.batches, self._bundle))


def _step(name: str, count: int, chinese: str, english: str) -> Text:
    return Text(zh=f"测量 {name}：{count} {chinese}", en=f"measuring {name}: {count} {english}")


def _loss(effect: Effect) -> dict[str, Any]:
    return {"lost_accuracy": effect.lost, "changed_decisions": effect.changed_decisions}


def _sized(layers: list[LayerReport], calibrated: CalibratedProgram) -> list[LayerReport]:
    """Return layers whose sizes contain the nodes that round, in equal parts."""
    sizes = {
        layer.name: {each.bits: each.size_bytes for each in layer.precisions} for layer in layers
    }
    most = max((bits for size in sizes.values() for bits in size.keys() - {FULL_BITS}), default=0)
    chosen = {name: most for name, size in sizes.items() if most in size}
    if not chosen:
        return layers
    saved = sum(sizes[name][FULL_BITS] - sizes[name][most] for name in chosen)
    size = calibrated.size_of(calibrated.model(chosen), chosen)
    added = size - (calibrated.program.model.ByteSize() - saved)
    part = max(0, added) // len(chosen)
    return [
        layer.model_copy(
            update={
                "precisions": tuple(
                    each
                    if each.bits == FULL_BITS
                    else each.model_copy(update={"size_bytes": each.size_bytes + part})
                    for each in layer.precisions
                )
            }
        )
        for layer in layers
    ]
