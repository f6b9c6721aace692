"""A server of bundles under what clients and accidents do to it.

python -m tests.benchmarks.serving_stress
python -m tests.benchmarks.serving_stress --requests 500

Ten thousand bad requests, five hundred connections, bodies that stop half-way, slow clients, two
gigabytes, `kill -9` of a worker and of the process that starts workers, an exchange of the bundle,
and SIGTERM, one after the other on one server. Every answer is compared; the table has the answers,
those that are wrong, and the private memory of all processes before and after, in MB.
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import struct
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from paddle_workbench.export.bundle import Bundle
from tests.serving.running import RunningServer, private_mb

from .ledger import sentiment
from .table import print_table

REQUESTS, CONNECTIONS, THREADS = 10_000, 500, 8
WORKERS = 2
SLOW, SHORT, PAUSE_S = 50, 20, 0.02
HUGE = 2_000_000_000
CHUNK = b"x" * 1_000_000
TENSOR = {"name": "ids", "shape": [1, 3], "datatype": "INT64", "data": [5, 6, 7]}
PATH = "/models/sentiment/predict"
BODIES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'{"a":' * 5000,
    b"\xff\xfe",
    b'{"text": 1}',
    b'{"text": ""}',
    b'{"texts": ["\xe5\xa5\xbd", ""]}',
    b'{"inputs": []}',
    json.dumps({"inputs": [TENSOR | {"data": [5, 6]}]}).encode(),
    json.dumps({"inputs": [TENSOR | {"datatype": "INT63"}]}).encode(),
    json.dumps({"inputs": [TENSOR | {"data": [5, 6, 99_999_999]}]}).encode(),
    b'{"batch": 0}',
    b'{"workers": "many"}',
]
TOO_LARGE = b'{"text": "' + b"a" * 1_200_000 + b'"}'
ROUTES = [
    ("POST", PATH),
    ("POST", "/v2/models/sentiment/infer"),
    ("POST", "/models/nothing/predict"),
    ("PATCH", "/models/sentiment/settings"),
    ("DELETE", PATH),
    ("GET", "/../etc/passwd"),
]
WAIT_S = 60.0


@dataclass
class Outcome:
    """What became of the requests of a step."""

    answers: Counter[str] = field(default_factory=Counter)
    wrong: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, answer: str, *, is_right: bool) -> None:
        with self.lock:
            self.answers[answer] += 1
            self.wrong += not is_right


class Trial:
    """A server, what it answers when it is well, and the steps.

    Parameters
    ----------
    server : RunningServer
    bundle : Bundle
    texts : sequence of str
    requests : int
        Bad ones.
    bodies : sequence of bytes
        Theirs.
    """

    def __init__(
        self,
        server: RunningServer,
        bundle: Bundle,
        texts: Sequence[str],
        *,
        requests: int,
        bodies: Sequence[bytes] = BODIES,
    ) -> None:
        self.server, self.texts = server, texts
        self.requests, self.bodies = requests, bodies
        self.short = [text[:SHORT] for text in texts[:SLOW]]
        asked = [*texts, *self.short]
        self.expected = {
            text: (each.label, each.score)
            for text, each in zip(asked, bundle.predict(asked), strict=True)
        }
        host, port = server.url.removeprefix("http://").split(":")
        self.address = host, int(port)

    def is_right(self, text: str, answer: httpx.Response) -> bool:
        """Return whether it is the answer of the bundle."""
        if answer.status_code != 200:
            return False
        result = answer.json()["results"][0]
        label, score = self.expected[text]
        return result["label"] == label and abs(result["score"] - score) < 1e-4

    def predict(self, outcome: Outcome, client: httpx.Client, text: str) -> None:
        """Ask for one text, and compare the answer."""
        answer = client.post(PATH, json={"text": text})
        outcome.add(f"{answer.status_code}", is_right=self.is_right(text, answer))

    @contextmanager
    def load(self, outcome: Outcome, *, may_refuse: bool = False) -> Iterator[None]:
        """Let clients ask in turn until the end of the block."""
        is_over = threading.Event()

        def work(number: int) -> None:
            with httpx.Client(base_url=self.server.url, timeout=WAIT_S) as client:
                while not is_over.is_set():
                    number += 1
                    try:
                        self.predict(outcome, client, self.texts[number % len(self.texts)])
                    except httpx.TransportError as error:
                        outcome.add(type(error).__name__, is_right=may_refuse)
                        if may_refuse:
                            return

        with ThreadPoolExecutor(THREADS) as pool:
            work_of_all = [pool.submit(work, 100 * number) for number in range(THREADS)]
            wait_until(lambda: outcome.answers.total() > 50)
            yield
            before = outcome.answers.total()
            if not may_refuse:
                wait_until(lambda: outcome.answers.total() > before + 50)
            is_over.set()
        for each in work_of_all:
            each.result()

    def connect(self, content: bytes = b"") -> socket.socket:
        """Return a connection on which a part of a request was sent."""
        connection = socket.create_connection(self.address, timeout=WAIT_S)
        connection.sendall(content)
        return connection

    def bad_requests(self, outcome: Outcome) -> None:
        """Send bodies that no route takes; each always has the same answer, which is a 4xx."""
        first: dict[tuple[int, int], tuple[int, bytes]] = {}

        def work(number: int) -> None:
            with httpx.Client(base_url=self.server.url, timeout=WAIT_S) as client:
                for each in range(number, self.requests, THREADS):
                    case = each % len(ROUTES), each // len(ROUTES) % len(self.bodies)
                    (method, path), body = ROUTES[case[0]], self.bodies[case[1]]
                    answer = client.request(method, path, content=body)
                    # A body that is too large is rejected while it arrives, in any of its parts.
                    expected = first.setdefault(case, (answer.status_code, answer.content))
                    is_same = (answer.status_code, answer.content) == expected
                    is_rejected = 400 <= answer.status_code < 500
                    outcome.add(f"{answer.status_code}", is_right=is_same and is_rejected)

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(work, range(THREADS)))

    def connections(self, outcome: Outcome) -> None:
        """Open connections of which every second has sent half a request; others are answered."""
        half = b"POST " + PATH.encode() + b" HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"
        waiting = [self.connect(half * (number % 2)) for number in range(CONNECTIONS)]
        with httpx.Client(base_url=self.server.url, timeout=WAIT_S) as client:
            for text in self.texts:
                self.predict(outcome, client, text)
        for connection in waiting:
            connection.close()

    def half_bodies(self, outcome: Outcome) -> None:
        """Reset connections half-way through a body."""
        head = b"POST " + PATH.encode() + b" HTTP/1.1\r\nhost: x\r\ncontent-length: 5000\r\n\r\n"
        half = head + b'{"text": "' + b"a" * 99
        for _ in range(CONNECTIONS):
            connection = self.connect(half)
            reset = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            connection.close()
            outcome.add("reset by the client", is_right=True)

    def slow_clients(self, outcome: Outcome) -> None:
        """Send requests byte by byte, many at once."""

        def work(text: str) -> None:
            def content() -> Iterator[bytes]:
                for byte in json.dumps({"text": text}).encode():
                    yield bytes([byte])
                    time.sleep(PAUSE_S)

            answer = httpx.post(f"{self.server.url}{PATH}", content=content(), timeout=WAIT_S)
            outcome.add(f"{answer.status_code}", is_right=self.is_right(text, answer))

        with ThreadPoolExecutor(SLOW) as pool:
            list(pool.map(work, self.short))

    def huge_bodies(self, outcome: Outcome) -> None:
        """Announce two gigabytes, and send as many without announcing them."""
        for header in (f"content-length: {HUGE}", "transfer-encoding: chunked"):
            head = f"POST {PATH} HTTP/1.1\r\nhost: x\r\n{header}\r\n\r\n".encode()
            connection, sent = self.connect(head), 0
            with suppress(ConnectionError):  # closed after the answer
                chunk = CHUNK if "length" in header else b"%x\r\n%b\r\n" % (len(CHUNK), CHUNK)
                while sent < HUGE and not _has_answer(connection):
                    connection.sendall(chunk)
                    sent += len(CHUNK)
            answer = connection.recv(12, socket.MSG_WAITALL)[9:].decode()
            connection.close()
            outcome.add(f"{answer} after {sent / 1e6:.0f} MB", is_right=answer == "413")

    def killed_worker(self, outcome: Outcome) -> None:
        """Kill a worker while clients ask."""
        with self.load(outcome):
            worker, *_ = self.server.workers()
            worker.kill()
            self._wait_for_workers(without=[worker])

    def killed_nursery(self, outcome: Outcome) -> None:
        """Kill the process that forks workers, and all workers."""
        with self.load(outcome):
            nurseries, workers = self.server.nurseries(), self.server.workers()
            for each in (*nurseries, *workers):
                each.kill()
            self._wait_for_workers(without=workers)

    def exchange(self, outcome: Outcome) -> None:
        """Take the bundle again, three times."""
        with self.load(outcome):
            for _ in range(3):
                answer = self.server.client.post("/v2/repository/models/sentiment/load")
                outcome.add(f"load: {answer.status_code}", is_right=answer.status_code == 200)

    def end(self, outcome: Outcome) -> None:
        """End it while clients ask: what it has accepted is answered."""
        processes = [*self.server.nurseries(), *self.server.workers()]
        with self.load(outcome, may_refuse=True):
            self.server.send_signal(signal.SIGTERM)
            wait_until(lambda: self.server.status is not None)
        _, alive = psutil.wait_procs(processes, timeout=WAIT_S)
        outcome.add(f"status {self.server.status}", is_right=self.server.status == 0)
        outcome.add(f"{len(alive)} processes stay", is_right=not alive)

    def memory_mb(self) -> list[float]:
        """Return the private memory of the server, and of its other processes together."""
        others = [*self.server.nurseries(), *self.server.workers()]
        return [private_mb(self.server.pid), sum(private_mb(each.pid) for each in others)]

    def check(self, outcome: Outcome) -> None:
        """Ask for every text: after a step, all is as before."""
        answers = Outcome()
        for text in self.texts:
            self.predict(answers, self.server.client, text)
        outcome.wrong += answers.wrong

    def _wait_for_workers(self, *, without: Sequence[psutil.Process]) -> None:
        ended = {each.pid for each in without}
        wait_until(lambda: len({each.pid for each in self.server.workers()} - ended) >= WORKERS)


def _has_answer(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(WAIT_S)


def wait_until(condition: Callable[[], bool]) -> None:
    end_s = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > end_s:
            raise TimeoutError
        time.sleep(0.01)


def measure(bundle: Bundle, texts: Sequence[str], requests: int) -> bool:
    """Print the table, and return whether anything was wrong."""
    rows: list[list[str]] = []
    total_wrong = 0
    with RunningServer([bundle.folder], workers=WORKERS, queue=1000, body_mb=1) as server:
        bodies = [*BODIES, TOO_LARGE]
        trial = Trial(server, bundle, texts, requests=requests, bodies=bodies)
        trial.check(Outcome())
        steps = [
            trial.bad_requests,
            trial.connections,
            trial.half_bodies,
            trial.slow_clients,
            trial.huge_bodies,
            trial.killed_worker,
            trial.killed_nursery,
            trial.exchange,
            trial.end,
        ]
        for step in steps:
            outcome, before = Outcome(), trial.memory_mb()
            start_s = time.monotonic()
            step(outcome)
            elapsed_s = time.monotonic() - start_s
            after = ["", ""]
            if step != trial.end:
                trial.check(outcome)
                after = [f"{each:.0f}" for each in trial.memory_mb()]
            total_wrong += outcome.wrong
            said = ", ".join(f"{count} {answer}" for answer, count in outcome.answers.most_common())
            changes = [f"{b:.0f} {a}".strip() for b, a in zip(before, after, strict=True)]
            name = step.__name__.replace("_", " ")
            rows.append([name, f"{elapsed_s:.1f}", f"{outcome.wrong}", *changes, said])
    print("\nA server with two workers under stress")
    print_table(["", "s", "wrong", "server, MB", "others, MB", "answers"], rows)
    return total_wrong > 0


def main(arguments: Sequence[str] | None = None) -> bool:
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=REQUESTS)
    options = parser.parse_args(arguments if arguments is not None else [])
    with tempfile.TemporaryDirectory() as folder:
        case = sentiment(Path(folder))
        return measure(case.bundle, list(case.inputs[:100]), options.requests)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
