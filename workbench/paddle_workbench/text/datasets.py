"""The course's corpora as PaddleNLP data sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .newspaper import NewspaperPart
from .reviews import ReviewPart

if TYPE_CHECKING:
    from paddlenlp.datasets import MapDataset

__all__ = ["as_dataset"]


def as_dataset(part: ReviewPart | NewspaperPart) -> MapDataset:
    """Return a part of a corpus as a PaddleNLP data set.

    This is a `paddle.io.Dataset` of dictionaries with `map` and `filter`, which works with
    `paddle.io.DataLoader` and PaddleNLP's collators.

    Parameters
    ----------
    part : ReviewPart or NewspaperPart

    Returns
    -------
    MapDataset
        For reviews `{"text": str, "label": int}`; for the newspaper `{"tokens": list of
        characters, "words": list of str, "tags": list of str, "names": BIO tags}`.
    """
    from paddlenlp.datasets import MapDataset

    return MapDataset(_reviews(part) if isinstance(part, ReviewPart) else _sentences(part))


def _reviews(part: ReviewPart) -> list[dict[str, Any]]:
    return [
        {"text": text, "label": int(label)}
        for text, label in zip(part.texts, part.labels, strict=True)
    ]


def _sentences(part: NewspaperPart) -> list[dict[str, Any]]:
    from .spans import bio_tags

    return [
        {
            "tokens": list(sentence.text),
            "words": list(sentence.words),
            "tags": list(sentence.tags),
            "names": bio_tags(sentence.names, len(sentence.text)),
        }
        for sentence in part.sentences
    ]
