"""A small network in plain numpy: trained, observed, and measured with any settings."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paddle_workbench.contract import (
    CompressionReport,
    CompressionTry,
    IntegerGrid,
    JobProgress,
    LayerPrecision,
    LayerPruning,
    LayerReport,
    LayerSettings,
    ValueHistogram,
)

Array = NDArray[np.float64]
SIZES = (12, 32, 24, 5)
NAMES = ("fc1", "fc2", "head")
BITS = (8, 4, 2)
INPUTS = 400


class SmallNetwork:
    """Three linear layers with ReLU, trained to tell bent clouds of points from each other."""

    def __init__(self) -> None:
        random = np.random.default_rng(7)
        self.inputs, self.truth = _clouds(random)
        train, labels = _clouds(random)
        self.weights = [
            random.normal(0, (2 / rows) ** 0.5, (rows, columns))
            for rows, columns in pairwise(SIZES)
        ]
        for step in range(160):
            self._learn(train, labels, rate=0.3 if step < 120 else 0.1)
        self.seen = self._activations(self.inputs)
        self.decisions = self.decide({})

    def decide(self, settings: Mapping[str, LayerSettings]) -> NDArray[np.intp]:
        """Return the class of each input with these settings."""
        values = self.inputs
        left = np.arange(SIZES[0])
        for name, weights, seen in zip(NAMES, self.weights, self.seen, strict=True):
            setting = settings.get(name, LayerSettings())
            used = weights[left]
            if setting.bits < 32:
                grid = weight_grid(weights, setting.bits)
                used = rounded(weights, grid)[left]
                values = rounded(values, activation_grid(seen))
            values = product(values, used)
            left = kept_channels(weights, setting.kept)
            values = values[:, left]
            if name != NAMES[-1]:
                values = np.maximum(values, 0)
        return values.argmax(axis=1)

    def report(self) -> CompressionReport:
        """Return what is known of the three layers."""
        total = sum(4 * each.size for each in self.weights)
        layers = [self._layer(at) for at in range(len(NAMES))]
        return CompressionReport(
            name="clouds",
            layers=tuple(layers),
            baseline=self.tried({}, "fp32", total),
            tries=(self.measure({name: LayerSettings(bits=8) for name in NAMES}, "int8"),),
        )

    def measure(
        self,
        settings: Mapping[str, LayerSettings],
        name: str = "",
        listener: Callable[[JobProgress], None] | None = None,
    ) -> CompressionTry:
        """Run the network with these settings."""
        size = 0.0
        rows = SIZES[0]
        for layer, weights in zip(NAMES, self.weights, strict=True):
            setting = settings.get(layer, LayerSettings())
            columns = setting.kept or weights.shape[1]
            size += rows * columns * setting.bits / 8
            rows = columns
            if listener is not None:
                listener(JobProgress(done=NAMES.index(layer) + 1, total=len(NAMES)))
        return self.tried(settings, name, round(size))

    def tried(
        self, settings: Mapping[str, LayerSettings], name: str, size_bytes: int
    ) -> CompressionTry:
        """Return what becomes of the network."""
        start = time.perf_counter()
        decisions = self.decide(settings)
        took_ms = 1000 * (time.perf_counter() - start)
        return CompressionTry(
            name=name,
            settings=dict(settings),
            size_bytes=size_bytes,
            latency_ms=took_ms,
            latency_low_ms=0.9 * took_ms,
            latency_high_ms=1.2 * took_ms,
            accuracy=float((decisions == self.truth).mean()),
            changed_decisions=int((decisions != self.decisions).sum()),
            decisions=INPUTS,
        )

    def _layer(self, at: int) -> LayerReport:
        name, weights, seen = NAMES[at], self.weights[at], self.seen[at]
        precisions = [
            LayerPrecision(
                bits=bits,
                size_bytes=weights.size * bits // 8,
                weights=described(weights, weight_grid(weights, bits)),
                activations=described(seen, activation_grid(seen)),
                **self._loss({name: LayerSettings(bits=bits)}),
            )
            for bits in BITS
        ]
        whole = LayerPrecision(bits=32, size_bytes=4 * weights.size)
        channels = weights.shape[1] if name != NAMES[-1] else None
        prunings = []
        for share in (0.75, 0.5, 0.25) if channels else ():
            kept = round(share * (channels or 0))
            gone = 1 - kept / (channels or 1)
            prunings.append(
                LayerPruning(
                    kept=kept,
                    removed={name: gone, NAMES[at + 1]: gone},
                    **self._loss({name: LayerSettings(kept=kept)}),
                )
            )
        return LayerReport(
            name=name,
            op="matmul",
            line=f"clouds.py:{at + 12}",
            shape=weights.shape,
            parameters=weights.size,
            weights=histogram(weights),
            activations=histogram(seen),
            precisions=(whole, *precisions),
            channels=channels,
            prunings=tuple(prunings),
            group=f"{name}.out" if channels else "",
        )

    def _loss(self, settings: Mapping[str, LayerSettings]) -> dict[str, Any]:
        decisions = self.decide(settings)
        right, before = decisions == self.truth, self.decisions == self.truth
        return {
            "lost_accuracy": float(before.mean() - right.mean()),
            "changed_decisions": int((decisions != self.decisions).sum()),
        }

    def _activations(self, inputs: Array) -> list[Array]:
        """Return what each layer takes."""
        seen = [inputs]
        for weights in self.weights[:-1]:
            seen.append(np.maximum(product(seen[-1], weights), 0))
        return seen

    def _learn(self, inputs: Array, labels: NDArray[np.intp], *, rate: float) -> None:
        seen = self._activations(inputs)
        scores = product(seen[-1], self.weights[-1])
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        shares[np.arange(len(labels)), labels] -= 1
        gradient = shares / len(labels)
        for at in reversed(range(len(self.weights))):
            step = product(seen[at].T, gradient)
            if at > 0:
                gradient = product(gradient, self.weights[at].T) * (seen[at] > 0)
            self.weights[at] = self.weights[at] - rate * step


def product(left: Array, right: Array) -> Array:
    """Return a matrix product without threads, which only wait for each other on a busy machine."""
    return np.asarray(np.einsum("ij,jk->ik", left, right))


def weight_grid(weights: Array, bits: int) -> IntegerGrid:
    """Return the symmetric grid of each output channel."""
    highest = 2 ** (bits - 1) - 1
    scales = np.abs(weights).max(axis=0) / highest
    zeros = (0,) * len(scales)
    return IntegerGrid(
        scales=tuple(scales), zero_points=zeros, axis=1, lowest=-highest - 1, highest=highest
    )


def activation_grid(values: Array) -> IntegerGrid:
    """Return the grid of 256 values from the 0.1st to the 99.9th percentile, and 0."""
    low, high = np.percentile(values, [0.1, 99.9])
    low, high = min(low, 0.0), max(high, 0.0)
    scale = float((high - low) / 255)
    zero = round(-low / scale)
    return IntegerGrid(scales=(scale,), zero_points=(zero,), lowest=0, highest=255)


def rounded(values: Array, grid: IntegerGrid) -> Array:
    """Return the values of a grid that are nearest."""
    scales, zeros = np.array(grid.scales), np.array(grid.zero_points)
    whole = np.clip(np.rint(values / scales) + zeros, grid.lowest, grid.highest)
    return np.asarray((whole - zeros) * scales)


def described(values: Array, grid: IntegerGrid) -> IntegerGrid:
    """Return a grid with what it rounds away of values."""
    gone = values - rounded(values, grid)
    power = float((gone**2).sum())
    scales, zeros = np.array(grid.scales), np.array(grid.zero_points)
    whole = np.rint(values / scales) + zeros
    return grid.model_copy(
        update={
            "snr_db": float(10 * np.log10((values**2).sum() / power)) if power else None,
            "largest_error": float(np.abs(gone).max()),
            "saturated": float(((whole < grid.lowest) | (whole > grid.highest)).mean()),
        }
    )


def histogram(values: Array) -> ValueHistogram:
    counts, edges = np.histogram(values, bins=48)
    return ValueHistogram(edges=tuple(edges.tolist()), counts=tuple(counts.tolist()))


def kept_channels(weights: Array, kept: int | None) -> NDArray[np.intp]:
    """Return the channels with the largest sums of absolute weights, in their order."""
    order = np.argsort(-np.abs(weights).sum(axis=0), kind="stable")
    return np.sort(order[: kept or len(order)])


def _clouds(random: np.random.Generator) -> tuple[Array, NDArray[np.intp]]:
    centres = np.random.default_rng(1).normal(0, 1.0, (SIZES[-1], SIZES[0]))
    labels = random.integers(0, SIZES[-1], INPUTS)
    points = centres[labels] + random.normal(0, 0.75, (INPUTS, SIZES[0]))
    points[:, 0] += 0.4 * points[:, 1] ** 2
    return points, labels
