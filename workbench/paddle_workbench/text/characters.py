"""What stands in a text that a model may not have met: made readable, and said."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from ..contract import Text
from ..errors import TextError

__all__ = ["LONGEST", "Notice", "inspect_text", "is_empty", "readable", "sendable"]

# Characters; a longer text is cut, and a notice says so.
LONGEST: Final = 20_000

_BLANK_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|&(?:[a-zA-Z]{2,8}|#\d{1,6});")


@dataclass(frozen=True, slots=True)
class Notice:
    """Something in a text that a reader of its prediction should know.

    Parameters
    ----------
    kind : str
        `cut`, `control`, `html`, `full_width`, `traditional`, `rare`, `emoji` or `unknown`.
    count : int
        Characters (of `html`: tags) concerned.
    example : str
        The first few of them, as they can be shown.
    message : Text
        One sentence in each language.
    """

    kind: str
    count: int
    example: str
    message: Text


def readable(text: str) -> str:
    """Return a text of the same length that every tokeniser takes.

    Control and format characters and all kinds of blanks become a plain blank, halves of
    surrogate pairs too; full-width letters and digits become narrow, and letters small. Since
    every character stays where it was, offsets into the result are offsets into `text`.

    Raises
    ------
    TextError
        If `text` is not a string, or contains nothing visible.
    """
    if not isinstance(text, str):
        raise TextError(
            f"The text is {type(text).__name__}, not str: {text!r}.",
            "Leave missing texts out.",
        )
    same = "".join(map(_plain, text))
    if is_empty(text):
        raise TextError(
            f"The text contains no visible character: {text[:20]!r}.",
            "Type a sentence, for example: 房间很干净，下次还来。",
        )
    return same


def sendable(text: str) -> str:
    """Return a text of the same length that a file or a wire can hold: halves of surrogate pairs
    become U+FFFD.
    """
    return "".join("\ufffd" if unicodedata.category(c) == "Cs" else c for c in text)


def is_empty(text: str) -> bool:
    """Whether a text holds nothing that can be seen."""
    return not "".join(map(_plain, text)).strip()


def _plain(character: str) -> str:
    if "\uff10" <= character <= "\uff5a" and unicodedata.category(character) in {"Nd", "Lu", "Ll"}:
        character = chr(ord(character) - 0xFEE0)
    if character.isascii():
        return character.lower() if character.isprintable() else " "
    return " " if unicodedata.category(character) in _BLANK_CATEGORIES else character


def inspect_text(text: str, *, limit: int | None = None) -> tuple[Notice, ...]:
    """Return what a text holds that may mislead a model, most serious first.

    Parameters
    ----------
    text : str
    limit : int, optional
        Characters that the model reads; what goes beyond is said to be cut.

    Raises
    ------
    TextError
        As `readable` does.
    """
    readable(text)
    notices = [
        _cut(text, limit),
        _notice(
            "control",
            [f"U+{ord(c):04X}" for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs"}],
            "有 {n} 个看不见的控制字符（{e}），当作空格处理。",
            "{n} invisible control characters ({e}) are read as blanks.",
        ),
        _notice(
            "html",
            _TAG.findall(text),
            "有 {n} 处 HTML 标记（{e}）：模型会把它们当作文字来读，最好先去掉。",
            "{n} pieces of HTML ({e}) are read as text: better strip them first.",
        ),
        _notice(
            "full_width",
            [c for c in text if c != _plain(c) and "\uff10" <= c <= "\uff5a"],
            "有 {n} 个全角字母或数字（{e}），按半角读取。",
            "{n} full-width letters or digits ({e}) are read as narrow ones.",
        ),
        _notice(
            "traditional",
            [c for c in text if _is_traditional(c)],
            "有 {n} 个繁体字（{e}）：课程的语料是简体，它们多半不在词表里。",
            "{n} traditional characters ({e}): the corpora are simplified, so most are unknown.",
        ),
        _notice(
            "rare",
            [c for c in text if ord(c) > 0xFFFF and unicodedata.category(c) == "Lo"],
            "有 {n} 个基本平面以外的罕见字（{e}），词表里没有。",
            "{n} rare characters outside the basic plane ({e}) are in no vocabulary here.",
        ),
        _notice(
            "emoji",
            [c for c in text if unicodedata.category(c) == "So" and ord(c) > 0x2190],
            "有 {n} 个表情或符号（{e}），语料里几乎没有出现过。",
            "{n} emoji or symbols ({e}) hardly occur in the corpora.",
        ),
    ]
    return tuple(notice for notice in notices if notice is not None)


def _cut(text: str, limit: int | None) -> Notice | None:
    if limit is None:
        limit = LONGEST
    if len(text) <= limit:
        return None
    beyond = len(text) - limit
    return Notice(
        "cut",
        beyond,
        text[limit : limit + 8],
        Text(
            zh=f"全文 {len(text)} 字，只读前 {limit} 字，后面 {beyond} 字不参与判断。",
            en=f"Of {len(text)} characters only the first {limit} are read; the other {beyond} "
            "are ignored.",
        ),
    )


def _notice(kind: str, matches: list[str], zh: str, en: str) -> Notice | None:
    if not matches:
        return None
    # Shown once each; half a surrogate pair cannot be shown, and comes as its number.
    example = " ".join(list(dict.fromkeys(matches))[:4])
    count = len(matches)
    return Notice(
        kind,
        count,
        example,
        Text(zh=zh.format(n=count, e=example), en=en.format(n=count, e=example)),
    )


def _is_traditional(character: str) -> bool:
    """Whether Big5, which Taiwan used, has a Chinese character that mainland GB 2312 lacks."""
    return "一" <= character <= "鿿" and not _fits(character, "gb2312") and _fits(character, "big5")


def _fits(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
