"""What a server does when workers end, hang or change, and when it ends itself."""

from __future__ import annotations

import json
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep

import httpx
import psutil
import pytest

from paddle_workbench.export.bundle import Bundle

from ..export.sentiment import create
from .running import RunningServer

TEXTS = ["房间很干净", "很小", "下次还会住", "但是很干净"]


@pytest.fixture
def folder(bundles: dict[str, Bundle], tmp_path: Path) -> Path:
    shutil.copytree(bundles["sentiment"].folder, tmp_path / "sentiment")
    return tmp_path / "sentiment"


@pytest.fixture
def server(folder: Path) -> Iterator[RunningServer]:
    with RunningServer([folder]) as server:
        yield server


def wait_until(condition: Callable[[], bool], limit_s: float = 60) -> None:
    deadline_s = monotonic() + limit_s
    while not condition():
        assert monotonic() < deadline_s
        sleep(0.01)


class Load:
    """Clients that send one request after the other, and keep the answers."""

    def __init__(self, server: RunningServer, expected: dict[str, float]) -> None:
        self._server, self._expected = server, expected
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(4)
        self.count = 0
        self.wrong: list[str] = []

    def __enter__(self) -> Load:
        self._work = [self._pool.submit(self._send, number) for number in range(4)]
        wait_until(lambda: self.count > 20 or bool(self.wrong))
        return self

    def __exit__(self, *_: object) -> None:
        after = self.count
        wait_until(lambda: self.count > after + 20 or bool(self.wrong))
        self._stop.set()
        self._pool.shutdown()
        for each in self._work:
            each.result()

    def _send(self, number: int) -> None:
        with httpx.Client(base_url=self._server.url, timeout=60) as client:
            while not self._stop.is_set():
                text = TEXTS[(number + self.count) % len(TEXTS)]
                answer = client.post("/predict", json={"text": text})
                if answer.status_code != 200:
                    self.wrong.append(answer.text)
                elif answer.json()["results"][0]["score"] != pytest.approx(self._expected[text]):
                    self.wrong.append(f"{text}: {answer.text}")
                self.count += 1


@pytest.fixture
def expected(bundles: dict[str, Bundle]) -> dict[str, float]:
    return {text: bundles["sentiment"].predict(text).score for text in TEXTS}


def test_nothing_is_lost_when_a_worker_is_killed(
    server: RunningServer, expected: dict[str, float]
) -> None:
    (worker,) = server.workers()
    with Load(server, expected) as load:
        worker.kill()
        wait_until(lambda: [each for each in server.workers() if each.pid != worker.pid] != [])
    assert load.wrong == []
    assert list(server.metrics()["workbench_worker_restarts_total"].values()) == [1.0]
    assert "was ended by SIGKILL" in server.close()


def test_worker_that_ends_while_it_waits_is_replaced_at_once(server: RunningServer) -> None:
    (worker,) = server.workers()
    worker.kill()
    restarts = "workbench_worker_restarts_total"
    wait_until(lambda: list(server.metrics()[restarts].values()) == [1.0])
    wait_until(lambda: list(server.metrics()["workbench_workers"].values()) == [1.0])
    assert [each.pid for each in server.workers()] != [worker.pid]
    assert server.predict(TEXTS[0]).status_code == 200


def test_workers_go_on_when_their_nursery_is_killed(
    server: RunningServer, expected: dict[str, float]
) -> None:
    (nursery,) = server.nurseries()
    (worker,) = server.workers()
    with Load(server, expected) as load:
        nursery.kill()
        worker.kill()
        wait_until(lambda: bool(server.workers()))
    assert load.wrong == []


def test_what_is_not_answered_in_time_is_dropped(folder: Path) -> None:
    with RunningServer([folder], queue=2) as server:
        many = server.client.post("/predict", json={"texts": TEXTS})
        assert (many.status_code, "4 inputs" in many.json()["error"]) == (413, True)
        (worker,) = server.workers()
        worker.suspend()
        late = server.predict("很小", headers={"x-request-timeout": "0.3"})
        assert (late.status_code, "0.3 seconds" in late.json()["error"]) == (504, True)
        with ThreadPoolExecutor(3) as pool:
            # The first is held by the worker, two wait.
            held = [pool.submit(server.predict, text) for text in TEXTS[:2]]
            queued = "workbench_queue_inputs"
            wait_until(lambda: sum(server.metrics()[queued].values()) == 2)
            full = server.predict("很小")
            assert (full.status_code, full.headers["retry-after"]) == (429, "1")
            worker.resume()
            assert [each.result().status_code for each in held] == [200, 200]
        assert server.predict("很小").status_code == 200


