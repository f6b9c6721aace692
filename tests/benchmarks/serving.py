"""A server of bundles next to its bare predictor: throughput, and latency below saturation.

python -m tests.benchmarks serving
python -m tests.benchmarks.serving sentiment --peers PYTHON

Each has one worker with one thread; the load comes from this machine. The subjects are saturated in
turn, round by round, and ratios are taken within a round. With `--peers`, litserve and mosec take
part, from an environment that has them, numpy and onnxruntime; they and a second server of bundles
then run the same ONNX file.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import uvloop

from paddle_workbench.contract.serving import LoadPlan, LoadRun
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.serving.client import ServingClient
from paddle_workbench.serving.connections import request_bytes
from paddle_workbench.serving.encoding import encode_inputs
from paddle_workbench.serving.load import arrivals
from paddle_workbench.serving.load_summary import summarize
from paddle_workbench.serving.sending import Sender
from tests.serving.running import RunningServer

from ..local_servers import listen
from .ledger import CASES, use_two_cores
from .table import print_table, show

ROUNDS, STARTS = 3, 3
SATURATED_S, RATE_S = 2.0, 5.0
CLIENTS = 32
SHARES = (0.5, 0.9)
BATCH = 8
QUEUE = 1000
"""The others do not reject what waits, either."""
_BARE = """
import sys
from paddle_workbench import Bundle
print(Bundle(sys.argv[1]).predict({value}, threads=1).label)
"""


@dataclass(frozen=True)
class Subject:
    """What is loaded.

    Parameters
    ----------
    name : str
    url, path : str
        Where it answers.
    prepare : callable
        Makes the settings; called before each load.
    """

    name: str
    url: str
    path: str
    prepare: Callable[[], object] = lambda: None

    def load(self, inputs: Sequence[Any], seconds: float, rate: float | None = None) -> LoadRun:
        """Send inputs at a rate, or by clients that wait."""
        self.prepare()
        plan = LoadPlan(
            arrivals="closed" if rate is None else "poisson",
            rate=rate,
            clients=CLIENTS if rate is None else None,
            duration_s=seconds,
            timeout_s=30.0,
        )
        url = httpx.URL(self.url)
        contents = [request_bytes(url, self.path, encode_inputs(each), {}) for each in inputs]
        instants = np.empty(0) if rate is None else arrivals(rate, seconds, "poisson")
        sender = Sender(url, plan, instants, contents)
        uvloop.run(sender.send())
        return summarize(self.url, self.name, sender, None)


def bare(bundle: Bundle, inputs: Sequence[Any], seconds: float) -> list[float]:
    """Return the latencies of one prediction after the other, in this process, in ms."""
    bundle.predict(inputs[0], threads=1)
    latencies: list[float] = []
    end_s = time.perf_counter() + seconds
    while (start_s := time.perf_counter()) < end_s:
        bundle.predict(inputs[len(latencies) % len(inputs)], threads=1)
        latencies.append(1000 * (time.perf_counter() - start_s))
    return latencies


@contextmanager
def served(bundle: Bundle, target: str = "") -> Iterator[list[Subject]]:
    """A server of a bundle, with and without batches."""
    options = {"queue": QUEUE} | ({"target": target} if target else {})
    with (
        RunningServer([bundle.folder], **options) as server,
        ServingClient(server.url) as client,
    ):
        name = f"workbench{f', {target}' if target else ''}"
        yield [
            Subject(
                f"{name}, batch {batch}",
                server.url,
                "/predict",
                lambda batch=batch: client.change_settings(bundle.record.name, batch=batch),
            )
            for batch in (1, BATCH)
        ]


@contextmanager
def peer(python: str, engine: str, bundle: Bundle) -> Iterator[Subject]:
    """One of the other engines, in an environment of its own."""
    with listen() as free:
        port = free.getsockname()[1]
    script = Path(__file__).with_name("serving_peers.py")
    environment = {
        **os.environ,
        "PEER_ENGINE": engine,
        "PEER_BUNDLE": str(bundle.folder),
        "PEER_PORT": str(port),
        "PEER_BATCH": str(BATCH),
    }
    environment.pop("PYTHONPATH", None)
    process = subprocess.Popen(
        [python, str(script)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    subject = Subject(f"{engine}, onnx, batch {BATCH}", f"http://127.0.0.1:{port}", "/inference")
    try:
        end_s = time.perf_counter() + 60
        while True:
            try:
                answer = httpx.post(f"{subject.url}/inference", json={"text": "很小"})
                answer.raise_for_status()
                break
            except httpx.HTTPError:
                if time.perf_counter() > end_s or process.poll() is not None:
                    raise
                time.sleep(0.2)
        yield subject
    finally:
        processes = [*psutil.Process(process.pid).children(recursive=True), process]
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        for each in processes:
            with suppress(psutil.Error):
                each.kill()


def measure_start(bundle: Bundle, value: str) -> None:
    """Print the time from a command to its first answer, for a process and for a server."""
    alone, server = [], []
    code = _BARE.format(value=value)
    for _ in range(STARTS):
        start_s = time.perf_counter()
        command = [sys.executable, "-c", code, str(bundle.folder)]
        subprocess.run(command, check=True, capture_output=True)
        alone.append(time.perf_counter() - start_s)
        start_s = time.perf_counter()
        with RunningServer([bundle.folder]) as running:
            server.append(time.perf_counter() - start_s)
            assert running.client.get("/v2/health/ready").status_code == 200
    show(
        f"Start of {bundle.record.name}, {STARTS} runs in turn",
        [("import and predict once", alone), ("workbench serve, until it is ready", server)],
        "s",
    )


def row(name: str, at: str, run: LoadRun, ratio: str = "") -> list[str]:
    latency = run.latency
    percentiles = (latency.p50_ms, latency.p99_ms) if latency else (np.nan, np.nan)
    return [
        name,
        at,
        f"{run.per_second:.0f}",
        ratio,
        *(f"{each:.2f}" for each in percentiles),
        f"{sum(run.errors.values())}",
        f"{run.client.late_p99_ms:.2f}",
    ]


def measure_load(bundle: Bundle, inputs: Sequence[Any], peers: str) -> None:
    """Print throughput and latency of all subjects."""
    with ExitStack() as stack:
        subjects = stack.enter_context(served(bundle))
        if peers:
            subjects += stack.enter_context(served(bundle, "onnx"))[1:]
            subjects += [
                stack.enter_context(peer(peers, engine, bundle)) for engine in ("litserve", "mosec")
            ]
        alone: list[list[float]] = []
        runs: dict[str, list[LoadRun]] = {each.name: [] for each in subjects}
        for _ in range(ROUNDS):
            alone.append(bare(bundle, inputs, SATURATED_S))
            for each in subjects:
                runs[each.name].append(each.load(inputs, SATURATED_S))
        speeds = [len(latencies) / SATURATED_S for latencies in alone]
        every = [latency for latencies in alone for latency in latencies]
        p50, p99 = (float(np.percentile(every, share)) for share in (50, 99))
        speed = statistics.median(speeds)
        rows = [["bare predictor", "", f"{speed:.0f}", "1", f"{p50:.2f}", f"{p99:.2f}", "", ""]]
        for each in subjects:
            of_each = sorted(runs[each.name], key=lambda run: run.per_second)
            middle = of_each[len(of_each) // 2]
            ratios = [
                run.per_second / one for run, one in zip(runs[each.name], speeds, strict=True)
            ]
            ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
            rows.append(row(each.name, "saturation", middle, ratio))
            for share in SHARES:
                run = each.load(inputs, RATE_S, share * middle.per_second)
                rows.append(row("", f"{share:.0%}", run))
    print(f"\n{bundle.record.name}: one worker, one thread; {CLIENTS} clients at saturation")
    print_table(
        ["", "load", "per second", "to bare", "p50, ms", "p99, ms", "failed", "sent late, p99, ms"],
        rows,
    )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", choices=[[], *CASES])
    parser.add_argument("--peers", metavar="PYTHON", default="")
    options = parser.parse_args(arguments if arguments is not None else [])
    use_two_cores()
    for name in options.names or CASES:
        with tempfile.TemporaryDirectory() as folder:
            case = CASES[name](Path(folder))
            if name == "sentiment":
                measure_start(case.bundle, "'很小'")
            if options.peers:
                case.bundle.export("onnx")
            measure_load(case.bundle, case.inputs, options.peers if name == "sentiment" else "")


if __name__ == "__main__":
    main(sys.argv[1:])
