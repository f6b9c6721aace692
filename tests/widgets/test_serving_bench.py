from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from paddle_workbench import ServingBench
from paddle_workbench.errors import ServingError, WidgetError
from paddle_workbench.export.bundle import Bundle

from ..export.sentiment import create
from ..kernels.sessions import wait_until


@pytest.fixture(scope="module")
def bundle(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return create(tmp_path_factory.mktemp("benched") / "sentiment")


@pytest.fixture(scope="module")
def bench(bundle: Bundle) -> Iterator[ServingBench]:
    bench = ServingBench(bundle, lang="en")
    yield bench
    bench.close()


def ask(bench: ServingBench, **request: object) -> None:
    """Send a request as the browser does."""
    bench._handle_custom_msg(request, [])


def test_shows_a_run_from_python(bench: ServingBench) -> None:
    run = bench.run(rate=20, arrivals="constant", duration_s=2, batch=4)
    assert run.result.answered == 40
    assert (bench.state, bench.failure, bench.load["rate"]) == ("idle", "", 20)
    assert bench.settings["batch"] == 4
    assert bench._progress["duration_s"] == 2
    assert bench.runs == (run,)
    (row,) = bench._rows
    assert row["number"] == run.number
    assert row["result"]["latency"] == run.result.latency.model_dump()  # type: ignore[union-attr]
    assert row["result"]["notes"] == list(run.result.notes)
    assert len(row["result"]["moments"]) >= len(bench._moments) > 0
    assert list(bench.table().index) == [run.number]


def test_browser_repeats_removes_and_brings_back(bench: ServingBench) -> None:
    first = bench.run(rate=10, duration_s=1)
    ask(bench, do="repeat", number=first.number)
    with pytest.raises(ServingError, match="is running"):
        bench.run(rate=10)
    wait_until(lambda: bench.state == "idle")
    again = bench.runs[-1]
    assert again.result.plan == first.result.plan
    assert again.settings == first.settings
    ask(bench, do="remove", number=first.number)
    assert first not in bench.runs
    assert bench.removed == 1
    ask(bench, do="restore")
    assert first in bench.runs
    ask(bench, do="remove", number=99)
    assert "no run 99" in bench.failure


def test_browser_stops_a_run_which_is_kept(bench: ServingBench) -> None:
    count = len(bench.runs)
    load = {"arrivals": "closed", "clients": 2, "duration_s": 600}
    ask(bench, do="run", load=load, settings={"batch": 2})
    wait_until(lambda: len(bench._moments) > 0)
    assert bench.state == "running"
    ask(bench, do="stop")
    wait_until(lambda: bench.state == "idle")
    assert len(bench.runs) == count + 1
    assert not bench.runs[-1].result.is_complete


def test_a_failed_run_is_explained_and_loses_nothing(bench: ServingBench) -> None:
    rows = bench._rows
    ask(bench, do="run", load={"rate": 0}, settings={})
    assert bench.failure == "rate cannot be 0.\nUse a number from 0.1 to 10000."
    ask(bench, do="run", load={"rate": 10, "duration_s": 1, "size": 100}, settings={"queue": 10})
    wait_until(lambda: bench.state == "idle")
    assert "queue" in bench.failure
    assert bench._rows == rows
    bench.run(rate=10, duration_s=1, size=1, queue=64)
    assert bench.failure == ""


def test_an_interrupt_keeps_what_was_measured(
    bench: ServingBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from concurrent.futures import Future

    wait = Future.result

    def interrupted(future: Future[object], timeout: float | None = None) -> object:
        if threading.current_thread() is threading.main_thread():
            monkeypatch.undo()
            wait_until(lambda: len(bench._moments) > 0)
            raise KeyboardInterrupt
        return wait(future, timeout)

    monkeypatch.setattr(Future, "result", interrupted)
    run = bench.run(rate=10, duration_s=600)
    assert not run.result.is_complete
    assert run.result.answered > 0


def test_static_version_has_the_runs(bench: ServingBench) -> None:
    run = bench.runs[-1] if bench.runs else bench.run(rate=10, duration_s=1)
    html = bench.to_html()
    assert "mean batch" in html
    assert "<svg" in html
    assert f"{len(bench.runs)} runs" in repr(bench)
    assert f"<th scope='row' style='text-align:left'>{run.number}</th>" in html
    bench.lang = "zh"
    assert "平均批" in bench.to_html()
    assert not any("answers" in note for row in bench._rows for note in row["result"]["notes"])
    bench.lang = "en"


def test_rejects_what_is_not_valid(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(WidgetError, match="no option 'inpts'"):
        ServingBench(bundle, inpts=[])
    with pytest.raises(WidgetError, match="batch cannot be 0"):
        ServingBench(bundle, settings={"batch": 0})
    with pytest.raises(ServingError, match="does not answer"):
        ServingBench("http://127.0.0.1:9", ["很小"])
    bench = ServingBench(bundle, lang="zh", load={"rate": 50}, settings={"batch": 2})
    assert (bench.load["rate"], bench.settings["batch"], bench.url) == (50, 2, "")
    assert "还没有运行" in bench.to_html()
    bench.close()
