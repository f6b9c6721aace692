"""What happened in the training of a student."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Distillation", "EpochRecord"]


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """One epoch of a training.

    Parameters
    ----------
    loss, teacher, labels, features : float
        The mean over its steps: what is minimised, and its parts before they are weighted; NaN
        for a part that there is not.
    score : float
        What `validation` returned after it; NaN without one.
    """

    loss: float
    teacher: float
    labels: float
    features: float
    score: float


@dataclass(frozen=True, slots=True)
class Distillation:
    """What happened in a training.

    Parameters
    ----------
    epochs : tuple of EpochRecord
    best : int
        The epoch, from 0, whose weights the student has.
    """

    epochs: tuple[EpochRecord, ...]
    best: int

    def table(self) -> pd.DataFrame:
        """Return the losses and the score; row by epoch, from 1."""
        import pandas as pd

        columns = [field.name for field in fields(EpochRecord)]
        rows = [[getattr(epoch, name) for name in columns] for epoch in self.epochs]
        index = pd.RangeIndex(1, len(rows) + 1, name="epoch")
        return pd.DataFrame(rows, index=index, columns=columns)
