"""A report says what was compared and what was not."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from paddle_workbench.checks.report import junit_xml, report_lines
from paddle_workbench.checks.results import (
    CellResult,
    CheckReport,
    NotebookReport,
    StructuralFinding,
)
from paddle_workbench.contract import ErrorMessage

REPORT = CheckReport(
    notebooks=[
        NotebookReport(
            notebook="a.ipynb",
            cells=[
                CellResult(cell="one", outcome="compared"),
                CellResult(cell="plot", outcome="compared", reason="without a picture"),
                CellResult(cell="pid", outcome="not_compared", reason="tagged nbval-ignore-output"),
            ],
        ),
        NotebookReport(
            notebook="b.ipynb",
            findings=[StructuralFinding(rule="tag", message="Unknown tag.", cell="two")],
            cells=[
                CellResult(
                    cell="two", outcome="differs", reason="the output differs", difference="-1\n+2"
                ),
                CellResult(cell="three", outcome="raised", reason="E: \x1b bad"),
                CellResult(cell="four", outcome="not_run", reason="after `three`"),
            ],
        ),
        NotebookReport(notebook="c.ipynb", error=ErrorMessage(message="No.", hint="Yes.")),
    ]
)


def test_lines_give_fractions_reasons_and_differences() -> None:
    assert list(report_lines(REPORT)) == [
        "✓ a.ipynb  2 of 3 cells compared (1 without a picture); "
        "1 run but not compared (1 tagged nbval-ignore-output)",
        "✗ b.ipynb  1 of 3 cells compared; 1 not run (1 after `three`); 1 failed",
        "    cell `two`: Unknown tag.",
        "    cell `two`: the output differs",
        "        -1",
        "        +2",
        "    cell `three`: E: \x1b bad",
        "✗ c.ipynb  not run",
        "    No.",
        "    Yes.",
        "1 of 3 notebooks passed; 3 of 6 code cells compared.",
    ]
    assert not REPORT.passed


def test_junit_counts_failures_and_what_was_not_compared() -> None:
    suites = ET.fromstring(junit_xml(REPORT))  # noqa: S314 - written above
    counts = [(s.get("name"), s.get("tests"), s.get("failures"), s.get("skipped")) for s in suites]
    assert counts == [
        ("a.ipynb", "4", "0", "1"),
        ("b.ipynb", "4", "3", "1"),
        ("c.ipynb", "1", "1", "0"),
    ]
