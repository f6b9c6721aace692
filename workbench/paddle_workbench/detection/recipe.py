"""How a network is trained: sizes, learning rates, augmentation, and when to look at it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import cos, isfinite, pi
from typing import Final, Literal, get_args

from ..errors import DetectionError

__all__ = ["FULL_WIDTH", "QUARTER_WIDTH", "Recipe", "Schedule"]

Schedule = Literal["one-cycle", "cosine"]

_COUNTS: Final = ("frozen_steps", "evaluate_every", "checkpoint_every", "seed")
_SHARES: Final = ("warm_up", "flip", "crop", "colour", "mosaic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a network is trained. The defaults are those of the full width in the lesson.

    Parameters
    ----------
    input_size : int
        Height and width of the network's input in pixels, a multiple of 32.
    batch_size, steps : int
    peak_rate : float
        The highest learning rate of Adam. High, since each weight before a batch normalisation may
        have any scale, and the steps are few: with a tenth of it, mAP50 is half as high.
    schedule : {"one-cycle", "cosine"}
        Both rise to the peak and fall along a cosine. `one-cycle` rises along a cosine, too, from
        1/25 of the peak, and `cosine` along a line, from 0.
    warm_up : float
        The share of the steps in which the rate rises.
    frozen_steps : int
        In the first steps the backbone does not learn; for one that was trained before.
    clip_norm : float, optional
        Longer gradients, of all parameters together, are shortened to this.
    average_decay : float
        Share of the exponential moving average of the weights (EMA) that remains at each step; the
        average is evaluated and is the result. 0 for none.
    flip, crop, colour, mosaic : float
        The probabilities of each augmentation of a picture.
    evaluate_every, checkpoint_every : int
        Steps between two of them; 0 for none but the one at the end.
    patience : int, optional
        Training stops after this many evaluations without a better one; needs `evaluate_every`.
    seed : int
        Of the order of the pictures and of their augmentation.

    Raises
    ------
    DetectionError
        If a value is not valid.
    """

    input_size: int = 96
    batch_size: int = 4
    steps: int = 250
    peak_rate: float = 2.5e-2
    schedule: Schedule = "one-cycle"
    warm_up: float = 0.3
    frozen_steps: int = 0
    clip_norm: float | None = None
    average_decay: float = 0.0
    flip: float = 0.0
    crop: float = 0.0
    colour: float = 0.0
    mosaic: float = 0.0
    evaluate_every: int = 0
    checkpoint_every: int = 0
    patience: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("input_size", "batch_size", "steps", *_COUNTS):
            value = getattr(self, name)
            is_whole = isinstance(value, int) and not isinstance(value, bool)
            self._check(name, "a whole number", is_whole)
        for name in ("peak_rate", "average_decay", *_SHARES):
            self._check(name, "a number", isinstance(getattr(self, name), int | float))
        size = self.input_size
        self._check("input_size", "a multiple of 32", size > 0 and size % 32 == 0)
        for name in ("batch_size", "steps"):
            self._check(name, "a number above 0", getattr(self, name) > 0)
        for name in _COUNTS:
            self._check(name, "0 or more", getattr(self, name) >= 0)
        rate = self.peak_rate
        self._check("peak_rate", "a number above 0", isfinite(rate) and rate > 0)
        for name in _SHARES:
            self._check(name, "from 0 to 1", 0 <= getattr(self, name) <= 1)
        self._check("average_decay", "from 0 to below 1", 0 <= self.average_decay < 1)
        norm, patience = self.clip_norm, self.patience
        is_norm = norm is None or (isinstance(norm, int | float) and norm > 0)
        self._check("clip_norm", "None or a number above 0", is_norm)
        is_patience = patience is None or (isinstance(patience, int) and patience > 0)
        self._check("patience", "None or a whole number above 0", is_patience)
        if patience is not None and not self.evaluate_every:
            raise DetectionError(
                f"The recipe has patience={patience}, and evaluates only in the end.",
                "Set evaluate_every, too, such as evaluate_every=50.",
            )
        one_of = " or ".join(map(repr, get_args(Schedule)))
        self._check("schedule", one_of, self.schedule in get_args(Schedule))

    def _check(self, name: str, wanted: str, is_valid: bool) -> None:  # noqa: FBT001
        if not is_valid:
            raise DetectionError(
                f"The recipe has {name}={getattr(self, name)!r}.", f"Choose {wanted}."
            )

    def rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        rising = self.warm_up * self.steps
        if step < rising:
            share = (step + 1) / (rising + 1)
            if self.schedule == "cosine":
                return self.peak_rate * share
            return self.peak_rate * (1 / 25 + (1 - 1 / 25) * (1 - cos(pi * share)) / 2)
        share = (step - rising) / max(self.steps - rising, 1)
        return self.peak_rate * (1 + cos(pi * share)) / 2

    def differences(self, other: Recipe) -> list[str]:
        """Return the fields that make training go differently, and differ in another recipe."""
        # These two only look at the network.
        looks = {"evaluate_every", "checkpoint_every"}
        return [
            field.name
            for field in fields(self)
            if field.name not in looks and getattr(self, field.name) != getattr(other, field.name)
        ]


FULL_WIDTH: Final = Recipe()
"""Of the full ResNet34 with one head, `strides=(8,)`: about 90 s on two cores."""

QUARTER_WIDTH: Final = Recipe(input_size=128, batch_size=8, steps=680, peak_rate=4e-2)
"""Of a quarter of its channels, with one head as well, larger pictures and more steps."""
