"""The doctor's probes: their temporary home, their imports, and how they fail."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from paddle_workbench.environment.doctor.probe_process import failure_text, run_probe
from paddle_workbench.errors import EnvironmentBrokenError

from ...planted import imported_from, plant
from ..conftest import MakePackage

# The probe `fonts` imports matplotlib first.
REPORT_FOLDERS = (
    "import os, pathlib, site, sys, tempfile\n"
    "from paddle_workbench.child_process import write_answer\n"
    "folders = [str(pathlib.Path.home()), os.getcwd(), tempfile.gettempdir(),"
    " os.environ.get('MPLCONFIGDIR'), site.getuserbase()]\n"
    "write_answer({'folders': folders})\n"
    "sys.exit(0)"
)


@pytest.mark.paddle
def test_answer_is_json() -> None:
    outcome = run_probe("fonts", timeout_s=120)
    assert json.dumps(outcome.answer) == '{"family": "Noto Sans CJK SC"}', outcome.stderr


def test_unknown_probe_fails() -> None:
    text = failure_text(run_probe("nothing", timeout_s=60))
    assert text.en.startswith("Failed with exit 1.\n")
    assert text.zh.startswith("进程失败，退出码 1。\n")
    assert "KeyError: 'nothing'" in text.en


def test_reports_the_signal_of_a_crash(make_package: MakePackage) -> None:
    words = "print('\\x1b[31mlast words\\x1b[0m', file=sys.stderr, flush=True)"
    make_package(
        "matplotlib", f"import os, signal, sys; {words}; os.kill(os.getpid(), signal.SIGSEGV)"
    )
    outcome = run_probe("fonts", timeout_s=60)
    assert outcome.answer is None
    assert failure_text(outcome).en == "Was killed by SIGSEGV.\nlast words"
    assert failure_text(outcome).zh == "进程被信号 SIGSEGV 终止。\nlast words"


def test_reports_the_time_limit(make_package: MakePackage) -> None:
    make_package("matplotlib", "import time\nwhile True: time.sleep(1)")
    outcome = run_probe("fonts", timeout_s=0.5)
    assert failure_text(outcome).en == "Did not finish within 0.5 s."
    assert failure_text(outcome).zh == "0.5 秒内没有结束。"


def test_home_and_caches_of_a_probe_are_temporary(
    make_package: MakePackage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MPLCONFIGDIR", str(Path.home()))
    make_package("matplotlib", REPORT_FOLDERS)
    outcome = run_probe("fonts", timeout_s=60)
    assert outcome.answer is not None, outcome.stderr
    home, cwd, temporary, cache, user_base = outcome.answer["folders"]
    assert home == cwd == temporary
    assert home != str(Path.home())
    assert not Path(home).exists()
    assert cache is None
    assert user_base != home


def test_probe_imports_nothing_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = plant(tmp_path / "planted")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONPATH", f"{os.environ.get('PYTHONPATH', '')}{os.pathsep}")
    assert run_probe("fonts", timeout_s=120).status == 0
    assert imported_from(folder) == []


def test_interrupted_doctor_ends_its_probes(make_package: MakePackage, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code = f"import os, pathlib, time\npathlib.Path({str(pid_file)!r}).write_text(str(os.getpid()))"
    make_package("paddlenlp", f"{code}\ntime.sleep(600)")
    make_package("paddleocr", f"{code}\ntime.sleep(600)")
    doctor = subprocess.Popen(
        [sys.executable, "-m", "paddle_workbench.cli", "doctor"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 60
        while not (pid_file.is_file() and pid_file.read_text()) and time.monotonic() < end:
            time.sleep(0.1)
        probe = psutil.Process(int(pid_file.read_text()))
        doctor.send_signal(signal.SIGINT)
        # Well before the time limit of a probe.
        assert doctor.wait(40) != 0
    finally:
        doctor.kill()
    psutil.wait_procs([probe], timeout=20)
    assert not probe.is_running()


def test_repair_provides_a_folder_for_temporary_files(
    as_nobody: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_none() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", find_none)
    monkeypatch.setenv("HOME", str(as_nobody))
    with pytest.raises(EnvironmentBrokenError) as caught:
        run_probe("nothing", timeout_s=60)
    assert caught.value.hint == "mkdir -p ~/tmp && export TMPDIR=~/tmp"
    monkeypatch.setenv("HOME", "/nowhere")
    with pytest.raises(EnvironmentBrokenError) as caught:
        run_probe("nothing", timeout_s=60)
    assert caught.value.hint == "sudo mount -t tmpfs tmpfs /tmp"
