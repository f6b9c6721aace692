"""Characters as numbers."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import TextError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["PADDING", "UNKNOWN", "Vocabulary", "clean"]

PADDING = 0
UNKNOWN = 1
_SPECIAL = ("<pad>", "<unk>")


class Vocabulary:
    """The characters of a set of texts, numbered from the most frequent one on.

    Number 0 is `<pad>`, which fills short texts up, and 1 is `<unk>`, which stands for every
    character not in the vocabulary.

    Parameters
    ----------
    texts : sequence of str
        The training part, and nothing else: characters that only the test part has must stay
        unknown.
    min_count : int
        Characters that occur less often are unknown.

    Raises
    ------
    TextError
        If `texts` is a single string, or one of its entries is not a text.
    """

    def __init__(self, texts: Sequence[str], *, min_count: int = 1) -> None:
        counts = Counter(character for text in _clean_all(texts) for character in text)
        # Equal counts go by code point, so that the order of the texts does not matter.
        ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
        frequent = [character for character, count in ranked if count >= min_count]
        self.tokens: tuple[str, ...] = (*_SPECIAL, *frequent)
        self._numbers = {token: number for number, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    def __repr__(self) -> str:
        return f"Vocabulary({len(self)} tokens: {' '.join(self.tokens[:8])} …)"

    def __getitem__(self, character: str) -> int:
        return self._numbers.get(character, UNKNOWN)

    def encode(self, texts: Sequence[str], *, length: int) -> NDArray[np.int64]:
        """Return texts as numbers, each cut or padded at its end.

        Parameters
        ----------
        texts : sequence of str
            Cleaned by `clean` first.
        length : int
            Characters kept of each text.

        Returns
        -------
        ndarray of int64, (len(texts), length)

        Raises
        ------
        TextError
            If `texts` is a single string, or one of its entries is not a string or has no
            character after cleaning.
        """
        if length < 1:
            raise TextError(f"A length of {length} leaves no character.", "Give 1 or more.")
        cleaned = _clean_all(texts)
        ids = np.full((len(cleaned), length), PADDING, dtype=np.int64)
        for row, text in zip(ids, cleaned, strict=True):
            numbers = [self[character] for character in text[:length]]
            row[: len(numbers)] = numbers
        return ids

    def decode(self, ids: Sequence[int] | NDArray[np.int64]) -> str:
        """Return the characters that stand for one row of numbers, without padding."""
        return "".join(self.tokens[int(number)] for number in ids if number != PADDING)


def clean(text: str) -> str:
    """Return a text without control characters and with single blanks.

    Control and format characters (Unicode categories Cc, Cf), line and paragraph breaks become
    blanks; halves of surrogate pairs, which no file can hold, go too.
    """
    visible = (
        " " if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else character
        for character in text
    )
    return " ".join("".join(visible).split())


def _clean_all(texts: Sequence[str]) -> list[str]:
    if isinstance(texts, str):
        raise TextError(
            f"Expected a list of texts, got one string: {texts[:20]!r}.",
            "Put it in a list: [text].",
        )
    cleaned: list[str] = []
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise TextError(
                f"Text {place} is {type(text).__name__}, not str: {text!r}.",
                "Leave missing texts out before encoding.",
            )
        visible = clean(text)
        if not visible:
            raise TextError(
                f"Text {place} contains no character: {text!r}.", "Leave empty texts out."
            )
        cleaned.append(visible)
    return cleaned
