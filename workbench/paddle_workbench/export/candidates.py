"""What the network of a bundle sees in pictures before suppression."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ..boxes import Candidates
from ..contract import YoloBoxes
from ..errors import BundleError
from .box_steps import candidates
from .bundle import Bundle
from .misfits import array_check
from .picture_steps import placements_of
from .pipeline import open_runner
from .processing import prepare
from .targets.registry import target_named

__all__ = ["bundle_candidates", "yolo_step"]

_THREADS = 2


def yolo_step(bundle: Bundle) -> YoloBoxes | None:
    """Return the step of a bundle that makes boxes of pictures, or None if it makes none."""
    steps = bundle.record.postprocessing
    if not bundle.record.preprocessing or len(steps) != 1 or not isinstance(steps[0], YoloBoxes):
        return None
    return steps[0]


def bundle_candidates(
    bundle: Bundle,
    step: YoloBoxes,
    pictures: Iterable[NDArray[np.uint8]],
    *,
    threshold: float,
    limit: int,
    target: str = "inference",
) -> list[Candidates]:
    """Return what the network of a bundle sees in each picture.

    Parameters
    ----------
    bundle : Bundle
    step : YoloBoxes
        That of the bundle.
    pictures : iterable of uint8 arrays (H, W, 3)
        RGB.
    threshold : float
        Boxes with a lower score are left out.
    limit : int
        Most boxes of a picture.
    target : str
        What runs the network; as for `Bundle.predict`.

    Raises
    ------
    BundleError
        If the bundle was not exported to the target, or the target shows no candidates; if one is
        not a picture, or the program does not take it or fit its steps.
    """
    record = bundle.record
    runner = open_runner(record, bundle.folder, target, _THREADS)
    if runner.predict is not None:
        raise BundleError(
            f"{target_named(target).title} makes boxes itself, and shows no candidates before "
            "suppression.",
            "Choose another target, such as inference.",
            code="PW-X506",
        )
    to_arrays = prepare(record.preprocessing, bundle.folder)
    check = array_check(record, is_any_batch=False)
    seen: list[Candidates] = []
    # One at a time: pictures of different sizes need not fit into one batch.
    for picture in pictures:
        arrays = to_arrays([picture])
        if check is not None:
            check(arrays)
        seen += candidates(
            runner.run(arrays),
            step,
            record.labels,
            placements_of([picture], record.preprocessing),
            threshold=threshold,
            limit=limit,
        )
    return seen
