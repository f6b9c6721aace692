"""A report says what was compared and what was not."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import lxml.html

from paddle_workbench.checks.html_report import html_report
from paddle_workbench.checks.report import junit_xml, report_lines
from paddle_workbench.checks.results import (
    CheckedCell,
    CheckReport,
    NotebookReport,
    StructuralFinding,
)
from paddle_workbench.contract import CheckDifference, ErrorMessage, IgnoredNoise

TWO = CheckDifference(
    kind="number",
    output="stdout",
    message="stdout: 2 instead of 1 (1e+02 % more).",
    line=1,
    expected="1",
    found="2",
    deviation=1.0,
)
WORDS = CheckDifference(
    kind="text",
    output="text/plain",
    message="text/plain: line 2 is 'c' instead of 'b'.",
    line=2,
    expected="a\nb <i>",
    found="a\nc <i>",
)
PICTURE = CheckDifference(
    kind="picture",
    output="image/png",
    message="image/png: likeness 0.500.",
    likeness=0.5,
    expected_picture="data:image/png;base64,AAAA",
    found_picture="data:image/png;base64,BBBB",
    difference_picture="data:image/png;base64,CCCC",
)
REPORT = CheckReport(
    notebooks=[
        NotebookReport(
            notebook="a.ipynb",
            cells=[
                CheckedCell(
                    cell="one",
                    outcome="compared",
                    duration_s=0.25,
                    ignored=[
                        IgnoredNoise(kind="duration", count=2),
                        IgnoredNoise(kind="date", count=1),
                    ],
                ),
                CheckedCell(cell="times", outcome="compared", reason="whatever its numbers"),
                CheckedCell(
                    cell="pid", outcome="not_compared", reason="tagged nbval-ignore-output"
                ),
                CheckedCell(cell="silent", outcome="compared", has_output=False),
            ],
        ),
        NotebookReport(
            notebook="b.ipynb",
            findings=[StructuralFinding(rule="tag", message="Unknown tag.", cell="two")],
            cells=[
                CheckedCell(
                    cell="two",
                    outcome="differs",
                    reason="the output differs",
                    differences=[TWO, WORDS, PICTURE],
                ),
                CheckedCell(cell="three", outcome="raised", reason="E: \x1b bad", traceback="E"),
                CheckedCell(cell="four", outcome="not_run", reason="after `three`"),
                CheckedCell(cell="new", outcome="unchecked", reason="no reference is stored"),
            ],
        ),
        NotebookReport(notebook="c.ipynb", error=ErrorMessage(message="No.", hint="Yes.")),
    ]
)


def test_lines_give_fractions_reasons_and_differences() -> None:
    assert list(report_lines(REPORT)) == [
        "✓ a.ipynb  3 of 4 cells compared (1 whatever its numbers); "
        "1 run but not compared (1 tagged nbval-ignore-output)",
        "    not compared, as noise: 2 durations, 1 date in `one`",
        "✗ b.ipynb  1 of 4 cells compared; 1 not run (1 after `three`); "
        "1 different; 1 failed; 1 not checked",
        "    cell `two`: Unknown tag.",
        "    cell `two`: the output differs",
        "        stdout: 2 instead of 1 (1e+02 % more).",
        "        text/plain: line 2 is 'c' instead of 'b'.",
        "          @@ -1,2 +1,2 @@",
        "           a",
        "          -b <i>",
        "          +c <i>",
        "        image/png: likeness 0.500.",
        "    cell `three`: E: \x1b bad",
        "        E",
        "    cell `new`: no reference is stored",
        "✗ c.ipynb  not run",
        "    No.",
        "    Yes.",
        "1 of 3 notebooks passed; 3 of 7 cells with an output compared, 42.9 %.",
    ]
    assert not REPORT.passed


def test_junit_counts_failures_and_uncompared_cells() -> None:
    suites = ET.fromstring(junit_xml(REPORT))  # noqa: S314 - written above
    counts = [(s.get("name"), s.get("tests"), s.get("failures"), s.get("skipped")) for s in suites]
    assert counts == [
        ("a.ipynb", "5", "0", "1"),
        ("b.ipynb", "5", "4", "1"),
        ("c.ipynb", "1", "1", "0"),
    ]


def test_names_noise_on_the_page_and_in_junit() -> None:
    assert "Not compared, as noise: <code>one</code> (2 durations, 1 date)." in html_report(REPORT)
    suites = ET.fromstring(junit_xml(REPORT))  # noqa: S314 - written above
    notes = [note.text for note in suites.iter("system-out")]
    assert notes == ["Not compared, as noise: 2 durations, 1 date."]


def test_page_shows_each_kind_of_difference_side_by_side() -> None:
    page = lxml.html.document_fromstring(html_report(REPORT))
    (numbers,) = page.xpath("//article//table")
    assert [cell.text for cell in numbers.xpath(".//td")] == ["stdout, line 1", "1", "2", "+100 %"]
    old, new = page.xpath("//div[@class='pair']//pre")
    # What a notebook prints is text on the page, whatever it looks like.
    assert (old.text_content(), new.text_content()) == ("a\nb <i>", "a\nc <i>")
    assert [mark.text for mark in page.xpath("//del | //ins")] == ["b", "c"]
    pictures = page.xpath("//div[@class='pictures']//img/@src")
    assert [picture[-4:] for picture in pictures] == ["AAAA", "BBBB", "CCCC"]


def test_page_is_self_contained() -> None:
    page = lxml.html.document_fromstring(html_report(REPORT))
    assert page.xpath("//script | //link") == []
    addresses = page.xpath("//@src | //@href")
    assert addresses
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert "url(" not in page.xpath("string(//style)")
