"""Checkers of the lesson `ocr/evaluation`."""

from __future__ import annotations

from collections.abc import Callable

from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker

TOLERANCE = 1e-9

# Two characters are missing and one is wrong: no place agrees with the same place.
_READ, _THERE, _DISTANCE = "己人书店好", "自己人的书屋好", 3


@checker("edit_distance", title=Text(zh="编辑距离", en="The edit distance"), points=2, limit_s=10)
def check_edit_distance(edit_distance: Callable[[str, str], int]) -> None:
    found = edit_distance(_READ, _THERE)
    if isinstance(found, bool) or not isinstance(found, int):
        raise Mistake(
            "not_a_whole_number",
            Text(zh="要返回一个整数：次数。", en="Return a whole number of edits."),
            expected=_DISTANCE,
            found=type(found).__name__,
        )
    for name, wrong, hint in _WRONG_DISTANCES:
        if found == wrong:
            raise Mistake(name, hint, expected=_DISTANCE, found=found)
    cases = [("", "天地", 2), ("天地", "", 2), ("天", "天", 0), ("玄黄", "天玄", 2)]
    if found != _DISTANCE or any(edit_distance(a, b) != n for a, b, n in cases):
        raise Mistake(
            "wrong_distance",
            Text(
                zh="次数不对。用空串、相同的两串试一试；三种编辑都要考虑，取最少的。",
                en="The number is wrong. Try empty and equal texts; consider all three edits, and "
                "take the fewest.",
            ),
            expected=_DISTANCE,
            found=found,
        )
    # More ways to edit than a recursion can try; some ten thousand sums for a table.
    if edit_distance("天地玄黄" * 30, "地玄黄天" * 30) != 2:
        raise Mistake(
            "fails_on_long",
            Text(zh="长的文字算错了。", en="Long texts come out wrong."),
            expected=2,
            found=edit_distance("天地玄黄" * 30, "地玄黄天" * 30),
        )


_WRONG_DISTANCES = [
    (
        "place_by_place",
        7,
        Text(
            zh="这是一个位置一个位置地比。漏了一个字，后面就全错位了；插入也要算一种编辑。",
            en="This compares place by place. Once a character is missing everything behind it "
            "is off by one; an insertion is an edit too.",
        ),
    ),
    (
        "ignores_the_rest",
        5,
        Text(
            zh="这是一个位置一个位置地比，而且多出来的字没有算。插入也要算一种编辑。",
            en="This compares place by place, and what is left over is not counted. An insertion "
            "is an edit too.",
        ),
    ),
    (
        "no_replacements",
        4,
        Text(
            zh="替换被当成了一次删除加一次插入。替换只算一次。",
            en="A replacement is counted as a deletion and an insertion. It counts once.",
        ),
    ),
    (
        "lengths_only",
        2,
        Text(zh="这只是长度之差。", en="This is the difference of the lengths alone."),
    ),
]


_CONFIDENCE = [0.99, 0.6, 0.9, 0.8, 0.7, 0.8, 0.95]
_RIGHT = [True, False, False, True, True, True, True]
# Passed at 0.99: 0 of 1 wrong; 0.95: 0 of 2; 0.9: 1 of 3; 0.8: 1 of 5; 0.7: 1 of 6; 0.6: 2 of 7.
_MOST, _THRESHOLD = 0.2, 0.7


@checker("choose_threshold", title=Text(zh="定门槛", en="Setting the threshold"), points=3)
def check_choose_threshold(
    choose_threshold: Callable[[list[float], list[bool], float], float | None],
) -> None:
    found = choose_threshold(list(_CONFIDENCE), list(_RIGHT), _MOST)
    if found is None or isinstance(found, bool) or not isinstance(found, (int, float)):
        raise Mistake(
            "not_a_confidence",
            Text(
                zh="要返回一个出现过的置信度；一个也不行时才返回 None。",
                en="Return one of the confidences; None only where none will do.",
            ),
            expected=_THRESHOLD,
            found=type(found).__name__,
        )
    for name, wrong, hint in _WRONG_THRESHOLDS:
        if abs(found - wrong) < TOLERANCE:
            raise Mistake(name, hint, expected=_THRESHOLD, found=float(found))
    # Here none will do: of what passes, half is wrong at best.
    none = choose_threshold([0.9, 0.8, 0.7, 0.6, 0.5], [False, True, False, True, False], _MOST)
    if abs(found - _THRESHOLD) > TOLERANCE or none is not None:
        raise Mistake(
            "wrong_threshold",
            Text(
                zh="门槛不对。对每个候选门槛，先挑出置信度不低于它的行，再算其中错的比例。",
                en="The threshold is wrong. For each candidate take the lines with at least that "
                "confidence, and then the share of errors among them.",
            ),
            expected=_THRESHOLD,
            found=float(found),
        )


_WRONG_THRESHOLDS = [
    (
        "stops_at_the_first_error",
        0.95,
        Text(
            zh="从高往低找，一碰到超标就停了。再往低走，放行的行多了，错的比例可能又降下来。",
            en="This goes down and stops at the first that is too many. Further down more lines "
            "pass, and the share may fall again.",
        ),
    ),
    (
        "highest",
        0.99,
        Text(
            zh="这是最高的门槛。要最低的：少让人看几行。",
            en="This is the highest. The lowest is wanted: fewer lines for people.",
        ),
    ),
    (
        "greater_than",
        0.6,
        Text(
            zh="用了“大于”。置信度等于门槛的行也放行，要算进去。",
            en="This takes > where >= is meant. Lines at the threshold pass too, and count.",
        ),
    ),
]
