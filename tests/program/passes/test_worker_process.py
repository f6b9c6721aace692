"""Tasks in a child process: a crash, hang or failure there is an error here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from paddle_workbench.errors import CaptureError
from paddle_workbench.program.passes.worker_process import run_worker

from ...planted import imported_from, plant


@pytest.mark.paddle
def test_crash_of_the_child_is_an_error(tmp_path: Path) -> None:
    """Paddle's reader aborts on an invalid program; this process reports it."""
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    (tmp_path / "broken.pdiparams").write_bytes(b"")
    request = {"prefix": str(tmp_path / "broken"), "onednn": False, "threads": 1}
    with pytest.raises(CaptureError, match="child process for predictor"):
        run_worker("predictor", tmp_path, request)


def test_child_that_hangs_is_killed(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"did not finish within 0\.2 s") as caught:
        run_worker("predictor", tmp_path, {"prefix": "x"}, timeout_s=0.2)
    assert caught.value.hint == "Try a smaller network, or fewer passes."


def test_reports_last_lines_of_a_failed_task(tmp_path: Path) -> None:
    with pytest.raises(CaptureError) as caught:
        run_worker("nothing", tmp_path, {})
    first, *_, last = caught.value.message.splitlines()
    assert first == "The child process for nothing failed with exit 1."
    assert last == "KeyError: 'nothing'"
    assert caught.value.hint == (
        "The last line says why. Try the passes one at a time: capture(..., pipeline=[name])."
    )


def test_reports_signal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import os, sys\nprint('last words', file=sys.stderr, flush=True)\nos.kill(os.getpid(), 11)"
    )
    (tmp_path / "paddle.py").write_text(code, encoding="utf-8")
    paths = [str(tmp_path), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    with pytest.raises(CaptureError) as caught:
        run_worker("passes", tmp_path, {"prefix": "none", "passes": []})
    assert caught.value.message == (
        "The child process for passes was killed by SIGSEGV; this process is unharmed.\nlast words"
    )
    assert caught.value.hint == "Try the passes one at a time: capture(..., pipeline=[name])."


@pytest.mark.paddle
def test_worker_imports_nothing_from_its_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [plant(tmp_path / "work"), plant(tmp_path / "current")]
    monkeypatch.chdir(folders[1])
    monkeypatch.setenv("PYTHONPATH", f"{os.environ.get('PYTHONPATH', '')}{os.pathsep}")
    with pytest.raises(CaptureError, match="failed with exit 1"):
        run_worker("passes", folders[0], {"prefix": "none", "passes": []})
    assert [imported_from(folder) for folder in folders] == [[], []]
