"""Python in a child process: outcome, limits, end, and the folders it must not import from."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from paddle_workbench.child_process import Limits, Outcome, module_command, run, run_async
from paddle_workbench.child_process import running as running_module

from .planted import imported_from, plant

MINUTE = Limits(time_s=60)
SLEEP = "import time\ntime.sleep(600)\n"
WRITE_PID = "import os, pathlib\npathlib.Path('pid').write_text(str(os.getpid()))\n"
# A grandchild in the child's process group that holds the child's pipes.
START_GRANDCHILD = (
    "import pathlib, subprocess, sys\n"
    "grandchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "pathlib.Path('pid').write_text(str(grandchild.pid))\n"
)
DEFER_SIGINT = (
    "import os, pathlib, time\n"
    "try:\n"
    "    pathlib.Path('pid').write_text(str(os.getpid()))\n"
    "    time.sleep(600)\n"
    "except KeyboardInterrupt:\n"
    "    print('x' * 1_000_000)\n"
    "    pathlib.Path('cleaned').touch()\n"
)

Run = Callable[..., Outcome]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "folder"
    path.mkdir()
    return path


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that children import modules from."""
    path = tmp_path / "modules"
    path.mkdir()
    inherited = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(path), inherited]))
    return path


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with modules in it that must not be imported."""
    folder = plant(tmp_path / "planted")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run_code(modules: Path, folder: Path) -> Run:
    """Run source code as a module in the folder."""

    def run_code(source: str, *arguments: str, limits: Limits = MINUTE, **options: Any) -> Outcome:
        (modules / "task.py").write_text(source, encoding="utf-8")
        return run("task", *arguments, limits=limits, folder=folder, **options)

    return run_code


def wait_for(path: Path) -> str:
    end = time.monotonic() + 60
    while not (path.is_file() and path.read_text()):
        assert time.monotonic() < end, f"{path.name} was not written"
        time.sleep(0.02)
    return path.read_text()


def has_ended(pid: int) -> bool:
    """Wait until a process has ended or is a zombie, and return whether it has."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


def test_returns_answer_and_output(run_code: Run) -> None:
    code = (
        "import sys\nfrom paddle_workbench.child_process import write_answer\n"
        "print('out')\nprint('err', file=sys.stderr)\nwrite_answer({'arguments': sys.argv[1:]})"
    )
    outcome = run_code(code, "a", "b c")
    assert (outcome.status, outcome.limit) == (0, None)
    assert outcome.answer == {"arguments": ["a", "b c"]}
    assert (outcome.stdout, outcome.stderr) == (b"out\n", b"err\n")
    assert outcome.messages == ()


def test_lines_of_stderr_are_reported_as_they_arrive(run_code: Run, folder: Path) -> None:
    # It goes on once the first line was reported, and ends without a line break.
    code = (
        "import pathlib, sys, time\nsys.stderr.write('one\\n二\\n')\nsys.stderr.flush()\n"
        "while not pathlib.Path('heard').exists(): time.sleep(0.02)\n"
        "sys.stderr.write('three\\r\\nfour')"
    )
    lines: list[str] = []

    def hear(line: str) -> None:
        lines.append(line)
        (folder / "heard").touch()

    outcome = run_code(code, on_line=hear)
    assert outcome.status == 0
    assert lines == ["one", "二", "three"]


def test_error_while_hearing_a_line_ends_the_child(run_code: Run, folder: Path) -> None:
    def refuse(line: str) -> None:
        raise ValueError(line)

    code = f"{WRITE_PID}import sys\nprint('no', file=sys.stderr, flush=True)\n{SLEEP}"
    with pytest.raises(ValueError, match="no"):
        run_code(code, on_line=refuse)
    assert has_ended(int(wait_for(folder / "pid")))


@pytest.mark.parametrize("answer", ["", "{", "[1]", "[" * 5000], ids=str.__len__)
def test_ignores_broken_answer(run_code: Run, folder: Path, answer: str) -> None:
    (folder / "answer.json").write_text(answer)
    outcome = run_code("")
    assert (outcome.answer, outcome.problem) == (None, "gave no answer")


def test_ignores_answer_beyond_the_limit(run_code: Run) -> None:
    code = (
        "from paddle_workbench.child_process import write_answer\nwrite_answer({'a': 'x' * 5000})"
    )
    assert run_code(code, limits=Limits(output_bytes=1000)).answer is None


