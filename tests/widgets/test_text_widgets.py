from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from paddle_workbench import SpanView, TextLens, TokenView
from paddle_workbench.errors import ShapeError, TextError, WidgetError
from paddle_workbench.text.models import TextModel, explain
from paddle_workbench.text.segmentation import CharacterTokenizer, WordTokenizer
from paddle_workbench.text.spans import Span
from paddle_workbench.widgets.span_view import SpanExample
from paddle_workbench.widgets.token_view import LONGEST_SHOWN

TEXTS = ["房间很干净", "房间太小，不好"]
STRANGE = [
    "👍👍",
    "𠮷野家",
    "<script>alert(1)</script>好",
    "好\x00的\u200b",
    "好\ud800",
    "２００８",
]


def share_of_good(texts: Sequence[str]) -> Any:
    return np.array([0.1 + 0.8 * (text.count("好") > text.count("不")) for text in texts])


GOOD = TextModel("counts", share_of_good)
OTHER = TextModel("long", lambda texts: np.array([min(0.9, 0.2 + len(t) / 20) for t in texts]))


@pytest.fixture(scope="module")
def tokenizers() -> dict[str, Any]:
    with warnings.catch_warnings():
        # Compiling jieba's source for the first time causes warnings.
        warnings.simplefilter("ignore")
        import jieba  # noqa: F401
    return {"characters": CharacterTokenizer(TEXTS), "words": WordTokenizer(TEXTS)}


def test_sends_tokens_with_positions_ids_and_unknowns(tokenizers: Any) -> None:
    view = TokenView("房间很贵", tokenizers, lang="en")
    characters, words = view.rows
    assert [token[:2] for token in words["tokens"]] == [[0, 2], [2, 3], [3, 4]]
    assert [token[3] for token in characters["tokens"]] == [True, True, True, False]
    assert (characters["size"], characters["name"]) == (len(tokenizers["characters"]), "characters")


def test_static_version_marks_unknown_tokens(tokenizers: Any) -> None:
    html = TokenView("房间贵", tokenizers, lang="zh").to_html()
    assert "characters：3 个" in html
    assert "dashed'>贵<sup>?</sup>" in html


def test_long_text_is_shortened_with_a_notice(tokenizers: Any) -> None:
    view = TokenView("房间很干净" * 2_000, tokenizers, lang="en")
    assert (len(view.shown), view.left_out) == (LONGEST_SHOWN, 10_000 - LONGEST_SHOWN)
    assert "9700 more characters are not shown." in view.to_html()


@pytest.mark.parametrize("text", STRANGE)
def test_strange_text_is_shown_with_its_notice(tokenizers: Any, text: str) -> None:
    view = TokenView(text, tokenizers, lang="en")
    assert len(view.notices) >= 1
    html = view.to_html()
    html.encode()
    assert "<script>" not in html


def test_rejects_missing_text_or_tokeniser(tokenizers: Any) -> None:
    with pytest.raises(TextError, match="no visible character"):
        TokenView(" ", tokenizers)
    with pytest.raises(WidgetError, match="no tokenisers"):
        TokenView("好", {})


EXAMPLES = [
    SpanExample("江泽民在北京", [Span(0, 3, "PER"), Span(4, 6, "LOC")], [Span(0, 3, "PER")]),
    SpanExample("新华社电", [Span(0, 3, "ORG")], [Span(0, 3, "ORG")]),
]


def test_sends_spans_with_their_agreement() -> None:
    view = SpanView(EXAMPLES, lang="en")
    assert [each["kind"] for each in view.examples[0]["agreements"]] == ["right", "missed"]
    assert view.examples[0]["agreements"][1] == {
        "kind": "missed",
        "gold": [4, 6, "LOC"],
        "predicted": None,
    }


