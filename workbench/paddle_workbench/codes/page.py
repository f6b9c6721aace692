"""The page of a code, a Markdown file for each language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..contract import Language
from ..errors import CodeNotFoundError

__all__ = ["LANGUAGES", "Page", "all_codes", "page"]

LANGUAGES: tuple[Language, ...] = ("en", "zh")
FOLDER = Path(__file__).with_name("pages")

_CELL = re.compile(r"^```python (shows|repaired)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PAGE = re.compile(
    r"# (?P<code>PW-[A-Z]\d{3}) (?P<title>[^\n]+)\n"
    r"(?:\n> (?P<exception>[^\n]+)\n)?"
    r"\n## [^\n]+\n\n(?P<cause>.+?)\n"
    r"\n## [^\n]+\n\n(?P<example>.+?)\n"
    r"\n## [^\n]+\n\n(?P<repair>.+)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Page:
    """What is known about a finding or error.

    Parameters
    ----------
    code, title : str
    language : {"zh", "en"}
    exception : str
        Why the page has no cells, such as that only a broken machine shows the finding; empty if
        it has both.
    cause, repair : str
        Paragraphs of Markdown.
    example : str
        How to see the finding: Markdown, with the cell `shows` if there is one.
    shows, repaired : str
        The smallest cell that yields the code, and the same repaired; empty if there is an
        exception.
    """

    code: str
    title: str
    language: Language
    exception: str
    cause: str
    example: str
    repair: str
    shows: str
    repaired: str

    @property
    def markdown(self) -> str:
        """The page as Markdown that every renderer highlights."""
        return _CELL.sub(r"```python\n\2```", read(self.code, self.language))


def all_codes() -> tuple[str, ...]:
    """Return all codes in order."""
    return tuple(sorted(path.stem for path in (FOLDER / "en").glob("PW-*.md")))


@cache
def page(code: str, language: Language) -> Page:
    """Return the page of a code in a language.

    Raises
    ------
    CodeNotFoundError
        If there is no such code.
    """
    if code not in all_codes():
        raise CodeNotFoundError(f"There is no code {code!r}.", "List all codes: workbench explain")
    return parse(read(code, language), language)


def read(code: str, language: Language) -> str:
    return (FOLDER / language / f"{code}.md").read_text(encoding="utf-8")


def parse(text: str, language: Language) -> Page:
    """Return the parts of a page.

    Raises
    ------
    ValueError
        If a part is missing.
    """
    match = _PAGE.fullmatch(text)
    if match is None:
        raise ValueError(f"Not the page of a code: {text[:80]!r}")
    cells = dict(_CELL.findall(text))
    return Page(
        code=match["code"],
        title=match["title"],
        language=language,
        exception=match["exception"] or "",
        cause=match["cause"],
        example=match["example"],
        repair=_CELL.sub("", match["repair"]).strip(),
        shows=cells.get("shows", ""),
        repaired=cells.get("repaired", ""),
    )
