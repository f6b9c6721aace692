"""A text as classifiers see it: their answers, and which pieces moved them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, cast

import numpy as np
import traitlets

from ..errors import TextError, WidgetError
from ..text.characters import Notice, sendable
from ..text.models import Explanation, Method, TextModel, Unit, explain
from .base import WorkbenchWidget

__all__ = ["TextLens"]


class TextLens(WorkbenchWidget, front_end="text-lens"):
    """Shows how one or two classifiers of two classes read a text, while it is edited.

    Each character or word is shaded by what it gave to the answer, by integrated gradients or by
    occlusion; two models stand beneath each other, and where they disagree on a piece it is
    outlined.

    Parameters
    ----------
    models : sequence of TextModel
        One or two.
    text : str
        To begin with.
    examples : sequence of (text, label), optional
        To click through, for example the texts on which the models differ most.
    classes : (str, str), optional
        What the two classes are called, the negative first.

    Raises
    ------
    WidgetError
        If there is no model, or more than two.
    """

    text_shown = traitlets.Unicode().tag(sync=True)
    """The text; setting it computes again."""

    method = traitlets.Enum(("gradients", "occlusion"), "gradients").tag(sync=True)
    """Integrated gradients where the model has them, or occlusion."""

    unit = traitlets.Enum(("characters", "words"), "characters").tag(sync=True)
    """What is shaded."""

    classes = traitlets.List(traitlets.Unicode(), ["negative", "positive"]).tag(sync=True)
    """Names of the two classes."""

    examples = traitlets.List(traitlets.List()).tag(sync=True)
    """Texts to click through, each [text, name of the right class]."""

    explanations = traitlets.List(traitlets.Dict()).tag(sync=True)
    """One a model: name, text, probability, method, gap, units as [start, end, value]."""

    notices = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """What the text holds that may mislead a model."""

    failure = traitlets.Unicode("").tag(sync=True)
    """Why the text could not be read; empty where it could."""

    def __init__(
        self,
        models: Sequence[TextModel],
        text: str,
        *,
        examples: Sequence[tuple[str, int]] = (),
        classes: tuple[str, str] | None = None,
        **traits: Any,
    ) -> None:
        if not 1 <= len(models) <= 2:
            raise WidgetError(
                f"TextLens was given {len(models)} models.", "Give one model, or two to compare."
            )
        self._models = tuple(models)
        super().__init__(**traits)
        self.classes = list(classes or (self.text("negative"), self.text("positive")))
        self.examples = [[sendable(each), self.classes[label]] for each, label in examples]
        self.text_shown = sendable(text)
        self._compute()
        self.observe(self._compute, ["text_shown", "method", "unit", "lang"])

    def _compute(self, _change: object = None) -> None:
        try:
            explanations = [
                explain(
                    model,
                    self.text_shown,
                    method=cast(Method, self.method),
                    unit=cast(Unit, self.unit),
                )
                for model in self._models
            ]
        except TextError as error:
            with self.hold_trait_notifications():
                self.failure, self.explanations, self.notices = str(error), [], []
            return
        notices = {notice.kind: notice for each in explanations for notice in each.notices}
        with self.hold_trait_notifications():
            self.failure = ""
            self.explanations = [_to_json(each) for each in explanations]
            self.notices = [self._notice_text(notice) for notice in notices.values()]

    def _notice_text(self, notice: Notice) -> str:
        return sendable(notice.message.in_language(self.lang))

    def to_html(self) -> str:
        """Return each model's answer, and the text shaded by it."""
        if self.failure:
            return f"<p role='alert'>{escape(self.failure)}</p>"
        blocks = []
        for each in self.explanations:
            answer = self.text(
                "{model}: {probability} {label}",
                model=each["name"],
                probability=f"{each['probability']:.1%}",
                label=self.classes[1],
            )
            shaded = _shaded_html(each)
            blocks.append(f"<p>{escape(answer)}</p><p style='line-height:2'>{shaded}</p>")
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notices)
        legend = self.text(
            "Shaded: supports {label}. Underlined: opposes it.", label=self.classes[1]
        )
        return "".join(blocks) + notes + f"<p><small>{escape(legend)}</small></p>"


def _shaded_html(explanation: dict[str, Any]) -> str:
    largest = max((abs(value) for _, _, value in explanation["units"]), default=0.0) or 1.0
    pieces = []
    for start, end, value in explanation["units"]:
        share = round(60 * abs(value) / largest)
        colour = "Highlight" if value >= 0 else "Mark"
        line = "none" if value >= 0 else "underline"
        style = (
            f"background:color-mix(in srgb,{colour} {share}%,transparent);text-decoration:{line};"
            "padding:2px 1px"
        )
        piece = escape(explanation["text"][start:end])
        pieces.append(f"<span style='{style}' title='{value:+.2f}'>{piece}</span>")
    return "".join(pieces)


def _to_json(explanation: Explanation) -> dict[str, Any]:
    return {
        "name": explanation.model,
        "text": sendable(explanation.text),
        "probability": explanation.probability,
        "method": explanation.method,
        "gap": explanation.gap,
        "units": [
            [unit.start, unit.end, round(float(value), 4)]
            for unit, value in zip(
                explanation.units, np.nan_to_num(explanation.values), strict=True
            )
        ],
    }
