"""Labelled spans of text, such as words and names, and the agreement of two sets of spans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ..errors import ShapeError, TextError

__all__ = [
    "Agreement",
    "Span",
    "bio_tags",
    "bmes_tags",
    "compare_spans",
    "spans_of_bio",
    "words_of_bmes",
]

Kind = Literal["right", "label", "boundary", "missed", "spurious"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A span of a text.

    Parameters
    ----------
    start, end : int
        In characters; `end` is exclusive.
    label : str
        For example `PER`, `LOC`, `ORG`; empty for words.
    """

    start: int
    end: int
    label: str = ""

    def overlaps(self, other: Span) -> bool:
        """Whether the two spans share at least one character."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Agreement:
    """A gold span, a predicted span, or a pair of them that belongs together.

    Parameters
    ----------
    kind : str
        `right`; `label`: same position, different label; `boundary`: overlap; `missed`: gold
        only; `spurious`: predicted only.
    gold, predicted : Span or None
    """

    kind: Kind
    gold: Span | None
    predicted: Span | None


def compare_spans(gold: Iterable[Span], predicted: Iterable[Span]) -> list[Agreement]:
    """Match predicted and gold spans, and return the agreements in text order.

    Each span is in exactly one agreement. Equal spans are matched first, then spans with the same
    position, then overlapping ones; each gold span gets the first unmatched candidate.
    """
    gold_left, predicted_left = sorted(set(gold)), sorted(set(predicted))
    agreements: list[Agreement] = []
    kinds: tuple[Kind, ...] = ("right", "label", "boundary")
    for kind in kinds:
        for span in list(gold_left):
            partner = next((other for other in predicted_left if _belong(kind, span, other)), None)
            if partner is not None:
                agreements.append(Agreement(kind, span, partner))
                gold_left.remove(span)
                predicted_left.remove(partner)
    agreements += [Agreement("missed", span, None) for span in gold_left]
    agreements += [Agreement("spurious", None, span) for span in predicted_left]
    return sorted(agreements, key=_place)


def _belong(kind: Kind, gold: Span, predicted: Span) -> bool:
    if kind == "right":
        return gold == predicted
    if kind == "label":
        return (gold.start, gold.end) == (predicted.start, predicted.end)
    return gold.overlaps(predicted)


def _place(agreement: Agreement) -> tuple[int, int]:
    span = agreement.gold or agreement.predicted
    assert span is not None  # noqa: S101 - at least one of them is a span
    return span.start, span.end


def bio_tags(spans: Iterable[Span], length: int) -> list[str]:
    """Return one tag per character: `B-` at the start of a name, `I-` inside, otherwise `O`.

    Raises
    ------
    ShapeError
        If a span is outside the text, or if two spans overlap.
    """
    tags = ["O"] * length
    for span in sorted(spans):
        if not 0 <= span.start < span.end <= length:
            raise ShapeError(
                f"{span} is outside a text of {length} characters.",
                "Use spans and text from the same sentence.",
            )
        if tags[span.start : span.end] != ["O"] * (span.end - span.start):
            raise ShapeError(
                f"{span} overlaps another span, and one tag cannot mark both.",
                "Keep the outer span of nested ones.",
            )
        tags[span.start] = f"B-{span.label}"
        tags[span.start + 1 : span.end] = [f"I-{span.label}"] * (span.end - span.start - 1)
    return tags


def spans_of_bio(tags: Sequence[str]) -> list[Span]:
    """Return the names that a row of BIO tags encodes.

    As in conlleval, an `I-` at the start or after a different label begins a new name.
    """
    spans: list[Span] = []
    start, label = 0, ""
    for place, tag in enumerate([*tags, "O"]):
        prefix, _, current = tag.partition("-")
        if label and (prefix != "I" or current != label):
            spans.append(Span(start, place, label))
            label = ""
        if current and not label:
            start, label = place, current
    return spans


def bmes_tags(words: Sequence[str]) -> str:
    """Return one letter per character: Begin, Middle or End of a word, or a Single character."""
    return "".join("S" if len(word) == 1 else f"B{'M' * (len(word) - 2)}E" for word in words)


def words_of_bmes(text: str, tags: Sequence[str]) -> list[str]:
    """Split a text into words by BMES tags.

    Inconsistent tags are accepted: a word always ends before a `B` or `S`.

    Raises
    ------
    ShapeError
        If there is not one tag per character.
    TextError
        If a tag is not B, M, E or S.
    """
    if len(text) != len(tags):
        raise ShapeError(
            f"{len(tags)} tags for {len(text)} characters.", "Give one tag per character."
        )
    unknown = set(tags) - set("BMES")
    if unknown:
        raise TextError(f"{sorted(unknown)[0]!r} is not a tag.", "Use B, M, E and S.")
    words: list[str] = []
    is_open = False
    for character, tag in zip(text, tags, strict=True):
        if is_open and tag in "ME":
            words[-1] += character
        else:
            words.append(character)
        is_open = tag in "BM"
    return words
