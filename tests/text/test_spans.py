import pytest

from paddle_workbench.errors import ShapeError, TextError
from paddle_workbench.text.spans import (
    Agreement,
    Span,
    bio_tags,
    bmes_tags,
    compare_spans,
    spans_of_bio,
    words_of_bmes,
)

GOLD = [Span(0, 3, "PER"), Span(4, 6, "LOC"), Span(8, 10, "ORG"), Span(12, 14, "LOC")]


def test_bio_tags_mark_start_and_inside_of_names() -> None:
    tags = bio_tags([Span(3, 5, "LOC"), Span(0, 3, "PER")], 6)
    assert tags == ["B-PER", "I-PER", "I-PER", "B-LOC", "I-LOC", "O"]
    assert spans_of_bio(tags) == [Span(0, 3, "PER"), Span(3, 5, "LOC")]


def test_adjacent_names_with_the_same_label_stay_separate() -> None:
    spans = [Span(0, 2, "LOC"), Span(2, 4, "LOC")]
    assert spans_of_bio(bio_tags(spans, 4)) == spans


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        (["I-PER", "I-PER", "O"], [Span(0, 2, "PER")]),
        (["B-PER", "I-LOC"], [Span(0, 1, "PER"), Span(1, 2, "LOC")]),
        (["O", "O"], []),
        ([], []),
    ],
)
def test_reads_inconsistent_bio_tags_as_conlleval_does(tags: list[str], spans: list[Span]) -> None:
    assert spans_of_bio(tags) == spans


@pytest.mark.parametrize("span", [Span(2, 5, "PER"), Span(-1, 2, "PER"), Span(2, 2, "PER")])
def test_rejects_span_outside_the_text(span: Span) -> None:
    with pytest.raises(ShapeError, match="text of 4 characters"):
        bio_tags([span], 4)


def test_rejects_overlapping_spans() -> None:
    with pytest.raises(ShapeError, match="overlaps"):
        bio_tags([Span(0, 3, "LOC"), Span(1, 4, "ORG")], 4)


def test_every_span_belongs_to_one_agreement() -> None:
    predicted = [Span(0, 3, "PER"), Span(4, 6, "ORG"), Span(7, 9, "ORG"), Span(15, 16, "LOC")]
    assert compare_spans(GOLD, predicted) == [
        Agreement("right", GOLD[0], predicted[0]),
        Agreement("label", GOLD[1], predicted[1]),
        Agreement("boundary", GOLD[2], predicted[2]),
        Agreement("missed", GOLD[3], None),
        Agreement("spurious", None, predicted[3]),
    ]


def test_matches_overlapping_span_only_once() -> None:
    agreements = compare_spans([Span(0, 2, "PER"), Span(2, 4, "PER")], [Span(0, 4, "PER")])
    assert [each.kind for each in agreements] == ["boundary", "missed"]
    assert compare_spans([], []) == []


def test_bmes_tags_round_trip() -> None:
    words = ["研究", "生", "命", "起源地"]
    assert bmes_tags(words) == "BESSBME"
    assert words_of_bmes("".join(words), bmes_tags(words)) == words


@pytest.mark.parametrize(
    ("tags", "words"),
    [("MEBE", ["研究", "生命"]), ("BBES", ["研", "究生", "命"]), ("BMMM", ["研究生命"])],
)
def test_accepts_inconsistent_bmes_tags(tags: str, words: list[str]) -> None:
    pieces = words_of_bmes("研究生命", tags)
    assert "".join(pieces) == "研究生命"
    assert pieces == words


def test_rejects_invalid_bmes_tags() -> None:
    with pytest.raises(ShapeError, match="3 tags for 4 characters"):
        words_of_bmes("研究生命", "BES")
    with pytest.raises(TextError, match="'X' is not a tag"):
        words_of_bmes("研究", "BX")
