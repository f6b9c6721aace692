"""Checkers of the lesson `detection/deployment`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker

Box = tuple[str, tuple[float, float, float, float]]


@checker("to_picture", title=Text(zh="回到图片上", en="Back to the picture"), points=2)
def check_to_picture(to_picture: Callable[[Any, int, int, int], Any]) -> None:
    # A wide picture whose square has gaps above and below, and a tall one with gaps at the sides.
    boxes = np.array([[36.0, 40, 60, 72], [44, 30, 80, 90]])
    for height, width in ((240, 320), (300, 150)):
        found = np.asarray(to_picture(boxes.copy(), height, width, 128))
        if found.shape != boxes.shape:
            raise Mistake(
                "wrong_shape",
                Text(
                    zh="形状变了：每个框还是一行，四个数，次序不变。",
                    en="The shape changed: each box is still one row of four numbers, in the same "
                    "order.",
                ),
                expected=str(boxes.shape),
                found=str(found.shape),
            )
        _compare(found, boxes, height, width)
    outside = np.array([[-6.0, 2, 40, 60], [90, 60, 140, 126]])
    found = np.asarray(to_picture(outside.copy(), 240, 320, 128))
    if not _is_near(found, np.clip(_moved(outside, 240, 320), 0, [320, 240, 320, 240])):
        raise Mistake(
            "not_cut",
            Text(
                zh="有的框伸到了图片外面。x 限制在 0 到 width 之间，y 限制在 0 到 height 之间。",
                en="Some boxes reach beyond the picture. Keep x between 0 and width, and y between "
                "0 and height.",
            ),
            expected="0 … 320, 0 … 240",
            found=f"{found.min():g} … {found.max():g}",
        )


def _moved(boxes: Any, height: int, width: int, size: int = 128) -> Any:
    scale = size / max(height, width)
    return (boxes - _gaps(height, width, size)) / scale


def _gaps(height: int, width: int, size: int = 128) -> Any:
    scale = size / max(height, width)
    return np.tile([(size - width * scale) / 2, (size - height * scale) / 2], 2)


def _compare(found: Any, boxes: Any, height: int, width: int) -> None:
    right = _moved(boxes, height, width)
    if _is_near(found, right):
        return
    scale, gaps = 128 / max(height, width), _gaps(height, width)
    for mistake, wrong, message in (
        (
            "keeps_gaps",
            boxes / scale,
            Text(
                zh="放大了，可是没有减去空隙，所有的框都偏了。先减去左边和上边的空隙。",
                en="The boxes have the right size, but all of them are shifted: subtract the gaps "
                "on the left and at the top first.",
            ),
        ),
        (
            "wrong_order",
            boxes / scale - gaps,
            Text(
                zh="空隙的单位是方块的像素，所以先减去空隙，再放大。",
                en="The gaps are in pixels of the square, so subtract them before you enlarge.",
            ),
        ),
        (
            "swapped_gaps",
            (boxes - gaps[[1, 0, 3, 2]]) / scale,
            Text(
                zh="左边和上边的空隙弄反了：x 减左边的，y 减上边的。",
                en="The gaps on the left and at the top are swapped: subtract the left one from x, "
                "and the top one from y.",
            ),
        ),
        (
            "stretched",
            boxes * np.tile([width / 128, height / 128], 2),
            Text(
                zh="宽和高各用了各的比例，像图片被拉成方块那样。这里按比例缩小，只有一个比例。",
                en="Width and height have scales of their own, as if the picture had been "
                "stretched to the square. It is resized in proportion, with one scale.",
            ),
        ),
        (
            "shorter_side",
            (boxes - 64) * min(height, width) / 128 + np.tile([width / 2, height / 2], 2),
            Text(
                zh="比例是按短边算的。正好是 size 的是长边：max(height, width)。",
                en="The scale is that of the shorter side. The longer one is size: "
                "max(height, width).",
            ),
        ),
        (
            "not_enlarged",
            boxes - gaps,
            Text(
                zh="减去了空隙，可是没有放大：除以 size / max(height, width)。",
                en="The gaps are subtracted, but the boxes are not enlarged: divide by "
                "size / max(height, width).",
            ),
        ),
    ):
        limits = [width, height, width, height]
        if _is_near(found, wrong) or _is_near(found, np.clip(wrong, 0, limits)):
            raise Mistake(mistake, message)
    raise Mistake(
        "wrong_numbers",
        Text(
            zh="数不对：比例是 size / max(height, width)；减去空隙，再除以比例。",
            en="The numbers are wrong: the scale is size / max(height, width); subtract the gaps, "
            "then divide by the scale.",
        ),
        expected=np.array2string(right[0], precision=1),
        found=np.array2string(found[0], precision=1),
    )


def _is_near(found: Any, wanted: Any) -> bool:
    return np.allclose(found, wanted, rtol=0, atol=0.01)


_BOX: Box = ("价签", (10.0, 20.0, 30.0, 40.0))
_FAR: Box = ("包装", (50.0, 20.0, 80.0, 60.0))


@checker("changed_boxes", title=Text(zh="有几个框变了", en="How many boxes changed"), points=3)
def check_changed_boxes(changed_boxes: Callable[[list[Box], list[Box]], Any]) -> None:
    for mistake, hint, one, other, expected in (
        (
            "wrong_count",
            Text(
                zh="两边完全相同，应当是 0。",
                en="Both sides are equal, so the number should be 0.",
            ),
            [_BOX, _FAR],
            [_BOX, _FAR],
            0,
        ),
        (
            "by_position",
            Text(
                zh="只是次序不同，框都在。不要按位置配对，要在另一边找。",
                en="Only the order differs. Look for a partner on the other side instead of "
                "comparing by position.",
            ),
            [_BOX, _FAR],
            [_FAR, _BOX],
            0,
        ),
        (
            "exact",
            Text(
                zh="每条边只差 0.3 像素，算相同：不同的目标舍入不同。",
                en="The edges differ by 0.3 pixels, which counts as the same: targets round "
                "differently.",
            ),
            [_BOX],
            [_shifted(_BOX, 0.3, 0.3, 0.3, 0.3)],
            0,
        ),
        (
            "only_missing",
            Text(
                zh="右边多出来的框没有数到。缺的和多的都算。",
                en="A new box on the right is not counted. Count those that are missing and those "
                "that are new.",
            ),
            [_BOX],
            [_BOX, _FAR],
            1,
        ),
        (
            "only_new",
            Text(
                zh="左边有、右边没有的框没有数到。缺的和多的都算。",
                en="A box that only the left side has is not counted. Count those that are missing "
                "and those that are new.",
            ),
            [_BOX, _FAR],
            [_BOX],
            1,
        ),
        (
            "counts_once",
            Text(
                zh="挪开的框，左边缺一个，右边多一个，算两个。",
                en="A box that moved is missing on the left and new on the right, which counts "
                "twice.",
            ),
            [_shifted(_BOX, 20.0, 0.0, 20.0, 0.0)],
            [_BOX],
            2,
        ),
        (
            "mean_gap",
            Text(
                zh="有一条边差了 0.9 像素。每一条边都要在 0.5 以内，不是平均。",
                en="One edge differs by 0.9 pixels. Each edge has to be within 0.5, not their "
                "mean.",
            ),
            [_shifted(_BOX, 0.9, 0.0, 0.0, 0.0)],
            [_BOX],
            2,
        ),
        (
            "signed_gap",
            Text(
                zh="有一条边往左挪了 3 像素，差是负的，也算变了。比较绝对值。",
                en="One edge moved by 3 pixels to the left. The difference is negative, and the "
                "box has changed: compare absolute values.",
            ),
            [_shifted(_BOX, -3.0, 0.0, 0.0, 0.0)],
            [_BOX],
            2,
        ),
        (
            "ignores_label",
            Text(
                zh="位置相同，标签不同，是两个不同的框。",
                en="The place is the same and the label is not, so these are different boxes.",
            ),
            [_BOX],
            [("包装", _BOX[1])],
            2,
        ),
        (
            "shares_partner",
            Text(
                zh="左边两个框与右边同一个框配了对。配上的要从剩下的里去掉。",
                en="Two boxes on the left have one partner on the right. Take a box out of the "
                "rest once it has a partner.",
            ),
            [_BOX, _shifted(_BOX, 0.1, 0.1, 0.1, 0.1)],
            [_BOX],
            1,
        ),
    ):
        found = changed_boxes(list(one), list(other))
        if isinstance(found, bool) or not isinstance(found, int | np.integer):
            raise Mistake(
                "no_number",
                Text(zh="请返回一个整数。", en="Return a whole number."),
                expected="int",
                found=type(found).__name__,
            )
        if found != expected:
            raise Mistake(mistake, hint, expected=str(expected), found=str(found))
    if changed_boxes([], []) != 0 or changed_boxes([], [_BOX]) != 1:
        raise Mistake(
            "empty",
            Text(
                zh="一张图片里可以一个框也没有：两边都空是 0，只有一边有一个是 1。",
                en="A picture may be without boxes: the number is 0 if both sides are empty, and 1 "
                "if one side has one.",
            ),
        )


def _shifted(box: Box, *gaps: float) -> Box:
    corners: Sequence[float] = np.add(box[1], gaps).tolist()
    return box[0], (corners[0], corners[1], corners[2], corners[3])