def test_runs_module_as_main_without_input(run_code: Run) -> None:
    outcome = run_code("import sys\nprint(__name__, sys.argv[0], repr(sys.stdin.read()))")
    name, path, text = outcome.stdout.decode().split()
    assert (name, Path(path).name, text) == ("__main__", "task.py", "''")


def test_reports_signal_of_a_crash(run_code: Run) -> None:
    code = "import os, signal, sys; print('last words', file=sys.stderr, flush=True)"
    outcome = run_code(f"{code}; os.kill(os.getpid(), signal.SIGSEGV)")
    assert outcome.status == -signal.SIGSEGV
    assert outcome.problem == "was killed by SIGSEGV"
    assert outcome.last_lines() == ["last words"]


def test_returns_last_lines_without_colours(run_code: Run) -> None:
    code = "print('\\x1b[31m' + 'x' * 500 + '\\x1b[0m'); 1 / 0"
    outcome = run_code(f"import sys; sys.stdout = sys.stderr; {code}")
    assert outcome.problem == "failed with exit 1"
    lines = outcome.last_lines()
    assert len(lines) == 3
    assert lines[-1] == "ZeroDivisionError: division by zero"
    assert all(len(line) <= 200 and "\x1b" not in line for line in outcome.last_lines(100))


def test_lines_of_stderr_have_times(run_code: Run, folder: Path) -> None:
    code = (
        "import pathlib, sys, time\n"
        "print('first\\nsec', end='', file=sys.stderr, flush=True)\n"
        "while not pathlib.Path('heard').exists(): time.sleep(0.02)\n"
        "print('ond\\n\\nlast', end='', file=sys.stderr, flush=True)\n"
    )
    heard_at: list[float] = []

    def hear(_line: str) -> None:
        heard_at.append(time.perf_counter())
        (folder / "heard").touch()

    started = time.perf_counter()
    messages = run_code(code, timed=True, on_line=hear).messages
    assert [message.text for message in messages] == ["first", "second", "", "last"]
    times = [message.seconds for message in messages]
    assert times == sorted(times)
    assert started < times[0] < heard_at[0] < times[1] <= times[-1] < time.perf_counter()


def test_kills_hanging_child_at_its_time_limit(run_code: Run, folder: Path) -> None:
    outcome = run_code(WRITE_PID + SLEEP, limits=Limits(time_s=2))
    assert (outcome.status, outcome.limit) == (None, "time")
    assert outcome.problem == "did not finish within 2 s"
    assert has_ended(int((folder / "pid").read_text()))


def test_reports_memory_limit(run_code: Run) -> None:
    outcome = run_code("bytearray(1 << 40)", limits=Limits(time_s=60, memory_bytes=1 << 30))
    assert (outcome.status, outcome.limit) == (1, "memory")
    assert outcome.problem == "needed more than 1024 MiB of memory"


def test_memory_limit_applies_to_grandchildren(run_code: Run) -> None:
    code = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'bytearray(1 << 40)'])"
    outcome = run_code(code, limits=Limits(time_s=60, memory_bytes=1 << 30))
    assert outcome.last_lines(1) == ["MemoryError"]


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_kills_child_that_prints_endlessly(run_code: Run, stream: str) -> None:
    limits = Limits(time_s=60, output_bytes=3 << 20)
    code = f"import sys\nwhile True: sys.{stream}.write('x' * 100_000)"
    outcome = run_code(code, limits=limits)
    assert (outcome.status, outcome.limit) == (None, "output")
    assert outcome.problem == "printed more than 3 MiB"
    assert 1 << 20 < len(getattr(outcome, stream)) <= 3 << 20


def test_limits_output_of_a_short_child(run_code: Run) -> None:
    assert run_code("print('x' * 2000)", limits=Limits(output_bytes=1000)).limit == "output"


@pytest.mark.parametrize("limits", [MINUTE, Limits(time_s=3)], ids=["exit", "time limit"])
def test_kills_grandchild_without_delay(run_code: Run, folder: Path, limits: Limits) -> None:
    ending = SLEEP if limits.time_s == 3 else ""
    start = time.monotonic()
    outcome = run_code(START_GRANDCHILD + ending, limits=limits)
    assert time.monotonic() - start < 30
    assert outcome.status == (None if ending else 0)
    assert has_ended(int((folder / "pid").read_text()))


