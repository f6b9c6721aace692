"""Tokenisers by character, word and subword, whose tokens know their positions."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..errors import TextError
from .characters import LONGEST, readable

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "CLS",
    "MASK",
    "PAD",
    "SEP",
    "SPECIAL_TOKENS",
    "UNK",
    "CharacterTokenizer",
    "ErnieFilesTokenizer",
    "SubwordTokenizer",
    "Token",
    "Tokenizer",
    "WordTokenizer",
]

PAD, UNK, CLS, SEP, MASK = range(5)
SPECIAL_TOKENS: Final = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")

# Runs of Chinese characters, Latin letters or digits; any other character by itself.
_RUNS = r"\p{Han}+|[a-z]+|[0-9]+|[^\p{Han}a-z0-9]"


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a text.

    Parameters
    ----------
    text : str
        As in the original text.
    start, end : int
        Position in the text, in characters, so that `text == whole[start:end]`.
    id : int
        Its number in the vocabulary, `UNK` if it is unknown.
    """

    text: str
    start: int
    end: int
    id: int

    @property
    def known(self) -> bool:
        """Whether the token is in the vocabulary."""
        return self.id != UNK


class Tokenizer(ABC):
    """Splits texts into tokens. The vocabulary starts with `SPECIAL_TOKENS`.

    Parameters
    ----------
    name : str
        Name for tables and widgets.
    vocabulary : sequence of str
        Without the special tokens.
    """

    # ERNIE's own vocabulary has other ids.
    special: tuple[int, int, int, int, int] = (PAD, UNK, CLS, SEP, MASK)

    def __init__(self, name: str, vocabulary: Sequence[str]) -> None:
        self.name = name
        self.tokens: tuple[str, ...] = (*SPECIAL_TOKENS, *vocabulary)
        self._numbers = {token: number for number, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {len(self)} tokens)"

    def __getitem__(self, token: str) -> int:
        return self._numbers.get(token, self.special[1])

    @abstractmethod
    def pieces(self, text: str) -> Iterable[tuple[int, int]]:
        """Return start and end of each piece of a readable text, in order."""

    def tokenize(self, text: str) -> list[Token]:
        """Return the tokens of a text, without spaces.

        Raises
        ------
        TextError
            If the text is not a string, or contains nothing visible.
        """
        plain = readable(text)[:LONGEST]
        return [
            Token(text[start:end], start, end, self[plain[start:end]])
            for start, end in self.pieces(plain)
        ]

    def encode(
        self, texts: Sequence[str], *, length: int | None = None, frame: bool = True
    ) -> list[list[int]]:
        """Return the ids of each text.

        Parameters
        ----------
        texts : sequence of str
        length : int, optional
            Maximum length of a row, including the frame; longer rows are cut.
        frame : bool
            Whether to add `[CLS]` and `[SEP]`.

        Raises
        ------
        TextError
            If `texts` is a single string, if an entry is not a string or contains nothing
            visible, or if the length leaves no room for tokens.
        """
        if isinstance(texts, str):
            raise TextError(
                f"Expected a list of texts, got one string: {texts[:20]!r}.",
                "Put it in a list: [text].",
            )
        room = LONGEST if length is None else length - 2 * frame
        if room < 1:
            raise TextError(f"A length of {length} leaves no room for tokens.", "Use 3 or more.")
        rows = self._rows(texts)
        if not frame:
            return [row[:room] for row in rows]
        return [[self.special[2], *row[:room], self.special[3]] for row in rows]

    def _rows(self, texts: Sequence[str]) -> list[list[int]]:
        return [[token.id for token in self.tokenize(text)] for text in texts]

    def unknown_rate(self, texts: Sequence[str]) -> float:
        """Return the share of the texts' tokens that are not in the vocabulary."""
        ids = np.concatenate([np.array(row) for row in self._rows(texts)])
        return float((ids == self.special[1]).mean())


class CharacterTokenizer(Tokenizer):
    """One token per character; the vocabulary consists of the characters of the training texts.

    Parameters
    ----------
    texts : sequence of str
        The training part only.
    size : int, optional
        Size of the vocabulary including special tokens; the most frequent characters are kept.
        By default all.
    """

    def __init__(self, texts: Sequence[str], *, size: int | None = None) -> None:
        counts = Counter(c for text in texts for c in readable(text) if c != " ")
        super().__init__("characters", _most_frequent(counts, size))

    def pieces(self, text: str) -> Iterable[tuple[int, int]]:
        return ((i, i + 1) for i, character in enumerate(text) if character != " ")


class WordTokenizer(Tokenizer):
    """One token per word, as segmented by jieba; rare words are unknown.

    Parameters
    ----------
    texts : sequence of str
        The training part only.
    size : int, optional
        Size of the vocabulary including special tokens; the most frequent words are kept. By
        default all.
    """

    def __init__(self, texts: Sequence[str], *, size: int | None = None) -> None:
        counts = Counter(
            plain[start:end] for plain in map(readable, texts) for start, end in self.pieces(plain)
        )
        super().__init__("words", _most_frequent(counts, size))
        # For `resized`, which would otherwise have to count all words again.
        self._counts = counts

    def resized(self, size: int) -> WordTokenizer:
        """Return a tokeniser with the most frequent of these words, `size` tokens in total."""
        smaller = object.__new__(WordTokenizer)
        Tokenizer.__init__(smaller, self.name, _most_frequent(self._counts, size))
        smaller._counts = self._counts
        return smaller

    def pieces(self, text: str) -> Iterable[tuple[int, int]]:
        import jieba

        # Otherwise jieba logs each step of loading its dictionary.
        jieba.setLogLevel(logging.WARNING)
        return ((start, end) for word, start, end in jieba.tokenize(text) if not word.isspace())


