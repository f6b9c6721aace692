"""Checkers of the lesson `ocr/pipeline`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker

TOLERANCE = 1e-6

Box = tuple[float, float, float, float]

# Widths that make each way of going wrong come out differently.
_WIDTHS = [100, 400, 200, 300, 250]
_SHARE = 400 / 1650


@checker("padding_share", title=Text(zh="白算了多少", en="How much was for nothing"), points=2)
def check_padding_share(padding_share: Callable[[Sequence[float], int], float]) -> None:
    found = padding_share(list(_WIDTHS), 2)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise Mistake(
            "not_a_number",
            Text(zh="要返回一个数：0 到 1 之间的比例。", en="Return a number, from 0 to 1."),
            expected=round(_SHARE, 3),
            found=type(found).__name__,
        )
    for name, wrong, hint in _WRONG_SHARES:
        if abs(found - wrong) < TOLERANCE:
            raise Mistake(name, hint, expected=round(_SHARE, 3), found=round(float(found), 3))
    if abs(found - _SHARE) > TOLERANCE or abs(padding_share([30, 30], 4)) > TOLERANCE:
        raise Mistake(
            "wrong_share",
            Text(
                zh="比例不对。一批算了“行数 × 批内最宽”，其中有字的是各行宽度之和。",
                en="The share is wrong. A batch computes its number of lines times its widest, "
                "and of that the sum of the widths is text.",
            ),
            expected=round(_SHARE, 3),
            found=round(float(found), 3),
        )


_WRONG_SHARES = [
    (
        "sorts_first",
        150 / 1400,
        Text(
            zh="先排了序。题目要的是按给定的次序；排不排序由调用的人决定。",
            en="This sorts first. The given order is asked for; who calls decides on sorting.",
        ),
    ),
    (
        "widest_of_all",
        750 / 2000,
        Text(
            zh="每一批都补到了全部行里最宽的宽度，只要补到本批最宽的就行。",
            en="Every batch is filled up to the widest line of all; that of the batch is enough.",
        ),
    ),
    (
        "mean_of_batches",
        (300 / 800 + 100 / 600 + 0) / 3,
        Text(
            zh="这是各批比例的平均。批有大有小，应当用像素的总数来算。",
            en="This is the mean of the batches' shares. Batches differ in size: divide total "
            "pixels by total pixels.",
        ),
    ),
    (
        "share_of_text",
        400 / 1250,
        Text(
            zh="分母用成了文字的宽度。问的是占网络全部算过的像素的比例。",
            en="The denominator is the width of the text. All pixels that the network computes "
            "are asked for.",
        ),
    ),
    (
        "fills_the_last_batch",
        650 / 1900,
        Text(
            zh="最后一批也按满的算了。它只有一行，就只算一行。",
            en="The last batch is counted as full. It has one line and computes one.",
        ),
    ),
]


# Two columns; the right one begins highest, and the left one is ragged.
_TWO: list[Box] = [
    (200, 5, 380, 30),
    (10, 40, 180, 58),
    (10, 10, 180, 28),
    (200, 42, 350, 60),
    (30, 70, 100, 88),
]
_ORDER = [2, 1, 4, 0, 3]
# Three columns, of which only the middle one begins far from the others' sides.
_THREE: list[Box] = [
    (10, 10, 100, 20),
    (30, 40, 110, 50),
    (150, 15, 200, 25),
    (160, 5, 190, 12),
    (300, 0, 350, 10),
]


@checker("column_order", title=Text(zh="懂分栏的次序", en="An order that knows columns"), points=3)
def check_column_order(column_order: Callable[[list[Box]], Sequence[int]]) -> None:
    found = column_order(list(_TWO))
    if not isinstance(found, (list, tuple)) or sorted(map(str, found)) != list("01234"):
        raise Mistake(
            "not_places",
            Text(
                zh="要返回下标的列表，每个框的下标恰好出现一次。",
                en="Return a list of places, with every box exactly once.",
            ),
            expected=_ORDER,
            found=found if isinstance(found, (list, tuple)) else type(found).__name__,
        )
    found = list(found)
    for name, wrong, hint in _WRONG_ORDERS:
        if found == wrong:
            raise Mistake(name, hint, expected=_ORDER, found=found)
    if found != _ORDER:
        raise Mistake(
            "wrong_order",
            Text(
                zh="次序不对。先分栏（按左边缘看，越过当前栏的最右边就是新栏），再在每一栏里按上边缘排。",
                en="The order is wrong. Make columns first (by left edge; beyond the right end of "
                "the column so far a new one begins), then sort each by its top edges.",
            ),
            expected=_ORDER,
            found=found,
        )
    three = list(column_order(list(_THREE)))
    if three != [0, 1, 3, 2, 4]:
        raise Mistake(
            "two_columns_only",
            Text(
                zh="两栏对了，三栏不对。栏数不定，栏的边界也不在固定的地方。",
                en="Two columns are right, three are not. There may be any number, anywhere.",
            ),
            expected=[0, 1, 3, 2, 4],
            found=three,
        )


_WRONG_ORDERS = [
    (
        "reads_across",
        [0, 2, 1, 3, 4],
        Text(
            zh="这是横着读：只按高低排，两栏串在了一起。",
            en="This reads across: by height alone the columns are mixed.",
        ),
    ),
    (
        "unsorted_inside",
        [1, 2, 4, 0, 3],
        Text(
            zh="栏分对了，栏内却是按左边缘排的。栏内要从上到下。",
            en="The columns are right, but inside they go by left edge. Go from top to bottom.",
        ),
    ),
    (
        "right_first",
        [0, 3, 2, 1, 4],
        Text(
            zh="先读了右边的栏。横排的中文从左边的栏读起。",
            en="The right column comes first. Horizontal Chinese begins with the left one.",
        ),
    ),
]