def test_process_that_left_the_group_causes_no_delay(run_code: Run, folder: Path) -> None:
    code = START_GRANDCHILD.replace("600)']", "600)'], start_new_session=True")
    start = time.monotonic()
    assert run_code(code).status == 0
    assert time.monotonic() - start < 30
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
    start = time.monotonic()
    assert run_code(code, limits=Limits(time_s=2), grace_s=0.5).limit == "time"
    assert time.monotonic() - start < 30


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


def test_runs_in_an_event_loop(modules: Path) -> None:
    (modules / "task.py").write_text("import sys\nprint(sys.argv[1])")
    outcome = asyncio.run(run_async("task", "word", limits=MINUTE))
    assert (outcome.status, outcome.stdout) == (0, b"word\n")


def test_applies_time_limit_in_an_event_loop(modules: Path) -> None:
    (modules / "task.py").write_text(SLEEP)
    assert asyncio.run(run_async("task", limits=Limits(time_s=0.5))).limit == "time"


def test_cancelled_task_ends_its_child(modules: Path, folder: Path) -> None:
    (modules / "task.py").write_text(START_GRANDCHILD + SLEEP)

    async def cancel() -> int:
        task = asyncio.create_task(run_async("task", limits=MINUTE, folder=folder))
        pid = int(await asyncio.to_thread(wait_for, folder / "pid"))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return pid

    assert has_ended(asyncio.run(cancel()))


def test_raises_failure_to_start_in_an_event_loop(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        asyncio.run(run_async("task", limits=MINUTE, folder=tmp_path / "none"))


@pytest.mark.parametrize("has_flag", [True, False], ids=["-P", "without -P"])
@pytest.mark.parametrize("search_path", ["{}", "{}:", ":{}", "{}::"])
def test_imports_nothing_from_its_working_folder(
    modules: Path, planted: Path, monkeypatch: pytest.MonkeyPatch, has_flag: bool, search_path: str
) -> None:
    if has_flag and sys.version_info < (3, 11):
        pytest.skip("Python 3.10 has no -P.")
    monkeypatch.setattr(running_module, "_HAS_SAFE_PATH_FLAG", has_flag)
    monkeypatch.setenv("PYTHONPATH", search_path.format(os.environ["PYTHONPATH"]))
    (modules / "task.py").write_text("import json, random, sys\nprint(json.dumps(sys.path))")
    for folder in (planted, None):
        outcome = run("task", limits=MINUTE, folder=folder)
        assert outcome.status == 0, outcome.stderr
        assert not {"", ".", str(planted)} & set(json.loads(outcome.stdout))
    assert imported_from(planted) == []


@pytest.mark.parametrize("has_flag", [True, False], ids=["-P", "without -P"])
def test_command_imports_nothing_from_the_current_folder(
    planted: Path, monkeypatch: pytest.MonkeyPatch, has_flag: bool
) -> None:
    if has_flag and sys.version_info < (3, 11):
        pytest.skip("Python 3.10 has no -P.")
    monkeypatch.setattr(running_module, "_HAS_SAFE_PATH_FLAG", has_flag)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    output = subprocess.check_output(module_command("json.tool", "--help"), text=True)
    assert "usage" in output
    assert imported_from(planted) == []


def test_python_imports_planted_modules_by_default(planted: Path) -> None:
    subprocess.run([sys.executable, "-m", "json.tool", "--help"], check=False, capture_output=True)
    assert "json" in imported_from(planted)


def test_keeps_entries_of_the_search_path(
    modules: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (modules / "task.py").write_text("print(1)")
    monkeypatch.chdir(modules.parent)
    monkeypatch.setenv("PYTHONPATH", os.environ["PYTHONPATH"].replace(str(modules), "modules"))
    assert run("task", limits=MINUTE, folder=folder).stdout == b"1\n"


def test_grandchildren_can_import_from_their_folder(run_code: Run, folder: Path) -> None:
    (folder / "companion.py").write_text("print('companion')")
    code = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import companion'])"
    outcome = run_code(code)
    assert outcome.stdout == b"companion\n", outcome.stderr
