"""A server of bundles next to its bare predictor: throughput, and latency below saturation.

python -m tests.benchmarks serving
python -m tests.benchmarks.serving --peers PYTHON

Each has one worker with one thread; the load comes from this machine. The subjects are saturated in
turn, round by round, and ratios are taken within a round. Ray is measured after the others, with
one replica. With `--peers`, litserve and mosec take part with the classifier, from an environment
that has them, numpy and onnxruntime; they and a second server of bundles then run the same ONNX
file. PaddleX's server takes part with the recogniser, plain and with oneDNN, and so does a server
of bundles with oneDNN; PaddleX is that of this environment, and the package filetype, which its
server needs, that of PYTHON.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import uvloop

from paddle_workbench.contract.load import LoadPlan, LoadRun
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.ocr.models import choose_models
from paddle_workbench.serving.client import ServingClient
from paddle_workbench.serving.encoding import Body, encode_inputs
from paddle_workbench.serving.load import arrivals
from paddle_workbench.serving.load.connections import request_bytes
from paddle_workbench.serving.load.sending import Sender
from paddle_workbench.serving.load.summary import summarize
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
    encode : callable
        Returns the body for an input.
    """

    name: str
    url: str
    path: str
    prepare: Callable[[], object] = lambda: None
    encode: Callable[[Any], Body] = encode_inputs

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
        contents = [request_bytes(url, self.path, self.encode(each), {}) for each in inputs]
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


Servers = AbstractContextManager[list[Subject]]
"""Each time a server is started, it has one subject or more, which differ in their settings."""


@contextmanager
def served(bundle: Bundle, batches: Sequence[int] = (), **options: str) -> Iterator[list[Subject]]:
    """A server of a bundle, with the batches and with that which it has measured."""
    with (
        RunningServer([bundle.folder], queue=QUEUE, **options) as server,
        ServingClient(server.url) as client,
    ):
        name = ", ".join(("workbench", *options.values()))
        measured = client.settings(bundle.record.name).batch
        print(f"{name}: the batch that it has measured is {measured}")
        yield [
            Subject(
                f"{name}, batch {batch}",
                server.url,
                "/predict",
                lambda batch=batch: client.change_settings(bundle.record.name, batch=batch),
            )
            for batch in sorted({*batches, measured})
        ]


@contextmanager
def peer(python: str, engine: str, bundle: Bundle) -> Iterator[list[Subject]]:
    """One of the other engines, in an environment of its own."""
    environment = {
        "PEER_ENGINE": engine,
        "PEER_BUNDLE": str(bundle.folder),
        "PEER_BATCH": str(BATCH),
        "PYTHONPATH": "",
    }
    name = f"{engine}, onnx, batch {BATCH}"
    with running(python, "serving_peers.py", environment) as url:
        subject = Subject(name, url, "/inference")
        wait_for(subject, "很小")
        yield [subject]


@contextmanager
def paddlex(
    python: str, mode: str, bundle: Bundle, inputs: Sequence[Any]
) -> Iterator[list[Subject]]:
    """PaddleX's server with the same model, which answers one picture after the other."""
    models = choose_models(allow_cached=False)
    code = "import filetype; print(filetype.__path__[0])"
    found = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        for path in Path(found.strip()).parent.glob("filetype*"):
            (Path(folder) / path.name).symlink_to(path)
        environment = {
            "PEER_MODELS": json.dumps(
                {each.name: str(each.folder) for each in (models.detection, models.recognition)}
            ),
            "PEER_MODE": mode,
            "PYTHONPATH": folder,
        }
        with running(sys.executable, "serving_paddlex.py", environment) as url:
            target = {"paddle": "inference", "mkldnn": "onednn"}[mode]
            subject = Subject(f"paddlex, {target}", url, "/ocr", encode=encode_for_paddlex)
            wait_for(subject, inputs[0])
            compare_with_paddlex(subject, bundle, inputs)
            yield [subject]


def encode_for_paddlex(picture: Any) -> Body:
    """Return the same PNG file as for a server of bundles, as PaddleX takes it."""
    content = base64.b64encode(encode_inputs(picture).content).decode()
    values = {"file": content, "fileType": 1, "visualize": False}
    return Body(json.dumps(values).encode(), {"content-type": "application/json"})


def compare_with_paddlex(subject: Subject, bundle: Bundle, inputs: Sequence[Any]) -> None:
    """Print how many answers are those of the bundle."""
    expected = [prediction.label for prediction in bundle.predict(inputs, threads=1)]
    texts = []
    for each in inputs:
        (page,) = ask(subject, each).json()["result"]["ocrResults"]
        texts.append("".join(page["prunedResult"]["rec_texts"]))
    equal = sum(text == label for text, label in zip(texts, expected, strict=True))
    print(f"{subject.name}: {equal} of {len(texts)} texts are those of the bundle")


@contextmanager
def running(python: str, script: str, environment: dict[str, str]) -> Iterator[str]:
    """Run a script of this folder as a server, and yield its address."""
    with listen() as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [python, str(Path(__file__).with_name(script))],
        env={**os.environ, **environment, "PEER_PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        processes = [*psutil.Process(process.pid).children(recursive=True), process]
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        for each in processes:
            with suppress(psutil.Error):
                each.kill()


def ask(subject: Subject, value: Any) -> httpx.Response:
    """Return the answer to one input."""
    body = subject.encode(value)
    answer = httpx.post(
        f"{subject.url}{subject.path}", content=body.content, headers=body.headers, timeout=60
    )
    answer.raise_for_status()
    return answer


def wait_for(subject: Subject, value: Any) -> None:
    """Wait until a server answers."""
    end_s = time.perf_counter() + 60
    while True:
        try:
            ask(subject, value)
        except httpx.HTTPError:
            if time.perf_counter() > end_s:
                raise
            time.sleep(0.2)
        else:
            return


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


def servers_of(bundle: Bundle, inputs: Sequence[Any], peers: str) -> Iterator[Servers]:
    """Yield the servers that are measured together."""
    yield served(bundle, (1, BATCH))
    if peers and bundle.record.task == "text-recognition":
        yield served(bundle, target="onednn")
        yield from (paddlex(peers, mode, bundle, inputs) for mode in ("paddle", "mkldnn"))
    elif peers:
        yield served(bundle, (BATCH,), target="onnx")
        yield from (peer(peers, engine, bundle) for engine in ("litserve", "mosec"))


def measure_load(bundle: Bundle, inputs: Sequence[Any], servers: Iterable[Servers]) -> None:
    """Print throughput and latency of all subjects."""
    with ExitStack() as stack:
        subjects = [subject for each in servers for subject in stack.enter_context(each)]
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
                case.bundle.export("onnx" if name == "sentiment" else "onednn")
            measure_load(
                case.bundle, case.inputs, servers_of(case.bundle, case.inputs, options.peers)
            )
            # Alone, since Ray's processes are never idle.
            measure_load(case.bundle, case.inputs, [served(case.bundle, engine="ray")])


if __name__ == "__main__":
    main(sys.argv[1:])
