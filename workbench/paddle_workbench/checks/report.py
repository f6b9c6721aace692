"""Check reports for people, and for programs that read JUnit's XML."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from ..contract import NoiseKind
from .results import FAILED, CellOutcome, CheckedCell, CheckReport, NotebookReport

__all__ = ["ignored_noise", "junit_xml", "report_lines", "summary"]

# Printed lines of one difference; the HTML report contains all.
_LINES = 40
_WORDS: dict[CellOutcome, str] = {
    "differs": "different",
    "raised": "failed",
    "unchecked": "not checked",
}
_NOT_COMPARED: dict[CellOutcome, str] = {
    "not_compared": "run but not compared",
    "not_run": "not run",
}
_NOISE: dict[NoiseKind, tuple[str, str]] = {
    "address": ("address in memory", "addresses in memory"),
    "custom": ("text cleaned by --nbval-sanitize-with", "texts cleaned by --nbval-sanitize-with"),
    "date": ("date", "dates"),
    "duration": ("duration", "durations"),
    "log_line": ("log line", "log lines"),
    "path": ("path", "paths"),
    "progress": ("progress bar", "progress bars"),
    "uuid": ("UUID", "UUIDs"),
}


def ignored_noise(cell: CheckedCell) -> str:
    """Return the noise that was not compared, for example `2 durations, 1 date`."""
    return ", ".join(
        f"{noise.count} {_NOISE[noise.kind][noise.count != 1]}" for noise in cell.ignored
    )


def report_lines(report: CheckReport) -> Iterator[str]:
    """Yield the lines of a report: each notebook with its problems, and a summary."""
    for notebook in report.notebooks:
        yield f"{'✓' if notebook.passed else '✗'} {notebook.notebook}  {_fraction(notebook)}"
        if notebook.error is not None:
            yield f"    {notebook.error.message}"
            yield from (f"    {line}" for line in notebook.error.hint.splitlines())
        for finding in notebook.findings:
            where = f"cell `{finding.cell}`: " if finding.cell else ""
            yield f"    {where}{finding.message}"
        for cell in notebook.cells:
            if cell.outcome in FAILED:
                yield f"    cell `{cell.cell}`: {cell.reason}"
                yield from (f"        {line}" for line in _details(cell))
        ignored = [
            f"{ignored_noise(cell)} in `{cell.cell}`" for cell in notebook.cells if cell.ignored
        ]
        if ignored:
            yield f"    not compared, as noise: {'; '.join(ignored)}"
    yield summary(report)


def summary(report: CheckReport) -> str:
    """Return in one sentence how many notebooks passed and how many outputs were compared."""
    notebooks = report.notebooks
    compared = sum(notebook.compared_outputs for notebook in notebooks)
    cells = sum(notebook.outputs for notebook in notebooks)
    passed = sum(notebook.passed for notebook in notebooks)
    sentence = f"{passed} of {len(notebooks)} notebooks passed"
    if cells:
        percentage = f"{compared / cells * 100:.1f} %"
        sentence += f"; {compared} of {cells} cells with an output compared, {percentage}"
    return f"{sentence}."


def _details(cell: CheckedCell) -> Iterator[str]:
    """Yield the differences, with a diff if more than numbers of a text differ."""
    for difference in cell.differences:
        yield difference.message
        if difference.kind in ("text", "structure", "missing", "extra"):
            old, new = difference.expected.splitlines(), difference.found.splitlines()
            lines = list(difflib.unified_diff(old, new, n=1, lineterm=""))[2:]
            yield from (f"  {line}" for line in lines[:_LINES])
            if len(lines) > _LINES:
                yield f"  … and {len(lines) - _LINES} lines more"
    yield from cell.traceback.splitlines()


def junit_xml(report: CheckReport) -> str:
    """Return a report as JUnit's XML: a suite for each notebook, a case for each cell."""
    root = ET.Element("testsuites", name="workbench check")
    for notebook in report.notebooks:
        suite = ET.SubElement(root, "testsuite", name=notebook.notebook)
        structure = ET.SubElement(suite, "testcase", classname=notebook.notebook, name="structure")
        messages = [finding.message for finding in notebook.findings]
        if notebook.error is not None:
            messages.insert(0, notebook.error.message)
        if messages:
            _failure(structure, messages[0], "\n".join(messages))
        for cell in notebook.cells:
            _case(suite, notebook, cell)
        cases = suite.findall("testcase")
        suite.set("tests", str(len(cases)))
        suite.set("failures", str(len(suite.findall("testcase/failure"))))
        suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, notebook: NotebookReport, cell: CheckedCell) -> None:
    case = ET.SubElement(suite, "testcase", classname=notebook.notebook, name=cell.cell)
    if cell.duration_s is not None:
        case.set("time", f"{cell.duration_s:.3f}")
    if cell.outcome in FAILED:
        _failure(case, cell.reason, "\n".join(_details(cell)))
    elif cell.outcome in ("not_run", "not_compared"):
        ET.SubElement(case, "skipped", message=f"{cell.outcome.replace('_', ' ')}: {cell.reason}")
    if cell.ignored:
        output = ET.SubElement(case, "system-out")
        output.text = f"Not compared, as noise: {ignored_noise(cell)}."


def _failure(case: ET.Element, message: str, text: str) -> None:
    failure = ET.SubElement(case, "failure", message=_xml_text(message))
    failure.text = _xml_text(text)


def _xml_text(text: str) -> str:
    """Return a text without the control characters that XML cannot contain."""
    return "".join(c if c in "\t\n\r" or ord(c) >= 32 else "�" for c in text)


def _fraction(notebook: NotebookReport) -> str:
    if not notebook.cells:
        return "not run"
    compared = f"{notebook.compared} of {len(notebook.cells)} cells compared"
    relaxations = notebook.reasons("compared")
    relaxations.pop("", None)
    parts = [compared + (f" ({_reason_counts(relaxations)})" if relaxations else "")]
    for outcome in _NOT_COMPARED:
        reasons = notebook.reasons(outcome)
        if reasons:
            count, counts = sum(reasons.values()), _reason_counts(reasons)
            parts.append(f"{count} {_NOT_COMPARED[outcome]} ({counts})")
    for outcome in FAILED:
        count = sum(cell.outcome == outcome for cell in notebook.cells)
        if count:
            parts.append(f"{count} {_WORDS[outcome]}")
    if notebook.cached_at is not None:
        parts.append(f"not run again, passed {notebook.cached_at.astimezone():%Y-%m-%d %H:%M}")
    return "; ".join(parts)


def _reason_counts(reasons: Counter[str]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in reasons.items())
