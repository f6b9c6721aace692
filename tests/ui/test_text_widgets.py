"""The text widgets in a running notebook, used with the keyboard."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from .conftest import Lab
from .notebooks import open_cells

OpenPage = Callable[[Lab], Page]

TOKENS = """
from paddle_workbench.text.segmentation import CharacterTokenizer, WordTokenizer
from paddle_workbench.widgets.token_view import TokenView

texts = ["房间很干净", "研究生命起源"]
TokenView("研究房间👍", {"characters": CharacterTokenizer(texts), "words": WordTokenizer(texts)})
"""

SPANS = """
from paddle_workbench.text.spans import Span
from paddle_workbench.widgets.span_view import SpanExample, SpanView

right = SpanExample("新华社电", [Span(0, 3, "ORG")], [Span(0, 3, "ORG")])
wrong = SpanExample("江泽民在北京", [Span(0, 3, "PER"), Span(4, 6, "LOC")], [Span(0, 2, "PER")])
SpanView([right, right, wrong, right])
"""

ALL_RIGHT = "SpanView([right], only_errors=True)"

LENS = """
import numpy as np
from paddle_workbench.text.models import TextModel
from paddle_workbench.widgets.text_lens import TextLens

def counts(texts):
    return np.array([0.1 + 0.8 * (text.count("好") > text.count("不")) for text in texts])

TextLens([TextModel("counts", counts), TextModel("other", lambda texts: 1 - counts(texts))],
         "不好", examples=[("房间好", 1)])
"""


def test_text_widgets_respond_to_keys_and_typing(english_lab: Lab, open_page: OpenPage) -> None:
    page = open_page(english_lab)
    panel = open_cells(english_lab, page, "texts", [TOKENS, SPANS, LENS, ALL_RIGHT]).panel

    tokens = panel.get_by_role("region", name="One text, several tokenisations")
    expect(tokens.locator(".pw-TokenView-token.pw-mod-unknown")).to_have_count(2)
    first = tokens.locator(".pw-TokenView-token").first
    first.focus()
    page.keyboard.press("ArrowRight")
    expect(tokens.locator("[aria-live]")).to_contain_text("究 is number")
    expect(tokens.locator(".pw-mod-together")).to_have_count(2)
    tokens.get_by_role("button", name="Show numbers").click()
    expect(tokens.locator("small")).to_have_count(8)

    spans, all_right = panel.get_by_role("region", name="Gold and predicted spans").all()
    expect(spans.get_by_text("1 of 4")).to_be_visible()
    only_errors = spans.get_by_role("button", name="Only texts with errors")
    only_errors.click()
    expect(spans.get_by_text("1 of 1 with errors")).to_be_visible()
    expect(spans.get_by_role("button", name="Next")).to_be_disabled()
    expect(spans.get_by_role("button", name="Previous")).to_be_disabled()
    expect(all_right.get_by_text("No text has errors.")).to_be_visible()
    expect(all_right.locator(".pw-SpanView-span")).to_have_count(0)
    spans.locator(".pw-SpanView-span").first.focus()
    message = "wrong boundaries: gold 江泽民 PER, predicted 江泽 PER"
    expect(spans.get_by_text(message)).to_be_visible()

    lens = panel.get_by_role("region", name="Text lens")
    expect(lens.get_by_text("10.0 % positive")).to_be_visible()
    lens.get_by_role("textbox").fill("真好👍")
    expect(lens.get_by_text("90.0 % positive")).to_be_visible()
    expect(lens.get_by_text("1 emoji or symbols")).to_be_visible()
    lens.get_by_label("Shade by").select_option("words")
    expect(lens.locator(".pw-TextLens-piece.pw-mod-differs").first).to_be_visible()

    lens.get_by_role("textbox").fill(" ")
    expect(lens.get_by_role("alert")).to_contain_text("no visible character")
    lens.get_by_role("button", name="房间好 (positive)").click()
    expect(lens.get_by_text("90.0 % positive")).to_be_visible()
