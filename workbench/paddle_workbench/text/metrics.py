"""Metrics of named entity recognition, word segmentation and calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ShapeError
from .spans import Span, bio_tags

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Calibration", "calibration", "name_scores", "word_scores"]


def name_scores(
    gold: Sequence[Sequence[Span]], predicted: Sequence[Sequence[Span]], lengths: Sequence[int]
) -> pd.DataFrame:
    """Return precision, recall and F1 of names, for each label and in total, as in seqeval.

    A predicted name counts as correct only if its first and last character and its label are.

    Parameters
    ----------
    gold, predicted : sequence of sequences of Span, equal lengths
        One row per sentence.
    lengths : sequence of int
        Number of characters of each sentence.

    Raises
    ------
    ShapeError
        If the three differ in length, or if spans overlap or exceed their sentence.

    References
    ----------
    Tjong Kim Sang and De Meulder 2003, "Introduction to the CoNLL-2003 Shared Task"; the package
    seqeval.
    """
    import pandas as pd
    from seqeval.metrics import classification_report

    if not len(gold) == len(predicted) == len(lengths):
        raise ShapeError(
            f"{len(gold)} gold rows, {len(predicted)} predicted and {len(lengths)} lengths.",
            "Give one of each per sentence.",
        )
    rows = [
        [bio_tags(spans, length) for spans, length in zip(side, lengths, strict=True)]
        for side in (gold, predicted)
    ]
    report = classification_report(*rows, output_dict=True, zero_division=0)
    labels = sorted(set(report) - {"micro avg", "macro avg", "weighted avg"})
    table = {name: report[name] for name in labels} | {"all": report["micro avg"]}
    frame = pd.DataFrame.from_dict(table, orient="index")
    frame.columns = pd.Index(["precision", "recall", "f1", "names"])
    return frame.astype({"names": int})


def word_scores(
    gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]
) -> dict[str, float]:
    """Return precision, recall and F1 of words. A word is correct if both of its ends are.

    Parameters
    ----------
    gold, predicted : sequence of sequences of str, equal lengths
        The same texts, segmented.

    Raises
    ------
    ShapeError
        If the number of sentences or the text of a sentence differs.

    References
    ----------
    Sproat and Emerson 2003, "The First International Chinese Word Segmentation Bakeoff".
    """
    if len(gold) != len(predicted):
        raise ShapeError(
            f"{len(gold)} gold sentences, {len(predicted)} predicted.",
            "Give one predicted sentence for each gold sentence.",
        )
    correct = gold_count = predicted_count = 0
    for gold_words, predicted_words in zip(gold, predicted, strict=True):
        if "".join(gold_words) != "".join(predicted_words):
            raise ShapeError(
                f"The texts differ: {''.join(gold_words)[:20]!r} and "
                f"{''.join(predicted_words)[:20]!r}.",
                "Compare segmentations of the same text.",
            )
        gold_spans, predicted_spans = _word_spans(gold_words), _word_spans(predicted_words)
        correct += len(gold_spans & predicted_spans)
        gold_count += len(gold_spans)
        predicted_count += len(predicted_spans)
    return {
        "precision": correct / predicted_count if predicted_count else 0.0,
        "recall": correct / gold_count if gold_count else 0.0,
        "f1": 2 * correct / (gold_count + predicted_count) if gold_count + predicted_count else 0.0,
    }


def _word_spans(words: Sequence[str]) -> set[tuple[int, int]]:
    places = np.cumsum([0, *map(len, words)]).tolist()
    return set(pairwise(places))


@dataclass(frozen=True, slots=True)
class Calibration:
    """Confidence and accuracy of a model by confidence bin.

    Parameters
    ----------
    confidence, accuracy : ndarray of float64, (bins,)
        Mean in each bin; NaN in an empty bin.
    counts : ndarray of int64, (bins,)
        Number of predictions in each bin.
    """

    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance of confidence and accuracy; 0 is perfect."""
        is_filled = self.counts > 0
        distance = np.abs(self.confidence[is_filled] - self.accuracy[is_filled])
        return float(np.average(distance, weights=self.counts[is_filled]))


def calibration(
    probabilities: NDArray[np.float64], labels: NDArray[np.int64], *, bins: int = 10
) -> Calibration:
    """Return confidence and accuracy of a binary classifier by confidence bin.

    Parameters
    ----------
    probabilities : ndarray of float, (n,)
        Probabilities of class 1.
    labels : ndarray of int, (n,)
    bins : int
        Number of bins of equal width between 0.5 and 1.

    Raises
    ------
    ShapeError
        If the two differ in length or are empty.

    References
    ----------
    Guo et al. 2017, "On Calibration of Modern Neural Networks".
    """
    if probabilities.shape != labels.shape or probabilities.ndim != 1 or not len(labels):
        raise ShapeError(
            f"Probabilities {probabilities.shape} and labels {labels.shape} do not match.",
            "Give one probability of class 1 for each label.",
        )
    sure = np.maximum(probabilities, 1 - probabilities)
    right = (probabilities >= 0.5) == (labels == 1)
    place = np.clip(((sure - 0.5) * 2 * bins).astype(np.int64), 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        return Calibration(
            np.bincount(place, weights=sure, minlength=bins) / counts,
            np.bincount(place, weights=right, minlength=bins) / counts,
            counts,
        )
