"""Anchors: the sizes of boxes from which a network starts, found by k-means."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..boxes import letterboxed
from ..errors import DetectionError
from .dataset import Dataset

__all__ = ["Anchors", "anchor_overlaps", "box_sizes", "find_anchors"]

Anchors: TypeAlias = tuple[tuple[tuple[int, int], ...], ...]
"""For each scale its (width, height) in pixels of the network's input, coarse first."""

_ROUNDS: Final = 300


def find_anchors(
    dataset: Dataset, *, input_size: int, scales: int = 2, per_scale: int = 3, seed: int = 0
) -> Anchors:
    """Return the sizes that fit the boxes of a data set best, found by k-means.

    The distance of two sizes is 1 less their intersection over union, so a pixel counts for more
    in a small box. The same arguments always give the same anchors.

    Parameters
    ----------
    dataset : Dataset
        The pictures for training.
    input_size : int
        Height and width of the network's input, in pixels.
    scales, per_scale : int
    seed : int

    Returns
    -------
    tuple of tuples of (width, height)
        For each scale its anchors in whole pixels of the input; the coarsest scale is first and
        has the largest. Within a scale the smallest is first.

    Raises
    ------
    DetectionError
        If there are fewer sizes of boxes than anchors, or a number is not valid.

    References
    ----------
    Redmon and Farhadi 2017, "YOLO9000: Better, Faster, Stronger", section 2.
    """
    numbers: tuple[tuple[str, Any, int], ...] = (
        ("input_size", input_size, 1),
        ("scales", scales, 1),
        ("per_scale", per_scale, 1),
        ("seed", seed, 0),
    )
    for name, value, least in numbers:
        if not isinstance(value, Integral) or value < least:
            raise DetectionError(
                f"Anchors cannot be found with {name}={value!r:.80}.",
                f"Pass a whole number from {least}.",
            )
    if not isinstance(dataset, Dataset):
        raise DetectionError(
            f"The data set is a {type(dataset).__name__}, and not a Dataset.",
            "Load one: load_annotations(folder).dataset.",
        )
    sizes = box_sizes(dataset, input_size=input_size)
    count = scales * per_scale
    distinct = np.unique(sizes, axis=0)
    if len(distinct) < count:
        raise DetectionError(
            f"The data set has {len(sizes)} boxes of {len(distinct)} different sizes, too few for "
            f"{count} anchors.",
            "Add pictures, or choose fewer scales or fewer anchors per scale.",
        )
    centres = _k_means(sizes, count, np.random.default_rng(seed))
    ordered = centres[np.argsort(centres.prod(axis=1), kind="stable")]
    whole = [(max(1, round(width)), max(1, round(height))) for width, height in ordered.tolist()]
    groups = [tuple(whole[start : start + per_scale]) for start in range(0, count, per_scale)]
    return tuple(reversed(groups))


def box_sizes(dataset: Dataset, *, input_size: int) -> NDArray[np.float64]:
    """Return width and height of all boxes in pixels of the network's input, (boxes, 2)."""
    sizes = [np.zeros((0, 2))]
    for picture in dataset:
        if len(picture.boxes):
            width, height = picture.size
            placement = letterboxed(height, width, into=(input_size, input_size))
            boxes = placement.to_input(picture.boxes).astype(np.float64)
            sizes.append(boxes[:, 2:] - boxes[:, :2])
    every: NDArray[np.float64] = np.concatenate(sizes)
    return every


def anchor_overlaps(
    sizes: NDArray[Any], anchors: Sequence[Sequence[tuple[float, float]]]
) -> NDArray[np.float64]:
    """Return for each size its intersection over union with each anchor, as if they were centred.

    Parameters
    ----------
    sizes : float array (boxes, 2)
        Widths and heights in pixels of the input, as from `box_sizes`.
    anchors : sequence of sequences of (width, height)

    Returns
    -------
    float64 array (boxes, anchors)
        In the order of the anchors. The maximum of a row is how well its box is covered.
    """
    every = [anchor for scale in anchors for anchor in scale]
    return _overlaps(np.asarray(sizes, np.float64), np.asarray(every, np.float64).reshape(-1, 2))


def _overlaps(sizes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    shared = np.minimum(sizes[:, None], others[None]).prod(axis=2)
    union = sizes.prod(axis=1)[:, None] + others.prod(axis=1)[None] - shared
    overlaps: NDArray[np.float64] = shared / union
    return overlaps


def _k_means(
    sizes: NDArray[np.float64], count: int, random: np.random.Generator
) -> NDArray[np.float64]:
    centres = _far_apart(sizes, count, random)
    assignment = np.full(len(sizes), -1)
    for _ in range(_ROUNDS):
        nearest = _overlaps(sizes, centres).argmax(axis=1)
        if (nearest == assignment).all():
            break
        assignment = nearest
        for place in range(count):
            members = sizes[assignment == place]
            if len(members):
                centres[place] = members.mean(axis=0)
    return centres


def _far_apart(
    sizes: NDArray[np.float64], count: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """Return sizes to start from, each likely to be far from those before (k-means++)."""
    centres = sizes[[random.integers(len(sizes))]]
    while len(centres) < count:
        distances = np.clip(1 - _overlaps(sizes, centres).max(axis=1), 0, None) ** 2
        distances[distances < 1e-24] = 0.0
        next_place = random.choice(len(sizes), p=distances / distances.sum())
        centres = np.concatenate([centres, sizes[[next_place]]])
    return centres
