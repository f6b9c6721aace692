from typing import Any

import pytest

from paddle_workbench.errors import TextError
from paddle_workbench.text.characters import inspect_text, readable

LONG = "这家酒店的房间很大。" * 1_000


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("房间\t很\x00大\n", "房间 很 大 "),
        ("\ufeff好\u200b的\u3000", " 好 的 "),
        ("好\ud800的", "好 的"),
        ("ＡＢｃ１２３", "abc123"),
        ("VCD 2008", "vcd 2008"),
        ("，！？“”", "，！？“”"),
        ("👍🏽𠮷", "👍🏽𠮷"),
        ("這個", "這個"),
    ],
)
def test_characters_keep_their_positions(text: str, plain: str) -> None:
    assert readable(text) == plain
    assert len(plain) == len(text)


@pytest.mark.parametrize("empty", ["", "  ", "\n\t", "\x00\u200b", "\u3000", "\ud800"])
def test_rejects_text_without_visible_characters(empty: str) -> None:
    with pytest.raises(TextError, match="no visible character"):
        readable(empty)


@pytest.mark.parametrize("missing", [None, 3.5, b"\xe5\xa5\xbd", ["好"]])
def test_rejects_non_text(missing: Any) -> None:
    with pytest.raises(TextError, match=f"The text is {type(missing).__name__}, not str"):
        readable(missing)


@pytest.mark.parametrize(
    ("text", "kind", "count", "example"),
    [
        ("好\x00的\u200b", "control", 2, "U+0000 U+200B"),
        ("好\ud800", "control", 1, "U+D800"),
        ("<br>很好</p>&nbsp;", "html", 3, "<br> </p> &nbsp;"),
        ("２００８年ＶＣＤ", "full_width", 7, "２ ０ ８ Ｖ"),
        ("這個酒店很乾淨", "traditional", 3, "這 個 淨"),
        ("𠮷野家", "rare", 1, "𠮷"),
        ("很好👍👍", "emoji", 2, "👍"),
    ],
)
def test_reports_misleading_characters(text: str, kind: str, count: int, example: str) -> None:
    (notice,) = inspect_text(text)
    assert (notice.kind, notice.count, notice.example) == (kind, count, example)
    assert str(count) in notice.message.zh
    assert str(count) in notice.message.en


def test_cut_is_reported_first_with_its_length() -> None:
    cut, emoji = inspect_text(LONG + "👍", limit=128)
    assert (cut.kind, cut.count, emoji.kind) == ("cut", len(LONG) + 1 - 128, "emoji")
    assert "10001 字，只读前 128 字" in cut.message.zh


@pytest.mark.parametrize("text", ["房间很干净，下次还来。", "a < b, b > c", "价格 300 元 & 不贵"])
def test_plain_text_has_no_notice(text: str) -> None:
    assert inspect_text(text) == ()
