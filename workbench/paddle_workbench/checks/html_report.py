"""A check report as one self-contained page, without scripts or network."""

from __future__ import annotations

import difflib
import html
import re
from pathlib import Path

from ..contract import CheckDifference
from .report import ignored_noise, summary
from .results import FAILED, CheckedCell, CheckReport, NotebookReport

__all__ = ["html_report"]

STYLE = Path(__file__).with_name("report.css")
_TOKEN = re.compile(r"\s+|[\w.+-]+|.", re.DOTALL)
# In longer texts whole lines are marked, since pairing words would take too long.
_WORDS_LIMIT = 4000
_TITLES = {"differs": "different", "raised": "failed", "unchecked": "not checked"}
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def html_report(report: CheckReport) -> str:
    """Return the page: the notebooks, and the expected and actual outputs of failed cells."""
    sections = "\n".join(
        _notebook(number, notebook) for number, notebook in enumerate(report.notebooks)
    )
    style = STYLE.read_text(encoding="utf-8")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Notebook checks</title>
<style>
{style}</style>
</head>
<body>
<main>
<h1>Notebook checks</h1>
<p>{_text(summary(report))}</p>
{_overview(report)}
{sections}
</main>
</body>
</html>
"""


def _overview(report: CheckReport) -> str:
    rows = []
    for number, notebook in enumerate(report.notebooks):
        name = _text(notebook.notebook)
        problems = sum(cell.outcome in FAILED for cell in notebook.cells) + len(notebook.findings)
        seconds = sum(cell.duration_s or 0.0 for cell in notebook.cells)
        rows.append(
            f"<tr><td>{_sign(passed=notebook.passed)}</td>"
            f'<td><a href="#notebook-{number}">{name}</a></td>'
            f'<td class="number">{notebook.compared_outputs} of {notebook.outputs}</td>'
            f'<td class="number">{problems}</td><td class="number">{seconds:.1f} s</td></tr>'
        )
    head = "".join(
        f'<th scope="col">{title}</th>'
        for title in ("", "Notebook", "Outputs compared", "Wrong", "Time in cells")
    )
    return (
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n"
        + "\n".join(rows)
        + "\n</tbody></table>"
    )


def _sign(*, passed: bool) -> str:
    word = "passed" if passed else "failed"
    return f'<span class="{word}" title="{word}">{"✓" if passed else "✗"} {word}</span>'


def _notebook(number: int, notebook: NotebookReport) -> str:
    parts = [f'<h2 id="notebook-{number}">{_text(notebook.notebook)}</h2>']
    if notebook.error is not None:
        hint = f"<br>{_text(notebook.error.hint)}" if notebook.error.hint else ""
        parts.append(f'<p class="failed">{_text(notebook.error.message)}{hint}</p>')
    parts += [
        f"<p>{f'Cell <code>{_text(finding.cell)}</code>: ' if finding.cell else ''}"
        f"{_text(finding.message)}</p>"
        for finding in notebook.findings
    ]
    parts += [_cell(cell) for cell in notebook.cells if cell.outcome in FAILED]
    uncompared = [cell for cell in notebook.cells if cell.outcome in ("not_compared", "not_run")]
    if uncompared:
        listed = ", ".join(
            f"<code>{_text(cell.cell)}</code> ({_text(cell.reason)})" for cell in uncompared
        )
        parts.append(f"<p>Not compared: {listed}.</p>")
    ignored = [cell for cell in notebook.cells if cell.ignored]
    if ignored:
        listed = ", ".join(
            f"<code>{_text(cell.cell)}</code> ({_text(ignored_noise(cell))})" for cell in ignored
        )
        parts.append(f"<p>Not compared, as noise: {listed}.</p>")
    if notebook.passed:
        parts.append("<p>Everything that was compared is as its reference.</p>")
    return "<section>\n" + "\n".join(parts) + "\n</section>"


def _cell(cell: CheckedCell) -> str:
    numbers = [one for one in cell.differences if one.kind == "number"]
    others = [one for one in cell.differences if one.kind != "number"]
    outcome = f'<span class="failed">✗ {_TITLES[cell.outcome]}</span>'
    parts = [f"<h3>Cell <code>{_text(cell.cell)}</code> {outcome}</h3>"]
    if not cell.differences:
        parts.append(f"<p>{_text(cell.reason)}</p>")
    if numbers:
        parts.append(_numbers(numbers))
    parts += [_difference(difference) for difference in others]
    if cell.traceback:
        parts.append(f"<pre>{_text(_COLOURS.sub('', cell.traceback))}</pre>")
    return "<article>\n" + "\n".join(parts) + "\n</article>"


def _numbers(differences: list[CheckDifference]) -> str:
    rows = "\n".join(
        f"<tr><td>{_text(_place(one))}</td>"
        f'<td class="number">{_text(one.expected)}</td><td class="number">{_text(one.found)}</td>'
        f'<td class="number">{_deviation(one)}</td></tr>'
        for one in differences
    )
    head = "".join(
        f'<th scope="col">{title}</th>' for title in ("Where", "Expected", "Found", "Deviation")
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>"


def _deviation(difference: CheckDifference) -> str:
    return "" if difference.deviation is None else f"{difference.deviation * 100:+.3g} %"


def _place(difference: CheckDifference) -> str:
    parts = [difference.output]
    if difference.name:
        parts.append(difference.name)
    if difference.row is not None:
        parts.append(f"row {difference.row}, column {difference.column}")
    elif difference.line is not None:
        parts.append(f"line {difference.line}")
    return ", ".join(parts)


def _difference(difference: CheckDifference) -> str:
    message = f"<p>{_text(difference.message)}</p>"
    if difference.kind == "picture":
        return message + _pictures(difference)
    if not difference.expected and not difference.found:
        return message
    old, new = _mark_changes(difference.expected, difference.found)
    return (
        f'{message}\n<div class="pair"><figure><figcaption>Expected</figcaption><pre>{old}</pre>'
        f"</figure><figure><figcaption>Found</figcaption><pre>{new}</pre></figure></div>"
    )


def _pictures(difference: CheckDifference) -> str:
    shown = [
        ("Expected", difference.expected_picture),
        ("Found", difference.found_picture),
        ("Where they differ", difference.difference_picture),
    ]
    figures = "".join(
        f"<figure><figcaption>{title}</figcaption>"
        f'<img src="{_text(picture)}" alt="{title}"></figure>'
        for title, picture in shown
        if picture is not None
    )
    return f'\n<div class="pictures">{figures}</div>'


def _mark_changes(expected: str, found: str) -> tuple[str, str]:
    """Return both texts, with the parts marked that the other lacks."""
    if len(expected) + len(found) <= _WORDS_LIMIT:
        old, new = _TOKEN.findall(expected), _TOKEN.findall(found)
    else:
        old, new = expected.splitlines(keepends=True), found.splitlines(keepends=True)
    left, right = [], []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        before, after = _text("".join(old[i:i_end])), _text("".join(new[j:j_end]))
        if tag == "equal":
            left.append(before)
            right.append(after)
            continue
        left += [f"<del>{before}</del>"] if before else []
        right += [f"<ins>{after}</ins>"] if after else []
    return "".join(left), "".join(right)


def _text(text: str) -> str:
    return html.escape(text)
