"""A child process that answers several requests."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from paddle_workbench.child_process import ForkWorker, Limits, Outcome, Reply, Worker

MINUTE = Limits(time_s=60)
ANSWER = """
import os, signal, sys, time
from paddle_workbench.child_process import Reply, answer_requests

count = 0

def answer(request):
    global count
    count += 1
    if request.get("sleep"):
        time.sleep(600)
    if request.get("crash"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if request.get("error"):
        raise LookupError("no such page")
    if request.get("allocate"):
        bytearray(1 << 40)
    return Reply({"count": count, "pid": os.getpid()}, b"x" * request.get("size", 0))

answer_requests(answer, idle_s=float(os.environ.get("IDLE_S", "60")))
"""

Start = Callable[..., Worker]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start a worker that runs `ANSWER`."""
    (tmp_path / "answering.py").write_text(ANSWER, encoding="utf-8")
    inherited = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), inherited]))
    workers: list[Worker] = []

    def start(limits: Limits = MINUTE) -> Worker:
        workers.append(Worker("answering", limits=limits))
        return workers[-1]

    yield start
    for each in workers:
        each.close()


def reply(worker: Worker, **request: object) -> Reply:
    answer = worker.request(request)
    assert isinstance(answer, Reply), answer
    return answer


def outcome(worker: Worker, **request: object) -> Outcome:
    answer = worker.request(request)
    assert isinstance(answer, Outcome)
    assert not worker.is_usable
    return answer


def test_one_child_answers_all_requests(start: Start) -> None:
    worker = start()
    first, second = reply(worker), reply(worker, size=3_000_000)
    assert (first.values["count"], second.values["count"]) == (1, 2)
    assert first.values["pid"] == second.values["pid"]
    assert (bytes(first.content), bytes(second.content)) == (b"", b"x" * 3_000_000)
    assert worker.is_usable


def test_request_that_takes_too_long_ends_the_child(start: Start) -> None:
    worker = start()
    pid = reply(worker).values["pid"]
    slow = start(Limits(time_s=1.0))
    assert outcome(slow, sleep=True).problem == "did not finish within 1 s"
    assert psutil.pid_exists(pid)
    assert reply(worker).values["count"] == 2


def test_reports_crash(start: Start) -> None:
    assert outcome(start(), crash=True).problem == "was killed by SIGSEGV"


def test_reports_exception(start: Start) -> None:
    ended = outcome(start(), error=True)
    assert ended.problem == "failed with exit 1"
    assert ended.last_lines(1) == ["LookupError: no such page"]


def test_reports_memory_limit(start: Start) -> None:
    limits = Limits(time_s=60, memory_bytes=1 << 30)
    assert outcome(start(limits), allocate=True).problem == "needed more than 1024 MiB of memory"


def test_reports_reply_beyond_the_limit(start: Start) -> None:
    limits = Limits(time_s=60, output_bytes=1 << 20)
    assert outcome(start(limits), size=2 << 20).problem == "printed more than 1 MiB"


def test_idle_child_ends_by_itself(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDLE_S", "0.1")
    worker = start()
    end = time.monotonic() + 60
    while worker.is_usable:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert outcome(worker).status == 0


def test_interrupt_ends_the_child(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = start()
    pid = reply(worker).values["pid"]

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(worker, "_receive", interrupt)
    with pytest.raises(KeyboardInterrupt):
        worker.request({})
    assert not worker.is_usable
    assert not psutil.pid_exists(pid)


def test_forked_process_does_not_use_its_parents_child(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = start()
    pid = reply(worker).values["pid"]
    own_pid = os.getpid()
    with monkeypatch.context() as fork:
        fork.setattr(os, "getpid", lambda: own_pid + 1)
        assert not worker.is_usable
    assert worker.is_usable
    assert psutil.pid_exists(pid)


def test_close_ends_the_child(start: Start) -> None:
    worker = start()
    pid = reply(worker).values["pid"]
    assert worker.close().signal_name == signal.Signals.SIGKILL.name
    assert not psutil.pid_exists(pid)
    assert not worker.is_usable


def _new_worker(_folder: Path) -> Worker:
    return Worker("answering", limits=MINUTE)


def _new_fork(folder: Path) -> Worker:
    return ForkWorker(lambda _request: Reply({"pid": os.getpid()}), limits=MINUTE, folder=folder)


@pytest.mark.parametrize("new", [_new_worker, _new_fork])
def test_child_ends_when_nothing_refers_to_its_worker(
    new: Callable[[Path], Worker], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "answering.py").write_text(ANSWER, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    worker = new(tmp_path)
    child = psutil.Process(reply(worker).values["pid"])
    assert child.is_running()
    del worker
    gc.collect()
    child.wait(timeout=60)


def test_raises_failure_to_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "none"))
    worker = Worker("answering", limits=MINUTE)
    with pytest.raises(FileNotFoundError):
        worker.request({})


def test_fork_answers_with_what_this_process_has(tmp_path: Path) -> None:
    values = [1, 2, 3]

    def answer(request: dict[str, object]) -> Reply:
        if request.get("crash"):
            os.kill(os.getpid(), signal.SIGKILL)
        values.append(4)
        return Reply({"sum": sum(values), "folder": str(Path.cwd()), "pid": os.getpid()}, b"ab")

    worker = ForkWorker(answer, limits=MINUTE, folder=tmp_path)
    first, second = reply(worker), reply(worker)
    assert (first.values["sum"], second.values["sum"], bytes(second.content)) == (10, 14, b"ab")
    assert first.values["folder"] == str(tmp_path.resolve())
    assert values == [1, 2, 3]
    crashed = outcome(worker, crash=True)
    assert crashed.signal_name == "SIGKILL"
    assert not psutil.pid_exists(first.values["pid"])


def test_fork_ends_with_its_error_and_when_closed(tmp_path: Path) -> None:
    def answer(_request: dict[str, object]) -> Reply:
        raise LookupError("no such page")

    ended = outcome(ForkWorker(answer, limits=MINUTE, folder=tmp_path))
    assert (ended.status, ended.last_lines(1)) == (1, ["LookupError: no such page"])
    waiting = ForkWorker(
        lambda _request: Reply({"pid": os.getpid()}), limits=MINUTE, folder=tmp_path
    )
    number = reply(waiting).values["pid"]
    waiting.close()
    assert not psutil.pid_exists(number)


def test_fork_without_a_lock_that_another_thread_held_is_replaced(tmp_path: Path) -> None:
    lock = threading.Lock()
    lock.acquire()

    def check() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        (tmp_path / str(os.getpid())).touch()
        with lock:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def hold() -> None:
        """Release the lock, which stays held in the fork that is there by then."""
        while not any(tmp_path.iterdir()):
            time.sleep(0.01)
        lock.release()

    holder = threading.Thread(target=hold)
    holder.start()
    worker = ForkWorker(
        lambda _request: Reply({"pid": os.getpid()}), limits=MINUTE, folder=tmp_path, check=check
    )
    holder.join()
    pid = reply(worker).values["pid"]
    assert {path.name for path in tmp_path.iterdir()} > {str(pid)}
    worker.close()


def test_failed_check_is_the_outcome(tmp_path: Path) -> None:
    def check() -> None:
        raise ArithmeticError("1 + 1 is 3")

    worker = ForkWorker(lambda _request: Reply({}), limits=MINUTE, folder=tmp_path, check=check)
    assert outcome(worker).last_lines(1) == ["ArithmeticError: 1 + 1 is 3"]
