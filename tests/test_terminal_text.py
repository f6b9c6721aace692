"""What a terminal would obey is shown."""

from __future__ import annotations

import json
import logging

import pytest

from paddle_workbench.errors import NotebookError
from paddle_workbench.terminal_text import one_line, printable, printable_json

HOSTILE = "\x1b[2J\x1b]0;owned\x07\x9b31m\r\x7f\u202eabc\ud800"
SHOWN = r"\x1b[2J\x1b]0;owned\x07\x9b31m\r\x7f\u202eabc\ud800"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("损失 0.5\n\tdone — 👩‍🔬", "损失 0.5\n\tdone — 👩‍🔬"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("line\r\nline", "line\nline"),
        (HOSTILE, SHOWN),
    ],
    ids=["plain", "colours", "carriage return", "hostile"],
)
def test_makes_control_characters_visible(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(shown) == shown


def test_line_has_no_line_breaks() -> None:
    assert one_line("a\n✓ b\tc") == r"a\n✓ b\tc"


def test_json_keeps_its_value() -> None:
    document = json.dumps({"name": HOSTILE}, ensure_ascii=False, indent=2)
    text = printable_json(document)
    assert json.loads(text) == {"name": HOSTILE}
    assert printable(text) == text


def test_errors_can_be_shown_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    error = NotebookError(f"{HOSTILE} is not a notebook.", f"Open {HOSTILE}.")
    assert (error.message, error.hint) == (f"{SHOWN} is not a notebook.", f"Open {SHOWN}.")
    logging.getLogger(__name__).warning("%s", error)
    assert SHOWN in caplog.text
    assert "\x1b" not in caplog.text
