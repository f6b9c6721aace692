"""A text split by several tokenisers, with the results above each other."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import traitlets

from ..errors import WidgetError
from ..text.characters import inspect_text, readable, sendable
from ..text.segmentation import Token, Tokenizer
from .base import WorkbenchWidget

__all__ = ["TokenView"]

# Maximum number of characters. Longer texts are cut, with a notice.
LONGEST_SHOWN = 300

Row = dict[str, Any]


class TokenView(WorkbenchWidget, front_end="token-view"):
    """Shows the tokens of a text from several tokenisers, aligned by character.

    Unknown tokens have a dashed border and a question mark. Hovering over or focusing a token
    highlights the overlapping tokens of the other tokenisers.

    Parameters
    ----------
    text : str
    tokenizers : mapping of str to Tokenizer
        The keys are the labels of the rows.

    Raises
    ------
    WidgetError
        If there are no tokenisers.
    TextError
        If the text is not a string, or contains nothing visible.
    """

    shown = traitlets.Unicode().tag(sync=True)
    """The first 300 characters of the text."""

    rows = traitlets.List(traitlets.Dict()).tag(sync=True)
    """One per tokeniser: name, size of the vocabulary, tokens as [start, end, id, known]."""

    left_out = traitlets.Int(0).tag(sync=True)
    """Number of characters that are not shown."""

    notices = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """What may mislead a model in the text, in the widget's language."""

    def __init__(self, text: str, tokenizers: Mapping[str, Tokenizer], **traits: Any) -> None:
        if not tokenizers:
            raise WidgetError(
                "TokenView has no tokenisers to show.", 'Give them by name: {"characters": ...}.'
            )
        readable(text)
        excerpt = text[:LONGEST_SHOWN]
        rows = [
            {"name": name, "size": len(each), "tokens": list(map(_row, each.tokenize(excerpt)))}
            for name, each in tokenizers.items()
        ]
        super().__init__(
            shown=sendable(excerpt), rows=rows, left_out=len(text) - len(excerpt), **traits
        )
        notices = inspect_text(excerpt)
        self.notices = [each.message.in_language(self.lang) for each in notices]

    def to_html(self) -> str:
        """Return a table with one row per tokeniser."""
        lines = []
        for row in self.rows:
            name = escape(self.text("{name}: {n} tokens", name=row["name"], n=len(row["tokens"])))
            pieces = "".join(map(self._piece, row["tokens"]))
            lines.append(f"<tr><th scope='row'>{name}</th><td>{pieces}</td></tr>")
        notes = [*self.notices]
        if self.left_out:
            notes.append(self.text("{n} more characters are not shown.", n=self.left_out))
        return f"<table>{''.join(lines)}</table>" + "".join(f"<p>{escape(n)}</p>" for n in notes)

    def _piece(self, token: list[Any]) -> str:
        start, end, _, known = token
        style = "padding:0 3px;margin:1px;border:1px " + ("solid" if known else "dashed")
        mark = "" if known else "<sup>?</sup>"
        return f"<span style='{style}'>{escape(self.shown[start:end])}{mark}</span>"


def _row(token: Token) -> list[Any]:
    return [token.start, token.end, token.id, token.known]
