"""What a server counts during a load, from its metrics before and after."""

from __future__ import annotations

import httpx
from prometheus_client.parser import text_string_to_metric_families

from ..contract.serving import LoadServer
from .client import authorization

__all__ = ["ServerCounts", "read_counts", "server_load"]

ServerCounts = dict[str, dict[str, float]]
"""By name, the values of a model: of a histogram by `le`, of processes by their names."""

TIMEOUT_S = 10.0
_LABELS = ("le", "process")


def read_counts(url: str, model: str, token: str | None) -> ServerCounts | None:
    """Return what a server has counted for a model; None if it does not say so.

    Parameters
    ----------
    url, model : str
    token : str or None
    """
    try:
        answer = httpx.get(
            f"{url.rstrip('/')}/metrics",
            headers=httpx.Headers(authorization(token), encoding="utf-8"),
            timeout=TIMEOUT_S,
            trust_env=False,
        )
        answer.raise_for_status()
        return _counts(answer.text, model)
    except (httpx.HTTPError, ValueError):
        return None


def _counts(text: str, model: str) -> ServerCounts:
    counts: ServerCounts = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.labels.get("model") not in (None, "", model):  # the server itself has ""
                continue
            key = next((sample.labels[name] for name in _LABELS if name in sample.labels), "")
            values = counts.setdefault(sample.name, {})
            values[key] = values.get(key, 0.0) + sample.value  # of all versions and routes
    return counts


def server_load(
    before: ServerCounts | None, after: ServerCounts | None, elapsed_s: float
) -> LoadServer | None:
    """Return what was counted between two readings; None if there are not two.

    Parameters
    ----------
    before, after : ServerCounts or None
    elapsed_s : float
        Between them.
    """
    if before is None or after is None:
        return None

    def gain(name: str, key: str = "") -> float:
        name = f"workbench_{name}"
        return after.get(name, {}).get(key, 0.0) - before.get(name, {}).get(key, 0.0)

    batches, waits = gain("batch_rows_count"), gain("wait_seconds_count")
    wait_s = gain("wait_seconds_sum")
    return LoadServer(
        inputs=round(gain("inputs_total")),
        batches=round(batches),
        batch_rows=_by_rows(before, after),
        # Little's law: those that wait at an average instant are the arrivals times their wait.
        queue_mean=wait_s / elapsed_s,
        wait_mean_ms=1000 * wait_s / waits if waits else 0.0,
        predict_mean_ms=1000 * gain("predict_seconds_sum") / (gain("predict_seconds_count") or 1.0),
        restarts=round(gain("worker_restarts_total")),
        cpu={
            # A worker that was started meanwhile has used all of its time since.
            process: gain("process_cpu_seconds_total", process) / elapsed_s
            for process in after.get("workbench_process_cpu_seconds_total", {})
            if gain("process_cpu_seconds_total", process) >= 0
        },
    )


def _by_rows(before: ServerCounts, after: ServerCounts) -> dict[str, int]:
    """Return how many batches are in each bucket, without empty ones."""
    name = "workbench_batch_rows_bucket"
    rows, below = {}, 0.0
    for limit, count in after.get(name, {}).items():
        total = count - before.get(name, {}).get(limit, 0.0)
        if total > below:
            rows[f"{float(limit):g}" if limit != "+Inf" else limit] = round(total - below)
        below = total
    return rows
