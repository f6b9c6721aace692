"""The plan of a bundle: which layers are stored and computed with 8 bits, with which scales."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...contract import ActivationScale, PlannedLayer, QuantizationMethod, QuantizationPlan
from ...errors import CompressionError
from ...export.targets.float_onnx import FloatProgram, WeightLayer
from ...program.model.structure import Program
from .calibration import PERCENTILE, Histogram, range_of
from .quantizer import MOST_BITS, Quantization, check_bits

__all__ = [
    "layer_names",
    "make_plan",
    "paths_of_parameters",
    "scale_of",
    "selected",
    "with_layers",
]

_LARGEST_BIAS = 2.0**30
"""Biases are integers of 32 bits, with the scale of the weights times that of the input."""


def make_plan(
    program: FloatProgram,
    paths: Mapping[str, str],
    histograms: Mapping[str, Histogram],
    *,
    method: QuantizationMethod,
    percentile: float = PERCENTILE,
    bits: int = MOST_BITS,
    rows: int = 0,
) -> QuantizationPlan:
    """Return a plan that quantises every layer that can be.

    Parameters
    ----------
    program : FloatProgram
    paths : mapping of str to str
        The paths of layers in the network by their nodes; see `layer_names`.
    histograms : mapping of str to Histogram
        Of the activations; none for `dynamic`.
    method : {"minmax", "percentile", "mse", "kl", "dynamic"}
    percentile : float
    bits : int
        Of weights, 2 to 8.
    rows : int
        Number of inputs that were observed.

    Raises
    ------
    CompressionError
        If no layer can be quantised, or a setting is not valid.
    """
    check_bits(bits)
    if not program.layers:
        raise CompressionError(
            "No layer of the network can be quantised: none is a convolution, a matrix product or "
            "an embedding with weights in float32.",
            "Recurrent layers stay in float32; store their weights with 8 bits for MNN.",
        )
    activations = {
        name: scale_of(histogram, _method_of(name, method, program), percentile)
        for name, histogram in histograms.items()
        if histogram.count
    }
    layers = [
        _planned(program, layer, paths[layer.node], activations.get(layer.input), bits)
        for layer in program.layers
    ]
    return QuantizationPlan(method=method, rows=rows, layers=tuple(layers), activations=activations)


def scale_of(
    histogram: Histogram, method: Any = "percentile", percentile: float = PERCENTILE
) -> ActivationScale:
    """Return the scale that integers of 8 bits get for an activation; see `range_of`."""
    low, high = range_of(histogram, method, percentile=percentile)
    quantization = Quantization.of_range(low, high)
    return ActivationScale(scale=float(quantization.scale), zero_point=int(quantization.zero_point))


def layer_names(program: FloatProgram, saved: Program) -> dict[str, str]:
    """Return the path in the network of each layer of an ONNX program, by its node.

    They are matched by the names of the weights. A layer that runs twice has a number the second
    time; one whose path is unknown has the name of its node.

    Parameters
    ----------
    program : FloatProgram
    saved : Program
        The program of the bundle, which knows which layer made an op.
    """
    paths = paths_of_parameters(saved)
    names: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for layer in program.layers:
        own = program.parameters_of(layer) & paths.keys()
        name = min((paths[each] for each in own), default=layer.node)
        seen[name] += 1
        names[layer.node] = name if seen[name] == 1 else f"{name}#{seen[name]}"
    return names


def with_layers(
    plan: QuantizationPlan, layers: Sequence[str] | None, keep: Sequence[str] = ()
) -> QuantizationPlan:
    """Return a plan in which only some layers are quantised, and the others stay in float32.

    Parameters
    ----------
    plan : QuantizationPlan
    layers : sequence of str, or None
        Their names; None for all.
    keep : sequence of str
        The names of those that are not quantised in any case.

    Raises
    ------
    CompressionError
        If there is no such layer, or none is left.
    """
    names = [layer.name for layer in plan.layers]
    chosen = names if layers is None else _checked(layers, names, "layers")
    kept = () if isinstance(keep, Sequence) and not keep else _checked(keep, names, "keep")
    left = set(chosen) - set(kept)
    if layers is None and not kept:
        return selected(plan, left)
    if not left:
        raise CompressionError(
            "No layer is left to quantise.", f"Name fewer in keep; there are {len(names)} layers."
        )
    return selected(plan, left)


def _checked(layers: Sequence[str], names: Sequence[str], argument: str) -> Sequence[str]:
    if isinstance(layers, str) or not isinstance(layers, Sequence) or not layers:
        raise CompressionError(
            f"{argument} is {layers!r:.80}, and not a list of names.",
            f"Such as {argument}={list(names[:2])}; leave it out for all.",
        )
    for name in layers:
        if name not in names:
            close = get_close_matches(str(name), names, n=3) or names[:3]
            raise CompressionError(
                f"The plan has no layer {name!r:.80}.", f"Did you mean {' or '.join(close)}?"
            )
    return layers


def selected(plan: QuantizationPlan, names: Collection[str]) -> QuantizationPlan:
    """Return a plan in which only the layers with these names are quantised."""
    layers = [
        layer.model_copy(update={"is_quantized": layer.name in names}) for layer in plan.layers
    ]
    return plan.model_copy(update={"layers": tuple(layers)})


def _method_of(name: str, method: QuantizationMethod, program: FloatProgram) -> Any:
    # What the program returns is not saturated: its largest values are the decisions.
    return "minmax" if name in program.output_names() else method


def _planned(
    program: FloatProgram,
    layer: WeightLayer,
    path: str,
    scale: ActivationScale | None,
    bits: int,
) -> PlannedLayer:
    weights = program.values_of(layer.weight)
    if not np.isfinite(weights).all():
        raise CompressionError(
            f"The weights of {path} contain NaN or infinity.",
            "Train the network again; a smaller learning rate may help.",
        )
    is_table = layer.kind == "Gather"
    quantization = Quantization.of_values(
        weights,
        dtype="u8" if is_table else "s8",
        is_symmetric=not is_table,
        axis=layer.axis,
        bits=MOST_BITS if is_table else bits,
    )
    scales = quantization.scale
    if scale is not None and layer.bias in program.constants:
        scales = _with_room_for_bias(scales, program.values_of(layer.bias), scale.scale)
    return PlannedLayer(
        name=path,
        kind=layer.kind,
        node=layer.node,
        weight=layer.weight,
        elements=weights.size,
        is_signed=not is_table,
        axis=layer.axis,
        scales=tuple(map(float, np.atleast_1d(scales))),
        zero_point=int(quantization.zero_point) if is_table else 0,
        bits=quantization.bits,
    )


def _with_room_for_bias(
    scales: NDArray[np.float32], bias: NDArray[Any], activation: float
) -> NDArray[np.float32]:
    """Return scales with which biases fit into 32 bits: a channel may have next to no weights."""
    smallest = np.abs(bias.astype(np.float64)) / (activation * _LARGEST_BIAS)
    return np.maximum(scales, smallest.astype(np.float32).reshape(scales.shape))


def paths_of_parameters(saved: Program) -> dict[str, str]:
    """Return the path of the layer that uses a parameter first, by the parameter's name."""
    values: dict[int, str] = {}
    paths: dict[str, str] = {}
    for op in saved.walk():
        if op.kind == "parameter":
            values[op.outputs[0]] = str(op.attributes.get("parameter_name", ""))
            continue
        for value in op.inputs:
            name = values.get(value, "") if value is not None else ""
            if name and op.layer:
                paths.setdefault(name, op.layer)
    return paths
