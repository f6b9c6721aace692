"""What a server does not count, but looks at whenever its metrics are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psutil

from .cards import watch_cards
from .deployment import Models
from .metrics import Metrics

__all__ = ["watch_models"]


def watch_models(metrics: Metrics, models: Models) -> None:
    """Add what is read when the metrics are: queues, workers, processes and cards."""
    labels = ("model", "version")

    def of_models(value: Callable[..., float]) -> Callable[[], Iterator[tuple[list[str], float]]]:
        return lambda: (([each.name, each.record.version], value(each)) for each in models)

    metrics.watch(
        "queue_inputs", "Inputs that wait.", labels, of_models(lambda each: len(each.pool.queue))
    )
    metrics.watch(
        "queue_limit_inputs",
        "Most inputs that wait; beyond it the answer is 429.",
        labels,
        of_models(lambda each: each.settings.queue),
    )
    metrics.watch(
        "workers", "Workers that are ready.", labels, of_models(lambda each: each.pool.ready)
    )
    metrics.watch(
        "workers_wanted",
        "Workers that there should be.",
        labels,
        of_models(lambda each: each.settings.workers),
    )
    metrics.watch(
        "model_info",
        "What is served; always 1.",
        (*labels, "target"),
        lambda: (([each.name, each.record.version, each.target], 1.0) for each in models),
    )
    metrics.watch(
        "process_resident_memory_bytes",
        "Memory of a process; pages that it shares with others count in each.",
        (*labels, "process"),
        lambda: _of_processes(models, lambda process: process.memory_info().rss),
    )
    metrics.watch(
        "process_cpu_seconds_total",
        "Time of the processor that a process has used.",
        (*labels, "process"),
        lambda: _of_processes(models, lambda process: sum(process.cpu_times()[:2])),
    )
    metrics.watch(
        "process_start_time_seconds",
        "When a process started, in seconds since 1970.",
        (*labels, "process"),
        lambda: _of_processes(models, lambda process: process.create_time()),
    )
    watch_cards(metrics)


def _of_processes(
    models: Models, value: Callable[[psutil.Process], float]
) -> Iterator[tuple[list[str], float]]:
    yield ["", "", "server"], value(psutil.Process())
    for served in models:
        for name, pid in served.pool.processes.items():
            try:
                yield [served.name, served.record.version, name], value(psutil.Process(pid))
            except psutil.Error:  # noqa: PERF203 - it has ended
                continue
