"""Checkers of the lesson `serving/monitoring`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker

_Points = list[tuple[float, float]]
_RATES: tuple[tuple[str, _Points, float | None, Text], ...] = (
    (
        "wrong_rate",
        [(10.0, 100.0), (10.5, 130.0), (14.0, 190.0)],
        22.5,
        Text(
            zh="增加 90，用了 4 秒：每秒 22.5。除以时间，不是除以抓取的次数。",
            en="It grew by 90 in 4 seconds: 22.5 per second. Divide by the time, not by the number "
            "of scrapes.",
        ),
    ),
    (
        "misses_restart",
        [(0.0, 90.0), (1.0, 100.0), (2.0, 3.0), (3.0, 8.0), (4.0, 10.0)],
        5.0,
        Text(
            zh="从 100 到 3 是重启。新增 10、3、5、2，一共 20，每秒 5；重启后的 3 个也是新增的。",
            en="From 100 to 3 it restarted. It grew by 10, 3, 5 and 2, that is 20, or 5 per "
            "second; the 3 after the restart are new, too.",
        ),
    ),
    (
        "one_restart_only",
        [(0.0, 50.0), (1.0, 20.0), (2.0, 60.0), (3.0, 10.0), (4.0, 10.0)],
        17.5,
        Text(
            zh="这里重启了两次：新增 20、40、10、0，一共 70，每秒 17.5。最后两个值相等，"
            "那是没有增加，不是重启。",
            en="It restarted twice here: it grew by 20, 40, 10 and 0, that is 70, or 17.5 per "
            "second. The last two values are equal: nothing was added, and it did not restart.",
        ),
    ),
    (
        "one_scrape",
        [(5.0, 12.0)],
        None,
        Text(
            zh="只有一次抓取，算不出速率：返回 None。",
            en="One scrape does not make a rate: return None.",
        ),
    ),
    (
        "no_scrape",
        [],
        None,
        Text(
            zh="一次抓取也没有，也返回 None。",
            en="Without any scrape, return None as well.",
        ),
    ),
)


@checker(
    "counter_rate",
    title=Text(zh="会重启的计数器", en="A counter that restarts"),
    points=2,
)
def check_counter_rate(counter_rate: Callable[[_Points], Any]) -> None:
    for mistake, points, wanted, about in _RATES:
        found = counter_rate(list(points))
        if not _is_close(found, wanted):
            raise Mistake(mistake, about, expected=wanted, found=str(found)[:80])


_QUANTILES: tuple[tuple[str, float, dict[str, float], float, Text], ...] = (
    (
        "no_interpolation",
        0.5,
        {"1.0": 10.0, "2.0": 30.0, "4.0": 40.0, "+Inf": 40.0},
        1.5,
        Text(
            zh="第 20 个在 1 到 2 的桶里，是桶里 20 个中的第 10 个：正中间。"
            "值是累计的，桶里的个数要减去前一个桶的。",
            en="Rank 20 is in the bucket from 1 to 2, number 10 of the 20 in it: in the middle. "
            "Counts are cumulative, so subtract that of the bucket before.",
        ),
    ),
    (
        "first_bucket",
        0.25,
        {"1.0": 10.0, "2.0": 10.0, "+Inf": 10.0},
        0.25,
        Text(
            zh="第一个桶从 0 开始：第 2.5 个在 0 到 1 之间的四分之一处。",
            en="The first bucket starts at 0: rank 2.5 of 10 is at a quarter between 0 and 1.",
        ),
    ),
    (
        "sorts_texts",
        0.9,
        {"10.0": 100.0, "2.5": 50.0, "5.0": 80.0, "+Inf": 100.0},
        7.5,
        Text(
            zh="按数的大小排：作为文字，“10.0”排在“2.5”前面。",
            en='Sort by number: as texts, "10.0" comes before "2.5".',
        ),
    ),
    (
        "infinite",
        0.99,
        {"1.0": 50.0, "30.0": 90.0, "+Inf": 100.0},
        30.0,
        Text(
            zh="落在 +Inf 的桶里，返回最大的有限边界 30；只知道比它大，不知道大多少。",
            en="In the bucket +Inf, return the largest finite bound, 30: all that is known is that "
            "it is larger.",
        ),
    ),
    (
        "empty",
        0.5,
        {"1.0": 0.0, "2.0": 0.0, "+Inf": 0.0},
        math.nan,
        Text(
            zh="没有请求，就没有分位数：返回 math.nan。",
            en="Without requests there is not a quantile: return math.nan.",
        ),
    ),
)


@checker(
    "histogram_quantile",
    title=Text(zh="桶里的分位数", en="A quantile from buckets"),
    points=3,
)
def check_histogram_quantile(
    histogram_quantile: Callable[[float, dict[str, float]], Any],
) -> None:
    for mistake, q, buckets, wanted, about in _QUANTILES:
        try:
            found: Any = histogram_quantile(q, dict(buckets))
        except ZeroDivisionError as error:
            if mistake != "empty":
                raise
            found = repr(error)
        if not _is_close(found, wanted):
            raise Mistake(mistake, about, expected=wanted, found=str(found)[:80])


_CALM = [0.0] * 60
_STEADY = [100.0] * 60
_PAGES: tuple[tuple[str, Sequence[float], Sequence[float], float, bool, Text], ...] = (
    (
        "misses_incident",
        [*_CALM[:50], *[50.0] * 10],
        _STEADY,
        0.999,
        True,
        Text(
            zh="最近 10 分钟一半失败：60 分钟里 8.3 %，除以允许的 0.1 % 是 83；"
            "5 分钟里是 500。两个都超过。",
            en="Half of the requests failed for 10 minutes: 8.3 % in 60 minutes, or 83 times the "
            "allowed 0.1 %; 500 times in 5 minutes. Both exceed 14.4.",
        ),
    ),
    (
        "ignores_goal",
        [*_CALM[:50], *[10.0] * 10],
        _STEADY,
        0.99,
        False,
        Text(
            zh="目标是 99 %，允许 1 %：5 分钟的燃烧速率只有 10，60 分钟的不到 2。"
            "允许的比例是 1 - goal。",
            en="At 99 % there may be 1 % of failures: the burn rate is only 10 in 5 minutes and "
            "below 2 in 60. The allowed share is 1 - goal.",
        ),
    ),
    (
        "goes_on_after",
        [*[50.0] * 20, *_CALM[:40]],
        _STEADY,
        0.999,
        False,
        Text(
            zh="事故四十分钟前就过去了，最近 5 分钟没有失败：不用叫醒人。",
            en="The incident ended forty minutes ago, and nothing failed in the last 5 minutes: do "
            "not wake anyone.",
        ),
    ),
    (
        "short_window_only",
        [*_CALM[:59], 80.0],
        _STEADY,
        0.999,
        False,
        Text(
            zh="一分钟里失败 80 个：5 分钟的燃烧速率 160，但 60 分钟的只有 13.3。",
            en="80 failed in one minute: the burn rate is 160 in 5 minutes, but only 13.3 in 60.",
        ),
    ),
    (
        "averages_shares",
        [*_CALM[:54], 0.0, 2.0, 2.0, 2.0, 2.0, 2.0],
        [*[1000.0] * 55, *[2.0] * 5],
        0.999,
        False,
        Text(
            zh="最后 5 分钟每分钟只有 2 个请求，全失败：60 分钟里是 55010 个中的 10 个。"
            "先把个数加起来，再相除；不要给比例求平均。",
            en="Each of the last 5 minutes had only 2 requests, which failed: 10 of 55010 in 60 "
            "minutes. Add up the counts and divide then; do not average shares.",
        ),
    ),
    (
        "old_minutes",
        [*[100.0] * 60, *_CALM[:55], *[2.0] * 5],
        [100.0] * 120,
        0.999,
        False,
        Text(
            zh="列表可以比 60 分钟长：一小时以前的不算。",
            en="The lists may be longer than 60 minutes: what is older than an hour does not "
            "count.",
        ),
    ),
    (
        "other_window_below",
        [*_CALM[:40], *[10.0] * 15, *[2.0] * 5],
        _STEADY,
        0.999,
        True,
        Text(
            zh="最近 5 分钟的 500 个请求里失败了 10 个：2 %，燃烧速率 20；60 分钟的是 26.7。"
            "失败的和全部的，要数同一段时间。",
            en="10 of the 500 requests of the last 5 minutes failed: 2 %, a burn rate of 20; that "
            "of 60 minutes is 26.7. Count failures and requests of the same minutes.",
        ),
    ),
    (
        "nothing_happens",
        _CALM,
        _CALM,
        0.999,
        False,
        Text(
            zh="夜里一个请求也没有，就没有失败：返回 False，不要除以 0。",
            en="Without any request at night there are no failures: return False, and do not "
            "divide by 0.",
        ),
    ),
)


@checker(
    "pages",
    title=Text(zh="该不该叫醒人", en="Wake someone or not"),
    points=3,
)
def check_pages(pages: Callable[[list[float], list[float], float], Any]) -> None:
    for mistake, failed, total, goal, wanted, about in _PAGES:
        try:
            found: Any = pages(list(failed), list(total), goal)
        except ZeroDivisionError as error:
            if mistake != "nothing_happens":
                raise
            found = repr(error)
        if found != wanted or (isinstance(found, float) and math.isnan(found)):
            raise Mistake(mistake, about, expected=wanted, found=str(found)[:80])


def _is_close(found: Any, wanted: float | None) -> bool:
    if wanted is None or found is None:
        return found is wanted
    try:
        number = float(found)
    except (TypeError, ValueError):
        return False
    if math.isnan(wanted):
        return math.isnan(number)
    return math.isclose(number, wanted, rel_tol=1e-6, abs_tol=1e-9)
