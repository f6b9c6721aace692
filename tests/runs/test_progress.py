"""The events of a run are read on as they are written, and its metrics are thinned."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from paddle_workbench.contract import RunEvent
from paddle_workbench.runs.status import progress as progress_module
from paddle_workbench.runs.status.progress import LONGEST_SERIES, Progress, Series
from paddle_workbench.runs.store.folders import EVENTS_FILE
from paddle_workbench.runs.store.records import append_event

NOW = datetime(2026, 11, 23, 9, 15, 30, tzinfo=timezone.utc)


def note(folder: Path, seconds: float, event: Any, **fields: Any) -> None:
    append_event(folder, RunEvent(time=NOW + timedelta(seconds=seconds), event=event, **fields))


def test_series_keeps_first_and_last_and_few_between() -> None:
    series = Series()
    for number in range(12_345):
        series.add(number, number / 2)
        points = series.points()
        assert len(points) <= LONGEST_SERIES
        assert (points[0], points[-1]) == ([0.0, 0.0], [number, number / 2])
    assert len(points) > LONGEST_SERIES / 3
    assert len({late[0] - early[0] for early, late in pairwise(points[:-1])}) == 1


def test_short_series_is_complete() -> None:
    series = Series()
    assert series.points() == []
    for number in range(LONGEST_SERIES - 1):
        series.add(number, 1.0)
        assert len(series.points()) == number + 1


def test_a_clock_that_was_set_back_does_not_go_left() -> None:
    series = Series()
    series.add(5, 1.0)
    series.add(-3600, 2.0)
    assert series.points() == [[5.0, 1.0], [5.0, 2.0]]


def test_counts_cells_and_collects_numbers(tmp_path: Path) -> None:
    note(tmp_path, -5, "queued", state="queued")
    note(tmp_path, 0, "started", state="running")
    note(tmp_path, 1, "cell_started", cell="train", index=1)
    note(tmp_path, 2, "metric", cell="train", name="loss", value=0.5)
    note(tmp_path, 3, "metric", cell="train", name="loss", value=0.25)
    for value in ("a text", True, None, 10**400):
        note(tmp_path, 3, "metric", cell="train", name="other", value=value)
    progress = Progress(tmp_path)
    progress.read_on()
    assert progress.series() == {"loss": [[2.0, 0.5], [3.0, 0.25]]}
    assert progress.metrics == {"loss": 0.25, "other": 10**400}
    assert progress.running is not None
    assert (progress.cells_done, progress.running.cell) == (0, "train")
    note(tmp_path, 4, "cell_finished", cell="train", index=1, duration_s=3.0)
    progress.read_on()
    assert (progress.cells_done, progress.running) == (1, None)
    assert progress.durations_s == {"train": 3.0}


def test_reads_each_part_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def read_bytes(*arguments: Any, **options: Any) -> bytes:
        content = original(*arguments, **options)
        sizes.append(len(content))
        return content

    original = progress_module.read_bytes
    monkeypatch.setattr(progress_module, "read_bytes", read_bytes)
    progress = Progress(tmp_path)
    progress.read_on()
    for number in range(3):
        note(tmp_path, number, "metric", name="loss", value=number)
        progress.read_on()
        progress.read_on()
    assert len(progress.series()["loss"]) == len(sizes) == 3
    assert sum(sizes) == (tmp_path / EVENTS_FILE).stat().st_size


def test_skips_broken_lines_and_waits_for_the_rest_of_one(tmp_path: Path) -> None:
    path = tmp_path / EVENTS_FILE
    path.write_text('{"event": "metric"}\nno JSON\n', encoding="utf-8")
    note(tmp_path, 0, "metric", name="loss", value=1)
    line = path.read_bytes().splitlines(keepends=True)[-1]
    with path.open("ab") as file:
        file.write(line[:20])
    progress = Progress(tmp_path)
    progress.read_on()
    assert progress.series() == {"loss": [[0.0, 1.0]]}
    with path.open("ab") as file:
        file.write(line[20:])
    progress.read_on()
    assert progress.series() == {"loss": [[0.0, 1.0], [0.0, 1.0]]}


def test_starts_again_when_the_file_is_replaced(tmp_path: Path) -> None:
    note(tmp_path, 0, "metric", name="loss", value=1)
    progress = Progress(tmp_path)
    progress.read_on()
    (tmp_path / EVENTS_FILE).unlink()
    progress.read_on()
    note(tmp_path, 0, "metric", name="loss", value=2)
    note(tmp_path, 0, "metric", name="loss", value=3)
    progress.read_on()
    assert [value for _, value in progress.series()["loss"]] == [2, 3]


def test_run_without_events_has_no_progress(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "missing")
    progress.read_on()
    (tmp_path / EVENTS_FILE).mkdir()
    folder = Progress(tmp_path)
    folder.read_on()
    assert (progress.cells_done, folder.series()) == (0, {})
