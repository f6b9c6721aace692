"""Checkers of the lesson `serving/batching_and_replicas`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker

FIXED_MS = {1: 5.0, 2: 5.5, 4: 6.0, 8: 7.0, 16: 10.0}
LINEAR_MS = {1: 5.0, 2: 10.0, 4: 20.0}

_BATCHES: tuple[tuple[str, dict[int, float], float, float, int | None, Text], ...] = (
    (
        "wrong_unit",
        FIXED_MS,
        150,
        100,
        1,
        Text(
            zh="一条一批要 5 毫秒，每秒答 1000 / 5 = 200 条，150 条跟得上，10 毫秒也来得及；"
            "它是最小的。",
            en="A batch of 1 takes 5 milliseconds, so 1000 / 5 = 200 are answered per second; "
            "that keeps up with 150, and 10 milliseconds are in time; it is the smallest size.",
        ),
    ),
    (
        "no_room",
        FIXED_MS,
        180,
        100,
        2,
        Text(
            zh="一条一批每秒最多答 200 条，来 180 条就是九成忙，超过了八成。",
            en="A batch of 1 answers at most 200 per second; 180 keep it 90 % busy, and at most "
            "80 % is allowed.",
        ),
    ),
    (
        "never_none",
        LINEAR_MS,
        300,
        1000,
        None,
        Text(
            zh="每一种批量每秒都只能答 200 条，来 300 条：没有合适的，返回 None。",
            en="With every size, 200 are answered per second, and 300 come: none fits, so return "
            "None.",
        ),
    ),
    (
        "ignores_wait",
        FIXED_MS,
        1000,
        15,
        None,
        Text(
            zh="只有 16 条一批跟得上，它要 10 毫秒；可是还要先等前一批的 10 毫秒，共 20 毫秒。",
            en="Only a batch of 16 keeps up, and takes 10 milliseconds; but a request first waits "
            "for the 10 milliseconds of the batch before it, 20 in all.",
        ),
    ),
    (
        "too_strict",
        FIXED_MS,
        160,
        10,
        1,
        Text(
            zh="正好八成忙、正好 goal_ms，都是可以的：“最多”包括相等。",
            en='Exactly 80 % busy and exactly goal_ms are allowed: "at most" includes equality.',
        ),
    ),
    (
        "needs_order",
        {8: 7.0, 2: 5.5, 4: 6.0},
        250,
        100,
        2,
        Text(
            zh="sizes 不一定从小到大，要返回最小的。",
            en="The sizes may come in any order; return the smallest.",
        ),
    ),
)


@checker("choose_batch", title=Text(zh="选批量", en="Choose a batch size"), points=2)
def check_choose_batch(choose_batch: Callable[..., Any]) -> None:
    for mistake, times_ms, rate, goal_ms, wanted, about in _BATCHES:
        found = choose_batch(list(times_ms), list(times_ms.values()), rate, goal_ms)
        if found != wanted:
            raise Mistake(mistake, about, expected=str(wanted), found=str(found)[:80])


@checker("queue_latencies", title=Text(zh="排队", en="A queue"), points=3)
def check_queue_latencies(queue_latencies: Callable[..., Any]) -> None:
    instants, service_s = [0.0, 1.0, 2.0, 10.0], [3.0, 1.0, 1.0, 1.0]
    wanted = [3.0, 3.0, 3.0, 1.0]
    found = _numbers(queue_latencies(instants, service_s, 1), len(instants))
    for mistake, wrong, about in (
        (
            "from_start",
            [3.0, 4.0, 5.0, 11.0],
            Text(
                zh="这是算完的时刻；要的是从到达到算完：减去 instants[i]。",
                en="These are the times at which requests end; subtract instants[i], the arrival.",
            ),
        ),
        (
            "only_waiting",
            [0.0, 2.0, 2.0, 0.0],
            Text(
                zh="这是在队列里等的时间；延迟还包括算的时间。",
                en="This is the time in the queue; latency includes the time to compute.",
            ),
        ),
        (
            "starts_early",
            [3.0, 3.0, 3.0, -4.0],
            Text(
                zh="请求还没有到就算完了：开始的时刻是 max(有空的时刻, 到达的时刻)。",
                en="A request ends before it arrives: it begins at max(free, instant).",
            ),
        ),
        (
            "milliseconds",
            [3000.0, 3000.0, 3000.0, 1000.0],
            Text(zh="单位是秒，不用乘 1000。", en="The unit is seconds; do not multiply by 1000."),
        ),
    ):
        if np.allclose(found, wrong):
            raise Mistake(mistake, about, expected=_listed(wanted), found=_listed(found))
    if not np.allclose(found, wanted):
        about = Text(
            zh="一个工作进程，在 0、1、2、10 秒到，各算 3、1、1、1 秒：在 3、4、5、11 秒算完。",
            en="With one worker, arrivals at 0, 1, 2, 10 and 3, 1, 1, 1 seconds to compute, "
            "requests end at 3, 4, 5 and 11.",
        )
        raise Mistake("wrong_values", about, expected=_listed(wanted), found=_listed(found))
    wanted = [3.0, 1.0, 2.0, 3.0]
    found = _numbers(queue_latencies([0.0] * 4, service_s, 2), 4)
    if np.allclose(found, [3.0, 4.0, 5.0, 6.0]):
        about = Text(
            zh="有两个工作进程，可是只用了一个。", en="There are two workers, but only one works."
        )
        raise Mistake("one_worker", about, expected=_listed(wanted), found=_listed(found))
    if not np.allclose(found, wanted):
        about = Text(
            zh="四个请求同时到，要算 3、1、1、1 秒：第一个占住一个工作进程 3 秒，"
            "后面三个都归另一个，因为它总是先有空。轮流分不行。",
            en="Four requests arrive at once, with 3, 1, 1, 1 seconds to compute. The first keeps "
            "one worker busy for 3 seconds, and the other takes all others, since it is always "
            "free first. Taking turns is different.",
        )
        raise Mistake("takes_turns", about, expected=_listed(wanted), found=_listed(found))


def _numbers(value: Any, count: int) -> list[float]:
    try:
        numbers = [float(each) for each in value]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) != count:
        raise Mistake(
            "wrong_length",
            Text(
                zh="请返回每个请求的延迟，一个请求一个数。",
                en="Return the latencies, one number for each request.",
            ),
            expected=count,
            found=str(value)[:80],
        )
    return numbers


def _listed(values: Sequence[float]) -> str:
    return ", ".join(f"{each:g}" for each in values)


_WORKERS: tuple[tuple[str, tuple[float, float, float, int], int | None, Text], ...] = (
    (
        "wrong_unit",
        (100, 5, 0.5, 8),
        1,
        Text(
            zh="每秒 100 个、每个 5 毫秒：一秒里要 0.5 秒，即半个核。毫秒要除以 1000。",
            en="100 per second with 5 milliseconds each need 0.5 seconds in each second, half a "
            "core. Divide milliseconds by 1000.",
        ),
    ),
    (
        "rounds_down",
        (300, 5, 0.5, 8),
        2,
        Text(
            zh="要 1.5 个核的时间，每个最多八成忙：1.5 / 0.8 = 1.875，往上取整。",
            en="1.5 cores of time, and each at most 80 % busy: 1.5 / 0.8 = 1.875, rounded up.",
        ),
    ),
    (
        "no_room",
        (190, 5, 0.5, 8),
        2,
        Text(
            zh="要 0.95 个核的时间：一个工作进程就是九成五忙，超过了八成。",
            en="0.95 cores of time would keep one worker 95 % busy, and at most 80 % is allowed.",
        ),
    ),
    (
        "one_too_many",
        (320, 5, 0.5, 8),
        2,
        Text(
            zh="1.6 / 0.8 正好是 2：两个正好八成忙，不用第三个。用 ceil，不是 int(…) + 1。",
            en="1.6 / 0.8 is exactly 2: two workers are 80 % busy, and a third is not needed. Use "
            "ceil, not int(...) + 1.",
        ),
    ),
    (
        "no_worker",
        (0, 5, 0.5, 8),
        1,
        Text(zh="没有请求，也要有一个在等。", en="Without requests, one worker still waits."),
    ),
    (
        "too_strict",
        (800, 0.5, 1, 64),
        1,
        Text(
            zh="收发的进程正好八成忙，这是可以的：超过八成才做不到。",
            en="The process that speaks HTTP is exactly 80 % busy, which is allowed: only more "
            "than that is impossible.",
        ),
    ),
    (
        "forgets_server",
        (1000, 0.5, 1, 64),
        None,
        Text(
            zh="收发的进程每秒要 1 秒，它只有一个核：再多的工作进程也没有用。",
            en="The process that speaks HTTP needs a whole core, and has only one: more workers do "
            "not help.",
        ),
    ),
    (
        "forgets_cores",
        (500, 5, 0.1, 2),
        None,
        Text(
            zh="光是工作进程就要 2.5 个核的时间，机器只有 2 个。",
            en="The workers alone need 2.5 cores of time, and there are 2.",
        ),
    ),
    (
        "fills_cores",
        (360, 5, 0.1, 2),
        None,
        Text(
            zh="一共要 1.84 个核的时间，超过了两个核的八成，1.6。",
            en="1.84 cores of time in all are more than 80 % of two cores, which is 1.6.",
        ),
    ),
    (
        "only_workers",
        (300, 5, 0.5, 2),
        None,
        Text(
            zh="工作进程要 1.5 个核，收发的进程还要 0.15 个：一共 1.65，超过 1.6。",
            en="The workers need 1.5 cores, and the process that speaks HTTP 0.15: 1.65 in all, "
            "more than 1.6.",
        ),
    ),
)


@checker(
    "workers_needed",
    title=Text(zh="要几个工作进程", en="How many workers"),
    points=3,
)
def check_workers_needed(workers_needed: Callable[..., Any]) -> None:
    for mistake, arguments, wanted, about in _WORKERS:
        found = workers_needed(*arguments)
        if found != wanted:
            raise Mistake(mistake, about, expected=str(wanted), found=str(found)[:80])
