"""Metrics of detection, recognition, and both together."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import ShapeError
from .generated.canvas import TrueLine
from .results import PageResult

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "PageScores",
    "character_error_rate",
    "confusions",
    "line_accuracy",
    "match_boxes",
    "normalised",
    "score_pages",
]

SAME_PLACE: Final = 0.5  # intersection over union


def normalised(text: str) -> str:
    """Return the form of a text that is compared: NFKC, without spaces."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def character_error_rate(predicted: Sequence[str], reference: Sequence[str]) -> float:
    """Return the character error rate of a set of recognised lines.

    Parameters
    ----------
    predicted, reference : sequence of str, equal lengths
        One entry per text line; compared after NFKC normalisation, without spaces.

    Returns
    -------
    float
        Levenshtein edits divided by reference characters; 0 is perfect, it may exceed 1.

    Raises
    ------
    ShapeError
        If the two sequences differ in length, or the reference has no characters.

    References
    ----------
    Morris et al. 2004, "From WER and RIL to MER and WIL".
    """
    _check_lengths(predicted, reference)
    edits, characters = _edits(predicted, reference)
    if not characters:
        raise ShapeError(
            "The reference has no characters, so the error rate is undefined.",
            "Leave empty lines out of the reference.",
        )
    return edits / characters


def line_accuracy(predicted: Sequence[str], reference: Sequence[str]) -> float:
    """Return the share of lines without any error, compared as in `character_error_rate`.

    Raises
    ------
    ShapeError
        If the two sequences differ in length or are empty.
    """
    _check_lengths(predicted, reference)
    if not reference:
        raise ShapeError("There are no lines to compare.", "Give at least one.")
    right = sum(
        normalised(one) == normalised(other)
        for one, other in zip(predicted, reference, strict=True)
    )
    return right / len(reference)


def confusions(predicted: Sequence[str], reference: Sequence[str]) -> Counter[tuple[str, str]]:
    """Count which character was read as which other character.

    A missing character counts as read as the empty string, an extra one as read from it.

    Parameters
    ----------
    predicted, reference : sequence of str, equal lengths

    Returns
    -------
    Counter
        Keys are (true character, recognised character).

    Raises
    ------
    ShapeError
        If the two sequences differ in length.
    """
    from rapidfuzz.distance import Levenshtein

    _check_lengths(predicted, reference)
    counts: Counter[tuple[str, str]] = Counter()
    for recognised, truth in zip(predicted, reference, strict=True):
        source, target = normalised(truth), normalised(recognised)
        for edit in Levenshtein.editops(source, target):
            true_character = "" if edit.tag == "insert" else source[edit.src_pos]
            read_character = "" if edit.tag == "delete" else target[edit.dest_pos]
            counts[true_character, read_character] += 1
    return counts


def match_boxes(
    predicted: NDArray[np.float32], reference: NDArray[np.float32]
) -> tuple[tuple[int, int], ...]:
    """Match predicted and true boxes, largest overlap first, down to an overlap of 0.5.

    Parameters
    ----------
    predicted, reference : ndarray of float32, (boxes, 4, 2)

    Returns
    -------
    tuple of (int, int)
        Indices into `predicted` and `reference`; each index occurs at most once.

    References
    ----------
    Karatzas et al. 2015, "ICDAR 2015 Competition on Robust Reading".
    """
    import shapely

    if len(predicted) == 0 or len(reference) == 0:
        return ()
    ours, theirs = shapely.polygons(predicted)[:, None], shapely.polygons(reference)[None]
    # The sides of a box drawn by hand may cross.
    ours, theirs = shapely.make_valid(ours), shapely.make_valid(theirs)
    shared = shapely.area(shapely.intersection(ours, theirs))
    overlap = shared / np.maximum(shapely.area(ours) + shapely.area(theirs) - shared, 1e-9)
    pairs: list[tuple[int, int]] = []
    for flat in np.argsort(-overlap, axis=None, kind="stable"):
        i, j = (int(place) for place in np.unravel_index(flat, overlap.shape))
        if overlap[i, j] < SAME_PLACE:
            break
        if all(i != one and j != other for one, other in pairs):
            pairs.append((i, j))
    return tuple(pairs)


@dataclass(frozen=True, slots=True)
class PageScores:
    """Counts over a number of pages, from which the rates follow.

    Parameters
    ----------
    predicted, reference : int
        Number of detected boxes and of true boxes.
    matched : int
        Detected boxes that match a true one, at an intersection over union of 0.5.
    right : int
        Matched boxes that were read without error.
    edits, characters : int
        Levenshtein edits over all lines, and characters of the reference. The text of a missed
        box counts as deleted, the text of a spurious box as inserted.
    """

    predicted: int
    reference: int
    matched: int
    right: int
    edits: int
    characters: int

    @property
    def precision(self) -> float:
        """Share of the detected boxes that match a true one; 0 if there are none."""
        return self.matched / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the true boxes that were detected; 0 if there are none."""
        return self.matched / self.reference if self.reference else 0.0

    @property
    def h_mean(self) -> float:
        """Harmonic mean of precision and recall of the boxes."""
        return 2 * self.matched / max(self.predicted + self.reference, 1)

    @property
    def end_to_end_f1(self) -> float:
        """As `h_mean`, but only boxes that were also read without error count as matched."""
        return 2 * self.right / max(self.predicted + self.reference, 1)

    @property
    def character_error_rate(self) -> float:
        """Edits divided by reference characters; 0 is perfect, it may exceed 1."""
        return self.edits / max(self.characters, 1)

    def table(self) -> pd.Series:
        """Return all rates by name."""
        import pandas as pd

        names = ("precision", "recall", "h_mean", "end_to_end_f1", "character_error_rate")
        return pd.Series({name: getattr(self, name) for name in names})


def score_pages(pages: Iterable[tuple[PageResult, Sequence[TrueLine]]]) -> PageScores:
    """Compare recognised pages with their ground truth.

    Parameters
    ----------
    pages : iterable of (PageResult, sequence of TrueLine)
        The result and the true lines of each page.
    """
    counts = np.zeros(6, dtype=np.int64)
    for result, truth in pages:
        boxes = np.array([line.box for line in truth], dtype=np.float32).reshape(-1, 4, 2)
        pairs = match_boxes(result.boxes, boxes)
        unmatched_read, unmatched_true = dict(enumerate(result.lines)), dict(enumerate(truth))
        texts = [(unmatched_read.pop(i).text, unmatched_true.pop(j).text) for i, j in pairs]
        right = sum(normalised(one) == normalised(other) for one, other in texts)
        texts += [(line.text, "") for line in unmatched_read.values()]
        texts += [("", line.text) for line in unmatched_true.values()]
        edits, characters = _edits([one for one, _ in texts], [other for _, other in texts])
        counts += (len(result), len(truth), len(pairs), right, edits, characters)
    return PageScores(*(int(count) for count in counts))


def _edits(predicted: Sequence[str], reference: Sequence[str]) -> tuple[int, int]:
    from rapidfuzz.distance import Levenshtein

    pairs = [
        (normalised(one), normalised(other))
        for one, other in zip(predicted, reference, strict=True)
    ]
    edits = sum(Levenshtein.distance(one, other) for one, other in pairs)
    return edits, sum(len(other) for _, other in pairs)


def _check_lengths(predicted: Sequence[str], reference: Sequence[str]) -> None:
    if len(predicted) != len(reference):
        raise ShapeError(
            f"{len(predicted)} lines were recognised, but there are {len(reference)} reference "
            "lines.",
            "Give one recognised line for each reference line.",
        )
