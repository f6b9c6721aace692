"""How closely a cell's outputs are compared: the defaults, and the cell's own options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import nbformat
from pydantic import Field, ValidationError

from ...contract import Model
from ...course.notebook import METADATA_KEY
from ...errors import NotebookError

__all__ = ["CheckOptions", "Tolerance", "check_options"]


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a number may be from its reference.

    Parameters
    ----------
    relative : float
        Relative to the reference.
    absolute : float
        In the unit of the number; the larger of the two applies.
    """

    relative: float
    absolute: float

    def allows(self, expected: float, actual: float) -> bool:
        """Return whether a number is near enough to its reference."""
        return abs(actual - expected) <= max(self.relative * abs(expected), self.absolute)


# By the element type printed with the numbers. With none of them 1 % passes. Three digits of a
# half-precision number are significant; of a long sum in float32, four or five.
_BY_DTYPE = {
    "bfloat16": Tolerance(4e-3, 1e-4),
    "float16": Tolerance(2e-3, 1e-5),
    "float32": Tolerance(1e-4, 1e-7),
    "float64": Tolerance(1e-6, 1e-12),
}
# Paddle computes in float32 by default.
_DEFAULT = _BY_DTYPE["float32"]


class CheckOptions(Model):
    """The options under `paddle_workbench.check` in the metadata of a cell."""

    rtol: Annotated[float, Field(ge=0, lt=1)] | None = Field(
        None, description="Relative tolerance of numbers, instead of that of their type."
    )
    atol: Annotated[float, Field(ge=0)] | None = Field(
        None, description="Absolute tolerance of numbers, instead of that of their type."
    )
    whole_numbers: bool = Field(default=False, description="Apply the tolerance to these too.")
    numbers: Literal["close", "any"] = Field(
        "close",
        description="`any` for measured times: there must be a number, of any value.",
    )
    texts: Literal["exact", "any"] = Field(
        "exact",
        description="`any` for what a trained network chose: there must be a text, any text.",
    )
    likeness: Annotated[float, Field(gt=0, le=1)] | None = Field(
        None, description="Structural similarity that is enough for a picture."
    )
    noise: Literal["ignored", "held"] = Field(
        "ignored",
        description="`held` to compare also what looks like noise: addresses, log lines, progress.",
    )
    unordered: bool = Field(default=False, description="Lines, rows and list entries in any order.")

    def tolerance(self, dtype: str = "") -> Tolerance:
        """Return the tolerance for numbers of an element type; that of float32 if it is unknown."""
        default = _BY_DTYPE.get(dtype, _DEFAULT)
        if self.rtol is None and self.atol is None:
            return default
        # A given tolerance replaces both defaults: otherwise a larger default would hide it.
        return Tolerance(self.rtol or 0.0, self.atol or 0.0)


def check_options(cell: nbformat.NotebookNode) -> CheckOptions:
    """Return the options of a cell.

    Raises
    ------
    NotebookError
        If it is not an option, or has an invalid value.
    """
    metadata = cell.metadata.get(METADATA_KEY, {})
    if not isinstance(metadata, dict):
        raise NotebookError(
            f"Metadata `{METADATA_KEY}` is {metadata!r}, not an object.",
            'Write for example {"check": {"rtol": 0.001}}.',
        )
    try:
        return CheckOptions.model_validate(metadata.get("check", {}))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in ("check", *first["loc"]))
        raise NotebookError(
            f"Metadata `{METADATA_KEY}.{where}`: {first['msg']} (found {first['input']!r}).",
            f"Options are: {', '.join(CheckOptions.model_fields)}.",
        ) from error
