r"""Text that is safe to print on a terminal, whatever a file, record or name contains.

Control characters are shown as Python writes them, for example `\x1b`, since a terminal would obey
them: move the cursor, rename the window, hide or reorder text.
"""

import re

__all__ = ["one_line", "printable", "printable_json"]

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# All but tabs and line feeds; the characters that change the direction of text; half a surrogate
# pair, which cannot be printed.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Return a text without colours, in which other control characters are visible."""
    return _UNSAFE.sub(_escape, _COLOUR.sub("", text.replace("\r\n", "\n")))


def one_line(text: str) -> str:
    """Return a text as `printable` does, with tabs and line feeds visible too."""
    return printable(text).replace("\n", r"\n").replace("\t", r"\t")


def printable_json(text: str) -> str:
    """Return a JSON document whose strings have their control characters escaped."""
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _escape(match: "re.Match[str]") -> str:
    return match[0].encode("unicode_escape").decode()
