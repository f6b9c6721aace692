"""The streams of a cell joined, as a terminal would show them.

The result is that of nbclient's `coalesce_streams`, whose regular expression for carriage returns
needs time in proportion to the square of a line's length (a minute for 500,000 characters), and
which leaves backspaces as they are.
"""

from __future__ import annotations

from itertools import pairwise

import nbformat

__all__ = ["join_streams"]


def join_streams(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Return outputs with one output for each stream, in the place of its first part.

    A backspace takes the character before it away, and a carriage return what stands before it in
    its line. Of stdout and stderr next to each other, whose order is left to chance, stdout is
    first.
    """
    joined: list[nbformat.NotebookNode] = []
    streams: dict[str, nbformat.NotebookNode] = {}
    texts: dict[str, list[str]] = {}
    for output in outputs:
        if output.output_type != "stream":
            joined.append(output)
            continue
        if output.name not in streams:
            streams[output.name] = output
            joined.append(output)
        texts.setdefault(output.name, []).append(output.text)
    for name, stream in streams.items():
        lines = "".join(texts[name]).split("\n")
        stream.text = "\n".join(_overwritten(line) for line in lines)
    for index, (one, other) in enumerate(pairwise(joined)):
        names = [output.get("name") for output in (one, other)]
        if names == ["stderr", "stdout"]:
            joined[index : index + 2] = [other, one]
    return joined


def _overwritten(line: str) -> str:
    """Return what a line shows after its backspaces and carriage returns."""
    if "\b" in line:
        characters: list[str] = []
        for character in line:
            if character == "\b" and characters:
                characters.pop()
            else:
                characters.append(character)
        line = "".join(characters)
    # One at the end overwrites nothing yet.
    return line[line.rfind("\r", 0, len(line) - 1) + 1 :] if line else line
