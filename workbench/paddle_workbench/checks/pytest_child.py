"""Run pytest with the nbval layer in a child process, and read its results."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from ..child_process import Limits, Outcome, run
from .results import CheckedCell

__all__ = ["CheckListener", "run_pytest"]

RESULTS_FILE = "results.jsonl"
PROGRESS_FILE = "progress"
POLL_S = 0.2
GRACE_S = 10.0
# pytest: all passed, or some failed. Any other status is a failure of pytest itself.
EXPECTED_EXITS = (0, 1)
PLUGINS = ("nbval.plugin", "paddle_workbench.checks.plugin")
# Options and plugins for the caller's pytest, which do not apply to this one.
_CALLERS = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")

CheckListener = Callable[[int, int], None]


def run_pytest(
    root: Path,
    notebooks: Sequence[Path],
    *,
    jobs: int,
    threads: int,
    limit_s: float | None,
    kernel: str | None,
    total: int,
    listener: CheckListener,
) -> tuple[dict[Path, list[CheckedCell]], str]:
    """Run the child, and return the results by notebook and any failure of pytest itself.

    Parameters
    ----------
    root : Path
        A temporary folder that contains the notebooks; the results are written into it.
    notebooks : sequence of Path
    jobs, threads : int
        Notebooks at the same time, and threads for each.
    limit_s : float or None
        Seconds for each notebook; by default the minutes in its metadata.
    kernel : str or None
        The kernel to run in; by default the one that each notebook names.
    total : int
        Number of code cells, for the listener.
    listener : callable
        Called with the number of cells that are done, run or not, and of all; once more at the
        end. If it raises, the check ends.
    """
    if not notebooks:
        return {}, ""
    # No configuration from folders above or from the caller's environment applies.
    (root / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    results, progress = root / RESULTS_FILE, root / PROGRESS_FILE
    results.touch()
    progress.touch()
    arguments = ["-c", "pytest.ini", "--rootdir", str(root), "-q"]
    for plugin in PLUGINS:
        arguments += ["-p", plugin]
    arguments += ["-p", "no:cacheprovider", "--workbench"]
    arguments += ["--workbench-jobs", str(jobs), "--workbench-threads", str(threads)]
    arguments += ["--workbench-results", str(results), "--workbench-progress", str(progress)]
    if limit_s is not None:
        arguments += ["--workbench-limit", str(limit_s)]
    if kernel is not None:
        arguments += ["--nbval-kernel-name", kernel]
    arguments += [str(notebook) for notebook in notebooks]
    outcome = run(
        "pytest",
        *arguments,
        # Each notebook has a limit of its own.
        limits=Limits(),
        folder=root,
        environment=_environment(),
        # As after Ctrl-C: it ends its kernels.
        grace_s=GRACE_S,
        listener=lambda: listener(progress.stat().st_size, total),
        poll_s=POLL_S,
    )
    return _read_results(results, root), _failure(outcome)


def _environment() -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name not in _CALLERS}
    return {**environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def _failure(outcome: Outcome) -> str:
    if outcome.status in EXPECTED_EXITS:
        return ""
    output = (outcome.stdout + outcome.stderr).decode("utf-8", "replace")
    return output if outcome.limit is None else f"{output}\npytest {outcome.problem}."


def _read_results(path: Path, root: Path) -> dict[Path, list[CheckedCell]]:
    results: dict[Path, list[CheckedCell]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        result = CheckedCell.model_validate(entry["result"])
        results.setdefault(root / entry["file"], []).append(result)
    return results
