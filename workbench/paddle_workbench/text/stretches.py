"""Texts for generated pictures: stretches of real reviews and news."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, Literal, TypeAlias

import numpy as np

from ..errors import TextError
from .newspaper import load_newspaper
from .reviews import load_reviews

__all__ = ["Part", "TextSource", "commonest_characters", "corpus", "wrap"]

Part: TypeAlias = Literal["train", "test"]

# Characters that drawn text may contain; any other character ends a stretch.
_STRETCH: Final = re.compile(r"[一-鿿0-9A-Za-z，。！？：；“”（）《》、%.\-]+")
_FULL_WIDTH: Final = (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
_HALF_WIDTH: Final = str.maketrans({code: code - 0xFEE0 for code in (*_FULL_WIDTH, 0xFF05, 0xFF0E)})


@lru_cache(maxsize=2)
def corpus(part: Part) -> tuple[str, ...]:
    """Return stretches of real text without spaces and rare characters: reviews, then news.

    Parameters
    ----------
    part : str
        `train` or `test`, as the corpora are split. No text is in both.
    """
    reviews = (load_reviews().train if part == "train" else load_reviews().test).texts
    news = (load_newspaper().train if part == "train" else load_newspaper().test).texts
    return tuple(
        stretch
        for text in (*reviews, *news)
        for stretch in _STRETCH.findall(text.translate(_HALF_WIDTH))
        if len(stretch) >= 2
    )


def commonest_characters(count: int, *, part: Part = "train") -> str:
    """Return the `count` most frequent characters of the corpora, most frequent first."""
    return "".join(c for c, _ in _frequencies(part).most_common(count))


@lru_cache(maxsize=2)
def _frequencies(part: Part) -> Counter[str]:
    return Counter("".join(corpus(part)))


class TextSource:
    """A source of lines to draw, taken from the corpora.

    Parameters
    ----------
    part : str
        `train` or `test`.
    characters : str or None
        Only use stretches that consist of these characters; None for all stretches.

    Raises
    ------
    TextError
        If the corpora contain no two adjacent characters of these.
    """

    def __init__(self, *, part: Part = "train", characters: str | None = None) -> None:
        self._stretches = _stretches(part, characters)
        if not self._stretches:
            raise TextError(
                f"The corpora contain no two adjacent characters of {characters!r}.",
                "Use more of commonest_characters(300).",
            )

    def line(self, rng: np.random.Generator, *, shortest: int = 4, longest: int = 18) -> str:
        """Return a random line of random length; shorter if the source has no such stretch.

        Parameters
        ----------
        rng : numpy.random.Generator
        shortest, longest : int
            Length of the line, in characters.
        """
        length = int(rng.integers(shortest, longest + 1))
        longest_stretch = ""
        for place in rng.integers(0, len(self._stretches), size=20):
            stretch = self._stretches[int(place)]
            if len(stretch) > len(longest_stretch):
                longest_stretch = stretch
            if len(longest_stretch) >= length:
                break
        start = int(rng.integers(0, max(len(longest_stretch) - length, 0) + 1))
        return longest_stretch[start : start + length]

    def passage(self, rng: np.random.Generator, *, length: int) -> str:
        """Return consecutive stretches with at least `length` characters in total."""
        place = int(rng.integers(0, len(self._stretches)))
        text = ""
        while len(text) < length:
            text += self._stretches[place % len(self._stretches)]
            place += 1
        return text


def wrap(text: str, width: int) -> list[str]:
    """Break text into lines of `width` characters; no line begins with closing punctuation."""
    lines = []
    while text:
        end = width
        while end < len(text) and text[end] in "，。！？：；”）》、%":
            end += 1
        lines.append(text[:end])
        text = text[end:]
    return lines


@lru_cache(maxsize=8)
def _stretches(part: Part, characters: str | None) -> tuple[str, ...]:
    texts: Iterable[str] = corpus(part)
    if characters is None:
        return tuple(texts)
    if not characters:
        return ()
    allowed = re.compile(f"[{re.escape(characters)}]{{2,}}")
    return tuple(stretch for text in texts for stretch in allowed.findall(text))
