"""The program microscope: source, transformed code, graph and passes, linked together."""

from __future__ import annotations

from html import escape
from typing import Any

import traitlets

from ..errors import WidgetError
from ..program.coach.results import VERDICTS
from ..program.model.capture import Capture
from ..program.model.columns import to_columns
from ..program.model.layers import layers_of
from .base import WorkbenchWidget
from .microscope_picture import MOST_BOXES, folded_graph, folded_svg

__all__ = ["ProgramMicroscope"]


class ProgramMicroscope(WorkbenchWidget, front_end="program-microscope"):
    """Shows how a network's Python code becomes the ops that run.

    Hovering over a line, op or layer highlights everywhere what it came from and what it became.
    `[` and `]` step through the passes, `/` searches, arrow keys move through the graph.

    Parameters
    ----------
    capture : Capture
        The result of `capture(net, input_spec=...)` or `paddle_workbench.program.load(path)`.
    **traits
        `op`, the id of an op to start with, such as `trace_difference(…).first.op_id`; and those
        of every widget, such as `lang`.

    Raises
    ------
    WidgetError
        If `capture` is not a capture or has no such op, or a keyword is unknown.

    Examples
    --------
    >>> ProgramMicroscope(capture(net, input_spec=[spec], pipeline="inference"))
    """

    columns = traitlets.Bytes(read_only=True).tag(sync=True)
    """bytes; the capture as `program.model.columns.to_columns` writes it."""

    op = traitlets.Int(None, allow_none=True).tag(sync=True)
    """int or None; id of the op of the traced program that is pinned at the start."""

    def __init__(self, capture: Capture, **traits: Any) -> None:
        if not isinstance(capture, Capture):
            raise WidgetError(
                f"A microscope shows a Capture, got {type(capture).__name__}.",
                "Create one: capture(net, input_spec=[...]).",
            )
        super().__init__(**traits)
        if self.op is not None and self.op not in _ids(capture):
            raise WidgetError(
                f"{capture.name} has no op with the id {self.op}.",
                "Use an id of capture.program.by_id().",
            )
        self.capture = capture
        self.set_trait("columns", to_columns(capture))

    def to_html(self) -> str:
        """Return the folded graph and a table of the passes, as HTML without scripts."""
        capture = self.capture
        program = capture.stages[-1].program if capture.stages else capture.program
        if program is None:
            return f"<p>{escape(self.text('There is no program; see the notes.'))}</p>"
        layers = layers_of(capture)
        count_text = self.text("Ops: {count}", count="{count}")
        title = self.text("Program microscope of {name}", name=capture.name)
        parts = [f"<figure><figcaption>{escape(title)}</figcaption>"]
        for explanation in capture.explanations:
            if explanation.kind in VERDICTS:
                sentences = (explanation.rule, explanation.repair)
                verdict = " ".join(sentence.in_language(self.lang) for sentence in sentences)
                parts.append(f"<p><strong>{_link(explanation.code)} {escape(verdict)}</strong></p>")
        parts.append(folded_svg(program, layers, title, count_text))
        hidden = len(folded_graph(program, layers)[0]) - MOST_BOXES
        if hidden > 0:
            parts.append(f"<p>{escape(self.text('{left} more are not shown.', left=hidden))}</p>")
        parts.append(f"{self._passes()}</figure>")
        return "".join(parts)

    def _passes(self) -> str:
        heads = [self.text("Pass"), self.text("Ops before"), self.text("Ops after"), "ms"]
        rows = [
            [
                _cell("td", stage.name),
                _cell("td", str(stage.ops_before)),
                _cell("td", str(stage.ops_after)),
                # A check of the notebook takes any time here.
                _cell("td", "")
                if stage.duration_ms is None
                else _cell("td", f"{stage.duration_ms:.3g}", ' data-measured="ms"'),
            ]
            for stage in self.capture.stages
            if stage.removed or stage.added
        ]
        if not rows:
            return ""
        head = "".join(_cell("th", text) for text in heads)
        body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _ids(capture: Capture) -> set[int]:
    return {op.id for op in capture.program.walk()} if capture.program else set()


def _link(code: str) -> str:
    """Return a link to the page of a code; JupyterLab opens it in a tab."""
    return f'<a href="/paddle-workbench/explain?code={code}">{code}</a>'


def _cell(tag: str, text: str, attributes: str = "") -> str:
    return f"<{tag}{attributes}>{escape(text)}</{tag}>"
