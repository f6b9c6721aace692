"""A server in a process of its own, as `workbench serve` starts it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import httpx
import psutil

from paddle_workbench.child_process import module_command

NURSERY = "paddle_workbench.serving.nursery"


class RunningServer:
    """Starts a server and waits until it says that it is ready."""

    def __init__(self, bundles: Sequence[Path], *options: str, token: str = "") -> None:
        environment = {**os.environ, "WORKBENCH_SERVING_TOKEN": token}
        self.process = subprocess.Popen(
            [
                *module_command("paddle_workbench.cli", "serve", *map(str, bundles)),
                *("--port", "0", *options),
            ],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.lines: list[str] = []
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if line.startswith("Ready on "):
                break
        else:
            raise AssertionError(self.stop())
        self.url = self.lines[-1].removeprefix("Ready on ")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self.client = httpx.Client(base_url=self.url, headers=headers, timeout=60)

    def __enter__(self) -> RunningServer:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self, number: int = signal.SIGTERM) -> str:
        """End the server, and return what it has written to stderr."""
        client = getattr(self, "client", None)  # not if it has not started
        if client is not None:
            client.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        _, messages = self.process.communicate(timeout=60)
        return messages

    def predict(self, text: str, model: str = "sentiment", **options: object) -> httpx.Response:
        return self.client.post(f"/models/{model}/predict", json={"text": text}, **options)

    def nurseries(self) -> list[psutil.Process]:
        return [
            each
            for each in psutil.Process(self.process.pid).children()
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
