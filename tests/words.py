"""Find words that the style guide or the glossary replaces: `python tests/words.py [PATH ...]`.

Without arguments every tracked file is read. `docs/style.md` has the whole list of English phrases;
here is the part that a pattern can find with few false alarms. The Chinese terms are those in the
last column of `docs/glossary.md`; of a notebook only the text cells are read.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GLOSSARY = ROOT / "docs" / "glossary.md"
SUFFIXES = frozenset({".css", ".md", ".po", ".py", ".pyi", ".toml", ".ts", ".tsx", ".yaml", ".yml"})
CHINESE_SUFFIXES = frozenset({".ipynb", ".json", ".md", ".po", ".py", ".ts", ".tsx"})
# Files that quote the phrases.
QUOTING = frozenset({"docs/glossary.md", "docs/style.md", "tests/test_words.py", "tests/words.py"})

# A phrase may go on in the next line of a comment or string, and a test's name joins it with "_".
_GAP = r"""(?:[ \t_]+|[ \t]*["']?\n[ \t]*(?:\#|\*|//|[fr]?["'])?[ \t]*)(?=[a-z])"""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase to avoid, as a pattern in which a space stands for any gap between words.

    A match of the group `right` is good English after all.
    """

    pattern: str
    instead: str


PHRASES = (
    Phrase(
        r"(?P<right>there )?(?:is|are) no (?!(?:longer|more|less|fewer|larger|smaller|such|better"
        r"|worse|use|need|reason|surprise)(?![a-z]))[a-z]+",
        "is not a …",
    ),
    Phrase(r"mend(?:s|ed|ing)?", "fix"),
    Phrase(r"as ever", "as before, as usual"),
    Phrase(r"to be had", "available"),
    Phrase(r"another [a-z]+ than", "a different … from"),
    Phrase(r"beside", "next to, alongside"),
    Phrase(r"of the learner['’]s(?= that|[,.;:)])", "the learner's …"),
    Phrase(r"(?:is|are|was|were|be) told(?P<right> (?:to|not to|apart))?", "is reported, is known"),
    Phrase(r"(?:is|are|was|were) said(?P<right> to be)?", "is reported"),
    Phrase(r"(?:is|are) to be seen", "is visible"),
    Phrase(r"named so", "with that name"),
    Phrase(r"so many (?:(?P<right>as|that)|[a-z]+)", "this many, a number of"),
    Phrase(r"(?P<right>tensor )?holds? no [a-z]+", "contains no …"),  # an error of Paddle's
    Phrase(r"and given is", "got …"),
    Phrase(r"without a word", "silently"),
    Phrase(r"(?:afresh|anew)", "again, from the start"),
    Phrase(r"otherwise than", "differently from"),
    Phrase(r"and the like", "and similar …"),
    Phrase(r"(?:left|leaves?) (?:it )?as it is", "left unchanged"),
    Phrase(r"is refused", "is rejected"),
    Phrase(r"what came out", "the result"),
    Phrase(r"written whole", "written atomically, complete"),
    Phrase(r"in good order", "cleanly"),
    Phrase(r"at every moment", "at any time"),
    Phrase(r"frames a second", "frames per second"),
    Phrase(r"to and fro", "back and forth"),
    Phrase(r"(?:where|if) there (?:is one|are any)(?= [a-z]+ed)", "if available"),
)


# Without a look-behind and IGNORECASE, which cost half a second: each pattern starts with a letter.
_COMPILED = tuple(
    (re.compile(phrase.pattern.replace(" ", _GAP) + "(?![a-z])"), phrase.instead)
    for phrase in PHRASES
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A phrase in a file."""

    path: str
    line: int
    words: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: “{self.words}”; write: {self.instead}"


def findings_in(text: str, path: str) -> Iterator[Finding]:
    """Yield the phrases of a text, in the order of the list."""
    lowered = text.lower()
    for pattern, instead in _COMPILED:
        for match in pattern.finditer(lowered):
            is_inside_word = lowered[match.start() - 1 : match.start()].isalpha()
            if is_inside_word or match.groupdict().get("right"):
                continue
            line = lowered.count("\n", 0, match.start()) + 1
            yield Finding(path, line, " ".join(match[0].split()), instead)


def terms(glossary: str) -> dict[str, str]:
    """Return the terms that a glossary replaces, each with the preferred one."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in glossary.splitlines()
        if line.startswith("|")
    ]
    return {
        term: row[0]
        for row in rows
        if len(row) == 3 and row[0] != "中文" and not row[2].startswith("---")
        for term in row[2].split("、")
        if term
    }


def terms_in(text: str, path: str, preferred: dict[str, str]) -> Iterator[Finding]:
    """Yield the terms of a text that have a preferred one; of a notebook, of its text cells."""
    parts = _text_lines(text) if path.endswith(".ipynb") else text.splitlines()
    for term, instead in preferred.items():
        if term in text:
            for number, part in enumerate(parts, start=1):
                if term in part:
                    yield Finding(path, number, term, instead)


def _text_lines(notebook: str) -> list[str]:
    """Return the lines of a notebook's file; empty those that are not of text cells."""
    cells = json.loads(notebook)["cells"]
    sources = [cell["source"] for cell in cells if cell["cell_type"] == "markdown"]
    pieces = [piece for each in sources for piece in ([each] if isinstance(each, str) else each)]
    written = {json.dumps(piece, ensure_ascii=False) for piece in pieces}
    return [
        line if line.strip().removeprefix('"source": ').rstrip(",") in written else ""
        for line in notebook.splitlines()
    ]


def tracked_files(root: Path = ROOT) -> list[str]:
    """Return the paths of the files that git tracks, relative to the root."""
    command = ["git", "-C", str(root), "ls-files", "-z"]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [path for path in listing.split("\0") if path]


def findings(paths: Sequence[str], root: Path = ROOT) -> list[Finding]:
    """Return the phrases and terms in files, by path and line."""
    preferred = terms(GLOSSARY.read_text(encoding="utf-8"))
    result: list[Finding] = []
    for path in paths:
        file = root / path
        if path in QUOTING or not file.is_file():
            continue
        if file.suffix in SUFFIXES | CHINESE_SUFFIXES:
            text = file.read_text(encoding="utf-8", errors="replace")
            if file.suffix in SUFFIXES:
                result.extend(findings_in(text, path))
            if file.suffix in CHINESE_SUFFIXES:
                result.extend(terms_in(text, path, preferred))
    return sorted(result, key=lambda finding: (finding.path, finding.line))


def main() -> int:
    """Print the findings; return 1 if there are any."""
    parser = argparse.ArgumentParser(
        description="Find words that docs/style.md or docs/glossary.md replaces."
    )
    parser.add_argument("paths", nargs="*", help="files, relative to the repository; default: all")
    result = findings(parser.parse_args().paths or tracked_files())
    for finding in result:
        sys.stdout.write(f"{finding}\n")
    return 1 if result else 0


if __name__ == "__main__":
    sys.exit(main())
