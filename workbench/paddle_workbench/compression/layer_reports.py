"""What is known of the layers of a program before anything is measured: values and grids."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import (
    ActivationScale,
    IntegerGrid,
    LayerPrecision,
    LayerReport,
    PlannedLayer,
    ValueHistogram,
)
from ..export.bundle import Bundle
from ..export.targets.float_onnx import WeightLayer
from .quantization.calibrated import CalibratedProgram, packed_bytes
from .quantization.calibration import Histogram
from .quantization.quantizer import Quantization, fake_quantize, saturated_share

__all__ = ["layer_reports"]

Array = NDArray[Any]

FULL_BITS = 32
MOST_BINS = 64
"""Of the histograms of a report."""
_FLOAT_BYTES = 4
_SCALE_BYTES = 5
"""A scale in float32, and its zero point."""


def layer_reports(
    bundle: Bundle, calibrated: CalibratedProgram, bits: Sequence[int]
) -> list[LayerReport]:
    """Return the layers of a program with their values, and with the grid for each number of bits.

    Parameters
    ----------
    bundle : Bundle
    calibrated : CalibratedProgram
        Of the bundle.
    bits : sequence of int
        2 to 8.

    Returns
    -------
    list of LayerReport
        As `calibrated` has them. Weights that two layers share are counted in the first of them.
    """
    program = calibrated.program
    lines = _lines(bundle)
    plans = {each: calibrated.plan(each) for each in bits} if program.layers else {}
    seen: set[str] = set()
    reports = []
    for layer, name in calibrated.layers:
        counted = {layer.weight, layer.bias} & program.constants.keys() - seen
        seen |= counted
        sizes = {each: program.values_of(each).size for each in counted}
        weights = program.values_of(layer.weight)
        planned = {
            each: next((one for one in plan.layers if one.name == name), None)
            for each, plan in plans.items()
        }
        scale = next(iter(plans.values())).activations.get(layer.input) if plans else None
        taken = calibrated.histograms.get(layer.input)
        reports.append(
            LayerReport(
                name=name,
                op=layer.kind,
                line=lines.get(name.split("#")[0], ""),
                shape=weights.shape,
                parameters=sum(sizes.values()),
                weights=_histogram_of(weights),
                activations=_drawn(taken) if taken is not None and taken.count else None,
                precisions=(
                    LayerPrecision(bits=FULL_BITS, size_bytes=_FLOAT_BYTES * sum(sizes.values())),
                    *(
                        LayerPrecision(
                            bits=each,
                            size_bytes=_bytes_of(sizes, layer, one),
                            weights=_weight_grid(weights, one),
                            activations=_activation_grid(taken, scale),
                        )
                        for each, one in planned.items()
                        # Tables always have 8 bits.
                        if one is not None and one.bits == each
                    ),
                ),
            )
        )
    return reports


def _bytes_of(sizes: Mapping[str, int], layer: WeightLayer, planned: PlannedLayer) -> int:
    if layer.weight not in sizes:
        return _FLOAT_BYTES * sum(sizes.values())
    scales = len(planned.scales)
    total = packed_bytes(planned) + _SCALE_BYTES * scales
    if layer.bias in sizes:
        # Integers of 32 bits, with scales of their own and zero points as large.
        total += _FLOAT_BYTES * sizes[layer.bias] + 2 * _FLOAT_BYTES * scales
    return total


def _lines(bundle: Bundle) -> dict[str, str]:
    """Return where the network calls a layer first, by the path of the layer."""
    lines: dict[str, str] = {}
    for op in bundle.program.walk():
        if op.layer and op.line is not None:
            lines.setdefault(op.layer, f"{PurePath(op.line.file).name}:{op.line.line}")
    return lines


def _histogram_of(values: Array) -> ValueHistogram:
    histogram = Histogram()
    histogram.add(values)
    return _drawn(histogram)


def _drawn(histogram: Histogram) -> ValueHistogram:
    """Return a histogram in few bins, from the smallest value to the largest."""
    low, high = histogram.low, histogram.high
    # Of a single value, a bin that is as narrow as float32 allows.
    high = max(high, low + max(abs(low), 1.0) * float(np.finfo(np.float32).eps))
    bins = min(MOST_BINS, max(1, 2 * math.isqrt(histogram.count)))
    places = (histogram.centres - low) / (high - low) * bins
    whole = np.clip(places.astype(np.int64), 0, bins - 1)
    counts = np.bincount(whole, histogram.counts, minlength=bins).astype(np.int64)
    edges = np.linspace(low, high, bins + 1)
    return ValueHistogram(edges=tuple(edges.tolist()), counts=tuple(counts.tolist()))


def _weight_grid(weights: Array, planned: PlannedLayer) -> IntegerGrid:
    dtype = np.int8 if planned.is_signed else np.uint8
    scale = np.asarray(planned.scales, np.float32)
    quantization = Quantization(
        scale,
        np.full(scale.shape, planned.zero_point, dtype),
        planned.axis,
        planned.bits,
    )
    return _grid(
        quantization,
        weights.astype(np.float64),
        np.ones(weights.shape),
        saturated_share(weights, quantization),
    )


def _activation_grid(
    histogram: Histogram | None, scale: ActivationScale | None
) -> IntegerGrid | None:
    if histogram is None or scale is None or not histogram.count:
        return None
    quantization = Quantization(
        np.asarray(scale.scale, np.float32), np.asarray(scale.zero_point, np.uint8)
    )
    centres, counts = histogram.centres, histogram.counts
    low, high = (float(each) for each in quantization.range)
    # Half a step beyond the ends is rounded to them.
    beyond = (centres < low - scale.scale / 2) | (centres > high + scale.scale / 2)
    # What is exactly 0 stays 0; the middle of its bin would not.
    return _grid(
        quantization, centres, histogram.rounded_counts, float(counts[beyond].sum() / counts.sum())
    )


def _grid(
    quantization: Quantization, values: Array, counts: Array, saturated: float
) -> IntegerGrid:
    occurs = counts > 0
    gone = (values - fake_quantize(values, quantization))[occurs]
    power = float((counts[occurs] * np.square(values[occurs])).sum())
    noise = float((counts[occurs] * np.square(gone)).sum())
    scales = np.atleast_1d(quantization.scale)
    lowest, highest = quantization.limits
    return IntegerGrid(
        scales=tuple(scales.tolist()),
        zero_points=tuple(np.atleast_1d(quantization.zero_point).tolist()),
        axis=quantization.axis,
        lowest=lowest,
        highest=highest,
        snr_db=10 * math.log10(power / noise) if power and noise else None,
        largest_error=float(np.abs(gone).max(initial=0)),
        saturated=saturated,
    )
