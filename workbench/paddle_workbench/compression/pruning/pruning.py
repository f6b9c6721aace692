"""A bundle without some of its channels."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from ...contract import JobProgress, Text
from ...errors import CompressionError
from ...export.attempt import Listener
from ...export.bundle import Bundle
from ...export.deriving import derive, place_of_child
from ...export.opening import opened
from ...export.saving import LINES
from ...export.targets.target import PROGRAM, PROGRAM_FOLDER
from ...program.formats.saved import SavedProgram, read
from ...program.model.archive import load
from ...program.model.capture import Capture
from ...program.model.structure import Program
from ...scratch import ScratchFolder
from ..batches import Batch, program_batches
from .criteria import (
    Criterion,
    Scores,
    check_criterion,
    has_norm,
    l1_scores,
    norm_scores,
    taylor_scores,
)
from .groups import ChannelGraph, ChannelGroup, find_groups
from .lines import layer_names, with_sizes_of
from .loaded import LoadedProgram
from .program import weights_of, write_program

__all__ = [
    "batches_of",
    "channel_groups",
    "check_removable",
    "check_share",
    "check_shares",
    "choose",
    "nothing_removable",
    "prune",
    "saved_program",
    "scores_of",
]

_STEPS = (
    Text(zh="计算通道的重要性", en="Scoring the channels"),
    Text(zh="写出文件", en="Writing the files"),
    Text(zh="在样本上运行", en="Running the samples"),
)


def channel_groups(bundle: Bundle | str | Path) -> ChannelGraph:
    """Return the groups of channels of a bundle, named after the layers that make them.

    Parameters
    ----------
    bundle : Bundle, str or Path

    Returns
    -------
    ChannelGraph
        Its `groups` are in the order of the network; `prunable` are those that can lose channels.

    Raises
    ------
    BundleError
        If it is not a bundle.
    """
    chosen = opened(bundle)
    saved = saved_program(chosen)
    names = layer_names(chosen.program, saved.program)
    return find_groups(
        saved.program, {name: each.removesuffix(".weight") for name, each in names.items()}
    )


def prune(
    bundle: Bundle | str | Path,
    path: str | Path,
    *,
    share: float | Mapping[str, float],
    criterion: Criterion = "l1",
    inputs: Sequence[Any] | None = None,
    listener: Listener | None = None,
) -> Bundle:
    """Remove channels from the network of a bundle, and make a bundle of what is left.

    The channels are really gone: weights, shapes and costs shrink. The result is not trained
    further, so it is worse than the parent until it is. Its samples have its own outputs.

    Parameters
    ----------
    bundle : Bundle, str or Path
    path : str or Path
        The folder to make. A bundle that is there is replaced.
    share : float, or mapping of str to float
        Which part of each group's channels is removed, 0 to below 1; rounded down. A mapping names
        groups, as `channel_groups` does; others stay.
    criterion : {"l1", "bn_scale", "taylor"}
        What says which channels matter least: the weights that make them, their batch norm, or
        what the outputs lose to first order. With `bn_scale`, and one share for all, groups without
        a batch norm stay.
    inputs : sequence, optional
        Raw inputs for `taylor`, as `predict` takes them; by default the samples of the bundle. No
        labels are needed.
    listener : callable, optional
        Called with the progress, a `contract.JobProgress`.

    Returns
    -------
    Bundle

    Raises
    ------
    CompressionError
        If a share is not one, there is no such group, its channels cannot be removed, or none are
        to be.
    BundleError
        If it is not a bundle, or the path is another folder.
    """
    check_criterion(criterion)
    parent = opened(bundle)
    target = place_of_child(parent, path)
    shares = check_share(share)
    saved, graph = saved_program(parent), channel_groups(parent)
    _report(listener, 0)
    groups = _chosen_groups(graph, shares)
    scores = scores_of(parent, saved, groups, criterion, inputs)
    if isinstance(shares, Mapping):
        _check_scored(groups, scores, criterion)
    choice = choose(graph, scores, shares)
    if not any(len(channels) for channels in choice.values()):
        raise nothing_removable(graph, share, criterion if groups and not scores else None)
    removed = graph.removed(choice)
    with ScratchFolder("pruning") as scratch:
        _report(listener, 1)
        write_program(saved, graph, removed, scratch)
        lines = _capture(parent, read(scratch / saved.path.name).program)
        _report(listener, 2)
        return derive(parent, target, scratch, lines=lines)


def choose(
    graph: ChannelGraph, scores: Scores, share: float | Mapping[str, float]
) -> dict[str, list[int]]:
    """Return the channels with the lowest scores, by the name of their group.

    Parameters
    ----------
    graph : ChannelGraph
    scores : dict of str to array
        Groups without scores stay.
    share : float, or mapping of str to float
        As for `prune`.
    """
    choice: dict[str, list[int]] = {}
    every = np.full(graph.count, np.inf)
    for name, values in scores.items():
        part = share.get(name, 0.0) if isinstance(share, Mapping) else share
        count = _count(part, len(values))
        choice[name] = np.argsort(values, kind="stable")[:count].tolist()
        every[graph.numbers_of(graph.group(name))] = values
    removed = np.zeros(graph.count, bool)
    for name, channels in choice.items():
        removed[graph.numbers_of(graph.group(name))[channels]] = True
    # A part of a split may consist of channels that are all to be removed: the best one stays.
    for axis in list(graph.empty_axes(removed)):
        if removed[axis].all():
            removed[axis[int(np.argmax(every[axis]))]] = False
    return {
        name: np.flatnonzero(removed[graph.numbers_of(graph.group(name))]).tolist()
        for name in choice
    }


def check_removable(
    graph: ChannelGraph, share: float | Mapping[str, float], criterion: Criterion = "l1"
) -> None:
    """Raise what `prune` would for these groups, before work whose result it prunes.

    Parameters
    ----------
    graph : ChannelGraph
    share : float, or mapping of str to float
        As for `prune`.
    criterion : {"l1", "bn_scale", "taylor"}

    Raises
    ------
    CompressionError
        If there is no such group, its channels cannot be removed, or no channel would be.
    """
    groups = _chosen_groups(graph, share)
    scored = {group.name: group for group in groups if criterion != "bn_scale" or has_norm(group)}
    if isinstance(share, Mapping):
        _check_scored(groups, scored, criterion)
    counts = [
        _count(share[name] if isinstance(share, Mapping) else share, group.channels)
        for name, group in scored.items()
    ]
    if not any(counts):
        raise nothing_removable(graph, share, criterion if groups and not scored else None)


def _count(share: float, channels: int) -> int:
    """Return how many channels a share is."""
    return math.floor(share * channels + 1e-9)


def saved_program(bundle: Bundle) -> SavedProgram:
    """Return the program of a bundle with its weights."""
    return read(bundle.folder / PROGRAM_FOLDER / f"{PROGRAM}.json")


def check_share(share: float | Mapping[str, float]) -> float | Mapping[str, float]:
    """Return a share, or a mapping of them, if each is from 0 to below 1.

    Raises
    ------
    CompressionError
        With the one that is not.
    """
    for part in share.values() if isinstance(share, Mapping) else [share]:
        if not _is_share(part):
            raise CompressionError(
                f"The share {part!r:.40} is not a number from 0 to below 1.",
                "Pass the part of the channels that is removed: share=0.5. Some have to stay.",
            )
    return share


def check_shares(shares: Any) -> None:
    """Raise CompressionError unless a value is a list of shares from 0 to below 1."""
    if isinstance(shares, str) or not isinstance(shares, Iterable):
        raise CompressionError(
            f"shares is {shares!r:.40}, and not a list of numbers.", "Such as shares=(0.25, 0.5)."
        )
    for share in shares:
        check_share(share)


def _is_share(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, Real) and 0 <= float(value) < 1


def _chosen_groups(graph: ChannelGraph, share: float | Mapping[str, float]) -> list[ChannelGroup]:
    if not isinstance(share, Mapping):
        return list(graph.prunable)
    groups = [graph.group(name) for name, part in share.items() if part]
    for group in groups:
        if group.reason:
            raise CompressionError(
                f"The channels of {group.name} cannot be removed: {group.reason}",
                "Leave the group out.",
            )
    return groups


def scores_of(
    bundle: Bundle,
    saved: SavedProgram,
    groups: Sequence[ChannelGroup],
    criterion: Criterion,
    inputs: Sequence[Any] | None,
) -> Scores:
    """Return how much each channel of groups matters.

    Parameters
    ----------
    bundle : Bundle
    saved : SavedProgram
        Its program.
    groups : sequence of ChannelGroup
    criterion : {"l1", "bn_scale", "taylor"}
    inputs : sequence, optional
        Raw inputs for `taylor`; by default the samples of the bundle.

    Returns
    -------
    dict of str to float64 array, (channels,)

    Raises
    ------
    CompressionError
        If the inputs do not fit, or `taylor` finds no floating-point outputs.
    """
    weights = weights_of(saved)
    if criterion == "l1":
        return l1_scores(groups, weights)
    if criterion == "bn_scale":
        return norm_scores(groups, weights)
    program = LoadedProgram(saved.path, list(weights))
    return taylor_scores(groups, program, batches_of(bundle, inputs))


def batches_of(bundle: Bundle, inputs: Sequence[Any] | None) -> list[Batch]:
    """Return raw inputs in batches for the program; None stands for the bundle's examples."""
    return [bundle.samples[0].inputs] if inputs is None else program_batches(inputs, bundle)


