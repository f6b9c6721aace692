"""A vocabulary of characters."""

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
    """The characters of a set of texts, numbered by frequency.

    Number 0 is `<pad>`, for padding short texts, and 1 is `<unk>`, for all characters that are not
    in the vocabulary.

    Parameters
    ----------
    texts : sequence of str
        The training part only: characters that only occur in the test part must stay unknown.
    min_count : int
        Characters that occur less often are unknown.

    Raises
    ------
    TextError
        If `texts` is a single string, or if an entry is not a string or has no characters.
    """

    def __init__(self, texts: Sequence[str], *, min_count: int = 1) -> None:
        counts = Counter(character for text in _clean_all(texts) for character in text)
        # Ties are broken by code point, so that the order of the texts does not matter.
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
        """Return the ids of texts, each cut or padded at its end.

        Parameters
        ----------
        texts : sequence of str
            Cleaned by `clean` first.
        length : int
            Number of characters per text.

        Returns
        -------
        ndarray of int64, (len(texts), length)

        Raises
        ------
        TextError
            If `texts` is a single string, if an entry is not a string or has no characters after
            cleaning, or if `length` is below 1.
        """
        if length < 1:
            raise TextError(
                f"A length of {length} leaves no room for characters.", "Use 1 or more."
            )
        cleaned = _clean_all(texts)
        ids = np.full((len(cleaned), length), PADDING, dtype=np.int64)
        for row, text in zip(ids, cleaned, strict=True):
            numbers = [self[character] for character in text[:length]]
            row[: len(numbers)] = numbers
        return ids

    def decode(self, ids: Sequence[int] | NDArray[np.int64]) -> str:
        """Return the characters of a row of ids, without padding."""
        return "".join(self.tokens[int(number)] for number in ids if number != PADDING)


def clean(text: str) -> str:
    """Replace control characters in a text by spaces, and collapse spaces.

    Control and format characters (Unicode categories Cc, Cf), line and paragraph separators, and
    lone surrogates become spaces.
    """
    if text.isprintable():  # then it has none of them, and this is ten times as fast
        return " ".join(text.split())
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
            raise TextError(f"Text {place} has no characters: {text!r}.", "Leave empty texts out.")
        cleaned.append(visible)
    return cleaned
