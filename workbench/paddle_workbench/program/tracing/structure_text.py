"""The layers of a network as text, for networks whose own code is Paddle's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..model.capture import SourceLine, SourceText

__all__ = ["StructureText", "structure_text"]


@dataclass(frozen=True, slots=True)
class StructureText:
    """A network as Paddle prints it, one line for each layer.

    Parameters
    ----------
    source : SourceText
    lines : dict of str to SourceLine
        The line of each layer by its path, as in `net.named_sublayers()`; that of the network has
        an empty path.
    """

    source: SourceText
    lines: dict[str, SourceLine]


def structure_text(layer: Any) -> StructureText:
    """Return the layers of a network, such as a `Sequential`, as text."""
    name = type(layer).__name__
    file = f"<{name}>"
    texts: list[str] = []
    lines: dict[str, SourceLine] = {}
    for path, text in _lines(layer, "", "", ""):
        texts.append(text)
        if path is not None:
            lines[path] = SourceLine(file, len(texts), function=name)
    text = "".join(f"{text}\n" for text in texts)
    return StructureText(SourceText(file=file, first_line=1, text=text, name=name), lines)


def _lines(layer: Any, path: str, label: str, indent: str) -> Iterator[tuple[str | None, str]]:
    """Yield each line with the path of the layer that begins on it."""
    facts = " ".join(str(layer.extra_repr()).split())
    start = f"{indent}{label}{type(layer).__name__}({facts}"
    children = [(name, child) for name, child in layer.named_children() if child is not None]
    if not children:
        yield path, f"{start})"
        return
    yield path, start
    for name, child in children:
        inner = f"{path}.{name}" if path else name
        yield from _lines(child, inner, f"({name}): ", f"{indent}  ")
    yield None, f"{indent})"