def _check_scored(
    groups: Sequence[ChannelGroup], scores: Container[str], criterion: Criterion
) -> None:
    for group in groups:
        if group.name not in scores:
            raise CompressionError(
                f"{group.name} has no batch norm, so {criterion} says nothing about its channels.",
                'Use criterion="l1", or leave the group out.',
            )


def nothing_removable(
    graph: ChannelGraph, share: object, criterion: Criterion | None = None
) -> CompressionError:
    """Return the error that no channel is removed.

    Parameters
    ----------
    graph : ChannelGraph
    share : float, or mapping of str to float
        For which none is.
    criterion : {"l1", "bn_scale", "taylor"}, optional
        One that scores no group.
    """
    if not graph.prunable:
        reasons = [f"{group.name}: {group.reason}" for group in graph.groups[:3]]
        return CompressionError(
            f"The network has no channels that can be removed. {' '.join(reasons)}".strip(),
            "Quantise it instead, or change the network where channels stay.",
        )
    if criterion is not None:
        return CompressionError(
            f"No group has a batch norm, so {criterion} says nothing about its channels.",
            'Use criterion="l1".',
        )
    largest = max(group.channels for group in graph.prunable)
    return CompressionError(
        f"With the share {share!r:.80} no channel is removed; the largest group has {largest}.",
        "Pass a larger share, such as 0.25.",
    )


def _capture(bundle: Bundle, program: Program) -> Capture | None:
    """Return the program without channels, with the names and lines of its parent's."""
    capture = load(bundle.folder / PROGRAM_FOLDER / LINES)
    if capture.program is None:
        return None
    resized = with_sizes_of(capture.program, program)
    return None if resized is None else replace(capture, program=resized)


def _report(listener: Listener | None, done: int) -> None:
    if listener is not None:
        listener(JobProgress(done=done, total=len(_STEPS), step=_STEPS[done]))