@pytest.mark.parametrize(("lang", "message"), [("en", "− missed"), ("zh", "− 漏掉")])
def test_static_version_names_each_span_error(lang: str, message: str) -> None:
    html = SpanView(EXAMPLES, lang=lang).to_html()
    assert "<td>北京 LOC</td><td></td>" in html
    assert message in html


def test_static_version_skips_examples_without_errors() -> None:
    right, wrong = EXAMPLES[1], EXAMPLES[0]
    for index in (0, 1, 2):
        html = SpanView([right, wrong, right], index=index, only_errors=True, lang="en").to_html()
        assert "− missed" in html
    html = SpanView([right], only_errors=True, lang="en").to_html()
    assert html == "<p>No text has errors.</p>"


def test_rejects_invalid_spans_and_indices() -> None:
    with pytest.raises(ShapeError, match="text of 2 characters"):
        SpanView([SpanExample("北京", [Span(0, 3, "LOC")], [])])
    with pytest.raises(WidgetError, match="no examples"):
        SpanView([])
    with pytest.raises(WidgetError, match="index is 2"):
        SpanView(EXAMPLES, index=2)
    view = SpanView(EXAMPLES)
    with pytest.raises(Exception, match="index is -1"):
        view.index = -1


def test_lens_matches_explain() -> None:
    lens = TextLens([GOOD, OTHER], "不好，好", lang="en")
    for model, state in zip((GOOD, OTHER), lens.explanations, strict=True):
        explanation = explain(model, "不好，好")
        assert state["probability"] == explanation.probability
        assert [value for _, _, value in state["units"]] == pytest.approx(
            explanation.values, abs=1e-4
        )
        assert state["method"] == "occlusion"


def test_lens_updates_when_text_method_or_unit_change() -> None:
    lens = TextLens([GOOD], "房间不好", lang="en")
    before = lens.explanations[0]["probability"]
    lens.text_shown = "房间好"
    assert lens.explanations[0]["probability"] > before
    lens.unit = "words"
    assert [unit[:2] for unit in lens.explanations[0]["units"]] == [[0, 2], [2, 3]]


def test_lens_reports_unreadable_text_in_place_and_recovers() -> None:
    lens = TextLens([GOOD], "好", lang="en")
    lens.text_shown = "  "
    assert "no visible character" in lens.failure
    assert "role='alert'" in lens.to_html()
    lens.text_shown = "好"
    assert lens.failure == ""
    assert lens.explanations[0]["units"]


@pytest.mark.parametrize("text", STRANGE)
def test_lens_reads_strange_text_with_a_notice(text: str) -> None:
    lens = TextLens([GOOD], text, lang="zh", examples=[(text, 1)])
    assert lens.failure == ""
    assert lens.notices
    html = lens.to_html()
    html.encode()
    assert "<script>" not in html
    assert lens.examples == [[lens.text_shown, "好评"]]


def test_lens_cuts_long_text_with_a_notice() -> None:
    lens = TextLens([GOOD], "这家酒店很好。" * 1_500, lang="en")
    assert "Only the first 512 of" in lens.notices[0]


def test_static_version_of_the_lens_shades_and_underlines() -> None:
    html = TextLens([GOOD], "不好", lang="en").to_html()
    assert "counts: 10.0% positive" in html
    assert "Highlight" in html
    assert "underline" in html


@pytest.mark.parametrize("joined", [False, True])
def test_static_version_says_that_tokens_are_shaded_as_a_whole(joined: bool) -> None:
    lens = TextLens([GOOD], "不好", lang="en")
    lens.explanations = [each | {"joined": joined} for each in lens.explanations]
    assert ("Each token of this model is shaded as a whole." in lens.to_html()) == joined


@pytest.mark.parametrize("models", [[], [GOOD, OTHER, GOOD]])
def test_lens_requires_one_or_two_models(models: list[TextModel]) -> None:
    with pytest.raises(WidgetError, match=f"one or two models, got {len(models)}"):
        TextLens(models, "好")
