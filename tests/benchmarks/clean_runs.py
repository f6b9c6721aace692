"""No clean notebook fails: the course again and again, each time on another number of threads.

Takes hours: part of `make test-all`, and of `make bench` only by name, `ONLY=clean_runs`. With
`FIRST=8 RUNS=5` in the environment only the runs 8 to 12 are made, on the threads that they have.
"""

from __future__ import annotations

import os
import random

from paddle_workbench.checks.report import report_lines
from paddle_workbench.checks.results import CheckReport
from paddle_workbench.checks.session import check_notebooks
from paddle_workbench.course.catalog import find_notebooks

FIRST = int(os.environ.get("FIRST", "1"))
RUNS = int(os.environ.get("RUNS", "20"))
MAXIMUM_THREADS = 4


def main() -> None:
    chosen = random.Random(0)  # noqa: S311 - a sequence that can be repeated
    for _ in range(1, FIRST):
        chosen.randint(1, MAXIMUM_THREADS)
    notebooks = find_notebooks([])
    failed = 0
    last = FIRST + RUNS - 1
    for number in range(FIRST, last + 1):
        threads = chosen.randint(1, MAXIMUM_THREADS)
        checked = check_notebooks(notebooks, jobs=2, threads=threads)
        report = CheckReport(notebooks=[one.report for one in checked])
        failed += not report.passed
        *_, summary = report_lines(report)
        print(f"  run {number:2} of {last}, {threads} threads: {summary}", flush=True)
        if not report.passed:
            print("\n".join(report_lines(report)), flush=True)
    print(f"{RUNS - failed} of {RUNS} runs passed.")
    if failed:
        raise SystemExit(1)
