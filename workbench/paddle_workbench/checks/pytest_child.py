"""Running pytest with the nbval layer in a child process, and reading what it found."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from .results import CheckedCell

__all__ = ["CheckListener", "run_pytest"]

RESULTS_FILE = "results.jsonl"
PROGRESS_FILE = "progress"
POLL_S = 0.2
GRACE_S = 10.0
# pytest: all passed, or some failed. Anything else went wrong in pytest itself.
EXPECTED_EXITS = (0, 1)
PLUGINS = ("nbval.plugin", "paddle_workbench.checks.plugin")

CheckListener = Callable[[int, int], None]


def run_pytest(
    root: Path,
    notebooks: Sequence[Path],
    *,
    jobs: int,
    threads: int,
    limit_s: float | None,
    total: int,
    listener: CheckListener,
) -> tuple[dict[Path, list[CheckedCell]], str]:
    """Run the child, and return the results by notebook and what went wrong with pytest itself.

    Parameters
    ----------
    root : Path
        A temporary folder that holds the notebooks; results and log are written into it.
    notebooks : sequence of Path
    jobs, threads : int
        Notebooks at the same time, and threads for each.
    limit_s : float or None
        Seconds for each notebook; by default what it says of itself.
    total : int
        Code cells, for the listener.
    listener : callable
        Told how many cells are through, run or not, and of how many; at the end once more. If it
        raises, the check ends.
    """
    if not notebooks:
        return {}, ""
    # Nothing of what stands above the temporary folder, or in the caller's environment, takes part.
    (root / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    results, progress = root / RESULTS_FILE, root / PROGRESS_FILE
    results.touch()
    progress.touch()
    command = [sys.executable, "-m", "pytest", "-c", "pytest.ini", "--rootdir", str(root), "-q"]
    for plugin in PLUGINS:
        command += ["-p", plugin]
    command += ["-p", "no:cacheprovider", "--workbench"]
    command += ["--workbench-jobs", str(jobs), "--workbench-threads", str(threads)]
    command += ["--workbench-results", str(results), "--workbench-progress", str(progress)]
    if limit_s is not None:
        command += ["--workbench-limit", str(limit_s)]
    command += [str(notebook) for notebook in notebooks]
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    log = root / "pytest.log"
    with log.open("w", encoding="utf-8") as output:
        child = subprocess.Popen(
            command, cwd=root, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            while True:
                listener(progress.stat().st_size, total)
                try:
                    child.wait(POLL_S)
                    break
                except subprocess.TimeoutExpired:
                    continue
        finally:
            _end(child)
    # What went through since the last look: all of it, if the notebooks are short.
    listener(progress.stat().st_size, total)
    failure = "" if child.returncode in EXPECTED_EXITS else log.read_text(encoding="utf-8")
    return _read_results(results, root), failure


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the child as Ctrl-C does, so that it can end its kernels."""
    if child.poll() is not None:
        return
    child.send_signal(signal.SIGINT)
    try:
        child.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _read_results(path: Path, root: Path) -> dict[Path, list[CheckedCell]]:
    results: dict[Path, list[CheckedCell]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        result = CheckedCell.model_validate(entry["result"])
        results.setdefault(root / entry["file"], []).append(result)
    return results
