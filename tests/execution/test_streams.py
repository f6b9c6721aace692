"""Streams are joined as nbclient does, but in linear time."""

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
def test_handles_carriage_returns_as_nbclient_does(text: str) -> None:
    halves = stream(text[: len(text) // 2]), stream(text[len(text) // 2 :])
    assert joined(*halves) == [("stdout", _RGX_CARRIAGERETURN.sub("", text))]


@pytest.mark.parametrize(
    ("text", "visible"),
    [("abc\b\bX\n", "aX\n"), ("a\nb\b", "a\n"), ("over\rab\bc\n", "ac\n"), ("\bx", "\bx")],
)
def test_backspace_removes_a_character_of_its_line(text: str, visible: str) -> None:
    assert joined(stream(text)) == [("stdout", visible)]


def test_joins_long_line_quickly() -> None:
    # nbclient would take hours and reach the time limit of the test run.
    text = "x" * 20_000_000
    assert joined(stream(text)) == [("stdout", text)]


def test_keeps_position_of_streams_and_puts_stdout_first() -> None:
    picture: Any = nbformat.v4.new_output("display_data", {"image/png": ""})
    outputs = [stream("e", "stderr"), stream("1"), picture, stream("2"), stream("f", "stderr")]
    assert joined(*outputs) == [("stdout", "12"), ("stderr", "ef"), ("display_data", "")]
