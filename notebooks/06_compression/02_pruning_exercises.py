"""Checkers of the lesson `compression/pruning`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker


@checker("kept", title=Text(zh="留下哪些通道", en="Which channels stay"), points=2)
def check_kept(kept: Callable[[Any, float], Any]) -> None:
    # Seven output and five input channels; large negative weights in the first.
    W = np.random.RandomState(0).normal(size=(7, 5, 3, 3)).astype("float32")
    W *= np.array([3, 1, 6, 2, 7, 4, 5], "float32").reshape(-1, 1, 1, 1)
    W[0] = -np.abs(W[0])
    _check_kept(_numbers(kept(W, 0.5)), W)
    if _numbers(kept(W, 0.99)) != [4] or _numbers(kept(W[:1], 0.99)) != [0]:
        raise Mistake(
            "none_left",
            Text(
                zh="share 接近 1，或者只有一个通道时，也要留下一个：没有通道的卷积不存在。",
                en="One channel has to stay even if share is almost 1, or there is only one: there "
                "is no convolution without channels.",
            ),
        )


def _numbers(answer: Any) -> list[int]:
    array = np.asarray(answer)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise Mistake(
            "no_numbers",
            Text(
                zh="请返回通道的编号，一维的整数，不是权重，也不是真假。",
                en="Return the numbers of the channels: integers in one dimension, not weights, "
                "and not truth values.",
            ),
            expected="int (n,)",
            found=f"{array.dtype} {array.shape}",
        )
    return [int(number) for number in array]


def _check_kept(found: list[int], W: Any) -> None:
    norms = np.abs(W).sum(axis=(1, 2, 3))
    wanted = sorted(np.argsort(norms)[3:].tolist())
    if found == wanted:
        return
    inputs = np.abs(W).sum(axis=(0, 2, 3))
    if len(found) == len(wanted) and sorted(found) == wanted:
        raise Mistake(
            "order",
            Text(
                zh="通道对，次序不对：从小到大排好，否则与批归一化、下一层都对不上。",
                en="The channels are right, their order is not: sort them, or they no longer match "
                "the batch norm and the next layer.",
            ),
            expected=str(wanted),
            found=str(found),
        )
    for mistake, channels, hint in (
        (
            "smallest",
            sorted(np.argsort(norms)[:4].tolist()),
            Text(
                zh="留下的是最小的。小的剪掉，大的留下。",
                en="The smallest stay. They are to be removed, and the large ones to stay.",
            ),
        ),
        (
            "removed",
            sorted(np.argsort(norms)[:3].tolist()),
            Text(
                zh="这是剪掉的，要返回的是留下的。",
                en="These are the channels that are removed; return those that stay.",
            ),
        ),
        (
            "rounds_up",
            sorted(np.argsort(norms)[4:].tolist()),
            Text(
                zh="7 个的一半是 3.5，去掉零头，剪 3 个。",
                en="Half of 7 is 3.5; rounded down, 3 channels are removed.",
            ),
        ),
        (
            "signed",
            sorted(np.argsort(W.sum(axis=(1, 2, 3)))[3:].tolist()),
            Text(
                zh="先取绝对值再相加：很大的负权重也要紧。",
                en="Take absolute values before you add: large negative weights matter, too.",
            ),
        ),
        (
            "inputs",
            sorted(np.argsort(inputs)[int(0.5 * len(inputs)) :].tolist()),
            Text(
                zh="这是按入通道算的。出通道在第一个轴上，对另外三个轴求和。",
                en="These are input channels. Output channels are the first axis: sum over the "
                "other three.",
            ),
        ),
    ):
        if sorted(found) == channels:
            raise Mistake(mistake, hint, expected=str(wanted), found=str(found))
    raise Mistake(
        "wrong_channels",
        Text(
            zh="通道不对：对每个出通道把绝对值加起来，剪掉最小的 int(share * 通道数) 个。",
            en="The channels are wrong: add up the absolute values of each output channel, and "
            "remove the smallest int(share * channels).",
        ),
        expected=str(wanted),
        found=str(found),
    )


@checker("round_shares", title=Text(zh="每一轮剪多少", en="How much goes in each round"), points=2)
def check_round_shares(round_shares: Callable[[float, int], Sequence[float]]) -> None:
    for share, rounds in ((0.5, 2), (0.75, 3), (0.3, 1)):
        found = np.asarray(round_shares(share, rounds), float)
        if found.shape != (rounds,):
            raise Mistake(
                "wrong_length",
                Text(
                    zh="返回一个列表，每轮一个比例。", en="Return a list with one share per round."
                ),
                expected=f"{rounds}",
                found=f"{found.shape}",
            )
        _check_rounds(found, share, rounds)


def _check_rounds(found: Any, share: float, rounds: int) -> None:
    part = share / rounds
    wanted = np.array([part / (1 - k * part) for k in range(rounds)])
    if np.allclose(found, wanted):
        return
    for mistake, shares, hint in (
        (
            "of_the_original",
            np.full(rounds, part),
            Text(
                zh="这是原来的通道里的比例。第二轮起通道已经少了，同样的比例剪掉的就少，"
                "最后剩得太多。",
                en="These are shares of the original channels. From the second round there are "
                "fewer, so the same share removes fewer, and too many are left.",
            ),
        ),
        (
            "equal_shares",
            np.full(rounds, 1 - (1 - share) ** (1 / rounds)),
            Text(
                zh="最后剩下的对，但每一轮剪掉的不一样多：先多后少。要求每一轮剪掉同样多个通道。",
                en="As many are left in the end, but rounds remove different numbers: first more, "
                "then fewer. Each round is to remove the same number of channels.",
            ),
        ),
        (
            "whole_share",
            np.full(rounds, share),
            Text(
                zh="每一轮都剪掉 share，几轮下来远不止 share。",
                en="Each round removes the whole share; after some rounds far more is gone.",
            ),
        ),
    ):
        if np.allclose(found, shares):
            raise Mistake(mistake, hint, expected=_list(wanted), found=_list(found))
    raise Mistake(
        "wrong_shares",
        Text(
            zh="每一轮剪掉原来的 share / rounds；除以这一轮之前还剩下的部分。",
            en="Each round removes share / rounds of the original; divide by what was left before "
            "it.",
        ),
        expected=_list(wanted),
        found=_list(found),
    )


def _list(values: Any) -> str:
    return str([round(float(value), 4) for value in values])


@checker("choose_shares", title=Text(zh="按敏感度选比例", en="Shares by sensitivity"), points=2)
def check_choose_shares(choose_shares: Callable[[list[Any], float], dict[str, float]]) -> None:
    decisions = {
        "a": {0.25: 0.99, 0.5: 0.95, 0.75: 0.6},
        "b": {0.25: 0.97, 0.5: 0.9, 0.75: 0.96},
        "c": {0.25: 0.8, 0.5: 0.7, 0.75: 0.5},
    }
    effects = [
        SimpleNamespace(group=group, share=share, kept_decisions=kept)
        for group, each in decisions.items()
        for share, kept in each.items()
    ]
    found = choose_shares(effects, 0.95)
    wanted = {"a": 0.5, "b": 0.75}
    if not isinstance(found, dict):
        raise Mistake(
            "no_dictionary",
            Text(
                zh="请返回字典：组的名字 → 比例。",
                en="Return a dictionary from the name of a group to its share.",
            ),
            expected="dict",
            found=type(found).__name__,
        )
    if found == wanted:
        _check_order(choose_shares, effects, wanted)
        return
    if "c" in found:
        raise Mistake(
            "too_sensitive",
            Text(
                zh="c 这一组剪多少都不够 least，不要写进字典。",
                en="Group c keeps too few decisions at any share; leave it out.",
            ),
            expected=str(wanted),
            found=str(found),
        )
    for mistake, shares, hint in (
        (
            "excludes_limit",
            {"a": 0.25, "b": 0.75},
            Text(
                zh="正好等于 least 的也算：不少于。",
                en="A share that keeps exactly `least` counts, too.",
            ),
        ),
        (
            "smallest_share",
            {"a": 0.25, "b": 0.25},
            Text(
                zh="选的是最小的比例。够得上的里面选最大的，剪得最多。",
                en="These are the smallest shares. Choose the largest that keeps enough.",
            ),
        ),
        (
            "stops_early",
            {"a": 0.5, "b": 0.25},
            Text(
                zh="b 剪掉一半时不够，剪掉四分之三时却够：曲线不一定一直往下。每个比例都要看。",
                en="Group b keeps too few decisions at half, and enough at three quarters: curves "
                "do not always fall. Look at every share.",
            ),
        ),
    ):
        if found == shares:
            raise Mistake(mistake, hint, expected=str(wanted), found=str(found))
    raise Mistake(
        "wrong_shares",
        Text(
            zh="每一组：在 kept_decisions 不少于 least 的比例里，选最大的。",
            en="For each group, choose the largest share whose kept_decisions is at least `least`.",
        ),
        expected=str(wanted),
        found=str(found),
    )


def _check_order(
    choose_shares: Callable[[list[Any], float], dict[str, float]],
    effects: list[Any],
    wanted: dict[str, float],
) -> None:
    found = choose_shares(effects[::-1], 0.95)
    if found != wanted:
        raise Mistake(
            "depends_on_order",
            Text(
                zh="列表倒过来，答案就变了：后面的比例盖住了前面更大的。要比较大小再留下。",
                en="With the list in reverse order the answer is another one: a later share "
                "replaces a larger one. Compare before you keep it.",
            ),
            expected=str(wanted),
            found=str(found),
        )
