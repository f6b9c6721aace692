"""`workbench doctor`: check whether this machine is ready."""

from __future__ import annotations

import sys
from unicodedata import east_asian_width

import click

from ..contract import DoctorReport, Finding, JobProgress, Language
from ..environment.doctor import examine
from ..settings import language as chosen_language
from .printing import print_json, print_styled, print_text, rewrite_line

__all__ = ["command"]

_SIGNS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "broken": ("✗", "red")}
_WORDS = {
    "zh": {"ok": "正常", "warning": "警告", "broken": "故障", "repair": "修复"},
    "en": {"ok": "ok", "warning": "warning", "broken": "broken", "repair": "repair"},
}
_GAP = "  "


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--progress", "reports_progress", is_flag=True, hidden=True,
              help="Print a JobProgress on stderr after each finding, for the server.")  # fmt: skip
@click.pass_context
def command(ctx: click.Context, *, as_json: bool, reports_progress: bool) -> None:
    """Check whether this machine is ready. Problems come with a repair; nothing is changed.

    Exits with 1 if something is broken.
    """
    language = chosen_language()
    progress = _ProgressLine(language) if sys.stderr.isatty() else None
    report = examine(language=language, listener=_report if reports_progress else progress)
    if progress is not None:
        progress.clear()
    if as_json:
        print_json(report.model_dump_json(indent=2))
    else:
        _print(report, language)
    ctx.exit(1 if any(finding.state == "broken" for finding in report.findings) else 0)


def _report(done: int, total: int, finding: Finding) -> None:
    progress = JobProgress(done=done, total=total, step=finding.title)
    print_json(progress.model_dump_json(), err=True)


class _ProgressLine:
    """A line on the terminal that shows the doctor's progress."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def __call__(self, done: int, total: int, finding: Finding) -> None:
        rewrite_line(f"{done}/{total} {finding.title.in_language(self._language)}")

    def clear(self) -> None:
        """Clear the line."""
        rewrite_line("")


def _print(report: DoctorReport, language: Language) -> None:
    words = _WORDS[language]
    first = 2 + max(_width(word) for word in words.values())
    second = max((_width(item.title.in_language(language)) for item in report.findings), default=0)
    margin = " " * (first + second + 2 * len(_GAP))
    for finding in report.findings:
        sign, colour = _SIGNS[finding.state]
        print_styled(_pad(f"{sign} {words[finding.state]}", first), colour)
        detail, *more = finding.detail.splitlines() or [""]
        title = _pad(finding.title.in_language(language), second)
        code = f"{finding.code} " if finding.code else ""
        print_text(f"{_GAP}{title}{_GAP}{code}{detail}")
        for line in more:
            print_text(margin + line)
        if finding.repair:
            print_text(f"{' ' * first}{_GAP}{words['repair']}: {finding.repair}")
    print_text()
    print_text(report.summary.in_language(language))


def _pad(text: str, columns: int) -> str:
    return text + " " * (columns - _width(text))


def _width(text: str) -> int:
    """Return the width of a text in terminal columns; Chinese characters take two."""
    return sum(2 if east_asian_width(character) in "FW" else 1 for character in text)
