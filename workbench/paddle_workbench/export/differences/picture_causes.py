"""What another pipeline may do to a picture: channels, normalisation, layout, size.

Hypotheses are tried on the arrays themselves, so the other pipeline may be any code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ...contract import Letterbox, Normalize, Preprocessing, Resize, TextLine
from ...program.passes.comparison import Array
from ..picture_steps import placements_of
from ..processing import preprocess
from .difference import Cause

__all__ = ["picture_causes"]

_EXACT = 1e-3
"""Largest difference, relative to the largest value, of arrays that a hypothesis explains."""

_SAME_NUMBER = 2e-3
"""Of a mean or deviation, which is estimated from pixels."""

_FILLS = (0, 114, 127, 128, 255)
"""Greys with which pictures are often padded."""

_METHODS = (
    Image.Resampling.BILINEAR,
    Image.Resampling.BICUBIC,
    Image.Resampling.NEAREST,
    Image.Resampling.BOX,
    Image.Resampling.LANCZOS,
)


@dataclass(frozen=True, slots=True)
class _Fit:
    """Another array as a linear function of each channel.

    Parameters
    ----------
    order : tuple of int
        The channel from which each channel of the other array comes.
    mean, deviation : tuples of float
        With which each of its channels was normalised.
    """

    order: tuple[int, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]


def picture_causes(
    sample: Any, array: Array, other: Array, steps: Sequence[Preprocessing], folder: Path
) -> tuple[Cause, ...]:
    """Return the causes that together explain the other array; empty if none do.

    Parameters
    ----------
    sample : uint8 array (height, width, 3) in RGB, or other arrays
    array : array (1, channels, height, width)
        As the bundle makes it.
    other : array
    steps : sequence of Preprocessing
        Of the bundle.
    folder : Path
        The bundle.
    """
    layout: tuple[Cause, ...] = ()
    if _is_channels_last(array, other):
        other = other.transpose(0, 3, 1, 2)
        layout = (
            Cause(
                "layout",
                "The channels are last (NHWC) instead of first (NCHW).",
                "Transpose the picture: array.transpose(2, 0, 1).",
            ),
        )
    if other.ndim != 4 or other.shape[:2] != array.shape[:2]:
        return layout or (_shape_cause(array, other),)
    normalize = _normalization(steps)
    explained = []
    for causes, base in _sizes(sample, array, other, steps, folder):
        if base.shape != other.shape:
            continue
        fit = _fit(base, other, normalize)
        if fit is not None:
            explained.append((*layout, *causes, *_channel_causes(fit, normalize)))
    if explained:
        return min(explained, key=len)
    return layout or ((_shape_cause(array, other),) if array.shape != other.shape else ())


def _normalization(steps: Sequence[Preprocessing]) -> Normalize:
    for step in steps:
        if isinstance(step, Normalize):
            return step
        if isinstance(step, TextLine):
            half = (0.5, 0.5, 0.5)
            return Normalize(mean=half, deviation=half, channels=step.channels)
    return Normalize()


def _is_channels_last(array: Array, other: Array) -> bool:
    channels = array.shape[1]
    return other.ndim == 4 and other.shape[-1] == channels and other.shape[1] != channels


def _shape_cause(array: Array, other: Array) -> Cause:
    return Cause(
        "size",
        f"The array has the shape {other.shape} instead of {array.shape}.",
        "Resize pictures as the bundle does; see bundle.record.preprocessing.",
    )


def _sizes(
    sample: Any, array: Array, other: Array, steps: Sequence[Preprocessing], folder: Path
) -> Iterator[tuple[tuple[Cause, ...], Array]]:
    """Yield what the bundle would make of the sample if it were resized in other ways."""
    if array.shape == other.shape:
        yield (), array
    letterbox = next((step for step in steps if isinstance(step, Letterbox)), None)
    if letterbox is not None:
        yield from _other_letterboxes(sample, letterbox, steps, folder)
        return
    resize = next((step for step in steps if isinstance(step, Resize)), None)
    if resize is None or not isinstance(sample, np.ndarray):
        return
    rest = [step for step in steps if not isinstance(step, Resize)]
    height, width = other.shape[2:]
    old = array.shape[2:]
    in_proportion = max(1, round(sample.shape[1] * height / sample.shape[0]))
    for inner_width in dict.fromkeys((width, min(width, in_proportion))):
        for method in _METHODS:
            image = Image.fromarray(sample).resize((inner_width, height), method)
            picture = np.zeros((height, width, 3), np.uint8)
            picture[:, :inner_width] = np.asarray(image)
            message = ""
            if (height, width) != old:
                message = (
                    f"The picture is resized to {height} x {width} instead of {old[0]} x {old[1]}"
                )
            elif inner_width != width:
                message = f"The picture is resized in proportion, to {inner_width}, and padded"
            elif resize.width is None and width != in_proportion:
                message = f"The picture is stretched to a width of {width}"
            if method is not _METHODS[0]:
                message = message or "The picture is resized"
                message += f" by {method.name.lower()} instead of bilinear interpolation"
            if message:
                cause = Cause(
                    "size", f"{message}.", "Resize pictures as the bundle does: "
                    f"height {resize.height}, width {resize.width or 'in proportion'}, bilinear.",
                )  # fmt: skip
                yield (cause,), preprocess([picture], rest, folder)[0]


def _other_letterboxes(
    sample: Any, letterbox: Letterbox, steps: Sequence[Preprocessing], folder: Path
) -> Iterator[tuple[tuple[Cause, ...], Array]]:
    """Yield what the bundle would make of the sample if its letterbox were another one."""
    rest = [step for step in steps if not isinstance(step, Letterbox)]
    height, width = letterbox.height, letterbox.width
    hint = (
        f"Resize pictures in proportion into the middle of {height} x {width}, bilinear, filled "
        f"with {letterbox.fill}."
    )
    (place,) = placements_of([sample], [letterbox])
    (boxed,) = preprocess([sample], [letterbox], folder)
    picture = boxed[0, place.top :, place.left :][: place.resized[0], : place.resized[1]]
    corner = np.empty_like(boxed[0])
    corner[:] = letterbox.fill
    corner[: place.resized[0], : place.resized[1]] = picture
    (stretched,) = preprocess([sample], [Resize(height=height, width=width)], folder)
    others = [
        ("size", "The picture is stretched instead of resized in proportion.", stretched[0]),
        ("place", "The picture is in the upper left corner instead of the middle.", corner),
    ]
    for grey in _FILLS:
        fill = (grey,) * 3
        if fill != letterbox.fill:
            (filled,) = preprocess([sample], [letterbox.model_copy(update={"fill": fill})], folder)
            message = f"The rest is filled with {fill} instead of {letterbox.fill}."
            others.append(("fill", message, filled[0]))
    for kind, message, other in others:
        yield (Cause(kind, message, hint),), preprocess([other], rest, folder)[0]


def _fit(base: Array, other: Array, normalize: Normalize) -> _Fit | None:
    channels = base.shape[1]
    orders = [tuple(range(channels)), tuple(reversed(range(channels)))]
    old_mean = normalize.mean if channels == 3 else (0.0,) * channels
    old_deviation = normalize.deviation if channels == 3 else (1.0,) * channels
    scale = float(np.abs(other).max()) or 1.0
    for order in orders:
        mean, deviation = [], []
        for at, source in enumerate(order):
            line = _line(base[:, source], other[:, at])
            if line is None or line[2] > _EXACT * scale:
                break
            deviation.append(old_deviation[source] / line[0])
            mean.append(old_mean[source] - line[1] * deviation[-1])
        else:
            return _Fit(order, tuple(mean), tuple(deviation))
    return None


def _line(xs: Array, ys: Array) -> tuple[float, float, float] | None:
    """Return slope, offset and largest residual of the line through points."""
    x, y = xs.astype(np.float64).ravel(), ys.astype(np.float64).ravel()
    spread = x - x.mean()
    variance = float(spread @ spread)
    slope = float(spread @ (y - y.mean())) / variance if variance > 0 else 1.0
    if slope == 0:
        return None
    offset = float(y.mean() - slope * x.mean())
    return slope, offset, float(np.abs(y - slope * x - offset).max())


def _channel_causes(fit: _Fit, normalize: Normalize) -> list[Cause]:
    causes = []
    mean, deviation = fit.mean, fit.deviation
    old_mean, old_deviation = normalize.mean, normalize.deviation
    if fit.order[0] != 0:
        names = ("RGB", "BGR") if normalize.channels == "BGR" else ("BGR", "RGB")
        causes.append(
            Cause(
                "channel order",
                f"The channels are in the order {names[0]} instead of {names[1]}.",
                "Reverse them: picture[..., ::-1]; OpenCV reads BGR, PIL reads RGB.",
            )
        )
        flipped = (
            tuple(old_mean[at] for at in fit.order),
            tuple(old_deviation[at] for at in fit.order),
        )
        # The finished array may be reversed, with its means.
        if _same(mean, flipped[0]) and _same(deviation, flipped[1]):
            return causes
    if _same(mean, old_mean) and _same(deviation, old_deviation):
        return causes
    raw_mean = tuple(255 * each for each in mean)
    raw_deviation = tuple(255 * each for each in deviation)
    if _same(raw_deviation, old_deviation) and _same(raw_mean, old_mean):
        causes.append(
            Cause(
                "scale",
                "The pixels are from 0 to 255 instead of from 0 to 1.",
                "Divide them by 255 before the mean is subtracted.",
            )
        )
        return causes
    if not _same(mean, old_mean):
        causes.append(
            Cause(
                "mean",
                f"The mean is {_numbers(mean)} instead of {_numbers(old_mean)}.",
                f"Subtract {_numbers(old_mean)}.",
            )
        )
    if not _same(deviation, old_deviation):
        causes.append(
            Cause(
                "deviation",
                f"The deviation is {_numbers(deviation)} instead of {_numbers(old_deviation)}.",
                f"Divide by {_numbers(old_deviation)}.",
            )
        )
    return causes


def _same(numbers: Sequence[float], others: Sequence[float]) -> bool:
    return len(numbers) == len(others) and bool(
        np.allclose(numbers, others, rtol=_SAME_NUMBER, atol=_SAME_NUMBER)
    )


def _numbers(numbers: Sequence[float]) -> str:
    return "({})".format(", ".join(f"{number:.3g}" for number in numbers))
