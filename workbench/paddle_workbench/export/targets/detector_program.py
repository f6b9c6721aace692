"""A detector as PaddleX runs it: from the pixels of a picture to boxes, in one program.

PaddleX resizes with OpenCV, which averages no pixels where it makes a picture smaller, and pads
only on the right and below. So the program of a bundle gets its steps as ops: pictures of any size
go in, and suppressed boxes come out.

    im_shape (B, 2)         height and width of the pictures in the batch
    image (B, 3, H, W)      pixels from 0 to 255, RGB
    scale_factor (B, 2)     how much PaddleX has resized them: by default 1

    boxes (M, 6)            class, score, and x1, y1, x2, y2 in pixels of the original
    counts (B,)             how many of them belong to each picture

It needs Paddle Inference without oneDNN, which computes the float64 here wrong.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...contract import Letterbox, Normalize, Resize, YoloBoxes

__all__ = ["write_detector"]

INPUTS = ("im_shape", "image", "scale_factor")
_PART = 2.0**11
"""Numbers of half of a weight, of which PIL has 22 bits."""
_static_mode = threading.Lock()


def write_detector(
    source: Path,
    prefix: Path,
    *,
    fitting: Letterbox | Resize,
    normalize: Normalize,
    boxes: YoloBoxes,
    classes: int,
) -> None:
    """Write a program with its steps as ops.

    It belongs into a process of its own, since Paddle is put into static mode.

    Parameters
    ----------
    source : Path
        The program without its suffix. It has one input, and one output for each scale.
    prefix : Path
        Of the new program; its parameters are the same.
    fitting : Letterbox or Resize
        A Resize has a width.
    normalize : Normalize
    boxes : YoloBoxes
        With whole anchors, and the method `per-class`.
    classes : int
    """
    import paddle
    from paddle.base.libpaddle import pir

    with _static_mode:
        was_dynamic = paddle.in_dynamic_mode()
        paddle.enable_static()
        try:
            executor = paddle.static.Executor(paddle.CPUPlace())
            loaded: Any = paddle.static.load_inference_model(str(source), executor)
            program, (name,), heads = loaded
            block = program.global_block()
            data = next(
                op for op in block.ops if op.name() == "pd_op.data" and op.attrs()["name"] == name
            )
            with paddle.static.program_guard(program):
                pir.set_insertion_point_after(data)
                inputs = [
                    paddle.static.data(INPUTS[0], [-1, 2], "float32"),
                    paddle.static.data(INPUTS[1], [-1, 3, -1, -1], "float32"),
                    paddle.static.data(INPUTS[2], [-1, 2], "float32"),
                ]
                place = _Place(inputs[0], fitting)
                pixels = _normalized(_fitted(inputs[1], place, fitting), normalize)
                data.result(0).replace_all_uses_with(pixels)
                block.remove_op(data)
                pir.reset_insertion_point_to_end()
                outputs = _detections(heads, place, inputs, boxes, classes)
                paddle.static.save_inference_model(
                    str(prefix), inputs, outputs, executor, program=program
                )
        finally:
            if was_dynamic:
                paddle.disable_static()


class _Place:
    """Where the pictures lie in the input, as ops; `boxes.placement` has the same in numpy."""

    def __init__(self, im_shape: Any, fitting: Letterbox | Resize) -> None:
        import paddle

        self.input = (fitting.height, fitting.width or 0)
        rows, columns = map(_number, self.input)
        # The pictures of one batch have one size.
        height_and_width = im_shape.cast("float64")
        self.height = height_and_width[0, 0].reshape([1])
        self.width = height_and_width[0, 1].reshape([1])
        self.resized = (rows, columns)
        if isinstance(fitting, Letterbox):
            is_high = self.height * columns >= self.width * rows
            self.resized = (
                paddle.where(is_high, rows, _rounded(self.height * columns / self.width)),
                paddle.where(is_high, _rounded(self.width * rows / self.height), columns),
            )
        self.top = paddle.floor((rows - self.resized[0]) / 2)
        self.left = paddle.floor((columns - self.resized[1]) / 2)


def _number(value: float) -> Any:
    import paddle

    return paddle.full([1], value, "float64")


def _rounded(value: Any) -> Any:
    """Return the nearest whole number from 1; halves become even, as in Python."""
    import paddle

    up = paddle.floor(value + 0.5)
    is_half = up == value + 0.5
    is_odd = up > 2 * paddle.floor(up / 2)
    return (up - (is_half & is_odd).cast("float64")).maximum(_number(1))


def _fitted(image: Any, place: _Place, fitting: Letterbox | Resize) -> Any:
    """Return the pictures in the size of the input, as PIL resizes them.

    PIL weighs the pixels under a triangle, in each row and then in each column, and rounds after
    both; for some high pictures the other way round, so that a few values differ by 1 there. For
    all pixels of an axis this is a product of matrices.
    """
    rows, has_row = _weights(place.input[0], place.top, place.resized[0], place.height)
    columns, has_column = _weights(place.input[1], place.left, place.resized[1], place.width)
    across = [image.matmul(part, transpose_y=True) for part in columns]
    pixels = _sum_of_parts(*across).cast("float32")
    pixels = _sum_of_parts(*(part.matmul(pixels) for part in rows))
    if isinstance(fitting, Resize):
        return pixels
    is_padding = 1 - has_row * has_column.reshape([1, -1])
    return pixels + is_padding * _by_channel(fitting.fill)


def _sum_of_parts(high: Any, low: Any) -> Any:
    import paddle

    carried = paddle.floor(low.cast("float64") / _PART)
    whole = high.cast("float64") + carried
    return paddle.floor((whole + _PART / 2) / _PART)


def _weights(size: int, start: Any, resized: Any, original: Any) -> tuple[tuple[Any, Any], Any]:
    """Return how much each pixel of an axis contributes to each of the input, and which it has.

    PIL's weights are whole numbers of 22 bits. Their upper and lower halves are matrices of their
    own, (size, original), so that all sums are exact in single precision, and the pixels are PIL's.
    Pixels of the input that are not of the picture have the weight 0; which are, is (size, 1).
    """
    import paddle

    place = paddle.arange(size, dtype="int64").cast("float64").reshape([-1, 1]) - start
    scale = original / resized
    reach = scale.maximum(_number(1))
    source = paddle.arange(0, original.cast("int64"), 1, "int64").cast("float64").reshape([1, -1])
    distance = paddle.abs(source + 0.5 - (place + 0.5) * scale) / reach
    weights = (1 - distance).maximum(_number(0))
    is_inside = ((place >= 0) & (place < resized)).cast("float64")
    # Nothing outside is near a pixel of the picture, so a sum there may be 0.
    total = weights.sum(axis=1, keepdim=True) + (1 - is_inside)
    whole = paddle.floor(weights / total * is_inside * _PART**2 + 0.5)
    high = paddle.floor(whole / _PART)
    low = whole - high * _PART
    return (high.cast("float32"), low.cast("float32")), is_inside


def _normalized(pixels: Any, step: Normalize) -> Any:
    import paddle

    if step.channels == "BGR":
        pixels = paddle.flip(pixels, axis=[1])
    values = pixels / 255.0 - _by_channel(step.mean)
    return (values / _by_channel(step.deviation)).cast("float32")


def _by_channel(values: Sequence[float]) -> Any:
    import paddle

    return paddle.assign(np.array(values, np.float64).reshape(1, 3, 1, 1))


def _detections(
    heads: Sequence[Any], place: _Place, inputs: Sequence[Any], step: YoloBoxes, classes: int
) -> list[Any]:
    """Return the boxes of all pictures, and how many each of them has."""
    import paddle

    im_shape, _, scale_factor = inputs
    size = paddle.assign(np.array([place.input], np.int32)).expand_as(im_shape)
    seen = [
        paddle.vision.ops.yolo_box(
            head,
            size,
            [int(side) for anchor in anchors for side in anchor],
            classes,
            step.threshold,
            stride,
            clip_bbox=False,
        )
        for head, anchors, stride in zip(heads, step.anchors, step.strides, strict=True)
    ]
    boxes, scores = (
        paddle.concat([part.cast("float64") for part in each], axis=1)
        for each in zip(*seen, strict=True)
    )
    start, whole, resized = (
        paddle.concat([x, y, x, y])
        for y, x in (
            (place.top, place.left),
            (place.height, place.width),
            place.resized,
        )
    )
    # Boxes are cut at the edges of the picture before suppression, as `boxes.placed` does.
    moved = (boxes - start) * (whole / resized)
    moved = moved.maximum(_number(0)).minimum(whole)
    has_area = (moved[:, :, 2:3] > moved[:, :, 0:1]) & (moved[:, :, 3:4] > moved[:, :, 1:2])
    scores = scores * has_area.cast("float64")
    scale = paddle.flip(scale_factor, axis=[1]).tile([1, 2]).unsqueeze(1).cast("float64")
    # `paddle.vision.ops` has no function for it that can be saved.
    ops: Any = paddle._C_ops
    found, _, counts = ops.multiclass_nms3(
        (moved / scale).cast("float32"),
        paddle.transpose(scores, [0, 2, 1]).cast("float32"),
        None,
        step.threshold,
        -1,  # of each class, before suppression
        step.limit,
        step.iou,
        True,  # noqa: FBT003 - edges are not pixels: a box is as wide as x2 - x1
        1.0,
        -1,  # no class is the background
    )
    return [found, counts]
