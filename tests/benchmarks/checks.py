"""The time of checking the whole course with nbval and `workbench check`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .table import show

REPOSITORY = Path(__file__).parents[2]
COURSE = REPOSITORY / "notebooks"
JOBS = 2
# Without warm kernels.
COLD = {"PADDLE_WORKBENCH_WARM_KERNELS": "0"}


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    started = time.perf_counter()
    # nbval reports differences, since it compares timings and pictures exactly.
    subprocess.run(
        command,
        cwd=REPOSITORY,
        env=environment,
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - started


def _nbval(folder: str, *options: str) -> float:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--nbval"]
    command += ["-c", "/dev/null", "--rootdir", folder, *options]
    return _seconds([*command, str(COURSE)], os.environ | COLD)


def _check(home: str, *options: str, warm: bool = False) -> float:
    command = [sys.executable, "-m", "paddle_workbench.cli", "check", "--jobs", str(JOBS)]
    environment = os.environ | {"PADDLE_WORKBENCH_HOME": home} | ({} if warm else COLD)
    return _seconds([*command, *options], environment)


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        report = Path(home) / "report.json"
        one = _nbval(home)
        two = _nbval(home, "-n", str(JOBS), "--dist", "loadfile")
        # The cache is empty; the last run uses what this one stores.
        cold = _check(home, "--json", str(report))
        notebooks = json.loads(report.read_text(encoding="utf-8"))["notebooks"]
        own = sum(cell["duration_s"] or 0.0 for notebook in notebooks for cell in notebook["cells"])
        warming = ["-m", "paddle_workbench.cli", "kernels", "start"]
        _seconds([sys.executable, *warming], dict(os.environ))
        warm = _check(home, "--no-cache", warm=True)
        cached = _check(home)
    show(
        f"The {len(notebooks)} notebooks (goal: half of nbval -n {JOBS}, cached 5 s)",
        [
            (f"pytest --nbval -n {JOBS}, cold", [two]),
            ("pytest --nbval, cold", [one]),
            (f"workbench check --jobs {JOBS}, cold", [cold]),
            (f"workbench check --jobs {JOBS}, warm", [warm]),
            (f"workbench check --jobs {JOBS}, nothing changed", [cached]),
        ],
        "s",
    )
    share = cold / (own / JOBS) - 1
    print(
        f"  Over the cells' own time of {own:.1f} s on {JOBS} cores: {share * 100:+.0f} % "
        "(goal: under 15 %)"
    )