def test_nothing_is_computed_for_a_client_that_has_gone(folder: Path) -> None:
    with RunningServer([folder], queue=1) as server, ThreadPoolExecutor(1) as pool:
        (worker,) = server.workers()
        worker.suspend()
        held = pool.submit(server.predict, "很小")
        wait_until(lambda: sum(server.metrics()["workbench_batch_rows_sum"].values()) == 1)
        with httpx.Client(base_url=server.url) as client, pytest.raises(httpx.ReadTimeout):
            client.post("/predict", json={"text": "很小"}, timeout=0.5)  # it waits in the queue
        short = {"x-request-timeout": "0.1"}
        # Once its place is free again, another one waits there and is late.
        wait_until(lambda: server.predict("很小", headers=short).status_code == 504)
        worker.resume()
        assert held.result().status_code == 200
        assert server.predict("很小").status_code == 200
        assert sum(server.metrics()["workbench_inputs_total"].values()) == 2


def test_worker_that_hangs_is_replaced(server: RunningServer) -> None:
    (worker,) = server.workers()
    worker.suspend()
    assert server.predict("很小", headers={"x-request-timeout": "0.1"}).status_code == 504
    wait_until(lambda: [each.pid for each in server.workers()] not in ([], [worker.pid]))
    assert server.predict("很小").status_code == 200
    assert "was ended by SIGKILL" in server.close()


def test_settings_change_while_it_runs(server: RunningServer) -> None:
    path = "/models/sentiment/settings"
    before = server.client.get(path).json()
    changed = server.client.patch(path, json={"workers": 2, "batch": 4, "wait_ms": 1.5}).json()
    assert changed == before | {"workers": 2, "batch": 4, "wait_ms": 1.5}
    wait_until(lambda: len(server.workers()) == 2)
    assert server.client.patch(path, json={"workers": 1}).json()["workers"] == 1
    wait_until(lambda: len(server.workers()) == 1)
    assert server.predict("很小").status_code == 200
    for change in ({"workers": 0}, {"batch": "x"}, {"other": 1}):
        answer = server.client.patch(path, json=change)
        assert (answer.status_code, answer.json()["place"]) == (422, next(iter(change)))


def test_another_version_takes_over_without_a_lost_request(
    server: RunningServer, folder: Path, expected: dict[str, float]
) -> None:
    with Load(server, expected) as load:
        create(folder, version="2")
        answer = server.client.post("/v2/repository/models/sentiment/load")
        assert answer.json()["versions"] == ["2"]
    assert load.wrong == []
    assert server.predict("很小").json()["version"] == "2"
    assert server.client.get("/v2/models/sentiment/versions/1").status_code == 404
    wait_until(lambda: len(server.nurseries()) == 1)


@pytest.mark.parametrize("path", ["/predict", "/v2/models/sentiment/infer"])
def test_body_that_arrives_after_the_change_goes_to_the_new_version(
    server: RunningServer, folder: Path, path: str
) -> None:
    tensor = {"name": "ids", "shape": [1, 2], "datatype": "INT64", "data": [2, 3]}
    content = json.dumps({"text": "很小"} if path == "/predict" else {"inputs": [tensor]})

    def slowly() -> Iterator[bytes]:
        yield content[:1].encode()
        wait_until(lambda: server.client.get("/v2/models/sentiment").json()["versions"] == ["2"])
        wait_until(lambda: len(server.nurseries()) == 1)
        yield content[1:].encode()

    create(folder, version="2")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(httpx.post, server.url + path, content=slowly(), timeout=60)
        server.client.post("/v2/repository/models/sentiment/load")
        answer = slow.result().json()
    assert answer.get("version", answer.get("model_version")) == "2", answer


def test_damaged_version_does_not_take_over(
    server: RunningServer, folder: Path, expected: dict[str, float]
) -> None:
    with Load(server, expected) as load:
        weights = folder / "inference" / "inference.pdiparams"
        weights.write_bytes(weights.read_bytes()[:-1] + b"x")
        answer = server.client.post("/v2/repository/models/sentiment/load")
        assert (answer.status_code, "SHA-256" in answer.json()["error"]) == (409, True)
        server.send_signal(signal.SIGHUP)
    assert load.wrong == []
    assert server.predict("很小").json()["version"] == "1"
    assert len(server.nurseries()) == 1


def test_answers_what_it_has_accepted_before_it_ends(server: RunningServer) -> None:
    (worker,) = server.workers()
    worker.suspend()
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(server.predict, "房间很干净")
        wait_until(lambda: sum(server.metrics()["workbench_batch_rows_sum"].values()) == 1)
        server.send_signal(signal.SIGTERM)
        wait_until(lambda: _refuses(server.url))
        worker.resume()
        assert held.result().status_code == 200
    assert server.close() == ""
    assert server.status == 0


def _refuses(url: str) -> bool:
    try:
        return httpx.get(f"{url}/v2/health/ready").status_code == 503
    except httpx.TransportError:  # also a connection that was not accepted any more
        return True


def test_no_process_stays_when_it_is_killed(server: RunningServer) -> None:
    processes = [*server.nurseries(), *server.workers()]
    server.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(processes, timeout=60)
    assert alive == []
