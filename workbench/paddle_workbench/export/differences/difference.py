"""The result of a trace: the steps of one sample, and the first one that differs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ...contract import SourcePlace
from ...program.model.capture import Capture
from ...program.model.structure import SourceLine
from ..places import place_sentence
from .table import html_table

__all__ = ["Cause", "Difference", "Step", "proven_first", "shown", "weights_message"]

_MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class Cause:
    """An explanation of a difference.

    Parameters
    ----------
    kind : str
        Such as `channel order`, `mean`, `training mode`, `vocabulary`, `axis`, `saturation`.
    message : str
        What is different, as a sentence.
    hint : str
        What to do.
    is_proven : bool
        Whether the step was run again without it, and was equal.
    """

    kind: str
    message: str
    hint: str
    is_proven: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way from a raw input to a result, run on the right input.

    Parameters
    ----------
    name : str
        `preprocessing`, `network`, `program`, `passes`, `ONNX`, `int8`, `ONNX Runtime`,
        the title of another target, or `postprocessing`.
    difference : float or None
        Of its result from the right one, relative to the largest right value; infinite if one of
        them is NaN or the shapes differ. None if there is nothing to compare.
    is_equal : bool
        False if the difference is more than rounding, or the step failed.
    before : float
        The same of what the first op that differs takes.
    after : float or None
        The same of what this op returns; None if it is not known.
    op : str
        The op of the program, such as `softmax`; `add … matmul` for a sequence of ops inside which
        the target has no value to compare; the name of a pass.
    node : str
        The nodes of the target that compute the op, such as `QuantizeLinear, Conv`.
    layer : str
        The layer of the op, as in `net.named_sublayers()`.
    line : SourceLine or None
        The line of Python that made it.
    op_id : int or None
        The op in `Bundle.program`.
    causes : tuple of Cause
        Those which explain the difference, the proven ones first.
    problem : str
        Why the step failed, as a sentence.
    """

    name: str
    difference: float | None
    is_equal: bool = True
    before: float = 0.0
    after: float | None = None
    op: str = ""
    node: str = ""
    layer: str = ""
    line: SourceLine | None = None
    op_id: int | None = None
    causes: tuple[Cause, ...] = ()
    problem: str = ""

    @property
    def place(self) -> str:
        """The op with its layer, line and nodes; empty if no op is known."""
        if not self.op:
            return ""
        text = self.op
        if self.node:
            text += f" ({self.node})"
        if self.layer:
            text += f" in layer {self.layer}"
        if self.line is not None:
            place = SourcePlace(file=self.line.file, line=self.line.line)
            text += f" at {place_sentence(place)}"
        return text

    def __str__(self) -> str:
        mark = "=" if self.is_equal else "✗"
        size = "" if self.difference is None else shown(self.difference)
        parts = [f"{mark} {self.name:<17} {size:<9}{self.place}".rstrip()]
        if self.problem:
            parts.append(f"    {self.problem}")
        for cause in self.causes:
            parts.append(f"    {cause.message}")
            parts.append(f"    {cause.hint}")
        return "\n".join(parts)


@dataclass(frozen=True, slots=True)
class Difference:
    """How one sample goes through every step, and where it first differs.

    Each step is run on the right result of the step before, so that one mistake does not hide
    another.

    Parameters
    ----------
    bundle : str
        Name of the bundle.
    target : str
    steps : tuple of Step
        In the order in which a sample goes through them.
    capture : Capture
        The program of the bundle, for `ProgramMicroscope(difference.capture, op=…)`.
    """

    bundle: str
    target: str
    steps: tuple[Step, ...]
    capture: Capture = field(repr=False)

    @property
    def is_equal(self) -> bool:
        """Whether no step differs by more than rounding."""
        return all(step.is_equal for step in self.steps)

    @property
    def first(self) -> Step | None:
        """The first step that differs; None if all are equal."""
        return next((step for step in self.steps if not step.is_equal), None)

    @property
    def verdict(self) -> str:
        """One sentence that names the first step that differs, and the cause."""
        step = self.first
        if step is None:
            largest = max((step.difference or 0.0 for step in self.steps), default=0.0)
            return (
                f"{self.bundle} and {self.target} are equal: no step differs by more than "
                f"rounding (largest difference {shown(largest)})."
            )
        text = f"The first step that differs is {step.name}"
        if step.place:
            text += f", {step.place}"
        sizes = _sizes(step)
        if sizes:
            text += f" ({sizes})"
        reasons = [cause.message for cause in step.causes] or [step.problem]
        return ": ".join(filter(None, [text, " ".join(filter(None, reasons)).rstrip(".")])) + "."

    def to_json(self) -> dict[str, Any]:
        """Return verdict and steps as JSON values; an infinite difference becomes None."""
        return {
            "bundle": self.bundle,
            "target": self.target,
            "is_equal": self.is_equal,
            "verdict": self.verdict,
            "first": None if self.first is None else self.first.name,
            "steps": [_finite(asdict(step)) for step in self.steps],
        }

    def __str__(self) -> str:
        return "\n".join([self.verdict, *map(str, self.steps)])

    def _repr_html_(self) -> str:
        rows = [
            (
                step.name,
                step.difference,
                step.is_equal,
                step.place,
                step.problem,
                [f"{cause.message} {cause.hint}" for cause in step.causes],
            )
            for step in self.steps
        ]
        return html_table(self.verdict, rows)


def shown(difference: float) -> str:
    """Return a difference with two digits."""
    return "infinite" if math.isinf(difference) else f"{difference:.2g}"


def proven_first(step: Step) -> Step:
    """Return the step with the causes that were proven before the others."""
    return replace(step, causes=tuple(sorted(step.causes, key=lambda cause: not cause.is_proven)))


def weights_message(different: Sequence[str], count: int) -> str:
    """Return which weights are other ones, as a sentence."""
    names = ", ".join(different[:_MOST_NAMES])
    more = len(different) - _MOST_NAMES
    names += f" and {more} more" if more > 0 else ""
    return f"{len(different)} of {count} weights are not those of the bundle: {names}."


def _sizes(step: Step) -> str:
    after = step.after if step.after is not None else step.difference
    if after is None:
        return ""
    return f"difference {shown(step.before)} before, {shown(after)} after"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
