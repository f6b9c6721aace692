"""Load on a real server, and what is made of its requests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import httpx
import numpy as np
import pytest
from PIL import Image

from paddle_workbench.child_process import module_command
from paddle_workbench.contract.load import LoadPlan, LoadRun
from paddle_workbench.errors import ServingError, StorageError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.serving.load import arrivals, describe, run_load
from paddle_workbench.serving.load.inputs import inputs_from
from paddle_workbench.serving.load.notes import notes_of
from paddle_workbench.serving.load.sending import Sender, SentRequest
from paddle_workbench.serving.load.summary import summarize

from .conftest import picture
from .running import RunningServer
from .test_supervision import wait_until

TEXTS = ["房间很干净", "很小", "下次还会住"]
SECRET = "a b c"  # noqa: S105 - of one server


@pytest.fixture
def own_server(bundles: dict[str, Bundle]) -> Iterator[RunningServer]:
    with RunningServer([bundles["sentiment"].folder], queue=2) as server:
        yield server


def inputs_of(server: RunningServer) -> float:
    return sum(server.metrics().get("workbench_inputs_total", {}).values())


def test_poisson_arrivals_are_those_of_their_seed() -> None:
    instants = arrivals(100, 200, "poisson", 7)
    np.testing.assert_array_equal(instants, arrivals(100, 200, "poisson", 7))
    assert not np.array_equal(instants[:9], arrivals(100, 200, "poisson", 8)[:9])
    gaps = np.diff(instants, prepend=0.0)
    assert (gaps >= 0).all()
    assert instants[-1] < 200
    # An exponential distribution: its deviation is its mean, and e^-1 of the gaps are longer.
    assert np.mean(gaps) == pytest.approx(0.01, rel=0.03)
    assert np.std(gaps) == pytest.approx(np.mean(gaps), rel=0.03)
    assert np.mean(gaps > np.mean(gaps)) == pytest.approx(np.exp(-1), abs=0.01)


@pytest.mark.parametrize(("rate", "duration_s", "count"), [(4, 1.0, 4), (4, 1.1, 5), (0.1, 1, 1)])
def test_constant_arrivals_have_equal_distances(rate: float, duration_s: float, count: int) -> None:
    instants = arrivals(rate, duration_s, "constant")
    np.testing.assert_allclose(instants, np.arange(count) / rate)


def test_sends_what_is_planned(server: RunningServer) -> None:
    run = run_load(
        server.url, TEXTS, model="sentiment", rate=80, duration_s=1.2, seed=3, kind="poisson"
    )
    count = len(arrivals(80, 1.2, "poisson", 3))
    assert (run.scheduled, run.answered, run.errors, run.unanswered) == (count, count, {}, 0)
    assert run.is_complete
    assert [each.scheduled for each in run.seconds] == [each.answered for each in run.seconds]
    assert sum(each.scheduled for each in run.seconds) == count
    assert run.server is not None
    assert (run.server.inputs, run.server.restarts) == (count, 0)
    assert sum(run.server.batch_rows.values()) == run.server.batches <= count
    assert "server" in run.server.cpu
    assert LoadRun.model_validate_json(run.model_dump_json()) == run
    assert f"{count} scheduled, {count} answered" in describe(run)


def test_clients_wait_for_their_answers(server: RunningServer) -> None:
    run = run_load(server.url, TEXTS, model="sentiment", clients=4, duration_s=0.5)
    assert (run.plan.arrivals, run.errors, run.client.connections) == ("closed", {}, 4)
    assert run.answered == run.scheduled >= 4


def test_sends_pictures_and_samples(
    server: RunningServer, bundles: dict[str, Bundle], tmp_path: Path
) -> None:
    for name in ("a.png", "b.JPG"):
        Image.fromarray(picture()).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("")
    for model, inputs in (
        ("shelf", inputs_from(pictures=tmp_path)),
        ("reader", inputs_from(samples=bundles["reader"].folder)),
    ):
        assert len(inputs) >= 2
        run = run_load(
            server.url, inputs, model=model, rate=20, kind="constant", duration_s=len(inputs) / 20
        )
        assert (run.answered, run.errors) == (len(inputs), {})


def test_a_request_carries_several_inputs(
    server: RunningServer, bundles: dict[str, Bundle]
) -> None:
    samples = inputs_from(samples=bundles["sentiment"].folder)
    arrays = [{name: rows[:1] for name, rows in each.items()} for each in samples]
    for inputs in (TEXTS, arrays[:1]):
        run = run_load(
            server.url, inputs, model="sentiment", rate=20, kind="constant", duration_s=1, size=2
        )
        assert (run.scheduled, run.answered, run.plan.size) == (20, 20, 2)
        assert run.server is not None
        assert sum(run.server.batch_rows.values()) == run.server.batches
        assert "40.0 inputs per second" in describe(run)
    with pytest.raises(ServingError, match="do not make one request"):
        run_load(
            server.url,
            [{"ids": np.zeros((1, 2))}, {"ids": np.zeros((1, 3))}],
            model="sentiment",
            rate=1,
            size=2,
        )


def test_moments_are_what_is_reported_during_the_run(server: RunningServer) -> None:
    moments = []
    run = run_load(
        server.url,
        TEXTS,
        model="sentiment",
        rate=40,
        kind="constant",
        duration_s=2.6,
        on_progress=lambda progress: moments.append(progress.moment),
    )
    assert run.moments[: len(moments)] == tuple(moments)
    assert [round(each.at_s) for each in moments[:2]] == [1, 2]
    times = np.diff([each.at_s for each in run.moments], prepend=0.0)
    answered = sum(time * each.per_second for time, each in zip(times, run.moments, strict=True))
    assert answered == pytest.approx(run.answered, abs=1e-6)
    for each in run.moments:
        assert each.p50_ms is not None
        assert each.p99_ms is not None
        assert each.p50_ms <= each.p99_ms
        assert each.queue is not None
        assert each.batch_mean is not None
        assert each.memory_bytes


def test_latency_counts_from_the_scheduled_instant(bundles: dict[str, Bundle]) -> None:
    with (
        RunningServer([bundles["sentiment"].folder], queue=1000) as server,
        ThreadPoolExecutor(1) as pool,
    ):
        (worker,) = server.workers()
        work = pool.submit(
            run_load, server.url, TEXTS, rate=50, kind="constant", duration_s=2.0, timeout_s=60
        )
        wait_until(lambda: inputs_of(server) > 3)
        worker.suspend()
        sleep(1)
        worker.resume()
        run = work.result()
    assert (run.scheduled, run.answered) == (100, 100)
    assert run.latency is not None
    # Half of the requests came while the worker stood still, up to a second before it went on.
    # A client that sends the next after the answer would have seen one of them.
    assert run.latency.largest_ms > 900
    assert run.latency.p95_ms > 500


def test_counts_errors_by_their_status(own_server: RunningServer) -> None:
    run = run_load(own_server.url, ["很小", ""], rate=40, kind="constant", duration_s=0.5)
    assert (run.scheduled, run.answered, run.errors) == (20, 10, {"422": 10})
    assert any("10 of 20 requests failed" in note for note in run.notes)


def test_counts_what_is_late_and_what_is_rejected(own_server: RunningServer) -> None:
    (worker,) = own_server.workers()
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(
            run_load, own_server.url, TEXTS, rate=50, kind="constant", duration_s=2, timeout_s=0.8
        )
        wait_until(lambda: inputs_of(own_server) > 3)
        worker.suspend()
        run = work.result()
        worker.resume()
    assert set(run.errors) == {"429", "timeout"}
    assert sum(run.errors.values()) + run.answered == run.scheduled == 100


def test_counts_connections_that_fail(own_server: RunningServer) -> None:
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(run_load, own_server.url, TEXTS, clients=2, duration_s=3)
        wait_until(lambda: inputs_of(own_server) > 3)
        own_server.send_signal(signal.SIGKILL)
        run = work.result()
    assert set(run.errors) == {"connection"}
    assert run.server is None
    assert "The server's metrics could not be read." in run.notes


def sender(plan: LoadPlan, *, late_ms: float = 0.0, cpu_s: float = 0.0) -> Sender:
    """A sender of 200 requests in two seconds, with latencies of 1 to 200 ms."""
    sender = Sender(httpx.URL("http://a"), plan, np.empty(0), [b""])
    for number in range(200):
        at_s = number / 100
        request = SentRequest(b"", at_s, sender, at_s + late_ms / 1000, at_s + (number + 1) / 1000)
        request.code = "200"
        sender.requests.append(request)
    sender.elapsed_s, sender.cpu_s = 2.0, cpu_s
    return sender


AT_A_RATE = LoadPlan(arrivals="constant", rate=100, duration_s=2, timeout_s=30)


def test_percentiles_are_latencies_that_occurred() -> None:
    run = summarize("http://a", "a", sender(AT_A_RATE), None)
    assert run.latency is not None
    values = [value for _, value in run.latency]
    assert values == pytest.approx([100, 190, 198, 100.5, 200])
    assert [each.p50_ms for each in run.seconds] == pytest.approx([50, 150])
    assert run.per_second == 100


@pytest.mark.parametrize(
    ("late_ms", "cpu_s", "note"),
    [(0.5, 0.1, ""), (30, 0.1, "late: it sent 1 % of the requests 30.0 ms"), (0.5, 1.9, "95%")],
)
def test_says_when_the_client_is_the_limit(late_ms: float, cpu_s: float, note: str) -> None:
    run = summarize("http://a", "a", sender(AT_A_RATE, late_ms=late_ms, cpu_s=cpu_s), None)
    notes = [each for each in run.notes if "client" in each]
    assert (len(notes), note in "".join(notes)) == (bool(note), True)


def test_says_when_the_server_does_not_keep_up() -> None:
    slow = sender(AT_A_RATE)
    slow.elapsed_s = 4.0
    run = summarize("", "a", slow, None)
    assert any("did not keep up" in each for each in run.notes)
    assert notes_of(run) == run.notes
    assert any("跟不上" in each for each in notes_of(run, "zh"))


def test_says_why_there_are_no_inputs(tmp_path: Path) -> None:
    with pytest.raises(ServingError, match="got 0"):
        inputs_from()
    (tmp_path / "empty.txt").write_text("\n \n")
    with pytest.raises(ServingError, match="no inputs"):
        inputs_from(texts=tmp_path / "empty.txt")
    (tmp_path / "other.txt").write_bytes("很小".encode("gb18030"))
    with pytest.raises(StorageError, match="not UTF-8"):
        inputs_from(texts=tmp_path / "other.txt")
    with pytest.raises(ServingError, match="no inputs"):
        inputs_from(pictures=tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "either a rate or clients"),
        ({"rate": 1, "clients": 1}, "either a rate or clients"),
        ({"rate": 0}, "rate=0"),
        ({"rate": 1e6, "duration_s": 1e6}, "1,000,000,000,000 requests"),
        ({"clients": 0}, "0 clients"),
        ({"rate": 1, "model": "other"}, "no model 'other'"),
        ({"rate": 1}, "3 models"),
        ({"rate": 1, "size": 0}, "0 inputs"),
    ],
)
def test_says_why_it_does_not_start(
    server: RunningServer, options: dict[str, object], message: str
) -> None:
    with pytest.raises(ServingError, match=message):
        run_load(server.url, TEXTS, **options)


def test_does_not_start_with_an_input_that_is_not_valid(server: RunningServer) -> None:
    with pytest.raises(ServingError, match="empty") as caught:
        run_load(server.url, [" "], model="sentiment", rate=1)
    assert caught.value.status == 422


def test_command_prints_what_it_has_measured_when_interrupted(
    bundles: dict[str, Bundle], tmp_path: Path
) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(TEXTS), encoding="utf-8")
    with RunningServer([bundles["sentiment"].folder], token=SECRET) as server:
        arguments = [server.url, "--texts", str(texts), "--rate", "50", "--duration", "600"]
        arguments += ["--size", "2"]
        process = subprocess.Popen(
            [*module_command("paddle_workbench.cli", "load"), *arguments, "--json"],
            env=os.environ | {"WORKBENCH_SERVING_TOKEN": SECRET},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        killer = threading.Timer(60, process.kill)
        killer.start()
        assert process.stderr is not None
        while "answered" not in process.stderr.read(80):
            pass
        process.send_signal(signal.SIGINT)
        content, messages = process.communicate()
        killer.cancel()
    assert process.returncode == 1, messages
    run = json.loads(content)
    assert (run["is_complete"], run["errors"], run["plan"]["size"]) == (False, {}, 2)
    assert run["answered"] + run["unanswered"] == run["scheduled"] > 0
