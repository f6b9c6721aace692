"""A real MLflow server on the loopback, with a database and files in a temporary folder."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from ...kernels.sessions import wait_until

__all__ = ["mlflow_server"]

START_S = 120.0


@contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """Run a server until the end of the block, and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "--host": "127.0.0.1",
        "--port": str(port),
        "--workers": "1",
        "--backend-store-uri": f"sqlite:///{folder / 'runs.db'}",
        "--artifacts-destination": str(folder / "files"),
    }
    environment = {
        **os.environ,
        # They need a queue of their own.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    words = [word for option in options.items() for word in option]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", *words],
            env=environment,
            cwd=folder,
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: process.poll() is not None or _is_up(url), limit_s=START_S)
        assert process.poll() is None, (folder / "log").read_text()
        yield url
    finally:
        children = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        process.wait()
        for child in children:
            if child.is_running():
                child.kill()


def _is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").status_code == 200
    except httpx.TransportError:
        return False