class SubwordTokenizer(Tokenizer):
    """Subwords learned by byte pair encoding on characters: frequent sequences become one token,
    and rare characters stay separate.

    Parameters
    ----------
    texts : sequence of str
        The training part only.
    size : int
        Size of the vocabulary, including special tokens.

    References
    ----------
    Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units"; trained by
    the package tokenizers.
    """

    def __init__(self, texts: Sequence[str], *, size: int = 8000) -> None:
        from tokenizers import Regex
        from tokenizers import Tokenizer as Engine
        from tokenizers.models import BPE
        from tokenizers.pre_tokenizers import Split
        from tokenizers.trainers import BpeTrainer

        engine = Engine(BPE(unk_token=SPECIAL_TOKENS[UNK]))
        engine.pre_tokenizer = Split(Regex(_RUNS), "isolated")
        trainer = BpeTrainer(
            vocab_size=size, special_tokens=list(SPECIAL_TOKENS), show_progress=False
        )
        engine.train_from_iterator(map(readable, texts), trainer)
        self._engine: Any = engine
        numbered = sorted(engine.get_vocab().items(), key=lambda entry: entry[1])
        super().__init__("subwords", [token for token, _ in numbered[len(SPECIAL_TOKENS) :]])

    def pieces(self, text: str) -> Iterable[tuple[int, int]]:
        offsets: list[tuple[int, int]] = self._engine.encode(text).offsets
        return ((start, end) for start, end in offsets if text[start:end] != " ")

    def _rows(self, texts: Sequence[str]) -> list[list[int]]:
        # In one call, since the engine uses all cores.
        encodings = self._engine.encode_batch([readable(text)[:LONGEST] for text in texts])
        blank = self._engine.token_to_id(" ")
        return [[number for number in each.ids if number != blank] for each in encodings]


class ErnieFilesTokenizer(Tokenizer):
    """ERNIE's own tokeniser, from its files: characters, and pieces of Latin words.

    Parameters
    ----------
    folder : Path
        Folder of a pretrained ERNIE; contains `vocab.txt`.
    """

    def __init__(self, folder: Path) -> None:
        from paddlenlp.transformers import ErnieTokenizer

        self._engine: Any = ErnieTokenizer.from_pretrained(str(folder))
        super().__init__("ernie", [])
        numbers = range(self._engine.vocab_size)
        self.tokens = tuple(self._engine.convert_ids_to_tokens(list(numbers)))
        self._numbers = {token: number for number, token in enumerate(self.tokens)}
        names = ("pad_token_id", "unk_token_id", "cls_token_id", "sep_token_id", "mask_token_id")
        pad, unk, cls, sep, mask = (int(getattr(self._engine, name)) for name in names)
        self.special = (pad, unk, cls, sep, mask)

    def pieces(self, text: str) -> Iterable[tuple[int, int]]:
        return ((start, end) for start, end, _ in self._cut(text))

    def tokenize(self, text: str) -> list[Token]:
        plain = readable(text)[:LONGEST]
        return [Token(text[a:b], a, b, number) for a, b, number in self._cut(plain)]

    def _cut(self, text: str) -> Iterable[tuple[int, int, int]]:
        place = 0
        for word in self._engine.basic_tokenizer.tokenize(text):
            # ERNIE removes accents, so a word may not occur in the text. Then it starts at the next
            # visible character.
            index = text.find(word, place)
            start = index if index >= 0 else len(text) - len(text[place:].lstrip())
            place = start + len(word)
            pieces = self._engine.wordpiece_tokenizer.tokenize(word)
            numbers = [int(self._engine.convert_tokens_to_ids(piece)) for piece in pieces]
            if numbers == [self.special[1]]:
                yield start, place, numbers[0]
                continue
            for piece, number in zip(pieces, numbers, strict=True):
                end = start + len(piece.removeprefix("##"))
                yield start, end, number
                start = end


def _most_frequent(counts: Counter[str], size: int | None) -> list[str]:
    # Ties are broken by code point, so that the order of the texts does not matter.
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    frequent = ranked if size is None else ranked[: max(0, size - len(SPECIAL_TOKENS))]
    return [token for token, _ in frequent]


def padded(rows: Sequence[Sequence[int]], *, multiple: int = 1) -> NDArray[np.int64]:
    """Return rows of ids as one array, padded with `PAD` at the end.

    Parameters
    ----------
    rows : sequence of sequences of int
    multiple : int
        The length of the rows is rounded up to a multiple of this number.

    Returns
    -------
    ndarray of int64, (len(rows), longest row)
    """
    longest = max((len(row) for row in rows), default=0)
    length = -(-longest // multiple) * multiple
    array = np.full((len(rows), length), PAD, dtype=np.int64)
    for target, row in zip(array, rows, strict=True):
        target[: len(row)] = row
    return array
