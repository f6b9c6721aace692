"""The output, answer and limits of a child."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from paddle_workbench.child_process import Limits

from .processes import SLEEP, WRITE_PID, Run, has_ended, wait_for


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


def test_recognises_lost_memory_error(run_code: Run) -> None:
    # CPython loses it in places, in an import for example.
    code = "raise SystemError('error return without exception set')"
    outcome = run_code(code, limits=Limits(time_s=60, memory_bytes=1 << 30))
    assert outcome.limit == "memory"


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
