"""Names or words in a text, as they should be and as a model says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import traitlets

from ..errors import ShapeError, WidgetError
from ..text.characters import sendable
from ..text.spans import Agreement, Span, compare_spans
from .base import WorkbenchWidget

__all__ = ["SpanExample", "SpanView"]

# A sign each, since colour is never the only one.
SIGNS: Final = {"right": "✓", "label": "≠", "boundary": "↔", "missed": "−", "spurious": "+"}


@dataclass(frozen=True, slots=True)
class SpanExample:
    """A text with its spans, those of the annotators and those of a model.

    Parameters
    ----------
    text : str
    gold, predicted : sequence of Span
    """

    text: str
    gold: Sequence[Span]
    predicted: Sequence[Span]


class SpanView(WorkbenchWidget, front_end="span-view"):
    """Shows spans over texts: gold above, predicted below, and how they agree.

    Parameters
    ----------
    examples : sequence of SpanExample
        Paged through; those with errors can be shown alone.

    Raises
    ------
    WidgetError
        If there is no example.
    ShapeError
        If a span leaves its text.
    """

    examples = traitlets.List(traitlets.Dict()).tag(sync=True)
    """Each: text; agreements as {kind, gold, predicted}, spans as [start, end, label] or null."""

    index = traitlets.Int(0).tag(sync=True)
    """Which example is shown, from 0."""

    only_errors = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether examples without an error are passed over."""

    def __init__(self, examples: Sequence[SpanExample], **traits: Any) -> None:
        if not examples:
            raise WidgetError("SpanView has no example to show.", "Give at least one SpanExample.")
        super().__init__(examples=[_to_json(each) for each in examples], **traits)

    @traitlets.validate("index")
    def _index_exists(self, proposal: dict[str, Any]) -> int:
        index = int(proposal["value"])
        if not 0 <= index < len(self.examples):
            raise traitlets.TraitError(
                f"index is {index}, but there are {len(self.examples)} examples, counted from 0."
            )
        return index

    def to_html(self) -> str:
        """Return the shown example as text and a table of its spans."""
        example = self.examples[self.index]
        text = example["text"]
        names = {
            "right": self.text("right"),
            "label": self.text("wrong label"),
            "boundary": self.text("wrong boundaries"),
            "missed": self.text("missed"),
            "spurious": self.text("spurious"),
        }
        heads = [self.text("Gold"), self.text("Predicted"), ""]
        rows = "".join(
            f"<tr><td>{_cell(text, each['gold'])}</td><td>{_cell(text, each['predicted'])}</td>"
            f"<td>{SIGNS[each['kind']]} {escape(names[each['kind']])}</td></tr>"
            for each in example["agreements"]
        )
        head = "".join(f"<th>{escape(each)}</th>" for each in heads)
        return f"<p>{escape(text)}</p><table><tr>{head}</tr>{rows}</table>"


def _cell(text: str, span: list[Any] | None) -> str:
    if span is None:
        return ""
    start, end, label = span
    return escape(f"{text[start:end]} {label}".strip())


def _to_json(example: SpanExample) -> dict[str, Any]:
    for span in (*example.gold, *example.predicted):
        if not 0 <= span.start < span.end <= len(example.text):
            raise ShapeError(
                f"{span} is outside a text of {len(example.text)} characters.",
                "Use spans and text from the same sentence.",
            )
    agreements = map(_agreement_json, compare_spans(example.gold, example.predicted))
    return {"text": sendable(example.text), "agreements": list(agreements)}


def _agreement_json(agreement: Agreement) -> dict[str, Any]:
    return {
        "kind": agreement.kind,
        "gold": _span_json(agreement.gold),
        "predicted": _span_json(agreement.predicted),
    }


def _span_json(span: Span | None) -> list[Any] | None:
    return None if span is None else [span.start, span.end, span.label]
