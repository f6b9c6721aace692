"""The first calls of a worker: samples of its bundle, compared with the recorded outputs."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from ...contract import BundleRecord
from ...errors import BundleError
from ...export.samples import SAMPLES, EagerSample, read_samples
from .frames import Array
from .model import ServedModel

__all__ = ["warm_up"]

SAMPLES_USED = 2
LEAST_TOLERANCE = 1e-3
"""Of a target for which parity has no tolerance, or a smaller one: another processor rounds
differently."""


def warm_up(model: ServedModel, folder: Path, target: str) -> None:
    """Run the first samples of a bundle, which also lets the runtime prepare itself.

    Raises
    ------
    BundleError
        If the target has other outputs than the bundle recorded.
    """
    record = model.record
    usual = [each for each in record.samples if each.outputs and not each.is_edge_case]
    names = {each.name for each in usual[:SAMPLES_USED]}
    tolerance = _tolerance(record, target)
    for sample in read_samples(folder / SAMPLES, record.samples):
        if sample.name in names:
            _check(sample, model.run(sample.inputs), tolerance, record, target)


def _tolerance(record: BundleRecord, target: str) -> float:
    exported = record.targets.get(target)
    if exported is None:
        return LEAST_TOLERANCE
    parity = exported.parity
    # Rounding to 8 bits may change what is far from every decision by any amount.
    measured = math.inf if parity.tolerance is None else parity.tolerance
    return max(LEAST_TOLERANCE, measured)


def _check(
    sample: EagerSample, outputs: list[Array], tolerance: float, record: BundleRecord, target: str
) -> None:
    for number, (output, expected) in enumerate(zip(outputs, sample.outputs or (), strict=False)):
        output = np.asarray(output)
        problem = ""
        if output.shape != expected.shape:
            problem = f"has the shape {output.shape} instead of {expected.shape}"
        elif np.isnan(output).any() and not np.isnan(expected).any():
            problem = "contains NaN"
        elif expected.size and np.issubdtype(expected.dtype, np.number):
            largest = float(np.abs(expected).max())
            difference = float(np.abs(output - expected).max()) / (largest or 1.0)
            if difference > tolerance:
                problem = f"differs by {difference:.1e} of its largest value"
        if problem:
            raise BundleError(
                f"Output {number} of {record.name} {problem} on its sample {sample.name!r} in "
                f"{target}.",
                f"Export it again on this machine: workbench export BUNDLE --to {target}",
                code="PW-X302",
            )
