"""Which batch a predictor is fastest with, measured on a sample of its bundle."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

import numpy as np

from ...export.samples import SAMPLES, read_samples
from .frames import Array
from .model import ServedModel

__all__ = ["LARGEST", "best_batch", "measured_batch"]

_log = logging.getLogger(__name__)

LARGEST = 32
"""Of the batches that are tried; a larger one gains little and lets all its inputs wait."""
CALL_S = 0.0002
"""What a batch costs on top of the predictor: about the time of the server and of the pipe."""
WORTH = 0.95
"""A larger batch must cost less than this share of a smaller one, for each row."""
TRIAL_S, MOST_TRIALS = 0.02, 5
BUDGET_S = 0.4


def measured_batch(model: ServedModel, folder: Path) -> int:
    """Return the most inputs that one call should take; 1 if the program takes one at a time.

    A program may say that it takes any number of rows, and yet fail with two, or return one row for
    them: that counts as a call without end.

    Parameters
    ----------
    model : ServedModel
    folder : Path
        Its bundle, the first sample of which is repeated.
    """
    if not model.is_batchable:
        return 1
    usual = [each for each in model.record.samples if each.outputs and not each.is_edge_case]
    samples = read_samples(folder / SAMPLES, usual[:1])
    rows = next((tuple(array[:1] for array in each.inputs) for each in samples), None)
    if rows is None or not all(len(array) for array in rows):
        return 1
    return best_batch(lambda size: _seconds(model, rows, size))


def best_batch(seconds: Callable[[int], float]) -> int:
    """Return the batch with the least time for each row; of about equal ones the smallest.

    Sizes are doubled until that costs more, or the time for trying is over.

    Parameters
    ----------
    seconds : callable
        Returns the time of a call with a number of rows.
    """
    end_s = perf_counter() + BUDGET_S
    best, least_s = 1, math.inf
    size = 1
    while size <= LARGEST:
        row_s = (seconds(size) + CALL_S) / size
        if row_s < WORTH * least_s:
            best, least_s = size, row_s
        elif row_s > least_s / WORTH:
            break
        if perf_counter() > end_s:
            break
        size *= 2
    return best


def _seconds(model: ServedModel, rows: Sequence[Array], size: int) -> float:
    """Return the shortest time of a few calls; infinite if the program cannot run the batch.

    The first call prepares the runtime for the shape.
    """
    arrays = [np.repeat(array, size, axis=0) for array in rows]
    try:
        outputs = model.run(arrays)
    except Exception as error:  # each runtime has its own
        _log.info("%s fails with %d rows: %s", model.record.name, size, error)
        return math.inf
    if any(output.ndim == 0 or len(output) != size for output in outputs):
        return math.inf
    times: list[float] = []
    while len(times) < MOST_TRIALS and sum(times) < TRIAL_S:
        start_s = perf_counter()
        model.run(arrays)
        times.append(perf_counter() - start_s)
    return min(times)
