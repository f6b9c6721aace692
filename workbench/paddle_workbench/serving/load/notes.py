"""What to know before believing the numbers of a run, in both languages."""

from __future__ import annotations

from collections.abc import Iterator

from ...contract import Language, Text
from ...contract.load import LoadRun

__all__ = ["MOST_CONNECTIONS", "notes_of"]

MOST_CONNECTIONS = 512
LATE_MS, LATE_SHARE = 1.0, 0.1
BUSY_CPU = 0.8
KEPT_UP = 0.9
FEWEST = 100
"""Below this number of answers the 99th percentile is the largest."""


def notes_of(run: LoadRun, language: Language = "en") -> tuple[str, ...]:
    """Return sentences about a run.

    Parameters
    ----------
    run : LoadRun
    language : {"zh", "en"}
    """
    notes = (*_client_notes(run), *_answer_notes(run), *_server_notes(run))
    return tuple(each.in_language(language) for each in notes)


def _client_notes(run: LoadRun) -> Iterator[Text]:
    client = run.client
    p99_ms = run.latency.p99_ms if run.latency else 0.0
    if client.has_waited and run.plan.clients is None:
        yield Text(
            en=f"All {MOST_CONNECTIONS} connections were in use, and requests waited for one in "
            "the client: the server does not keep up, and the latencies contain that wait.",
            zh=f"{MOST_CONNECTIONS} 个连接全部用上了，请求在客户端排队等连接：服务器跟不上，"
            "延迟里包含了这段等待。",
        )
    elif client.late_p99_ms > max(LATE_MS, LATE_SHARE * p99_ms):
        yield Text(
            en=f"The client was late: it sent 1 % of the requests {client.late_p99_ms:.1f} ms late "
            "or more, and the latencies contain that. Leave it more of the processor, or run it on "
            "another machine.",
            zh=f"客户端发晚了：有 1 % 的请求晚了 {client.late_p99_ms:.1f} 毫秒以上，延迟里包含了"
            "这段时间。请给客户端多留一些处理器，或者换一台机器运行它。",
        )
    if client.cpu > BUSY_CPU:
        yield Text(
            en=f"The client is the limit: it has used {client.cpu:.0%} of a core, and a server may "
            "answer more than it can ask. Run several clients.",
            zh=f"瓶颈在客户端：它用掉了一个核的 {client.cpu:.0%}，服务器也许还能回答更多。"
            "请同时运行几个客户端。",
        )


def _answer_notes(run: LoadRun) -> Iterator[Text]:
    plan = run.plan
    failed = sum(run.errors.values())
    if failed:
        yield Text(
            en=f"{failed} of {run.scheduled} requests failed: the latencies are those of the "
            "others.",
            zh=f"{run.scheduled} 个请求中有 {failed} 个失败：延迟只统计其余的请求。",
        )
    per_second = (run.answered + failed) / run.elapsed_s if run.elapsed_s else 0.0
    planned = run.scheduled / plan.duration_s
    if run.is_complete and plan.rate is not None and per_second < KEPT_UP * planned:
        yield Text(
            en=f"The server did not keep up: {planned:.0f} requests came each second, and "
            f"{per_second:.0f} ended. The latencies grow with the duration of the run.",
            zh=f"服务器跟不上：每秒来 {planned:.0f} 个请求，只完成 {per_second:.0f} 个。"
            "运行得越久，延迟越大。",
        )
    if 0 < run.answered < FEWEST:
        yield Text(
            en=f"With {run.answered} answers, the 99th percentile is the largest latency.",
            zh=f"只有 {run.answered} 个回答，第 99 百分位就是最大的延迟。",
        )


def _server_notes(run: LoadRun) -> Iterator[Text]:
    server = run.server
    if server is None:
        yield Text(
            en="The server's metrics could not be read.",
            zh="服务器的指标读不到。",
        )
        return
    if server.restarts:
        yield Text(
            en=f"{server.restarts} of the server's workers ended by themselves.",
            zh=f"服务器有 {server.restarts} 个工作进程自己结束了。",
        )
    more = server.inputs - run.scheduled * run.plan.size
    if more > 0:
        yield Text(
            en=f"The server has answered {more} inputs more than this run has sent: other clients "
            "use it, too.",
            zh=f"服务器回答的输入比这次运行发出的多 {more} 个：还有别的客户端在用它。",
        )
