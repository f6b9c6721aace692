"""How much a network loses without a share of the channels of one group at a time."""

from __future__ import annotations

from collections.abc import Sequence
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
from .criteria import Criterion, check_criterion
from .loaded import LoadedProgram
from .program import weights_of, zeroed
from .pruning import (
    batches_of,
    channel_groups,
    check_share,
    choose,
    nothing_removable,
    saved_program,
    scores_of,
)

__all__ = ["SHARES", "Sensitivity", "pruning_sensitivity"]

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
        not decisions.
    accuracy : float or None
        The share of inputs whose first output is largest at their class; None without `truth`.
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
    truth: Sequence[int] | None = None,
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
    truth : sequence of int, optional
        For a classifier the class of each input.
    shares : sequence of float
        0 to below 1.
    criterion : {"l1", "bn_scale", "taylor"}
        As for `prune`. With `bn_scale` groups without a batch norm are left out.
    listener : callable, optional
        Called with the progress after each group.

    Returns
    -------
    list of Sensitivity
        Group after group in the order of the network.

    Raises
    ------
    CompressionError
        If a share is not one, the truth does not fit the inputs, or no channels can be removed.
    BundleError
        If it is not a bundle, or the inputs are not what it takes.
    """
    check_criterion(criterion)
    for share in shares:
        check_share(share)
    parent = opened(bundle)
    saved, graph = saved_program(parent), channel_groups(parent)
    batches = batches_of(parent, inputs)
    _check_truth(truth, batches)
    scores = scores_of(parent, saved, graph.prunable, criterion, inputs)
    if not scores:
        raise nothing_removable(graph, list(shares), criterion)
    weights = weights_of(saved)
    program = LoadedProgram(saved.path, list(weights))
    expected = [program.run(batch) for batch in batches]
    compare = _Comparison(expected, truth, decisions_of(parent.record))
    results = []
    for number, name in enumerate(scores):
        for share in shares:
            choice = choose(graph, {name: scores[name]}, share)
            zeros = zeroed(weights, graph, graph.removed(choice), where="both")
            with program.with_weights(zeros):
                outputs = [program.run(batch) for batch in batches]
            results.append(compare.of(name, share, len(choice[name]), outputs))
        if listener is not None:
            step = Text(zh=f"测量 {name}", en=f"Measuring {name}")
            listener(JobProgress(done=number + 1, total=len(scores), step=step))
    return results


def _check_truth(truth: Sequence[int] | None, batches: Sequence[Sequence[Array]]) -> None:
    rows = sum(len(batch[0]) for batch in batches)
    if truth is not None and len(truth) != rows:
        raise CompressionError(
            f"truth has {len(truth)} classes, and there are {rows} inputs.",
            "Pass the class of each input: truth=[0, 1, …].",
        )


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Compares outputs with those of the whole network, batch after batch."""

    expected: Sequence[Sequence[Array]]
    truth: Sequence[int] | None
    decisions: Decisions | None

    def of(
        self, group: str, share: float, removed: int, outputs: Sequence[Sequence[Array]]
    ) -> Sensitivity:
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
            accuracy=None if self.truth is None else self._accuracy(outputs),
        )

    def _accuracy(self, outputs: Sequence[Sequence[Array]]) -> float:
        classes = np.concatenate([batch[0].argmax(axis=-1).ravel() for batch in outputs])
        return float((classes == np.asarray(self.truth)).mean())
