"""The phrases that `docs/style.md` replaces are found, and the tree is free of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from .words import findings, findings_in, tracked_files


@pytest.mark.parametrize(
    "text",
    [
        "# This is no list.",
        "They are no operations.",
        "def test_what_is_no_text_is_refused() -> None:",
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


def test_names_the_line_and_the_replacement() -> None:
    (finding,) = findings_in("one\ntwo is no\nthree", "notes.md")
    assert str(finding) == "notes.md:2: “is no three”; write: is not a …"


def test_reads_only_text_files(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Mend it.")
    (tmp_path / "a.png").write_text("Mend it.")
    assert [finding.path for finding in findings(["a.md", "a.png", "gone.md"], tmp_path)] == [
        "a.md"
    ]


def test_tree_is_free_of_them() -> None:
    assert [str(finding) for finding in findings(tracked_files())] == []
