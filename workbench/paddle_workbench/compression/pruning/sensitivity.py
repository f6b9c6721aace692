"""How much a network loses without a share of the channels of one group at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...contract import JobProgress, Text
from ...errors import CompressionError
from ...export.attempt import Listener
from ...export.bundle import Bundle
from ...export.decisions import Decisions, decisions_of
from ...export.opening import opened
from ...program.passes.comparison import relative_difference
from ...program.progress import ProgressBar
from ..effects import Outputs, Score, scoring
from .criteria import Criterion, check_criterion
from .loaded import LoadedProgram
from .program import weights_of, zeroed
from .pruning import (
    batches_of,
    channel_groups,
    check_shares,
    choose,
    nothing_removable,
    saved_program,
    scores_of,
)

__all__ = ["SHARES", "GroupTrials", "Sensitivity", "pruning_sensitivity"]

SHARES = (0.25, 0.5, 0.75)

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What a network without some channels of one group does on the inputs.

    Parameters
    ----------
    group : str
    share : float
        Of its channels that were removed.
    removed : int
        Their number.
    difference : float
        The largest of an output, relative to its largest value.
    kept_decisions : float or None
        The share of decisions that are still those of the whole network; None if the outputs are
        not decisions. Boxes may move as far as they overlap; see `decisions_of`.
    accuracy : float or None
        The share of inputs with the right label or text, or what `score` returns; None without
        both.
    """

    group: str
    share: float
    removed: int
    difference: float
    kept_decisions: float | None
    accuracy: float | None


def pruning_sensitivity(
    bundle: Bundle | str | Path,
    *,
    inputs: Sequence[Any] | None = None,
    truth: Sequence[object] | None = None,
    score: Score | None = None,
    shares: Sequence[float] = SHARES,
    criterion: Criterion = "l1",
    listener: Listener | None = None,
) -> list[Sensitivity]:
    """Return what the network loses without a share of one group, for each group and share.

    Channels are set to zero where they are made and taken, which has the same result as removing
    them and needs no other program. Nothing is trained in between.

    Parameters
    ----------
    bundle : Bundle, str or Path
    inputs : sequence, optional
        Raw inputs, as `predict` takes them; by default the samples of the bundle.
    truth : sequence, optional
        The right label or text of each of the inputs, which are passed with it; the accuracy is
        then the share that is right.
    score : callable, optional
        Another accuracy, which a detector needs: takes the results of all inputs, as
        `Bundle.predict` returns them.
    shares : sequence of float
        0 to below 1.
    criterion : {"l1", "bn_scale", "taylor"}
        As for `prune`. With `bn_scale` groups without a batch norm are left out.
    listener : callable, optional
        Called with the progress, a `contract.JobProgress`, after each group; by default a bar
        shows it, where a person watches.

    Returns
    -------
    list of Sensitivity
        Group after group in the order of the network.

    Raises
    ------
    CompressionError
        If a share is not one, the inputs are not what the bundle takes, there is not one truth for
        each of them, the bundle has no such label, or no channels can be removed.
    BundleError
        If it is not a bundle.

    Examples
    --------
    >>> rows = pruning_sensitivity(bundle, inputs=valid.pictures, truth=valid.labels)
    >>> [(row.group, row.share) for row in rows if row.accuracy > 0.9]
    """
    check_criterion(criterion)
    check_shares(shares)
    parent = opened(bundle)
    if inputs is None and not (truth is None and score is None):
        raise CompressionError(
            "The truth or the score was passed without inputs.",
            "Pass those that it belongs to: inputs=[…].",
        )
    batches = batches_of(parent, inputs)
    accuracy = scoring(parent, inputs or (), batches, truth=truth, score=score)
    trials = GroupTrials(parent, batches, criterion=criterion, inputs=inputs)
    if not trials.groups:
        raise nothing_removable(trials.graph, list(shares), criterion)
    decisions = decisions_of(parent.record, is_approximate=True)
    compare = _Comparison(trials.outputs(), accuracy, decisions)
    results = []
    total = len(trials.groups)
    with ProgressBar(f"sensitivity of {parent.record.name}") as bar:
        for number, group in enumerate(trials.groups, 1):
            for share in shares:
                removed, count = trials.removed(group, share)
                results.append(compare.of(group, share, count, trials.outputs(removed)))
            step = Text(zh=f"测量 {group}", en=f"Measuring {group}")
            bar.show(JobProgress(done=number, total=total, step=step), listener)
    return results


class GroupTrials:
    """Runs the network of a bundle without some channels of one group.

    Parameters
    ----------
    bundle : Bundle
    batches : sequence of tuple of array
        Inputs of the program.
    criterion : {"l1", "bn_scale", "taylor"}
    inputs : sequence, optional
        Raw inputs for `taylor`.

    Raises
    ------
    CompressionError
        If it is not a program of Paddle 3.
    """

    def __init__(
        self,
        bundle: Bundle,
        batches: Sequence[Sequence[Array]],
        *,
        criterion: Criterion = "l1",
        inputs: Sequence[Any] | None = None,
    ) -> None:
        saved, self.graph = saved_program(bundle), channel_groups(bundle)
        self._batches = batches
        self._scores = scores_of(bundle, saved, self.graph.prunable, criterion, inputs)
        self._weights = weights_of(saved)
        self._program = LoadedProgram(saved.path, list(self._weights))

    @property
    def groups(self) -> tuple[str, ...]:
        """The names of the groups of which channels can be removed."""
        return tuple(self._scores)

    def removed(self, group: str, share: float) -> tuple[NDArray[np.bool_], int]:
        """Return for each channel of the program whether it goes, and how many of the group do."""
        choice = choose(self.graph, {group: self._scores[group]}, share)
        return self.graph.removed(choice), len(choice[group])

    def outputs(self, removed: NDArray[np.bool_] | None = None) -> Outputs:
        """Return the outputs for each batch, without the channels that are removed.

        They are set to zero where they are made and taken, which has the same result as removing
        them and needs no other program.
        """
        zeros = {} if removed is None else zeroed(self._weights, self.graph, removed, where="both")
        with self._program.with_weights(zeros):
            return [self._program.run(batch) for batch in self._batches]


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Compares outputs with those of the whole network, batch after batch."""

    expected: Outputs
    accuracy: Callable[[Outputs], float] | None
    decisions: Decisions | None

    def of(self, group: str, share: float, removed: int, outputs: Outputs) -> Sensitivity:
        pairs = list(zip(self.expected, outputs, strict=True))
        counts = [self.decisions.count(*pair) for pair in pairs] if self.decisions else []
        decided = sum(count for count, _ in counts)
        changed = sum(count for _, count in counts)
        return Sensitivity(
            group=group,
            share=share,
            removed=removed,
            difference=max(
                relative_difference(other, right)
                for before, after in pairs
                for right, other in zip(before, after, strict=True)
            ),
            kept_decisions=1 - changed / decided if decided else None,
            accuracy=None if self.accuracy is None else self.accuracy(outputs),
        )
