"""Checkers of the lesson `chinese_nlp/tokens`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker

TOLERANCE = 1e-6

# Frequencies that make each way of going wrong come out differently.
_SCORES = {"研究": -6.0, "研究生": -7.0, "生命": -6.5, "起源": -8.0, "命": -9.0}
_SENTENCE = "研究生命起源"
_LIKELIEST = ["研究", "生命", "起源"]


def _score(word: str) -> float:
    known = _SCORES.get(word)
    if known is not None:
        return known
    return -10.0 if len(word) == 1 else -math.inf


@checker("best_cut", title=Text(zh="最可能的切法", en="The likeliest cut"), points=3, limit_s=5)
def check_best_cut(best_cut: Callable[[str, Callable[[str], float]], Sequence[str]]) -> None:
    found = best_cut(_SENTENCE, _score)
    if not isinstance(found, (list, tuple)) or not all(isinstance(word, str) for word in found):
        raise Mistake(
            "not_words",
            Text(zh="要返回一个词的列表。", en="Return a list of words."),
            expected=_LIKELIEST,
            found=type(found).__name__,
        )
    found = list(found)
    if found == _LIKELIEST[::-1]:
        raise Mistake(
            "backwards",
            Text(
                zh="词都对，次序反了：从句尾往回走，先找到的是最后一个词。",
                en="The words are right, their order is reversed: walking back from the end, "
                "the last word is found first.",
            ),
            expected=_LIKELIEST,
            found=found,
        )
    if "".join(found) != _SENTENCE:
        raise Mistake(
            "loses_text",
            Text(
                zh="把这些词拼起来，不是原来的句子。句首和句尾的字都在吗？",
                en="These words do not join to the sentence. Are its first and last characters "
                "there?",
            ),
            expected=_LIKELIEST,
            found=found,
        )
    for name, wrong, hint in _WRONG_CUTS:
        if found == wrong:
            raise Mistake(name, hint, expected=_LIKELIEST, found=found)
    # The likeliest cut begins with a word that is not the likeliest first word.
    if found != _LIKELIEST or list(best_cut("甲乙丙", _greedy_trap)) != ["甲", "乙丙"]:
        raise Mistake(
            "not_likeliest",
            Text(
                zh="这种切法的得分不是最大的。每个位置都要比较所有可能的最后一个词。",
                en="This cut does not have the largest score. At every place compare all possible "
                "last words.",
            ),
            expected=_LIKELIEST,
            found=found,
        )
    # More cuts than atoms in the universe for a list of them; some hundred sums for a table.
    long = _SENTENCE * 60
    if list(best_cut(long, _score)) != _LIKELIEST * 60:
        raise Mistake(
            "fails_on_long",
            Text(zh="长句子切错了。", en="A long sentence is cut wrongly."),
            expected=180,
            found=len(best_cut(long, _score)),
        )


_WRONG_CUTS = [
    (
        "longest_first",
        ["研究生", "命", "起源"],
        Text(
            zh="这是“先取最长的词”。最长的不一定最可能，要比较整句的得分。",
            en="This takes the longest word first. The longest is not always the likeliest: "
            "compare whole sentences.",
        ),
    ),
    (
        "characters_only",
        list(_SENTENCE),
        Text(
            zh="全切成了单字。最后一个词可以有多长，从 text[j:i] 的所有 j 里选。",
            en="All single characters. Choose the last word text[j:i] from every possible j.",
        ),
    ),
]


def _greedy_trap(word: str) -> float:
    return {"甲乙": -1.0, "丙": -20.0, "甲": -5.0, "乙丙": -2.0, "乙": -6.0}.get(word, -math.inf)


@checker("agreement", title=Text(zh="两种切法的一致程度", en="How far two cuts agree"), points=2)
def check_agreement(agreement: Callable[[list[str], list[str]], float]) -> None:
    first, second = ["研究", "生命", "起源"], ["研究生", "命", "起源"]
    found = agreement(first, second)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise Mistake(
            "not_a_number",
            Text(zh="要返回一个数：0 到 1 之间的比例。", en="Return a number, from 0 to 1."),
            expected=round(1 / 3, 3),
            found=type(found).__name__,
        )
    for name, wrong, hint in _WRONG_SHARES:
        if abs(found - wrong) < TOLERANCE:
            raise Mistake(name, hint, expected=round(1 / 3, 3), found=round(found, 3))
    if abs(found - 1 / 3) > TOLERANCE:
        raise Mistake(
            "wrong_share",
            Text(
                zh="比例不对。先把每种切法变成切口位置的集合，再求交集和并集。",
                en="The share is wrong. Turn each cut into the set of its places first, then take "
                "what they share and what they have together.",
            ),
            expected=round(1 / 3, 3),
            found=round(float(found), 3),
        )
    whole = agreement(["起源"], ["起源"])
    if abs(whole - 1) > TOLERANCE:
        raise Mistake(
            "no_cuts",
            Text(
                zh="两边都没有切口时，应返回 1.0。",
                en="Where neither has a cut, return 1.0.",
            ),
            expected=1.0,
            found=float(whole),
        )


_WRONG_SHARES = [
    (
        "counts_the_end",
        0.5,
        Text(
            zh="句尾也算成了切口。每种切法都在句尾“切”，这不说明它们一致。",
            en="The end of the sentence is counted too. Every cut ends there, which says nothing.",
        ),
    ),
    (
        "compares_words",
        0.2,
        Text(
            zh="这是相同的词的比例。问的是切口：在第几个字后面切开。",
            en="This is the share of words in common. The question is where they cut: "
            "after which character.",
        ),
    ),
]
