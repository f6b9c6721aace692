"""How much of each group goes in a round, so that the last one ends where a single one would."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ...errors import CompressionError
from .criteria import Criterion, has_norm
from .groups import ChannelGraph

__all__ = ["shares_of_round"]


def shares_of_round(
    first: ChannelGraph,
    now: ChannelGraph,
    share: float | Mapping[str, float],
    *,
    number: int,
    rounds: int,
    criterion: Criterion = "l1",
) -> dict[str, float]:
    """Return the share of each group that a round of pruning removes.

    Equal parts of the channels that there were before the first round go in each; where they cannot
    be divided, later rounds remove one more. After the last, a group has as many channels as if it
    had been pruned once.

    Parameters
    ----------
    first, now : ChannelGraph
        Before the first round, and before this one.
    share : float, or mapping of str to float
        Of all rounds together, as for `prune`.
    number : int
        Of the round, from 1.
    rounds : int
    criterion : {"l1", "bn_scale", "taylor"}
        As for `prune`: with `bn_scale`, and one share for all, groups without a batch norm stay.

    Returns
    -------
    dict of str to float
        Of the channels that there are now, by the name of the group; groups that lose none are left
        out.

    Raises
    ------
    CompressionError
        If there is no such group, or no group loses a channel.
    """
    if isinstance(share, Mapping):
        wanted = dict(share)
    else:
        is_scored = criterion != "bn_scale"
        wanted = {group.name: share for group in first.prunable if is_scored or has_norm(group)}
    shares = {}
    for name, part in wanted.items():
        whole, left = first.group(name).channels, now.group(name).channels
        goal = whole - math.floor(part * whole + 1e-9) * number // rounds
        if goal < left:
            shares[name] = (left - goal) / left
    if wanted and not shares:
        raise CompressionError(
            f"With {rounds} rounds and the share {share!r:.80} no channel is removed in round "
            f"{number}.",
            "Use fewer rounds or a larger share.",
        )
    return shares
