"""Predictions of text classifiers, and the contribution of each piece of the text."""

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
    """Shows the predictions of one or two binary classifiers for a text that can be edited.

    Each character or word is shaded by its contribution to the prediction, from integrated
    gradients or occlusion. Integrated gradients have one value per token, so longer tokens are
    shaded as a whole. Two models are shown below each other; pieces on which they disagree
    are outlined.

    Parameters
    ----------
    models : sequence of TextModel
        One or two.
    text : str
        Initial text.
    examples : sequence of (text, label), optional
        Further texts to choose from, for example those on which the models differ most.
    classes : (str, str), optional
        Names of the two classes, the negative one first.

    Raises
    ------
    WidgetError
        If there are no models or more than two.
    """

    text_shown = traitlets.Unicode().tag(sync=True)
    """The text; changing it updates the predictions."""

    method = traitlets.Enum(("gradients", "occlusion"), "gradients").tag(sync=True)
    """`gradients` falls back to occlusion for models without gradients."""

    unit = traitlets.Enum(("characters", "words"), "characters").tag(sync=True)
    """Unit of shading."""

    classes = traitlets.List(traitlets.Unicode(), ["negative", "positive"]).tag(sync=True)
    """Names of the two classes."""

    examples = traitlets.List(traitlets.List()).tag(sync=True)
    """Texts to choose from, each [text, name of the true class]."""

    explanations = traitlets.List(traitlets.Dict()).tag(sync=True)
    """One per model: name, text, probability, method, gap, joined, units as [start, end, value]."""

    notices = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """What may mislead a model in the text."""

    failure = traitlets.Unicode("").tag(sync=True)
    """Why there are no predictions for the text; empty if there are."""

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
                f"TextLens shows one or two models, got {len(models)}.",
                "Give one model, or two to compare.",
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
        """Return each model's prediction and the shaded text."""
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
            if each["joined"]:
                note = self.text("Each token of this model is shaded as a whole.")
                blocks.append(f"<p><small>{escape(note)}</small></p>")
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
        "joined": explanation.joined,
        "units": [
            [unit.start, unit.end, round(float(value), 4)]
            for unit, value in zip(
                explanation.units, np.nan_to_num(explanation.values), strict=True
            )
        ],
    }
