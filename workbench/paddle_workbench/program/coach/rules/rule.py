"""One rule: what Paddle does, what to write instead, and code that shows both."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent
from typing import Literal

from ....contract import Text

__all__ = ["Route", "Rule", "rule"]

Route = Literal["ast", "sot"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the dynamic-to-static workflow.

    Parameters
    ----------
    kind : str
    route : "ast" or "sot"
        The conversion that the rule is about; its repair is proven on the same one.
    rule, repair : Text
    broken, repaired : str
        Source of a function `f(x)` that takes three floats; the usual modules have their usual
        names.
    pattern : str
        A regular expression for Paddle's message or reason; empty for silent traps.
    """

    kind: str
    route: Route
    rule: Text
    repair: Text
    broken: str
    repaired: str
    pattern: str = ""


def rule(
    kind: str, route: Route, *, zh: str, en: str, broken: str, repaired: str, pattern: str = ""
) -> Rule:
    """Return a rule; `zh` and `en` contain what happens and, after a line `---`, what to do."""
    chinese = ["".join(line.strip() for line in part.splitlines()) for part in zh.split("---")]
    english = [" ".join(part.split()) for part in en.split("---")]
    return Rule(
        kind=kind,
        route=route,
        rule=Text(zh=chinese[0], en=english[0]),
        repair=Text(zh=chinese[1], en=english[1]),
        broken=dedent(broken).strip() + "\n",
        repaired=dedent(repaired).strip() + "\n",
        pattern=pattern,
    )
