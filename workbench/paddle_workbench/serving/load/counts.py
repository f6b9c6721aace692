"""What a server counts during a load, from its metrics before and after."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

import httpx
from prometheus_client.parser import text_string_to_metric_families

from ...contract.load import LoadServer
from ..client import authorization

__all__ = ["MetricsReader", "ServerCounts", "server_load"]

ServerCounts = dict[str, dict[str, float]]
"""By name, the values of a model: of a histogram by `le`, of processes by their names."""

TIMEOUT_S = 10.0
_LABELS = ("le", "process")


class MetricsReader:
    """Reads what a server has counted for a model, again and again over one connection.

    Parameters
    ----------
    url, model : str
    token : str, optional
    """

    def __init__(self, url: str, model: str, token: str | None = None) -> None:
        self._url, self._model = f"{url.rstrip('/')}/metrics", model
        self._client = httpx.Client(
            headers=httpx.Headers(authorization(token), encoding="utf-8"),
            trust_env=False,
        )

    def __enter__(self) -> MetricsReader:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def read(
        self, names: Sequence[str] = (), *, timeout_s: float = TIMEOUT_S
    ) -> ServerCounts | None:
        """Return the counts; None if the server does not say so.

        Parameters
        ----------
        names : sequence of str
            Those that are needed, without `workbench_`; by default all, which takes a few
            milliseconds.
        timeout_s : float
        """
        try:
            answer = self._client.get(self._url, timeout=timeout_s)
            answer.raise_for_status()
            text = answer.text
            if names:
                starts = tuple(f"workbench_{name}{{" for name in names)
                lines = (line for line in text.splitlines() if line.startswith(starts))
                text = "".join(f"{line}\n" for line in lines)
            return _counts(text, self._model)
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
        memory_bytes={
            process: round(value)
            for process, value in after.get("workbench_process_resident_memory_bytes", {}).items()
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
