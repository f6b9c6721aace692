"""What happened in a training."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Literal

from .loss import LossParts

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Ending", "EvaluationRecord", "History", "StepRecord"]

Ending = Literal["running", "completed", "stopped early"]


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step of a training.

    Parameters
    ----------
    step : int
        From 0.
    rate : float
        The learning rate.
    parts : LossParts
        Before the step.
    """

    step: int
    rate: float
    parts: LossParts


@dataclass(frozen=True, slots=True)
class EvaluationRecord:
    """The quality on the validation set during a training.

    Parameters
    ----------
    steps : int
        How many were done.
    map50, map : float
        COCO's mean average precision, at an overlap of 0.5, and from 0.5 to 0.95.
    is_best : bool
        Whether map50 is higher than in all evaluations before.
    """

    steps: int
    map50: float
    map: float
    is_best: bool


@dataclass(slots=True)
class History:
    """All steps and evaluations of a training, including those before it was resumed.

    Parameters
    ----------
    steps : list of StepRecord
    evaluations : list of EvaluationRecord
    ending : {"running", "completed", "stopped early"}
        `running` is that of a checkpoint.
    """

    steps: list[StepRecord] = field(default_factory=list)
    evaluations: list[EvaluationRecord] = field(default_factory=list)
    ending: Ending = "running"

    @property
    def best(self) -> EvaluationRecord | None:
        """The best evaluation, whose weights the network has in the end; None without any."""
        return next((each for each in reversed(self.evaluations) if each.is_best), None)

    def evaluations_since_best(self) -> int:
        """Return how many evaluations in a row did not bring a better result."""
        flags = [each.is_best for each in reversed(self.evaluations)]
        return flags.index(True) if True in flags else len(flags)

    def losses(self) -> pd.DataFrame:
        """Return the learning rate, the loss and its parts by step."""
        import pandas as pd

        rows = [
            {"rate": each.rate, "loss": each.parts.total, **asdict(each.parts)}
            for each in self.steps
        ]
        index = pd.Index([each.step for each in self.steps], name="step")
        columns = ["rate", "loss", "centre", "size", "objectness", "classes"]
        return pd.DataFrame(rows, index=index, columns=columns)
