"""A bench on a real server, at an address and for a bundle."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from paddle_workbench.contract.load import BenchRun
from paddle_workbench.errors import ServingError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.serving.load import LoadProgress
from paddle_workbench.serving.load.bench import Bench, limits, load_of

from .running import RunningServer

TEXTS = ["房间很干净", "很小", "下次还会住"]
SECRET = "of a bench"  # noqa: S105 - of one server


@pytest.fixture(scope="module")
def bench(bundles: dict[str, Bundle]) -> Iterator[Bench]:
    bench = Bench(bundles["sentiment"].folder)
    yield bench
    bench.close()


def kept(run: BenchRun | None) -> BenchRun:
    assert run is not None
    return run


def test_serves_as_chosen_and_keeps_the_run(bench: Bench) -> None:
    moments = []
    run = kept(
        bench.run(
            rate=30,
            arrivals="constant",
            duration_s=2,
            size=3,
            batch=2,
            workers=2,
            on_progress=lambda progress: moments.append(progress.moment),
        )
    )
    result = run.result
    assert (result.scheduled, result.answered, result.errors) == (60, 60, {})
    assert (run.settings.batch, run.settings.workers, run.threads) == (2, 2, 1)
    assert result.server is not None
    assert result.server.inputs == 180
    assert {"server", "worker-0", "worker-1"} <= result.server.memory_bytes.keys()
    assert moments == list(result.moments[: len(moments)])
    assert moments
    assert [each.queue is not None for each in moments] == [True] * len(moments)
    assert moments[0].memory_bytes
    assert bench.runs[-1] is run
    assert load_of(run).size == 3
    row = bench.table().loc[run.number]
    assert (row["rate"], row["batch"], row["per_second"]) == (30, 2, result.per_second)


def test_another_number_of_threads_starts_another_server(bench: Bench) -> None:
    kept(bench.run(clients=2, duration_s=1, threads=1))
    url = bench.server.url
    run = kept(bench.run(threads=2))
    assert (run.threads, run.result.plan.clients) == (2, 2)
    assert bench.server.url != url


def test_starts_its_server_again_after_the_server_has_ended(bench: Bench) -> None:
    kept(bench.run(rate=10, duration_s=1))
    bench.close()
    assert kept(bench.run(rate=10, duration_s=1)).result.errors == {}


def test_keeps_what_was_measured_before_a_stop(bench: Bench) -> None:
    stop = threading.Event()

    def end(progress: LoadProgress) -> None:
        if progress.answered:
            stop.set()

    run = kept(bench.run(rate=20, duration_s=600, on_progress=end, stop=stop))
    assert not run.result.is_complete
    assert run.result.answered > 0
    count = len(bench.runs)
    assert bench.run(duration_s=1, stop=stop) is None
    assert len(bench.runs) == count


def test_a_removed_run_comes_back_to_its_place(bench: Bench) -> None:
    while len(bench.runs) < 3:
        kept(bench.run(rate=10, duration_s=1))
    runs = bench.runs
    bench.remove(runs[1].number)
    bench.remove(runs[0].number)
    assert bench.runs == runs[2:]
    with pytest.raises(ServingError, match="no run 99"):
        bench.remove(99)
    assert bench.restore() == runs[0]
    assert bench.restore() == runs[1]
    assert bench.restore() is None
    assert bench.runs == runs


def test_a_second_bench_takes_the_place_of_the_first_ones_server(
    bench: Bench, bundles: dict[str, Bundle]
) -> None:
    kept(bench.run(rate=10, duration_s=1))
    other = Bench(bundles["sentiment"].folder)
    kept(other.run(rate=10, duration_s=1))
    assert not bench.server.is_running
    other.close()


def test_runs_at_an_address(bundles: dict[str, Bundle]) -> None:
    with RunningServer([bundles["sentiment"].folder], token=SECRET, batch=4) as server:
        with pytest.raises(ServingError, match="does not say what sentiment expects"):
            Bench(server.url, token=SECRET)
        bench = Bench(server.url, TEXTS, token=SECRET)
        assert (bench.settings.batch, bench.settings.threads) == (4, None)
        run = kept(bench.run(clients=2, duration_s=1, wait_ms=1, workers=2))
        assert (run.threads, run.settings.wait_ms, run.result.errors) == (None, 1.0, {})
        assert len(server.workers()) == 2
        with pytest.raises(ServingError, match="threads of http"):
            bench.run(threads=2)
        server.close()
        with pytest.raises(ServingError, match="does not answer"):
            bench.run(rate=10)
    assert len(bench.runs) == 1


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"batch": 0}, "batch cannot be 0.\nUse a whole number from 1 to 1024"),
        ({"rate": "x"}, "rate cannot be 'x'.\nUse a number from 0.1 to 10000"),
        ({"arrivals": "other"}, "arrivals cannot be 'other'"),
        ({"rate": 5, "clients": 2}, "a rate and clients"),
        ({"speed": 5}, "no setting 'speed'"),
    ],
)
def test_rejects_choices_that_are_not_valid(
    bench: Bench, choices: dict[str, object], message: str
) -> None:
    before = (bench.load, bench.settings)
    with pytest.raises(ServingError, match=message):
        bench.run(**choices)
    assert (bench.load, bench.settings) == before


def test_says_what_cannot_be_benched(bundles: dict[str, Bundle]) -> None:
    with pytest.raises(ServingError, match="not 'other'"):
        Bench(bundles["sentiment"].folder, model="other")
    with pytest.raises(ServingError, match="no inputs"):
        Bench(bundles["sentiment"].folder, [])
    with pytest.raises(ServingError, match="not complete") as caught:
        Bench("127.0.0.1:9292")
    assert "http://127.0.0.1:9292" in caught.value.hint
    assert {"rate", "clients", "batch", "threads"} <= limits().keys()
