from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from paddle_workbench.environment.child import run_probe, run_python

ENDLESS = "import time\nwhile True: time.sleep(1)"


def test_answer_comes_back() -> None:
    code = "import pathlib, sys; pathlib.Path('answer.json').write_text(sys.argv[1])"
    result = run_python(code, '{"sum": 3}', timeout_s=60)
    assert (result.status, result.answer) == (0, {"sum": 3})


def test_crash_is_named_by_its_signal() -> None:
    code = "import os, signal, sys; print('last words', file=sys.stderr, flush=True)"
    result = run_python(f"{code}; os.kill(os.getpid(), signal.SIGSEGV)", timeout_s=60)
    assert result.answer is None
    assert result.failure().en == "Was killed by SIGSEGV.\nlast words"
    assert result.failure().zh == "进程被信号 SIGSEGV 终止。\nlast words"


def test_hanging_child_is_ended_and_said_so() -> None:
    started = time.monotonic()
    result = run_python(ENDLESS, timeout_s=0.5)
    assert time.monotonic() - started < 30
    assert result.failure().en == "Did not finish within 0.5 s."


def test_grandchild_that_lives_on_holds_nothing_up() -> None:
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', sys.argv[1]])"
    result = run_python(code, "import time; time.sleep(20)", timeout_s=10)
    assert result.status == 0


def test_error_shows_the_last_lines_without_colours() -> None:
    code = "print('\\x1b[31m' + 'x' * 500 + '\\x1b[0m'); 1 / 0"
    result = run_python(f"import sys; sys.stdout = sys.stderr; {code}", timeout_s=60)
    first, *last = result.failure().en.splitlines()
    assert first == "Failed with exit 1."
    assert len(last) == 3
    assert last[-1] == "ZeroDivisionError: division by zero"
    assert all(len(line) <= 200 and "\x1b" not in line for line in last)


def test_home_and_caches_of_a_child_are_temporary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLCONFIGDIR", str(Path.home()))
    code = (
        "import json, os, pathlib, site, tempfile\n"
        "answer = [str(pathlib.Path.home()), os.getcwd(), tempfile.gettempdir(),"
        " os.environ.get('MPLCONFIGDIR'), site.getuserbase()]\n"
        "pathlib.Path('answer.json').write_text(json.dumps({'places': answer}))"
    )
    result = run_python(code, timeout_s=60)
    assert result.answer is not None, result.errors
    home, cwd, temporary, cache, user_base = result.answer["places"]
    assert home == cwd == temporary
    assert home != str(Path.home())
    assert not Path(home).exists()
    assert cache is None
    assert user_base != home


def test_probe_of_an_unknown_name_fails() -> None:
    assert "KeyError: 'nothing'" in run_probe("nothing", timeout_s=60).failure().en


@pytest.mark.paddle
def test_answer_is_json() -> None:
    result = run_probe("fonts", timeout_s=120)
    assert json.dumps(result.answer) == '{"family": "Noto Sans CJK SC"}', result.errors
