"""PTQ and QAT of Paddle on a network, and the scales that they found, for the plan of a bundle.

Paddle quantises symmetrically: x becomes round(127 * x / scale), without a zero point. Unsigned
integers with the zero point 128 stand for the same numbers, so what Paddle trained or measured is
what ONNX Runtime computes. Paddle itself cannot deploy it: what `convert` makes of a layer is wrong
once it is saved, and Paddle Inference computes nothing with int8 on a CPU.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...contract import ActivationScale, PlannedLayer, QuantizationPlan
from ...errors import CompressionError
from ...export.targets.float_onnx import FloatProgram

__all__ = [
    "LayerScales",
    "load_trained",
    "paddle_scales",
    "prepare_ptq",
    "prepare_qat",
    "with_paddle_scales",
]

Array = NDArray[Any]

_BITS = 8
_LEVELS = 127
_ZERO = 128
_MOVING = ("Flatten", "MaxPool", "Reshape", "Squeeze", "Transpose", "Unsqueeze")
_SAME = 1e-3
"""Largest relative difference of two scales of one activation."""
_ADDED = ("weight_quanter.", "activation_quanter.", "_observer.")
_WRAPPED = "_observed."


@dataclass(frozen=True, slots=True)
class LayerScales:
    """What Paddle found for one layer.

    Parameters
    ----------
    activation : float
        The largest magnitude of its input that is kept.
    weights : array of float, () or (channels,)
        The same of its weights; one, or one for each output channel.
    largest : array of float, (channels,)
        The largest magnitude that the weights of each output channel have.
    """

    activation: float
    weights: Array
    largest: Array


def prepare_ptq(network: Any) -> Any:
    """Return a copy of a network whose convolutions and linear layers observe what they get.

    Run it on a few dozen inputs; then `paddle_scales` has what they saw.

    Parameters
    ----------
    network : paddle.nn.Layer

    Returns
    -------
    paddle.nn.Layer
        In evaluation mode.

    Raises
    ------
    CompressionError
        If it is not a network.
    """
    from paddle.quantization import PTQ
    from paddle.quantization.observers import AbsmaxObserver

    observer = AbsmaxObserver(quant_bits=_BITS)  # type: ignore[no-untyped-call]
    with _in_mode(network, is_training=False):
        return PTQ(_configured(observer)).quantize(network, inplace=False)


def prepare_qat(network: Any) -> Any:
    """Return a copy of a network that rounds inputs and weights of its layers while it trains.

    Train it for a while; then `paddle_scales` has its scales, and `load_trained` its weights.

    Parameters
    ----------
    network : paddle.nn.Layer

    Returns
    -------
    paddle.nn.Layer
        In training mode.

    Raises
    ------
    CompressionError
        If it is not a network.
    """
    from paddle.quantization import QAT
    from paddle.quantization.quanters import FakeQuanterWithAbsMaxObserver

    quanter = FakeQuanterWithAbsMaxObserver(  # type: ignore[no-untyped-call]
        moving_rate=0.9, bit_length=_BITS
    )
    with _in_mode(network, is_training=True):
        return QAT(_configured(quanter)).quantize(network, inplace=False)


def load_trained(network: Any, quantized: Any) -> None:
    """Copy the weights of a network that QAT has trained into the one that it was made from.

    Parameters
    ----------
    network : paddle.nn.Layer
        Of which a bundle is made then.
    quantized : paddle.nn.Layer
        As `prepare_qat` made it of this network.

    Raises
    ------
    CompressionError
        If one is not a network, or it was made of another one.
    """
    for each in (network, quantized):
        _check_network(each)
    state = {
        name.replace(_WRAPPED, ""): value
        for name, value in quantized.state_dict().items()
        if not any(word in name for word in _ADDED)
    }
    own = network.state_dict()
    if own.keys() != state.keys():
        other = sorted(own.keys() ^ state.keys())
        raise CompressionError(
            f"The quantised network was made of another one: only one of them has {other[0]}.",
            "Pass the network that prepare_qat was called with.",
        )
    network.set_state_dict(state)


def paddle_scales(quantized: Any) -> dict[str, LayerScales]:
    """Return the scales of a network that Paddle's PTQ or QAT has quantised, by layer.

    Parameters
    ----------
    quantized : paddle.nn.Layer
        As `prepare_ptq`, `prepare_qat` or `paddle.quantization` made it, after it has run on
        inputs, and before `convert`.

    Returns
    -------
    dict of str to LayerScales
        By the paths of convolutions and linear layers whose inputs and weights have 8 bits.

    Raises
    ------
    CompressionError
        If it is not a network, has no such layers, or they have seen nothing.
    """
    _check_network(quantized)
    layers = {
        path: layer
        for path, layer in quantized.named_sublayers()
        if _has_8_bits(getattr(layer, "activation_quanter", None))
        and _has_8_bits(getattr(layer, "weight_quanter", None))
    }
    if not layers:
        raise CompressionError(
            f"{type(quantized).__name__} has no layer that Paddle quantises to 8 bits.",
            "Pass what prepare_ptq or prepare_qat returns, before convert(…).",
        )
    return {path: _scales_of(path, layer) for path, layer in layers.items()}


def with_paddle_scales(
    plan: QuantizationPlan, program: FloatProgram, scales: Mapping[str, LayerScales]
) -> QuantizationPlan:
    """Return a plan with the scales that Paddle found, wherever both know a layer.

    A batch norm that was folded into a convolution multiplies the scales of its channels. Where
    layers that share an input have different scales for it, that of the plan stays.

    Parameters
    ----------
    plan : QuantizationPlan
    program : FloatProgram
    scales : mapping of str to LayerScales

    Raises
    ------
    CompressionError
        If no layer of the plan has scales, or the weights are not those of the program.
    """
    inputs = {layer.node: layer.input for layer in program.layers}
    layers = [
        _rescaled(layer, program.values_of(layer.weight), scales[layer.name])
        if layer.name in scales and layer.axis is not None
        else layer
        for layer in plan.layers
    ]
    limits_by_input: dict[str, set[float]] = {}
    for layer in layers:
        if layer.scales_from == "paddle":
            limits_by_input.setdefault(inputs[layer.node], set()).add(scales[layer.name].activation)
    if not limits_by_input:
        raise CompressionError(
            f"Paddle's scales are those of {', '.join(sorted(scales)[:3])}, and the plan has none "
            "of these layers.",
            f"It has {', '.join(layer.name for layer in plan.layers[:3])}: quantise this network.",
        )
    activations = {
        name: ActivationScale(scale=float(np.float32(max(limits) / _LEVELS)), zero_point=_ZERO)
        for name, limits in limits_by_input.items()
        if max(limits) - min(limits) <= _SAME * max(limits)
    }
    # What only moves numbers has the same integers before and after.
    for node in reversed(program.model.graph.node):
        if node.op_type in _MOVING and node.output[0] in activations:
            activations.setdefault(node.input[0], activations[node.output[0]])
    changes = {
        "method": "paddle",
        "layers": tuple(layers),
        "activations": plan.activations | activations,
    }
    return plan.model_copy(update=changes)


def _configured(quanter: Any) -> Any:
    from paddle import nn
    from paddle.quantization import QuantConfig

    config = QuantConfig(activation=None, weight=None)
    config.add_type_config([nn.Conv2D, nn.Linear], activation=quanter, weight=quanter)
    return config


@contextmanager
def _in_mode(network: Any, *, is_training: bool) -> Iterator[None]:
    """Let a network be in the mode that Paddle demands, while it is copied."""
    _check_network(network)
    was_training = network.training
    (network.train if is_training else network.eval)()
    try:
        yield
    finally:
        (network.train if was_training else network.eval)()


def _check_network(network: Any) -> None:
    from paddle import nn

    if not isinstance(network, nn.Layer):
        raise CompressionError(
            f"Expected a network, got {type(network).__name__}.",
            "Pass the paddle.nn.Layer, and not its bundle.",
        )


def _has_8_bits(quanter: Any) -> bool:
    return quanter is not None and quanter.bit_length() == _BITS


def _scales_of(path: str, layer: Any) -> LayerScales:
    weights = layer.weight.numpy()
    # Paddle stores the weights of a linear layer as (inputs, outputs).
    others = tuple(range(1, weights.ndim)) if weights.ndim > 2 else (0,)
    return LayerScales(
        _limits(path, layer.activation_quanter).max().item(),
        _limits(path, layer.weight_quanter),
        np.abs(weights).max(axis=others),
    )


def _limits(path: str, quanter: Any) -> Array:
    has_seen = getattr(quanter, "_max", 0) is not None
    limits = np.asarray(quanter.scales().numpy(), np.float64) if has_seen else np.zeros(())
    if not np.isfinite(limits).all() or not (limits > 0).all():
        raise CompressionError(
            f"The layer {path} has no scales: it has seen no inputs, or only zeros or NaN.",
            "Run the quantised network on a few dozen inputs first.",
        )
    return limits.reshape(()) if limits.size == 1 else limits.reshape(-1)


def _rescaled(layer: PlannedLayer, weights: Array, layer_scales: LayerScales) -> PlannedLayer:
    axes = tuple(axis for axis in range(weights.ndim) if axis != layer.axis)
    folded = np.abs(weights).max(axis=axes)
    channels = layer_scales.largest.size
    if folded.size != channels or layer_scales.weights.size not in (1, channels):
        raise CompressionError(
            f"Paddle's scales of {layer.name} are those of {channels} channels, and the program "
            f"has {folded.size}.",
            "Quantise the network that the bundle was made of.",
        )
    # What a batch norm that was folded has multiplied the weights by.
    largest = layer_scales.largest
    factors = np.divide(folded, largest, out=np.ones(folded.shape), where=largest > 0)
    scales = layer_scales.weights / _LEVELS * np.where(factors > 0, factors, 1)
    # A channel without weights keeps the scale that has room for its bias.
    scales = np.where(folded > 0, scales, np.asarray(layer.scales))
    changes = {
        "scales": tuple(float(each) for each in scales.astype(np.float32)),
        "scales_from": "paddle",
    }
    return layer.model_copy(update=changes)
