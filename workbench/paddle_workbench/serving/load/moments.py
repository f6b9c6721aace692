"""What a run shows while it goes on, about once a second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ...contract.load import LoadMoment
from .counts import ServerCounts
from .percentiles import percentile

__all__ = ["Moments"]


@dataclass(eq=False)
class Moments:
    """Makes moments of the answers since the last one, and of two readings of the metrics.

    Parameters
    ----------
    before : ServerCounts, optional
        Before the run.
    """

    before: ServerCounts | None = None
    all: list[LoadMoment] = field(default_factory=list)
    _latencies_ms: list[float] = field(default_factory=list)
    _failed: int = 0

    @property
    def last_s(self) -> float:
        """When the last moment was, in seconds since the start."""
        return self.all[-1].at_s if self.all else 0.0

    def note(self, latency_ms: float | None) -> None:
        """Count the end of a request; None if it has failed."""
        if latency_ms is None:
            self._failed += 1
        else:
            self._latencies_ms.append(latency_ms)

    def add(self, at_s: float, counts: ServerCounts | None) -> LoadMoment:
        """Make the moment of an instant."""
        latencies, failed = self._latencies_ms, self._failed
        self._latencies_ms, self._failed = [], 0
        p50_ms, p95_ms, p99_ms = _percentiles(latencies)
        moment = LoadMoment(
            at_s=at_s,
            per_second=len(latencies) / max(at_s - self.last_s, 1e-9),
            failed=failed,
            p50_ms=p50_ms,
            p95_ms=p95_ms,
            p99_ms=p99_ms,
            queue=None if counts is None else round(_sum(counts, "queue_inputs")),
            batch_mean=_batch_mean(self.before, counts),
            memory_bytes=None
            if counts is None
            else round(_sum(counts, "process_resident_memory_bytes")),
        )
        self.before = counts or self.before
        self.all.append(moment)
        return moment


def _percentiles(latencies_ms: Sequence[float]) -> list[float | None]:
    if not latencies_ms:
        return [None] * 3
    return [percentile(latencies_ms, share) for share in (50, 95, 99)]


def _sum(counts: ServerCounts, name: str) -> float:
    return sum(counts.get(f"workbench_{name}", {}).values())


def _batch_mean(before: ServerCounts | None, after: ServerCounts | None) -> float | None:
    if before is None or after is None:
        return None
    rows, batches = (
        _sum(after, name) - _sum(before, name) for name in ("batch_rows_sum", "batch_rows_count")
    )
    return rows / batches if batches > 0 else None
