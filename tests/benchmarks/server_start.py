"""The start of the server with and without the extension."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from .table import show

RUNS = 8
LIMIT_S = 60.0


def seconds_to_answer(*, enabled: bool) -> float:
    """Start JupyterLab and return the seconds until it serves its page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            "--allow-root",
            f"--port={port}",
            "--ServerApp.port_retries=0",
            "--IdentityProvider.token=",
            f"--ServerApp.root_dir={folder}",
            f"--ServerApp.jpserver_extensions=paddle_workbench={enabled}",
        ]
        environment = os.environ | {"PADDLE_WORKBENCH_HOME": folder}
        started = time.perf_counter()
        server = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            while time.perf_counter() - started < LIMIT_S:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/lab", timeout=5):
                        return time.perf_counter() - started
                except (urllib.error.URLError, ConnectionError):
                    time.sleep(0.02)
            raise TimeoutError(f"No answer within {LIMIT_S:g} s: {' '.join(command)}")
        finally:
            server.terminate()
            server.wait()


def main() -> None:
    without, with_extension = [], []
    seconds_to_answer(enabled=True)  # warm the file cache
    for _ in range(RUNS):
        without.append(seconds_to_answer(enabled=False))
        with_extension.append(seconds_to_answer(enabled=True))
    show(
        f"Server start, {RUNS} runs in turn (goal: under 5 % slower with the extension)",
        [("without", without), ("with", with_extension)],
        "s",
    )
