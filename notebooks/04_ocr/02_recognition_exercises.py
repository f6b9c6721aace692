"""Checkers of the lesson `ocr/recognition`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker

# A path on which each way of going wrong comes out differently.
_PATH = [0, 5, 5, 0, 5, 7, 7, 0, 0, 3]
_COLLAPSED = [5, 5, 7, 3]


@checker("collapse", title=Text(zh="从路径到文字", en="From the path to the text"), points=2)
def check_collapse(collapse: Callable[[list[int]], Sequence[int]]) -> None:
    found = collapse(list(_PATH))
    if not isinstance(found, (list, tuple)):
        raise Mistake(
            "not_a_list",
            Text(zh="要返回编号的列表。", en="Return a list of numbers."),
            expected=_COLLAPSED,
            found=type(found).__name__,
        )
    found = list(found)
    for name, wrong, hint in _WRONG_TEXTS:
        if found == wrong:
            raise Mistake(name, hint, expected=_COLLAPSED, found=found)
    if found != _COLLAPSED or list(collapse([4, 4])) != [4] or list(collapse([])) != []:
        raise Mistake(
            "wrong_text",
            Text(
                zh="结果不对。一个编号留下来的条件：不是空白，而且和前一步不同。",
                en="The result is wrong. A number stays if it is not a blank and differs from the "
                "step before.",
            ),
            expected=_COLLAPSED,
            found=found,
        )


_WRONG_TEXTS = [
    (
        "drops_blanks_first",
        [5, 7, 3],
        Text(
            zh="先去掉了空白，再合并：中间隔着空白的两个相同的字也被合并了。次序反过来。",
            en="Blanks are dropped before merging, so two equal characters with a blank between "
            "merge too. Do it the other way round.",
        ),
    ),
    (
        "keeps_blanks",
        [0, 5, 0, 5, 7, 0, 3],
        Text(zh="合并对了，空白还留着。", en="Merged rightly, but the blanks are still there."),
    ),
    (
        "never_merges",
        [5, 5, 5, 7, 7, 3],
        Text(
            zh="空白去掉了，相邻的相同编号没有合并。",
            en="Blanks are gone, but equal neighbours are not merged.",
        ),
    ),
    (
        "keeps_each_once",
        [3, 5, 7],
        Text(
            zh="这是出现过的编号。同一个字可以出现几次，次序也要留着。",
            en="These are the numbers that occur. A character may occur several times, and the "
            "order matters.",
        ),
    ),
]


# Two pairs of equal neighbours, and one character that comes again later.
_TEXT = "谢谢谢天不谢"
_STEPS = 8


@checker("fewest_steps", title=Text(zh="至少要几步", en="How many steps at least"), points=2)
def check_fewest_steps(fewest_steps: Callable[[str], int]) -> None:
    found = fewest_steps(_TEXT)
    if isinstance(found, bool) or not isinstance(found, int):
        raise Mistake(
            "not_a_whole_number",
            Text(zh="要返回一个整数：步数。", en="Return a whole number of steps."),
            expected=_STEPS,
            found=type(found).__name__,
        )
    for name, wrong, hint in _WRONG_STEPS:
        if found == wrong:
            raise Mistake(name, hint, expected=_STEPS, found=found)
    if found != _STEPS or fewest_steps("") != 0 or fewest_steps("天") != 1:
        raise Mistake(
            "wrong_number",
            Text(
                zh="步数不对。每个字一步；哪里一定要多一个空白？",
                en="The number is wrong. A step for each character; where must there be a blank?",
            ),
            expected=_STEPS,
            found=found,
        )


_WRONG_STEPS = [
    (
        "only_length",
        6,
        Text(
            zh="相邻的相同字中间必须有空白，否则会合并成一个。",
            en="Equal neighbours need a blank between them, or they merge into one.",
        ),
    ),
    (
        "blank_between_all",
        11,
        Text(
            zh="每两个字之间都放了空白。不同的字可以直接相连。",
            en="There is a blank between any two. Different characters may stand side by side.",
        ),
    ),
    (
        "blank_round_all",
        13,
        Text(
            zh="这是 `alpha` 的格数。空白可以有，不是必须有；问的是最少要几步。",
            en="That is the number of places of `alpha`. Blanks may be there and need not; the "
            "fewest steps are asked for.",
        ),
    ),
    (
        "repeats_anywhere",
        9,
        Text(
            zh="不相邻的相同字也算进去了。隔着别的字，就不会合并。",
            en="Equal characters that are not neighbours are counted too. With another between "
            "them they do not merge.",
        ),
    ),
]
