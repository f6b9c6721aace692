"""Check reports for people, and for programs that read JUnit's XML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from .results import CellOutcome, CellResult, CheckReport, NotebookReport

__all__ = ["junit_xml", "report_lines"]

_NOT_COMPARED: dict[CellOutcome, str] = {
    "not_compared": "run but not compared",
    "not_run": "not run",
}


def report_lines(report: CheckReport) -> Iterator[str]:
    """Yield the lines of a report: every notebook, what is wrong with it, and a summary."""
    for notebook in report.notebooks:
        yield f"{'✓' if notebook.passed else '✗'} {notebook.notebook}  {_fraction(notebook)}"
        if notebook.error is not None:
            yield f"    {notebook.error.message}"
            yield from (f"    {line}" for line in notebook.error.hint.splitlines())
        for finding in notebook.findings:
            where = f"cell `{finding.cell}`: " if finding.cell else ""
            yield f"    {where}{finding.message}"
        for cell in notebook.cells:
            if cell.outcome in ("differs", "raised"):
                yield f"    cell `{cell.cell}`: {cell.reason}"
                yield from (f"        {line}" for line in cell.difference.splitlines())
    notebooks = report.notebooks
    compared = sum(notebook.compared for notebook in notebooks)
    cells = sum(len(notebook.cells) for notebook in notebooks)
    passed = sum(notebook.passed for notebook in notebooks)
    summary = f"{passed} of {len(notebooks)} notebooks passed"
    yield f"{summary}; {compared} of {cells} code cells compared."


def junit_xml(report: CheckReport) -> str:
    """Return a report as JUnit's XML: a suite for each notebook, a case for each cell."""
    root = ET.Element("testsuites", name="workbench check")
    for notebook in report.notebooks:
        suite = ET.SubElement(root, "testsuite", name=notebook.notebook)
        structure = ET.SubElement(suite, "testcase", classname=notebook.notebook, name="structure")
        wrong = [finding.message for finding in notebook.findings]
        if notebook.error is not None:
            wrong.insert(0, notebook.error.message)
        if wrong:
            _failure(structure, wrong[0], "\n".join(wrong))
        for cell in notebook.cells:
            _case(suite, notebook, cell)
        cases = suite.findall("testcase")
        suite.set("tests", str(len(cases)))
        suite.set("failures", str(len(suite.findall("testcase/failure"))))
        suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, notebook: NotebookReport, cell: CellResult) -> None:
    case = ET.SubElement(suite, "testcase", classname=notebook.notebook, name=cell.cell)
    if cell.outcome in ("differs", "raised"):
        _failure(case, cell.reason, cell.difference)
    elif cell.outcome in ("not_run", "not_compared"):
        ET.SubElement(case, "skipped", message=f"{cell.outcome.replace('_', ' ')}: {cell.reason}")


def _failure(case: ET.Element, message: str, text: str) -> None:
    failure = ET.SubElement(case, "failure", message=_xml_text(message))
    failure.text = _xml_text(text)


def _xml_text(text: str) -> str:
    """Return a text without the control characters that XML cannot hold."""
    return "".join(c if c in "\t\n\r" or ord(c) >= 32 else "�" for c in text)


def _fraction(notebook: NotebookReport) -> str:
    if not notebook.cells:
        return "not run"
    compared = f"{notebook.compared} of {len(notebook.cells)} cells compared"
    partly = notebook.reasons("compared")
    partly.pop("", None)
    parts = [compared + (f" ({_why(partly)})" if partly else "")]
    for outcome in _NOT_COMPARED:
        reasons = notebook.reasons(outcome)
        if reasons:
            parts.append(f"{sum(reasons.values())} {_NOT_COMPARED[outcome]} ({_why(reasons)})")
    raised = sum(cell.outcome == "raised" for cell in notebook.cells)
    if raised:
        parts.append(f"{raised} failed")
    return "; ".join(parts)


def _why(reasons: Counter[str]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in reasons.items())
