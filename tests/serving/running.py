"""A server in a process of its own, and the processes that it starts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import psutil

from paddle_workbench.serving.local import LocalServer

NURSERY = "paddle_workbench.serving.workers.nursery"


def private_mb(pid: int) -> float:
    """Return the memory that a process shares with no other process, in MB."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kilobytes = [int(line.split()[1]) for line in text.splitlines() if line.startswith("Private_")]
    return sum(kilobytes) * 1024 / 1e6


class RunningServer(LocalServer):
    """A server with a client."""

    def __init__(self, bundles: Sequence[Path], *, token: str = "", **options: Any) -> None:
        super().__init__(bundles, token=token, **options)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self.client = httpx.Client(base_url=self.url, headers=headers, timeout=60)

    def __enter__(self) -> RunningServer:
        return self

    def close(self) -> str:
        if hasattr(self, "client"):  # not if it has not started
            self.client.close()
        return super().close()

    def predict(self, text: str, model: str = "sentiment", **options: Any) -> httpx.Response:
        return self.client.post(f"/models/{model}/predict", json={"text": text}, **options)

    def nurseries(self) -> list[psutil.Process]:
        return [
            each
            for each in psutil.Process(self.pid).children()
            if each.status() != psutil.STATUS_ZOMBIE and NURSERY in each.cmdline()
        ]

    def workers(self) -> list[psutil.Process]:
        """Return the processes with predictors."""
        return [worker for nursery in self.nurseries() for worker in nursery.children()]

    def metrics(self) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
        """Return the values of all metrics, by name and labels."""
        from prometheus_client.parser import text_string_to_metric_families

        values: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
        for family in text_string_to_metric_families(self.client.get("/metrics").text):
            for sample in family.samples:
                labels = tuple(sorted(sample.labels.items()))
                values.setdefault(sample.name, {})[labels] = sample.value
        return values
