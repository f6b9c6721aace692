"""Children in an event loop, and the folders that they must not import from."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from paddle_workbench.child_process import Limits, module_command, run, run_async
from paddle_workbench.child_process import running as running_module

from ..planted import imported_from
from .processes import MINUTE, SLEEP, START_GRANDCHILD, Run, has_ended, wait_for


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
