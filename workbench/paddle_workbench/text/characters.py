"""Make texts readable for every tokeniser, and report characters that may mislead a model."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from ..contract import Text
from ..errors import TextError

__all__ = ["LONGEST", "Notice", "inspect_text", "is_empty", "readable", "sendable"]

# Maximum number of characters. Longer texts are cut, with a notice.
LONGEST: Final = 20_000

_BLANK_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|&(?:[a-zA-Z]{2,8}|#\d{1,6});")


@dataclass(frozen=True, slots=True)
class Notice:
    """Something in a text that matters for its prediction.

    Parameters
    ----------
    kind : str
        `cut`, `control`, `html`, `full_width`, `traditional`, `rare`, `emoji` or `unknown`.
    count : int
        Number of characters, or of tags for `html`.
    example : str
        The first few of them, in printable form.
    message : Text
        One sentence.
    """

    kind: str
    count: int
    example: str
    message: Text


def readable(text: str) -> str:
    """Return a text of the same length that every tokeniser accepts.

    Control and format characters, all kinds of spaces and lone surrogates become a space.
    Full-width letters and digits become ASCII, and ASCII letters become lower case. Characters
    keep their positions, so offsets into the result are also offsets into `text`.

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
    """Return a text of the same length that can be encoded: lone surrogates become U+FFFD."""
    return "".join("\ufffd" if unicodedata.category(c) == "Cs" else c for c in text)


def is_empty(text: str) -> bool:
    """Whether a text has no visible characters."""
    return not "".join(map(_plain, text)).strip()


def _plain(character: str) -> str:
    if "\uff10" <= character <= "\uff5a" and unicodedata.category(character) in {"Nd", "Lu", "Ll"}:
        character = chr(ord(character) - 0xFEE0)
    if character.isascii():
        return character.lower() if character.isprintable() else " "
    return " " if unicodedata.category(character) in _BLANK_CATEGORIES else character


def inspect_text(text: str, *, limit: int | None = None) -> tuple[Notice, ...]:
    """Return notices of what may mislead a model in a text, most serious first.

    Parameters
    ----------
    text : str
    limit : int, optional
        Number of characters that the model reads, by default `LONGEST`. A notice reports text
        beyond it.

    Raises
    ------
    TextError
        If the text is not a string, or contains nothing visible.
    """
    readable(text)
    notices = [
        _cut(text, limit),
        _notice(
            "control",
            [f"U+{ord(c):04X}" for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs"}],
            "有 {n} 个看不见的控制字符（{e}），当作空格处理。",
            "{n} invisible control characters ({e}) are read as spaces.",
        ),
        _notice(
            "html",
            _TAG.findall(text),
            "有 {n} 处 HTML 标记（{e}）：模型会把它们当作文字来读，最好先去掉。",
            "{n} pieces of HTML ({e}) are read as text. Consider removing them first.",
        ),
        _notice(
            "full_width",
            [c for c in text if c != _plain(c) and "\uff10" <= c <= "\uff5a"],
            "有 {n} 个全角字母或数字（{e}），按半角读取。",
            "{n} full-width letters or digits ({e}) are read as ASCII.",
        ),
        _notice(
            "traditional",
            [c for c in text if _is_traditional(c)],
            "有 {n} 个繁体字（{e}）：课程的语料是简体，它们多半不在词表里。",
            "{n} traditional characters ({e}) are mostly unknown: the corpora use simplified ones.",
        ),
        _notice(
            "rare",
            [c for c in text if ord(c) > 0xFFFF and unicodedata.category(c) == "Lo"],
            "有 {n} 个基本平面以外的罕见字（{e}），词表里没有。",
            "{n} rare characters outside the basic plane ({e}) are not in any vocabulary here.",
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
            en=f"Only the first {limit} of {len(text)} characters are read; the other {beyond} "
            "are ignored.",
        ),
    )


def _notice(kind: str, matches: list[str], zh: str, en: str) -> Notice | None:
    if not matches:
        return None
    # Each is shown once. Control characters and lone surrogates come as code points.
    example = " ".join(list(dict.fromkeys(matches))[:4])
    count = len(matches)
    return Notice(
        kind,
        count,
        example,
        Text(zh=zh.format(n=count, e=example), en=en.format(n=count, e=example)),
    )


def _is_traditional(character: str) -> bool:
    """Whether a Chinese character is in Taiwan's Big5 but not in the mainland's GB 2312."""
    return "一" <= character <= "鿿" and not _fits(character, "gb2312") and _fits(character, "big5")


def _fits(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
