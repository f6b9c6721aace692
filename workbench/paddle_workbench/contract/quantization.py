"""The part of the contract about int8: the plan of a bundle, `inference/quantization.json`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from .model import SCHEMA_VERSION, Model

__all__ = ["ActivationScale", "PlannedLayer", "QuantizationMethod", "QuantizationPlan"]

QuantizationMethod = Literal["minmax", "percentile", "mse", "kl", "paddle", "dynamic"]
"""How the ranges of activations were found; `paddle`: by PTQ or QAT; `dynamic`: while it runs."""

Scale = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class ActivationScale(Model):
    """The unsigned integers of 8 bits that stand for the values of an activation."""

    scale: Scale
    """As float32."""
    zero_point: int = Field(ge=0, le=255)
    """The integer that stands for 0."""


class PlannedLayer(Model):
    """A layer with weights that can be stored with 8 bits."""

    name: str
    """Its path in the network, such as `blocks.0.conv`; the name of its node if it is unknown."""
    kind: str
    """Of its node, such as `Conv`."""
    node: str
    """The name of its node in the ONNX program."""
    weight: str
    """The name of its weights in the ONNX program."""
    elements: int
    """Number of its weights."""
    is_signed: bool = True
    """Whether its integers have a sign."""
    axis: int | None = None
    """That of the channels; None if all weights share one scale."""
    scales: tuple[Scale, ...]
    zero_point: int = Field(0, ge=-128, le=255)
    """The same for all channels."""
    scales_from: Literal["weights", "paddle"] = "weights"
    """Whether they cover all weights, or are those of Paddle's PTQ or QAT."""
    bits: int = Field(8, ge=2, le=8)
    """With fewer than 8 bits, fewer of the integers are used."""
    is_quantized: bool = True
    """Whether it is stored with 8 bits; otherwise it stays in float32."""

    @model_validator(mode="after")
    def _check_scales(self) -> PlannedLayer:
        if not self.scales or (self.axis is None and len(self.scales) > 1):
            raise ValueError(f"{len(self.scales)} scales do not fit the axis {self.axis}")
        return self


class QuantizationPlan(Model):
    """What of a program is stored and computed with 8 bits, with which scales."""

    schema_version: int = SCHEMA_VERSION
    method: QuantizationMethod
    rows: int = Field(0, ge=0)
    """Number of inputs that it was calibrated with."""
    layers: tuple[PlannedLayer, ...]
    activations: dict[str, ActivationScale] = {}  # noqa: RUF012 - pydantic copies it
    """By the names of the values in the ONNX program; those that have none stay in float32."""
