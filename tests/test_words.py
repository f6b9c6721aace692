"""Finds words that the style guide and the glossary replace; the repository contains none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .words import GLOSSARY, findings, findings_in, terms, terms_in, tracked_files

TERMS = {"跟踪": "追踪"}


@pytest.mark.parametrize(
    "text",
    [
        "# This is no list.",
        "# These are no lessons.",
        "They are no operations.",
        "def test_what_is_no_text() -> None:",
        "Mend the cell.",
        "It is kept beside the old one.",
        "Works as ever.",
        "Another error than in the lesson.",
        "a function of the learner's that took part",
        "Problems are told in the report.",
        "the cut is said.",
        "No op is named so.",
        "at most so many seconds",
        "It holds no run.",
        "The file is left as it is.",
        "def test_wrong_parameters_is_refused() -> None:",
        "No file is written whole.",
        'raise WorkbenchError("The text is "\n    "no list.")',
        "# one is to be\n# had",
        " * the cell is to be\n * seen",
    ],
)
def test_finds_phrase(text: str) -> None:
    assert len(list(findings_in(text, "file.py"))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "There is no list.",
        "if there\n    is no list",
        "It is no longer here.",
        "This is no better than guessing.",
        "Besides, amendments recommend it.",
        "an innermost line of the learner's files",
        "until it is told to stop",
        "so many that they do not fit",
    ],
)
def test_accepts_plain_english(text: str) -> None:
    assert not list(findings_in(text, "file.py"))


def test_reports_line_and_replacement() -> None:
    (finding,) = findings_in("one\ntwo is no\nthree", "notes.md")
    assert str(finding) == "notes.md:2: “is no three”; write: is not a …"


def test_reads_terms_of_the_last_column_of_the_glossary() -> None:
    replacements = terms(GLOSSARY.read_text(encoding="utf-8"))
    assert replacements["跟踪"] == "追踪"
    assert replacements["运算符"] == replacements["操作符"] == "算子"
    assert not set(replacements) & set(replacements.values())


def test_finds_term_in_text() -> None:
    (finding,) = terms_in("一\n被跟踪的程序", "panel.zh.json", TERMS)
    assert str(finding) == "panel.zh.json:2: “跟踪”; write: 追踪"


@pytest.mark.parametrize("source", ["跟踪", ["一\n", "跟踪"]])
def test_reads_only_text_cells_of_a_notebook(source: str | list[str]) -> None:
    cells = [
        {"cell_type": "code", "source": ["# 跟踪 a"]},
        {"cell_type": "markdown", "source": source},
    ]
    notebook = json.dumps({"cells": cells}, ensure_ascii=False, indent=1)
    (finding,) = terms_in(notebook, "lesson.ipynb", TERMS)
    assert "跟踪" in notebook.splitlines()[finding.line - 1]


def test_reads_only_text_files(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Mend it.")
    (tmp_path / "a.png").write_text("Mend it.")
    assert [finding.path for finding in findings(["a.md", "a.png", "gone.md"], tmp_path)] == [
        "a.md"
    ]


def test_repository_contains_none() -> None:
    assert [str(finding) for finding in findings(tracked_files())] == []
