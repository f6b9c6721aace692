"""Gold and predicted names or words in a text."""

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

# Symbols, since colour must not be the only cue.
SIGNS: Final = {"right": "✓", "label": "≠", "boundary": "↔", "missed": "−", "spurious": "+"}


@dataclass(frozen=True, slots=True)
class SpanExample:
    """A text with gold and predicted spans.

    Parameters
    ----------
    text : str
    gold, predicted : sequence of Span
    """

    text: str
    gold: Sequence[Span]
    predicted: Sequence[Span]


class SpanView(WorkbenchWidget, front_end="span-view"):
    """Shows gold spans above a text, predicted spans below it, and their agreement.

    Parameters
    ----------
    examples : sequence of SpanExample
        Shown one at a time; examples without errors can be skipped.

    Raises
    ------
    WidgetError
        If there are no examples.
    ShapeError
        If a span is outside its text.
    """

    examples = traitlets.List(traitlets.Dict()).tag(sync=True)
    """Each: text; agreements as {kind, gold, predicted}, spans as [start, end, label] or null."""

    index = traitlets.Int(0).tag(sync=True)
    """Index of the example to show, from 0; in place of a skipped one the next is shown."""

    only_errors = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether examples without an error are skipped."""

    def __init__(self, examples: Sequence[SpanExample], **traits: Any) -> None:
        if not examples:
            raise WidgetError("SpanView has no examples to show.", "Give at least one SpanExample.")
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
        """Return the current example: its text and a table of its spans."""
        example = self._shown()
        if example is None:
            return f"<p>{escape(self.text('No text has errors.'))}</p>"
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

    def _shown(self) -> dict[str, Any] | None:
        listed = [
            (index, example)
            for index, example in enumerate(self.examples)
            if not self.only_errors or _has_errors(example)
        ]
        following = (example for index, example in listed if index >= self.index)
        return next(following, listed[-1][1] if listed else None)


def _has_errors(example: dict[str, Any]) -> bool:
    return any(each["kind"] != "right" for each in example["agreements"])


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
