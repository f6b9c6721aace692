"""How children end, with their processes and their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from paddle_workbench.child_process import Limits

from .processes import (
    DEFER_SIGINT,
    MINUTE,
    SLEEP,
    START_GRANDCHILD,
    WRITE_PID,
    Run,
    has_ended,
    wait_for,
)


@pytest.mark.parametrize("limits", [MINUTE, Limits(time_s=3)], ids=["exit", "time limit"])
def test_kills_grandchild_without_delay(run_code: Run, folder: Path, limits: Limits) -> None:
    ending = SLEEP if limits.time_s == 3 else ""
    outcome = run_code(START_GRANDCHILD + ending, limits=limits)
    assert outcome.status == (None if ending else 0)
    assert has_ended(int((folder / "pid").read_text()))


def test_process_that_left_the_group_causes_no_delay(run_code: Run, folder: Path) -> None:
    code = START_GRANDCHILD.replace("600)']", "600)'], start_new_session=True")
    assert run_code(code).status == 0
    os.kill(int((folder / "pid").read_text()), signal.SIGKILL)


def test_calls_listener_at_start_and_end(run_code: Run) -> None:
    calls: list[int] = []
    run_code("", listener=lambda: calls.append(0), poll_s=120)
    assert len(calls) == 2


def test_calls_listener_while_the_child_runs(run_code: Run, folder: Path) -> None:
    calls: list[int] = []

    def listener() -> None:
        calls.append(0)
        if len(calls) == 5:
            (folder / "enough").touch()

    code = "import pathlib, time\nwhile not pathlib.Path('enough').exists(): time.sleep(0.02)"
    assert run_code(code, listener=listener, poll_s=0.05).status == 0
    assert len(calls) >= 5


@pytest.mark.parametrize("grace_s", [0.0, 30.0])
def test_exception_of_the_listener_ends_the_child(
    run_code: Run, folder: Path, grace_s: float
) -> None:
    def listener() -> None:
        if (folder / "pid").is_file() and (folder / "pid").read_text():
            raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        run_code(DEFER_SIGINT, listener=listener, grace_s=grace_s)
    assert has_ended(int((folder / "pid").read_text()))
    assert (folder / "cleaned").is_file() == bool(grace_s)


def test_kills_child_after_the_grace_period(run_code: Run) -> None:
    code = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(600)"
    assert run_code(code, limits=Limits(time_s=2), grace_s=0.5).limit == "time"


def test_another_thread_can_stop_the_child(run_code: Run, folder: Path) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=lambda: (wait_for(folder / "pid"), stop.set()))
    thread.start()
    assert run_code(WRITE_PID + SLEEP, stop=stop).signal_name == "SIGKILL"
    thread.join()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL], ids=["SIGINT", "SIGKILL"])
def test_child_ends_with_its_parent(modules: Path, folder: Path, end: signal.Signals) -> None:
    (modules / "task.py").write_text(START_GRANDCHILD + SLEEP)
    (modules / "parent.py").write_text(
        "import signal, sys, pathlib\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from paddle_workbench.child_process import Limits, run\n"
        "run('task', limits=Limits(), folder=pathlib.Path(sys.argv[1]))\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-m", "parent", str(folder)], stderr=subprocess.DEVNULL
    )
    try:
        grandchild = int(wait_for(folder / "pid"))
        child = psutil.Process(grandchild).parent()
        assert child is not None
        parent.send_signal(end)
        assert parent.wait(30) != 0
    finally:
        parent.kill()
    assert has_ended(child.pid)
    assert has_ended(grandchild)


def test_does_not_inherit_ignored_sigint(run_code: Run) -> None:
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        code = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)"
        assert run_code(code).status == -signal.SIGINT
    finally:
        signal.signal(signal.SIGINT, handler)


def test_works_without_pidfd(run_code: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    assert run_code("print(1)").stdout == b"1\n"
    assert run_code(START_GRANDCHILD).status == 0
    assert run_code(SLEEP, limits=Limits(time_s=1)).limit == "time"
