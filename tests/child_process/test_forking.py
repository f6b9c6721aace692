"""A function in a fork of this process: outcome, limits and end."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from paddle_workbench.child_process import Limits, StalledForkError, run_fork, write_answer

from .processes import MINUTE

PARENT = """
import os, sys, time
from pathlib import Path
from paddle_workbench.child_process import Limits, run_fork

def work():
    Path("pid.part").write_text(str(os.getpid()))
    Path("pid.part").rename("pid")
    time.sleep(600)

run_fork(work, limits=Limits(), folder=Path(sys.argv[1]))
"""


def test_returns_answer_and_output_of_a_function(tmp_path: Path) -> None:
    numbers = [1, 2]

    def work() -> None:
        numbers.append(3)
        sys.stdout.write("out\n")
        sys.stderr.write("first\n")
        os.write(2, b"second\n")
        write_answer({"numbers": numbers, "folder": str(Path.cwd())})

    outcome = run_fork(work, limits=MINUTE, folder=tmp_path, timed=True)
    assert outcome.status == 0
    assert outcome.answer == {"numbers": [1, 2, 3], "folder": str(tmp_path)}
    assert outcome.stdout == b"out\n"
    assert [message.text for message in outcome.messages] == ["first", "second"]
    assert numbers == [1, 2]


def test_exception_is_printed_and_the_status_is_1(tmp_path: Path) -> None:
    def work() -> None:
        raise ValueError("no such pass")

    outcome = run_fork(work, limits=MINUTE, folder=tmp_path)
    assert outcome.problem == "failed with exit 1"
    assert outcome.last_lines(1) == ["ValueError: no such pass"]


def test_reports_signal_of_a_fork(tmp_path: Path) -> None:
    outcome = run_fork(os.abort, limits=MINUTE, folder=tmp_path)
    assert outcome.signal_name == "SIGABRT"


def test_kills_hanging_fork_at_its_time_limit(tmp_path: Path) -> None:
    outcome = run_fork(lambda: time.sleep(600), limits=Limits(time_s=0.2), folder=tmp_path)
    assert outcome.limit == "time"


def test_kills_fork_that_only_waits(tmp_path: Path) -> None:
    """A thread that does not exist in the fork may have held a lock."""
    lock = threading.Lock()
    with lock, pytest.raises(StalledForkError):
        run_fork(lambda: lock.__enter__(), limits=MINUTE, folder=tmp_path, stall_s=0.5)


def test_does_not_kill_fork_that_waits_for_its_child(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(3)"]
    outcome = run_fork(
        lambda: subprocess.run(command, check=True), limits=MINUTE, folder=tmp_path, stall_s=0.5
    )
    assert outcome.status == 0


def test_does_not_kill_fork_that_computes(tmp_path: Path) -> None:
    def work() -> None:
        while time.process_time() < 1:
            pass

    assert run_fork(work, limits=MINUTE, folder=tmp_path, stall_s=0.5).status == 0


def test_kills_fork_that_prints_endlessly(tmp_path: Path) -> None:
    def work() -> None:
        while True:
            sys.stdout.write("x" * 1000)

    limits = Limits(time_s=60, output_bytes=10_000)
    assert run_fork(work, limits=limits, folder=tmp_path).limit == "output"


def test_signals_have_their_default_effect_in_a_fork(tmp_path: Path) -> None:
    def work() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        time.sleep(600)

    def ignore(*_: Any) -> None: ...

    handler = signal.signal(signal.SIGALRM, ignore)
    try:
        outcome = run_fork(work, limits=MINUTE, folder=tmp_path)
    finally:
        signal.signal(signal.SIGALRM, handler)
    assert outcome.signal_name == "SIGALRM"


def test_clean_up_of_this_process_does_not_run_in_a_fork(tmp_path: Path) -> None:
    def clean_up() -> None:
        (tmp_path / "cleaned").touch()

    atexit.register(clean_up)
    try:
        run_fork(lambda: sys.exit(0), limits=MINUTE, folder=tmp_path)
    finally:
        atexit.unregister(clean_up)
    assert not (tmp_path / "cleaned").exists()


def test_fork_ends_with_its_parent(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)]) as parent:
        while not (tmp_path / "pid").exists():
            assert parent.poll() is None
            time.sleep(0.01)
        fork = psutil.Process(int((tmp_path / "pid").read_text()))
        parent.kill()
    psutil.wait_procs([fork], timeout=60)
    assert not fork.is_running() or fork.status() == psutil.STATUS_ZOMBIE


def test_failure_to_fork_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> int:
        raise OSError(12, "Cannot allocate memory")

    before = list(Path("/proc/self/fd").iterdir())
    monkeypatch.setattr(os, "fork", fail)
    with pytest.raises(OSError, match="Cannot allocate memory"):
        run_fork(os.abort, limits=MINUTE, folder=tmp_path)
    assert len(list(Path("/proc/self/fd").iterdir())) == len(before)
