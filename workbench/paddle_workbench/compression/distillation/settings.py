"""How a student is trained, and what its labels are, checked before the training starts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, get_args

import numpy as np

from ...errors import CompressionError, ShapeError
from .losses import check_temperature

__all__ = ["Method", "Settings", "checked_labels"]

Method = Literal["logits", "sequence", "values"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a training, as those of `distil`.

    Raises
    ------
    CompressionError
        If a value is not valid.
    """

    method: Method
    temperature: float
    alpha: float
    epochs: int
    lr: float
    batch_size: int
    seed: int
    features: Mapping[str, str]
    blank: int

    def __post_init__(self) -> None:
        check_temperature(self.temperature)
        names = get_args(Method)
        self._check("method", f"one of {', '.join(map(repr, names))}", self.method in names)
        for name, least in (("epochs", 1), ("batch_size", 1), ("seed", 0), ("blank", 0)):
            value = getattr(self, name)
            is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
            self._check(name, f"a whole number from {least}", is_whole and value >= least)
        self._check("lr", "a number above 0, such as 0.001", _is_real(self.lr) and self.lr > 0)
        self._check(
            "alpha",
            "0 (the labels alone) to 1 (the teacher alone)",
            _is_real(self.alpha) and 0 <= self.alpha <= 1,
        )

    def _check(self, name: str, wanted: str, is_valid: bool) -> None:  # noqa: FBT001
        if not is_valid:
            raise CompressionError(f"{name} is {getattr(self, name)!r}.", f"Use {wanted}.")


def _is_real(value: Any) -> bool:
    return isinstance(value, Real) and math.isfinite(value)


def checked_labels(labels: Any, count: int, method: Method) -> Any:
    """Return labels as int64, (n, …), or those of texts as tuples; None if there are none.

    Raises
    ------
    CompressionError
        If they are not whole numbers, or the method has none.
    ShapeError
        If there is not one for each input.
    """
    if labels is None:
        return None
    if method == "values":
        raise CompressionError(
            "Numbers have no labels to learn.", "Leave labels out, or use method='logits'."
        )
    if len(labels) != count:
        raise ShapeError(
            f"There are {len(labels)} labels for {count} inputs.", "Pass one for each input."
        )
    if method == "sequence":
        return [tuple(map(int, label)) for label in labels]
    classes = np.asarray(labels)
    if classes.dtype.kind not in "iu":
        raise CompressionError(
            f"The labels are {labels!r:.60}, and not whole numbers.",
            "Pass the number of each class, from 0.",
        )
    return classes.astype(np.int64)
