"""The part of the contract about compression: what is known of the layers of a network, and of the
ways to make it smaller that were tried.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field, FiniteFloat, NonNegativeInt, PositiveInt, model_validator

from .ledger import LedgerMachine
from .model import SCHEMA_VERSION, Model

__all__ = [
    "CompressionReport",
    "CompressionTry",
    "IntegerGrid",
    "LayerPrecision",
    "LayerPruning",
    "LayerReport",
    "LayerSettings",
    "ValueHistogram",
]

FULL_BITS = 32
"""Of a layer that is not quantised."""

Share = Annotated[float, Field(gt=0, lt=1)]
Portion = Annotated[float, Field(ge=0, le=1)]
Bits = Annotated[int, Field(ge=1, le=FULL_BITS)]


class ValueHistogram(Model):
    """How many values of a layer lie between two numbers."""

    edges: tuple[FiniteFloat, ...] = Field(min_length=2, max_length=4097)
    """Ascending; one more than there are counts."""
    counts: tuple[NonNegativeInt, ...]

    @model_validator(mode="after")
    def _fits(self) -> ValueHistogram:
        if len(self.edges) != len(self.counts) + 1:
            raise ValueError(f"{len(self.edges)} edges do not fit {len(self.counts)} counts")
        if any(low >= high for low, high in zip(self.edges, self.edges[1:], strict=False)):
            raise ValueError("the edges do not ascend")
        return self


class IntegerGrid(Model):
    """The values that remain when those of a layer are rounded: whole multiples of a scale."""

    scales: tuple[Annotated[FiniteFloat, Field(gt=0)], ...] = Field(min_length=1)
    """One, or one for each channel."""
    zero_points: tuple[int, ...] = Field(min_length=1)
    """The whole number that stands for 0; one for each scale."""
    axis: int | None = None
    """The axis of the channels; None for one scale."""
    lowest: int
    highest: int
    """The smallest and the largest whole number, such as -128 and 127."""
    snr_db: FiniteFloat | None = None
    """Power of the values to power of what is rounded away; None if nothing is, or not known."""
    largest_error: FiniteFloat | None = Field(None, ge=0)
    saturated: Portion | None = None
    """Share of the values beyond the ends of the grid, which become its ends."""

    @model_validator(mode="after")
    def _fits(self) -> IntegerGrid:
        if len(self.scales) != len(self.zero_points):
            raise ValueError(
                f"{len(self.scales)} scales do not fit {len(self.zero_points)} zero points"
            )
        if self.lowest >= self.highest:
            raise ValueError(f"its whole numbers go from {self.lowest} to {self.highest}")
        return self


class Loss(Model):
    """What a change of one layer alone costs, on the inputs of the baseline."""

    lost_accuracy: FiniteFloat | None = Field(None, ge=-1, le=1)
    """Share of the inputs, negative if the accuracy rises; None without a truth."""
    changed_decisions: NonNegativeInt | None = None
    """Inputs that are decided differently."""


class LayerPrecision(Loss):
    """A layer whose values have a number of bits, while all others have 32."""

    bits: Bits
    size_bytes: NonNegativeInt
    """Of its parameters, and of what the program needs to round."""
    weights: IntegerGrid | None = None
    activations: IntegerGrid | None = None
    """None if they are not rounded."""


class LayerPruning(Loss):
    """A layer of which some channels are left, while all others have theirs."""

    kept: PositiveInt
    removed: dict[str, Portion]
    """The share of the parameters that goes, by layer: in this one, and in those that take its
    channels."""


class LayerReport(Model):
    """What is known of one layer."""

    name: str = Field(min_length=1)
    op: str
    line: str = ""
    """Where the network calls it, such as `net.py:17`; empty if it is not known."""
    shape: tuple[NonNegativeInt, ...]
    """Of its weights."""
    parameters: NonNegativeInt
    weights: ValueHistogram | None = None
    activations: ValueHistogram | None = None
    """Of what it takes, on calibration inputs."""
    precisions: tuple[LayerPrecision, ...]
    """What can be chosen; 32 bits are among them, without a loss."""
    channels: PositiveInt | None = None
    """None if none can be removed."""
    prunings: tuple[LayerPruning, ...] = ()
    """What can be chosen, besides to keep all channels. Of layers whose channels go together, the
    first has the choices."""
    group: str = ""
    """The name of its channels in a `PruneStep`; empty if it is that of the layer."""

    @model_validator(mode="after")
    def _fits(self) -> LayerReport:
        bits = [each.bits for each in self.precisions]
        _once(bits, "number of bits")
        if FULL_BITS not in bits:
            raise ValueError(f"layer {self.name!r} cannot have {FULL_BITS} bits")
        _once((each.kept for each in self.prunings), "number of channels")
        if any(each.kept >= (self.channels or 0) for each in self.prunings):
            raise ValueError(f"a pruning of layer {self.name!r} does not keep fewer channels")
        return self


class LayerSettings(Model):
    """What is done to one layer."""

    bits: Bits = FULL_BITS
    kept: PositiveInt | None = None
    """Channels that are left; None for all."""


class CompressionTry(Model):
    """A way to make a network smaller, and what becomes of the network."""

    name: str
    settings: dict[str, LayerSettings] = {}  # noqa: RUF012 - pydantic copies it
    """By layer; the others are unchanged."""
    size_bytes: NonNegativeInt
    latency_ms: FiniteFloat | None = Field(None, gt=0)
    """Median of one call; None if it was not measured."""
    latency_low_ms: FiniteFloat | None = None
    latency_high_ms: FiniteFloat | None = None
    """The ends of its interval."""
    accuracy: Portion | None = None
    """None without a truth."""
    changed_decisions: NonNegativeInt | None = None
    """Inputs that are decided differently from the baseline."""
    decisions: NonNegativeInt | None = None
    """Inputs for which a decision was made."""
    is_measured: bool = True
    """False if it was estimated from what single layers cost."""


class CompressionReport(Model):
    """What is known of the layers of a network, and the ways to make it smaller that were tried."""

    schema_version: int = SCHEMA_VERSION
    name: str
    """Of the network or its bundle."""
    layers: tuple[LayerReport, ...] = Field(min_length=1)
    baseline: CompressionTry
    """The network without a change."""
    tries: tuple[CompressionTry, ...] = ()
    machine: LedgerMachine | None = None
    """What it was measured on."""

    @model_validator(mode="after")
    def _fits(self) -> CompressionReport:
        names = {layer.name for layer in self.layers}
        _once((layer.name for layer in self.layers), "layer")
        _once((each.name for each in (self.baseline, *self.tries)), "try")
        used = [name for each in (self.baseline, *self.tries) for name in each.settings]
        used += [name for layer in self.layers for each in layer.prunings for name in each.removed]
        if unknown := set(used) - names:
            raise ValueError(f"there is no layer {min(unknown)!r}")
        return self


def _once(values: Iterable[object], kind: str) -> None:
    value, count = next(iter(Counter(values).most_common(1)), (None, 0))
    if count > 1:
        raise ValueError(f"the {kind} {value!r} occurs {count} times")
