"""Texts of generated pictures: lines of real reviews and news, and words of a shop."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, Literal, TypeAlias

import numpy as np

from ...errors import TextError
from ...text.newspaper import load_newspaper
from ...text.reviews import load_reviews

__all__ = ["Part", "TextSource", "commonest_characters", "corpus", "wrap"]

Part: TypeAlias = Literal["train", "test"]

# What the lines of the corpora may hold; the rest is cut out, and the line with it.
_STRETCH: Final = re.compile(r"[一-鿿0-9A-Za-z，。！？：；“”（）《》、%.\-]+")
_FULL_WIDTH: Final = (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
_HALF_WIDTH: Final = str.maketrans({code: code - 0xFEE0 for code in (*_FULL_WIDTH, 0xFF05, 0xFF0E)})


@lru_cache(maxsize=2)
def corpus(part: Part) -> tuple[str, ...]:
    """Return stretches of real text without blanks or rare signs: reviews, then news.

    Parameters
    ----------
    part : str
        `train` or `test`, as the corpora are split; no text stands in both.
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
    """Return the most frequent characters of the corpora, most frequent first."""
    return "".join(c for c, _ in _frequencies(part).most_common(count))


@lru_cache(maxsize=2)
def _frequencies(part: Part) -> Counter[str]:
    return Counter("".join(corpus(part)))


class TextSource:
    """Lines to draw, taken from the corpora.

    Parameters
    ----------
    part : str
        `train` or `test`.
    characters : str or None
        Only stretches made of these; None for all.

    Raises
    ------
    TextError
        If no stretch of two characters is made of them.
    """

    def __init__(self, *, part: Part = "train", characters: str | None = None) -> None:
        self._stretches = _stretches(part, characters)
        if not self._stretches:
            raise TextError(
                f"Of the characters {characters!r} no two are adjacent in the corpora.",
                "Use more of commonest_characters(300).",
            )

    def line(self, rng: np.random.Generator, *, shortest: int = 4, longest: int = 18) -> str:
        """Return a line of some length, cut from anywhere; shorter if the source has none.

        Parameters
        ----------
        rng : numpy.random.Generator
        shortest, longest : int
            In characters.
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
        """Return running text of at least this many characters: stretches in their own order."""
        place = int(rng.integers(0, len(self._stretches)))
        text = ""
        while len(text) < length:
            text += self._stretches[place % len(self._stretches)]
            place += 1
        return text


def wrap(text: str, width: int) -> list[str]:
    """Return the text in lines of this many characters; none begins with a closing sign."""
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
