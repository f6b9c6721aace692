"""Changes of runs are reported while a browser is connected, and those before it then."""

from __future__ import annotations

import queue
import threading
from pathlib import Path

import pytest

from paddle_workbench.contract import RunStatus
from paddle_workbench.runs.status import watching
from paddle_workbench.runs.status.statuses import RunStatuses
from paddle_workbench.runs.status.watching import RunsWatch
from paddle_workbench.runs.store.records import write_record

from .test_records import record

LIMIT_S = 60.0


def add(parent: Path, name: str) -> None:
    folder = parent / name
    folder.mkdir(parents=True)
    write_record(folder, record(folder))


def watch_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "runs-watch"}


def test_reports_changes_while_a_browser_is_connected(tmp_path: Path) -> None:
    others = watch_threads()
    changes: queue.Queue[tuple[str, RunStatus | None]] = queue.Queue()
    statuses = RunStatuses(tmp_path, lambda *change: changes.put(change))
    watch = RunsWatch(statuses)
    add(tmp_path, "before")
    statuses.refresh()
    add(tmp_path, "meanwhile")
    watch.enter()
    watch.enter()
    assert changes.get(timeout=LIMIT_S)[0] == "meanwhile"
    watch.leave()
    add(tmp_path, "later")
    assert changes.get(timeout=LIMIT_S)[0] == "later"
    (thread,) = watch_threads() - others
    watch.leave()
    thread.join(LIMIT_S)
    assert not thread.is_alive()
    add(tmp_path, "unseen")
    assert changes.empty()
    watch.enter()
    assert changes.get(timeout=LIMIT_S)[0] == "unseen"
    watch.close()


def test_goes_on_after_an_unexpected_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looks: queue.Queue[None] = queue.Queue()

    def refresh() -> None:
        looks.put(None)
        raise OSError("strange")

    statuses = RunStatuses(tmp_path, lambda *_change: None)
    monkeypatch.setattr(statuses, "refresh", refresh)
    monkeypatch.setattr(watching, "PAUSE_AFTER_ERROR_S", 0.0)
    watch = RunsWatch(statuses)
    watch.enter()
    for _ in range(3):
        looks.get(timeout=LIMIT_S)
    watch.close()
    assert "The runs could not be read." in caplog.text
