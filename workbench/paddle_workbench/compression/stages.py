"""What a recipe does one after the other: its steps, and the rounds of a pruning."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from ..contract import FineTuneStep, PruneStep, Recipe, RecipeStep
from ..errors import CompressionError

__all__ = ["Stage", "stages_of"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of a recipe, or one round of it.

    Parameters
    ----------
    number : int
        Of the step in the recipe, from 1.
    step : RecipeStep
        Of a `fine_tune` in rounds with the epochs of this one.
    round : int
        From 1; 0 if the step has no rounds.
    """

    number: int
    step: RecipeStep
    round: int = 0

    @property
    def name(self) -> str:
        """Such as "1 prune" or "1 prune, round 2"."""
        return f"{self.number} {self.step.step}{self._round}"

    @property
    def description(self) -> str:
        """Such as "Step 1, prune" or "Step 1, prune, round 2"."""
        return f"Step {self.number}, {self.step.step}{self._round}"

    @property
    def _round(self) -> str:
        return f", round {self.round}" if self.round else ""


def stages_of(recipe: Recipe) -> list[Stage]:
    """Return the stages of a recipe.

    A pruning in rounds and the `fine_tune` after it take turns: prune, train, prune, train. Each
    round trains its part of the epochs; where they cannot be divided, later rounds train one more.

    Raises
    ------
    CompressionError
        If a pruning has rounds, and no `fine_tune` with an epoch for each of them follows.
    """
    stages: list[Stage] = []
    steps = list(enumerate(recipe.steps, 1))
    while steps:
        number, step = steps.pop(0)
        if isinstance(step, PruneStep) and step.rounds > 1:
            _check_rounds(number, step, steps[0][1] if steps else None)
            after, training = steps.pop(0)
            assert isinstance(training, FineTuneStep)  # noqa: S101 - the check above says so
            for count, epochs in enumerate(_parts(training.epochs, step.rounds), 1):
                part = training.model_copy(update={"epochs": epochs})
                stages += [Stage(number, step, count), Stage(after, part, count)]
        else:
            stages.append(Stage(number, step))
    return stages


def _check_rounds(number: int, step: PruneStep, after: RecipeStep | None) -> None:
    what = f"Step {number} of the recipe, prune, has {step.rounds} rounds, and"
    if not isinstance(after, FineTuneStep):
        raise CompressionError(
            f"{what} no fine_tune follows.",
            f"Add {{step: fine_tune, epochs: {step.rounds}}} after it, or leave rounds out.",
        )
    if after.epochs < step.rounds:
        raise CompressionError(
            f"{what} the fine_tune after it {after.epochs} epochs.",
            f"Give it at least one for each round, epochs: {step.rounds}, or use fewer rounds.",
        )


def _parts(total: int, count: int) -> list[int]:
    """Divide a whole number into parts that differ by 1 at most."""
    ends = [total * number // count for number in range(count + 1)]
    return [end - start for start, end in pairwise(ends)]
