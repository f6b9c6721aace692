"""One rule: what Paddle does, what to write instead, and code that shows both."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal

from ....codes import COACH, page
from ....contract import Text

__all__ = ["Route", "Rule"]

Route = Literal["ast", "sot"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the dynamic-to-static workflow; its texts and code are on the page of its code.

    Parameters
    ----------
    kind : str
    route : "ast" or "sot"
        The conversion that the rule is about; its repair is proven on the same one.
    pattern : str
        A regular expression for Paddle's message or reason; empty for silent traps.
    """

    kind: str
    route: Route
    pattern: str = ""

    @property
    def code(self) -> str:
        """The code of its page."""
        return COACH[self.kind]

    @property
    def rule(self) -> Text:
        """What Paddle does."""
        return Text(
            zh=_plain(page(self.code, "zh").cause, ""), en=_plain(page(self.code, "en").cause, " ")
        )

    @property
    def repair(self) -> Text:
        """What to write instead."""
        return Text(
            zh=_plain(page(self.code, "zh").repair, ""),
            en=_plain(page(self.code, "en").repair, " "),
        )

    @property
    def broken(self) -> str:
        """Source of a function `f(x)` that takes three floats; modules have their usual names."""
        return _definitions(page(self.code, "en").shows)

    @property
    def repaired(self) -> str:
        """The source of the same function, repaired."""
        return _definitions(page(self.code, "en").repaired)


def _plain(markdown: str, separator: str) -> str:
    return separator.join(markdown.split("\n")).replace("`", "")


def _definitions(cell: str) -> str:
    """Return a cell without its imports and without the call of `capture` at its end."""
    body = ast.parse(cell).body
    first = next(node for node in body if not isinstance(node, ast.Import | ast.ImportFrom))
    last = next(node for node in body if "capture(" in ast.unparse(node) and node is not first)
    lines = cell.splitlines()[first.lineno - 1 : last.lineno - 1]
    return "\n".join(lines).strip() + "\n"
