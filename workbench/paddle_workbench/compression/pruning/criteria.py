"""How important each channel is: by its weights, its batch norm, or what the outputs lose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ...errors import CompressionError
from ...program.formats.weights import Weight
from .groups import ChannelGroup, Part
from .loaded import LoadedProgram

__all__ = [
    "CRITERIA",
    "Criterion",
    "Scores",
    "check_criterion",
    "has_norm",
    "l1_scores",
    "norm_scores",
    "taylor_scores",
]

Criterion = Literal["l1", "bn_scale", "taylor"]
CRITERIA: tuple[str, ...] = get_args(Criterion)
Scores = dict[str, NDArray[np.float64]]
"""By the name of a group a number for each channel; the lowest are removed first."""

DRAWS = 4


def check_criterion(criterion: str) -> None:
    """Raise CompressionError unless there is such a criterion."""
    if criterion not in CRITERIA:
        raise CompressionError(
            f"There is no criterion {criterion!r:.80}.", f"Choose one: {', '.join(CRITERIA)}."
        )


def l1_scores(groups: Sequence[ChannelGroup], weights: Mapping[str, Weight]) -> Scores:
    """Score channels by the sum of the absolute weights that make them.

    Where several weights make a channel, as around a residual connection, each counts relative to
    the mean of its channels.

    Parameters
    ----------
    groups : sequence of ChannelGroup
    weights : mapping of str to Weight
        Of the program.

    References
    ----------
    Li et al. 2017, "Pruning Filters for Efficient ConvNets".
    """
    return {group.name: _norms(group, weights, "makes") for group in groups}


def norm_scores(groups: Sequence[ChannelGroup], weights: Mapping[str, Weight]) -> Scores:
    """Score channels by the absolute scale of the batch norms that they go through.

    Groups without a batch norm have no scores.

    Parameters
    ----------
    groups : sequence of ChannelGroup
    weights : mapping of str to Weight
        Of the program.

    References
    ----------
    Liu et al. 2017, "Learning Efficient Convolutional Networks through Network Slimming".
    """
    return {group.name: _norms(group, weights, "scales") for group in groups if has_norm(group)}


def has_norm(group: ChannelGroup) -> bool:
    """Return whether the channels of a group go through a batch norm."""
    return any(part.role == "scales" for part in group.parts)


def taylor_scores(
    groups: Sequence[ChannelGroup],
    program: LoadedProgram,
    batches: Sequence[Sequence[NDArray[Any]]],
    *,
    seed: int = 0,
) -> Scores:
    """Score channels by how much the outputs change without them, to first order.

    The estimate is the squared change of all outputs, from gradients of the weights that take the
    channel. It needs inputs, and no labels.

    Parameters
    ----------
    groups : sequence of ChannelGroup
    program : LoadedProgram
    batches : sequence of sequence of arrays
        The inputs of the program.
    seed : int
        Of the random signs of the outputs.

    Raises
    ------
    CompressionError
        If the outputs are not floating-point numbers.

    References
    ----------
    Molchanov et al. 2019, "Importance Estimation for Neural Network Pruning", which squares the
    change of a loss; here it is that of the outputs.
    """
    gates = {(part.weight, part.axis) for group in groups for part in _gates(group)}
    scores: Scores = {group.name: np.zeros(group.channels) for group in groups}
    for number, batch in enumerate(batches):
        changes = program.squared_gates(batch, sorted(gates), draws=DRAWS, seed=seed + number)
        if groups and not changes:
            raise CompressionError(
                "The network returns no floating-point numbers, so taylor says nothing about them.",
                'Use criterion="l1".',
            )
        for group in groups:
            total = np.zeros((DRAWS, group.channels))
            for part in _gates(group):
                own = part.channels >= 0
                change = changes[part.weight, part.axis][:, own]
                np.add.at(total.T, part.channels[own], change.T)
            scores[group.name] += np.square(total).mean(axis=0)
    return scores


def _gates(group: ChannelGroup) -> list[Part]:
    """Return the parts whose weights, times a number, are the channels times that number.

    No weight takes channels of which only products are used, as those of queries and keys.
    """
    taken = [part for part in group.parts if part.role == "takes"]
    return taken or [part for part in group.parts if part.role in ("makes", "follows")]


def _norms(group: ChannelGroup, weights: Mapping[str, Weight], role: str) -> NDArray[np.float64]:
    total = np.zeros(group.channels)
    for part in group.parts:
        if part.role == role:
            norms = _norms_of_part(part, weights[part.weight].array, group.channels)
            total += norms / (norms.mean() or 1.0)
    return total


def _norms_of_part(part: Part, array: NDArray[Any], channels: int) -> NDArray[np.float64]:
    others = tuple(at for at in range(array.ndim) if at != part.axis)
    sums = np.abs(array.astype(np.float64)).sum(axis=others)
    own = part.channels >= 0
    norms = np.zeros(channels)
    np.add.at(norms, part.channels[own], sums[own])
    return norms
