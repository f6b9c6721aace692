"""Cancelling several runs at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from paddle_workbench.runs import cancellation
from paddle_workbench.runs.cancellation import cancel_runs
from paddle_workbench.runs.store.folders import CANCEL_FILE
from paddle_workbench.runs.store.records import read_record

from .folders import make_record, write_run


def test_an_interrupt_while_it_waits_leaves_no_run_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [make_record(id=name, state="queued", attached=False) for name in "abc"]
    folders = [write_run(tmp_path, record) for record in records]

    def interrupt(*_arguments: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(cancellation, "_finish", interrupt)
        with pytest.raises(KeyboardInterrupt):
            cancel_runs(tmp_path, records)
    assert all((folder / CANCEL_FILE).exists() for folder in folders)
    cancel_runs(tmp_path, records)
    assert [read_record(folder).state for folder in folders] == ["cancelled"] * 3
