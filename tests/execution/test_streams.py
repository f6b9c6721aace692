"""Streams are joined as nbclient joins them, however long their lines are."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from nbclient.client import _RGX_CARRIAGERETURN

from paddle_workbench.execution.streams import join_streams


def stream(text: str, name: str = "stdout") -> nbformat.NotebookNode:
    return nbformat.v4.new_output("stream", name=name, text=text)


def joined(*outputs: nbformat.NotebookNode) -> list[tuple[str, str]]:
    return [
        (output.get("name", output.output_type), output.get("text", ""))
        for output in join_streams(list(outputs))
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "plain\ntext\n",
        " 10%\r 20%\r100%\n",
        " 10%\r 20%\r",
        "windows\r\nlines\r\n",
        "\r\r\r\nx\ry\r",
    ],
)
def test_carriage_returns_are_handled_as_by_nbclient(text: str) -> None:
    halves = stream(text[: len(text) // 2]), stream(text[len(text) // 2 :])
    assert joined(*halves) == [("stdout", _RGX_CARRIAGERETURN.sub("", text))]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("abc\b\bX\n", "aX\n"), ("a\nb\b", "a\n"), ("over\rab\bc\n", "ac\n"), ("\bx", "\bx")],
)
def test_backspace_takes_a_character_of_its_line(text: str, shown: str) -> None:
    assert joined(stream(text)) == [("stdout", shown)]


def test_long_line_takes_no_time() -> None:
    # nbclient would take hours; the time limit of the test run ends it.
    text = "x" * 20_000_000
    assert joined(stream(text)) == [("stdout", text)]


def test_streams_stand_where_they_began_and_stdout_first() -> None:
    picture: Any = nbformat.v4.new_output("display_data", {"image/png": ""})
    outputs = [stream("e", "stderr"), stream("1"), picture, stream("2"), stream("f", "stderr")]
    assert joined(*outputs) == [("stdout", "12"), ("stderr", "ef"), ("display_data", "")]
