"""Joining the stream outputs of a cell, as a terminal shows them.

The result is that of nbclient's `coalesce_streams`, except that backspaces are applied too. Its
regular expression for carriage returns needs time quadratic in the length of a line: a minute for
500,000 characters.
"""

from __future__ import annotations

from itertools import pairwise

import nbformat

__all__ = ["join_streams"]


def join_streams(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Return the outputs with one output for each stream, at the position of its first part.

    A backspace removes the character before it, a carriage return the line up to it. If stdout and
    stderr are adjacent, whose order is random, stdout is first.
    """
    result: list[nbformat.NotebookNode] = []
    streams: dict[str, nbformat.NotebookNode] = {}
    texts: dict[str, list[str]] = {}
    for output in outputs:
        if output.output_type != "stream":
            result.append(output)
            continue
        if output.name not in streams:
            streams[output.name] = output
            result.append(output)
        texts.setdefault(output.name, []).append(output.text)
    for name, stream in streams.items():
        lines = "".join(texts[name]).split("\n")
        stream.text = "\n".join(_visible_text(line) for line in lines)
    for index, (one, other) in enumerate(pairwise(result)):
        names = [output.get("name") for output in (one, other)]
        if names == ["stderr", "stdout"]:
            result[index : index + 2] = [other, one]
    return result


def _visible_text(line: str) -> str:
    """Return a line after its backspaces and carriage returns."""
    if "\b" in line:
        characters: list[str] = []
        for character in line:
            if character == "\b" and characters:
                characters.pop()
            else:
                characters.append(character)
        line = "".join(characters)
    # A carriage return at the end does not overwrite anything yet.
    return line[line.rfind("\r", 0, len(line) - 1) + 1 :] if line else line
