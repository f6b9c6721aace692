"""Checkers of the lesson `chinese_nlp/lexical_analysis`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise, product
from typing import Any

import numpy as np
from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker

TOLERANCE = 1e-6
Names = list[set[tuple[int, int, str]]]


def _best(emissions: Any, transitions: Any) -> list[int]:
    """Return the best path, found by trying all."""

    def score(path: tuple[int, ...]) -> float:
        moves = sum(transitions[a, b] for a, b in pairwise(path))
        return float(moves + sum(emissions[i, k] for i, k in enumerate(path)))

    length, labels = emissions.shape
    return list(max(product(range(labels), repeat=length), key=score))


@checker("viterbi", title=Text(zh="维特比", en="Viterbi"), points=3, limit_s=5)
def check_viterbi(viterbi: Callable[[Any, Any], Any]) -> None:
    # Three examples in which each way of going wrong gives another path.
    for seed in (4, 5, 6):
        rng = np.random.default_rng(seed)
        emissions, transitions = rng.normal(size=(6, 3)), 2 * rng.normal(size=(3, 3))
        expected = _best(emissions, transitions)
        _compare(viterbi(emissions, transitions), expected, emissions, transitions)
    single = np.array([[0.0, 2.0, 1.0]])
    if list(viterbi(single, np.zeros((3, 3)))) != [1]:
        raise Mistake(
            "fails_on_one",
            Text(
                zh="只有一个字的句子也要能解码。",
                en="A sentence of one character must be decoded too.",
            ),
            expected=[1],
            found=str(viterbi(single, np.zeros((3, 3)))),
        )
    # Three to the power of 300 for one who tries all; 300 small tables for a dynamic programme.
    long = np.random.default_rng(9).normal(size=(300, 3))
    if len(viterbi(long, np.zeros((3, 3)))) != 300:
        raise Mistake("wrong_length", _LENGTH, expected=300, found=0)


_LENGTH = Text(
    zh="路径的长度应等于字数：第一个字的标签也在里面。",
    en="The path has one tag a character, the first one included.",
)


def _compare(found: Any, expected: list[int], emissions: Any, transitions: Any) -> None:
    if not isinstance(found, (list, tuple, np.ndarray)):
        raise Mistake(
            "not_a_path",
            Text(zh="要返回整数的列表。", en="Return a list of integers."),
            expected=expected,
            found=type(found).__name__,
        )
    path = [int(tag) for tag in found]
    if len(path) != len(expected):
        raise Mistake("wrong_length", _LENGTH, expected=len(expected), found=len(path))
    if path == expected:
        return
    wrong = [
        (
            "backwards",
            expected[::-1],
            Text(
                zh="路径倒过来了：回溯是从最后一个字开始的。",
                en="The path is reversed: the way back starts at the last character.",
            ),
        ),
        (
            "transposed",
            _best(emissions, transitions.T),
            Text(
                zh="转移矩阵的行列用反了：transitions[j, k] 是从 j 到 k。",
                en="Rows and columns of the transitions are swapped: transitions[j, k] is from j "
                "to k.",
            ),
        ),
        (
            "ignores_transitions",
            emissions.argmax(axis=1).tolist(),
            Text(
                zh="这是逐字取最大，没有用到转移分数。",
                en="This is the best tag of each character; the transitions are not used.",
            ),
        ),
    ]
    for name, other, hint in wrong:
        if path == other:
            raise Mistake(name, hint, expected=expected, found=path)
    raise Mistake(
        "not_best",
        Text(
            zh="这条路径的得分不是最大的。每一步都要在所有“前一个标签”里取最大，并记住是哪一个。",
            en="This path does not have the largest score. At each step take the maximum over all "
            "previous tags, and remember which it was.",
        ),
        expected=expected,
        found=path,
    )


@checker("f1_of_names", title=Text(zh="名字的 F1", en="F1 of names"), points=2)
def check_f1_of_names(f1_of_names: Callable[[Names, Names], float]) -> None:
    gold: Names = [{(0, 3, "PER"), (5, 7, "LOC")}, {(0, 2, "LOC")}, set(), {(4, 6, "ORG")}]
    predicted: Names = [{(0, 3, "PER")}, {(0, 2, "ORG")}, {(1, 3, "PER")}, {(4, 6, "ORG")}]
    expected = 0.5
    found = f1_of_names(gold, predicted)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise Mistake(
            "not_a_number",
            Text(zh="要返回一个数。", en="Return a number."),
            expected=expected,
            found=type(found).__name__,
        )
    for name, wrong, hint in _WRONG_SCORES:
        if abs(found - wrong) < TOLERANCE:
            raise Mistake(name, hint, expected=expected, found=round(found, 4))
    uneven = f1_of_names([{(0, 2, "LOC"), (3, 5, "LOC"), (6, 8, "PER")}], [{(0, 2, "LOC")}])
    if abs(found - expected) > TOLERANCE or abs(uneven - 0.5) > TOLERANCE:
        raise Mistake(
            "wrong_score",
            Text(
                zh="数值不对。F1 = 2 × 找对的个数 ÷（正确答案的个数 + 预测的个数）。",
                en="The value is wrong. F1 = 2 * right / (names + predicted names).",
            ),
            expected=expected,
            found=round(float(uneven), 4),
        )
    empty = f1_of_names([set()], [set()])
    if empty != 0:
        raise Mistake(
            "empty_case",
            Text(
                zh="一个名字都没有、也没有预测时，应返回 0.0。",
                en="With no name and none predicted, return 0.0.",
            ),
            expected=0.0,
            found=float(empty),
        )


_WRONG_SCORES = [
    (
        "ignores_labels",
        0.75,
        Text(
            zh="没有比较类别：位置对、类别错的不能算对。",
            en="Labels are not compared: the right place with the wrong label is not right.",
        ),
    ),
    (
        "mean_of_sentences",
        (2 / 3 + 0 + 0 + 1) / 4,
        Text(
            zh="这是每句 F1 的平均。要把全部句子的名字合起来算一个 F1。",
            en="This is the mean of the sentences' F1. Count the names of all sentences together.",
        ),
    ),
]
