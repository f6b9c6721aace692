"""What the requests of a run have shown, and what to know before believing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from ...contract.load import LatencySummary, LoadClient, LoadPlan, LoadRun, LoadSecond, LoadServer
from .notes import notes_of
from .percentiles import percentile
from .sending import Sender, SentRequest

__all__ = ["describe", "summarize"]


def summarize(url: str, model: str, sender: Sender, server: LoadServer | None) -> LoadRun:
    """Return the run of a sender that has ended."""
    plan, requests = sender.plan, sender.requests
    ended = [each for each in requests if each.is_over]
    answered = _milliseconds(ended)
    elapsed_s = sender.elapsed_s if sender.is_stopped else max(sender.elapsed_s, plan.duration_s)
    errors = Counter(each.code for each in ended if each.code != "200")
    late = [each.sent_s - each.scheduled_s for each in requests if each.sent_s is not None]
    run = LoadRun(
        plan=plan,
        url=url,
        model=model,
        elapsed_s=elapsed_s,
        scheduled=len(requests),
        answered=len(answered),
        errors=dict(errors.most_common()),
        unanswered=len(requests) - len(ended),
        per_second=len(answered) / elapsed_s if elapsed_s else 0.0,
        latency=_latency(answered),
        seconds=tuple(_seconds(requests)),
        moments=tuple(sender.moments.all),
        client=LoadClient(
            late_p99_ms=1000 * percentile(late, 99) if late else 0.0,
            cpu=sender.cpu_s / elapsed_s if elapsed_s else 0.0,
            connections=sender.most_connections,
            has_waited=sender.has_waited,
        ),
        server=server,
        is_complete=not sender.is_stopped,
    )
    return run.model_copy(update={"notes": notes_of(run)})


def _milliseconds(requests: Sequence[SentRequest]) -> list[float]:
    """Return the latencies of requests that were answered with 200."""
    return [each.latency_ms for each in requests if each.code == "200"]


def _latency(values_ms: Sequence[float]) -> LatencySummary | None:
    if not values_ms:
        return None
    return LatencySummary(
        p50_ms=percentile(values_ms, 50),
        p95_ms=percentile(values_ms, 95),
        p99_ms=percentile(values_ms, 99),
        mean_ms=float(np.mean(values_ms)),
        largest_ms=max(values_ms),
    )


def _seconds(requests: Sequence[SentRequest]) -> Iterator[LoadSecond]:
    by_second: dict[int, list[SentRequest]] = {}
    for each in requests:
        by_second.setdefault(int(each.scheduled_s), []).append(each)
    for start_s in range(max(by_second, default=-1) + 1):
        second = by_second.get(start_s, [])
        latency = _latency(_milliseconds(second))
        answered = sum(each.code == "200" for each in second)
        yield LoadSecond(
            start_s=start_s,
            scheduled=len(second),
            answered=answered,
            failed=sum(each.is_over for each in second) - answered,
            p50_ms=latency.p50_ms if latency else None,
            p99_ms=latency.p99_ms if latency else None,
        )


def describe(run: LoadRun) -> str:
    """Return a run as lines of text."""
    requests = (
        f"{run.scheduled} scheduled, {run.answered} answered, {run.per_second:.1f} per second"
    )
    if run.plan.size > 1:
        requests += f", {run.plan.size * run.per_second:.1f} inputs per second"
    rows = [(run.model, _plan(run.plan)), ("requests", requests)]
    if run.unanswered:
        rows.append(("interrupted", f"{run.unanswered} not answered after {run.elapsed_s:.1f} s"))
    if run.errors:
        rows.append(("failed", ", ".join(f"{code}: {n}" for code, n in run.errors.items())))
    rows += _latency_rows(run.latency) + _server_rows(run.server)
    client = run.client
    share = f"{client.cpu:.0%} of a core, {client.connections} connections"
    rows.append(("client", f"p99 {client.late_p99_ms:.2f} ms late, {share}"))
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:{width}}  {text}" for name, text in rows]
    return "\n".join([*lines, *(f"Note: {note}" for note in run.notes)])


def _plan(plan: LoadPlan) -> str:
    each = f", each with {plan.size} inputs" if plan.size > 1 else ""
    if plan.clients is not None:
        return (
            f"{plan.clients} clients that wait for their answers, for {plan.duration_s:g} s{each}"
        )
    return (
        f"{plan.rate:g} per second, {plan.arrivals}, for {plan.duration_s:g} s, seed {plan.seed}"
        f"{each}"
    )


def _latency_rows(latency: LatencySummary | None) -> list[tuple[str, str]]:
    if latency is None:
        return []
    values = {name.removesuffix("_ms"): value for name, value in latency}
    return [("latency, ms", ", ".join(f"{name} {value:.2f}" for name, value in values.items()))]


def _server_rows(server: LoadServer | None) -> list[tuple[str, str]]:
    if server is None:
        return []
    mean = server.inputs / server.batches if server.batches else 0.0
    sizes = ", ".join(f"up to {rows}: {count}" for rows, count in server.batch_rows.items())
    shares = ", ".join(f"{process} {share:.0%}" for process, share in server.cpu.items())
    queue = f"{server.queue_mean:.2f} inputs on average, each for {server.wait_mean_ms:.2f} ms"
    return [
        ("batches", f"{server.batches} with {mean:.1f} inputs on average ({sizes})"),
        ("queue", f"{queue}; {server.predict_mean_ms:.2f} ms in the predictor"),
        ("server", f"of a core: {shares}"),
    ]
