"""Tasks in a child process: a crash, hang or failure there is an error here."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paddle_workbench.errors import CaptureError
from paddle_workbench.program.passes import forks, worker_process
from paddle_workbench.program.passes.forks import can_fork
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


def hang_in_the_task(_task: str) -> None:
    Path("sound").touch()
    signal.pause()


def test_child_that_hangs_is_killed(
    imported_paddle: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "main_in_fork", hang_in_the_task)
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
    monkeypatch.setattr(worker_process, "can_fork", lambda: False)
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


@pytest.fixture
def saved(imported_paddle: None, tmp_path: Path) -> dict[str, Any]:
    """A request for the passes of a small saved program."""
    import paddle
    from paddle.static import InputSpec

    from ..networks import Block

    spec = [InputSpec([2, 8], "float32", "x")]
    paddle.jit.save(Block(), str(tmp_path / "saved"), input_spec=spec)
    return {"prefix": str(tmp_path / "saved"), "passes": ["dead_code_elimination_pass"]}


def test_forks_the_process_that_has_imported_paddle(
    saved: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "run", None)
    answer, outcome = run_worker("passes", tmp_path, saved)
    assert len(answer["steps"]) == 2
    assert "dead_code_elimination_pass" in "".join(message.text for message in outcome.messages)


def hang(_task: str) -> None:
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    signal.pause()


def crash(task: str) -> None:
    """Crash like a fork whose memory is not what Paddle expects."""
    Path("sound").touch()
    Path("answer.json").write_text('{"steps": []}', encoding="utf-8")
    os.abort()


def wait_for_a_lock(_task: str) -> None:
    Path("sound").touch()
    threading.Event().wait()


@pytest.mark.parametrize("in_fork", [hang, crash, wait_for_a_lock])
def test_new_process_does_what_a_fork_cannot(
    in_fork: Callable[[str], None],
    saved: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_process, "main_in_fork", in_fork)
    monkeypatch.setattr(forks, "_UNSOUND", set())
    monkeypatch.setattr(forks, "STALL_S", 0.5)
    answer, outcome = run_worker("passes", tmp_path, saved)
    assert len(answer["steps"]) == 2
    assert outcome.status == 0


def test_does_not_fork_while_a_thread_may_be_inside_paddle(imported_paddle: None) -> None:
    event, lock = threading.Event(), threading.Lock()

    def wait_in_c() -> None:
        lock.acquire()
        lock.release()

    in_library = threading.Thread(target=event.wait)
    in_own_code = threading.Thread(target=wait_in_c)
    in_library.start()
    assert can_fork()
    with lock:
        in_own_code.start()
        # At its start the thread is inside the standard library.
        while can_fork():
            time.sleep(0.01)
    event.set()
    in_own_code.join()
    in_library.join()
    assert can_fork()


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
