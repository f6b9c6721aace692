"""docs/export-matrix.md, made from export-matrix.json."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .export_trial import names_cause

__all__ = ["DISAGREEMENTS", "cell", "counts", "disagreements", "forecast_counts", "page"]

Matrix = dict[str, Any]

INTRODUCTION = """\
`python -m tests.benchmarks.export` wrote this page from {count} networks; its whole result is in
[export-matrix.json](export-matrix.json). A number is the largest difference from the eager network,
relative to its largest value: the target is equal. ⚠ marks one that differs on an empty batch or on
NaN. A code says why the target refuses the network; [export.md](export.md) explains it.{empty}

Every answer was tested: what preflight accepts was opened again and run on all samples, and what it
refuses was converted and run once more without it."""
EMPTY = "\nAn empty cell has not been measured."
DISAGREEMENTS = {
    "failed": "accepted by preflight, and then wrong",
    "refused wrongly": "refused by preflight, although it is equal",
    "unexplained": "refused without a cause, which needs a rule",
    "killed": "not known, since the trial was killed",
}
"""The verdicts that must not occur."""


def rows(matrix: Matrix) -> Iterator[tuple[str, dict[str, Any]]]:
    for networks in matrix["networks"].values():
        yield from networks.items()


def counts(matrix: Matrix) -> dict[str, tuple[int, int]]:
    """Return for each target how many networks are equal, and how many were measured."""
    numbers = {}
    for target in matrix["targets"]:
        verdicts = [row[target]["verdict"] for _, row in rows(matrix) if target in row]
        measured = len(verdicts) - verdicts.count("missing")
        numbers[target] = verdicts.count("equal"), measured
    return numbers


def disagreements(matrix: Matrix) -> Iterator[tuple[str, str, str]]:
    """Yield network, target and verdict where preflight was wrong."""
    for name, row in rows(matrix):
        for target, result in row.items():
            if result["verdict"] in DISAGREEMENTS:
                yield name, target, result["verdict"]


def forecast_counts(matrix: Matrix) -> tuple[int, int, int]:
    """Return how often looking at a program alone was right, warned for nothing, and was silent."""
    results = [result for _, row in rows(matrix) for result in row.values() if "forecast" in result]
    pairs = [(bool(each["forecast"]), each["verdict"] != "equal") for each in results]
    return (
        sum(one == two for one, two in pairs),
        pairs.count((True, False)),
        pairs.count((False, True)),
    )


def cell(result: dict[str, Any] | None) -> str:
    """Return a result as it stands in the table."""
    if result is None:
        return ""
    verdict = result["verdict"]
    if verdict == "equal":
        note = " ⚠" if result["warnings"] else ""
        return f"{result['difference']:.0e}{note}"
    if verdict == "refused":
        return " ".join(code for code in result["codes"] if names_cause(code))
    if verdict in DISAGREEMENTS:
        return " ".join([*result.get("codes", ()), f"**{verdict}**"])
    return "–" if verdict == "missing" else str(verdict)


def page(matrix: Matrix) -> str:
    """Return the matrix as a page of the documentation."""
    return "\n".join(_lines(matrix)) + "\n"


def _lines(matrix: Matrix) -> Iterator[str]:
    targets = matrix["targets"]
    every_row = [row for _, row in rows(matrix)]
    has_empty = any(target not in row for row in every_row for target in targets)
    text = INTRODUCTION.format(count=len(every_row), empty=EMPTY if has_empty else "")
    yield from ("# Which network exports where", "", text, "")
    yield "| | " + " | ".join(targets) + " |"
    yield "|---|" + "---|" * len(targets)
    numbers = [f"{equal} of {measured}" for equal, measured in counts(matrix).values()]
    yield "| **equal** | " + " | ".join(numbers) + " |"
    for group, networks in matrix["networks"].items():
        yield f"| **{group}** |" + " |" * len(targets)
        for name, row in networks.items():
            yield f"| {name} | " + " | ".join(cell(row.get(each)) for each in targets) + " |"
    yield from _reasons(matrix, "missing", "–: the target was not there when this was measured:")
    yield from _reasons(
        matrix, "no bundle", "No bundle can be made of some, since Paddle cannot run or trace them:"
    )


def _reasons(matrix: Matrix, verdict: str, title: str) -> Iterator[str]:
    reasons = {
        result["reason"]
        for _, row in rows(matrix) for result in row.values() if result["verdict"] == verdict
    }  # fmt: skip
    if reasons:
        yield from ("", title, "")
        yield from (f"* {reason}" for reason in sorted(reasons))
