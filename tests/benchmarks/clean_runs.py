"""Repeated checks of the course with different numbers of threads, none of which may fail.

They take hours: part of `make test-all`, and of `make bench` only with `ONLY=clean_runs`.
`FIRST=8 RUNS=5` in the environment runs only the numbers 8 to 12, with the same threads as before.
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
    generator = random.Random(0)  # noqa: S311 - a sequence that can be repeated
    for _ in range(1, FIRST):
        generator.randint(1, MAXIMUM_THREADS)
    notebooks = find_notebooks([])
    failures = 0
    last = FIRST + RUNS - 1
    for number in range(FIRST, last + 1):
        threads = generator.randint(1, MAXIMUM_THREADS)
        results = check_notebooks(notebooks, jobs=2, threads=threads)
        report = CheckReport(notebooks=[result.report for result in results])
        failures += not report.passed
        *_, summary = report_lines(report)
        print(f"  run {number:2} of {last}, {threads} threads: {summary}", flush=True)
        if not report.passed:
            print("\n".join(report_lines(report)), flush=True)
    print(f"{RUNS - failures} of {RUNS} runs passed.")
    if failures:
        raise SystemExit(1)
