"""Which channels of which weights can only be removed together, found from a program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import CompressionError
from ...program.model.structure import Program
from .channels import Axis, Channels, Positions, SizeEntry, connected
from .rules import follow

__all__ = ["ChannelGraph", "ChannelGroup", "Part", "find_groups"]

_Places = tuple[tuple[int, int], ...]
Role = Literal["makes", "takes", "scales", "follows"]


@dataclass(frozen=True, slots=True)
class Part:
    """An axis of a weight on which a group has channels.

    Parameters
    ----------
    weight : str
        Its name in the program.
    axis : int
    role : {"makes", "takes", "scales", "follows"}
        Whether the channels are made there (rows of a convolution's kernel, columns of a linear
        layer), are taken there by the next layer, are scaled by a batch norm, or only have numbers
        of their own, such as a bias or the mean of a batch norm.
    channels : array of int, one for each position of the axis
        The number of the channel in its group; -1 if it belongs to another group.
    """

    weight: str
    axis: int
    role: Role
    channels: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ChannelGroup:
    """Channels that the same weights make and take, each of which can be removed as a whole.

    Parameters
    ----------
    name : str
        Of the first weight that makes them.
    channels : int
        Their number. One of them may have several positions on an axis, as after a flatten.
    parts : tuple of Part
    reason : str
        Why none of them can be removed, as a sentence; empty if they can.
    """

    name: str
    channels: int
    parts: tuple[Part, ...]
    reason: str = ""

    def __repr__(self) -> str:
        stays = f", stay: {self.reason}" if self.reason else ""
        return (
            f"ChannelGroup({self.name}: {self.channels} channels in {len(self.parts)} parts{stays})"
        )


@dataclass(frozen=True)
class ChannelGraph:
    """The groups of a program, and what in the program depends on their number.

    Parameters
    ----------
    program : Program
    groups : tuple of ChannelGroup
        In the order in which the program makes them.
    numbers : tuple of arrays of int
        For each group the numbers of its channels in the whole program.
    axes : mapping of int to sequence of Axis
        By the id of a value the numbers of the channels on each axis.
    lists : mapping of int to sequence of int
        By the id of a list of tensors the ids of these.
    entries : tuple of SizeEntry
        Numbers in the program that count channels.
    """

    program: Program
    groups: tuple[ChannelGroup, ...]
    numbers: tuple[Positions, ...]
    axes: Mapping[int, Sequence[Axis]]
    lists: Mapping[int, Sequence[int]]
    entries: tuple[SizeEntry, ...]

    @cached_property
    def count(self) -> int:
        """Number of all channels, with those that cannot be removed."""
        axes = [axis for each in self.axes.values() for axis in each if axis is not None]
        return 1 + max((int(axis.max(initial=-1)) for axis in axes), default=-1)

    @property
    def prunable(self) -> tuple[ChannelGroup, ...]:
        """The groups with channels that can be removed."""
        return tuple(group for group in self.groups if not group.reason)

    def group(self, name: str) -> ChannelGroup:
        """Return the group with a name.

        Raises
        ------
        CompressionError
            If there is no such group.
        """
        for group in self.groups:
            if group.name == name:
                return group
        names = ", ".join(group.name for group in self.prunable[:5])
        raise CompressionError(
            f"The network has no group of channels named {name!r:.100}.",
            f"Its groups are named after the weights that make them: {names}, …" if names else "",
        )

    def removed(self, choice: Mapping[str, Sequence[int]]) -> NDArray[np.bool_]:
        """Return for each channel of the program whether it is removed.

        Parameters
        ----------
        choice : mapping of str to sequence of int
            By the name of a group the numbers of its channels.

        Raises
        ------
        CompressionError
            If there is no such group or channel, the group's channels cannot be removed, or none
            would be left.
        """
        removed = np.zeros(self.count, bool)
        for name, channels in choice.items():
            group = self.group(name)
            numbers = sorted({int(number) for number in channels})
            if numbers and group.reason:
                raise CompressionError(
                    f"The channels of {name} cannot be removed: {group.reason}",
                    "Leave the group out.",
                )
            if numbers and not 0 <= numbers[0] <= numbers[-1] < group.channels:
                raise CompressionError(
                    f"{name} has the channels 0 to {group.channels - 1}, and not {numbers[-1]}.",
                    "Choose among them.",
                )
            if len(numbers) == group.channels:
                raise CompressionError(
                    f"0 of {group.channels} channels of {name} would be left.",
                    "Leave at least one.",
                )
            removed[self.numbers_of(group)[numbers]] = True
        for axis in self.empty_axes(removed):
            raise CompressionError(
                f"0 of {axis.size} channels would be left in a part of the network.",
                "Remove fewer channels.",
            )
        return removed

    def numbers_of(self, group: ChannelGroup) -> Positions:
        """Return the numbers of a group's channels in the whole program."""
        return self.numbers[[each.name for each in self.groups].index(group.name)]

    def empty_axes(self, removed: NDArray[np.bool_]) -> Iterator[Positions]:
        """Yield the axes of which nothing would be left, such as a part of a split."""
        for axes in self.axes.values():
            for axis in axes:
                if axis is not None and axis.size and removed[axis].all():
                    yield axis


def find_groups(program: Program, names: Mapping[str, str] | None = None) -> ChannelGraph:
    """Find the groups of channels of a program.

    Channels are followed from op to op, by what each op does with them. Where pruning has no rule
    for an op, channels become an output, or a weight is used twice, the channels stay, and their
    group says why.

    Parameters
    ----------
    program : Program
        As `program.formats.saved.read` returns it.
    names : mapping of str to str, optional
        Other names of the groups, by the name of a weight.
    """
    channels = Channels(program)
    for op in program.ops:
        follow(channels, op)
    roots = connected(channels.count, channels.ties)
    reasons = _reasons(channels, roots)
    axes = {
        value: [None if axis is None else roots[axis] for axis in each]
        for value, each in channels.values.items()
    }
    made = list(dict.fromkeys(channels.made))
    makers = _first_makers(made, axes, len(roots))
    groups, numbers = _groups(channels, axes, makers, reasons)
    names = names or {}
    return ChannelGraph(
        program=program,
        groups=tuple(_named(groups, names)),
        numbers=tuple(numbers),
        axes=axes,
        lists=channels.lists,
        entries=tuple(
            SizeEntry(each.op, each.attribute, each.place, roots[each.positions])
            for each in channels.entries
        ),
    )


def _reasons(channels: Channels, roots: Positions) -> dict[int, str]:
    """Return the first reason for each channel that stays."""
    reasons: dict[int, str] = {}
    for positions, reason in channels.kept:
        for root in np.unique(roots[positions]).tolist():
            reasons.setdefault(root, reason)
    return reasons


def _first_makers(
    made: Sequence[tuple[int, int]], axes: Mapping[int, Sequence[Axis]], count: int
) -> Positions:
    """Return for each channel the number of the first weight that makes it, or -1."""
    makers = np.full(count, -1)
    for number, (value, at) in reversed(list(enumerate(made))):
        axis = axes[value][at] if value in axes else None
        if axis is not None:
            makers[axis] = number
    return makers


def _groups(
    channels: Channels,
    axes: Mapping[int, Sequence[Axis]],
    makers: Positions,
    reasons: Mapping[int, str],
) -> tuple[list[ChannelGroup], list[Positions]]:
    """Collect channels that have positions on the same axes of the same weights."""
    weights = {each.value: each.name for each in channels.program.parameters if each.value in axes}
    kinds: dict[tuple[int, _Places, str], list[int]] = {}
    for root, places in _places_of_channels(weights, axes, makers).items():
        kinds.setdefault((int(makers[root]), places, reasons.get(root, "")), []).append(root)
    groups, numbers = [], []
    roles = _roles(channels)
    for (maker, places, reason), roots in sorted(kinds.items(), key=lambda item: item[0][0]):
        order = np.full(len(makers), -1)
        order[roots] = np.arange(len(roots))
        parts = []
        for value, at in places:
            axis = axes[value][at]
            if axis is not None:
                role = roles.get((value, at), "follows")
                parts.append(Part(weights[value], at, role, order[axis]))
        name = _name(channels, maker, parts)
        groups.append(ChannelGroup(name, len(roots), tuple(parts), reason))
        numbers.append(np.array(roots))
    return groups, numbers


def _places_of_channels(
    weights: Iterable[int | None], axes: Mapping[int, Sequence[Axis]], makers: Positions
) -> dict[int, _Places]:
    """Return the weights and axes with positions of each channel that a weight makes.

    Channels are in the order of their first positions.
    """
    places: dict[int, list[tuple[int, int]]] = {}
    for value in weights:
        for at, axis in enumerate(axes[value] if value is not None else ()):
            made = [] if axis is None else axis[makers[axis] >= 0].tolist()
            for root in dict.fromkeys(made):
                places.setdefault(root, []).append((value or 0, at))
    return {root: tuple(each) for root, each in places.items()}


def _roles(channels: Channels) -> dict[tuple[int, int], Role]:
    """Return what weights do with channels, by value and axis, even if they are reshaped first."""
    # A reshaped weight has the channels of the weight itself, whose numbers are used only once.
    own = {
        int(axis[0]): (value, at)
        for value, axes in channels.values.items()
        if channels.producers[value].kind == "parameter"
        for at, axis in enumerate(axes)
        if axis is not None and axis.size
    }
    places: list[tuple[int, int, Role]] = [(value, 0, "scales") for value in channels.scales]
    places += [(value, at, "takes") for value, at in channels.taken]
    places += [(value, at, "makes") for value, at in channels.made]
    roles: dict[tuple[int, int], Role] = {}
    for value, at, role in places:
        axis = channels.values[value][at] if value in channels.values else None
        if axis is not None and int(axis[0]) in own:
            roles[own[int(axis[0])]] = role
    return roles


def _name(channels: Channels, maker: int, parts: Sequence[Part]) -> str:
    value = channels.made[maker][0]
    own = channels.value(value).name
    made = [part.weight for part in parts if part.role == "makes"]
    return own if own in made or not made else made[0]


def _named(groups: Sequence[ChannelGroup], names: Mapping[str, str]) -> list[ChannelGroup]:
    """Give groups that the same weight makes names of their own."""
    used: dict[str, int] = {}
    named = []
    for group in groups:
        name = names.get(group.name, group.name)
        used[name] = used.get(name, 0) + 1
        if used[name] > 1:
            name = f"{name} ({used[name]})"
        named.append(ChannelGroup(name, group.channels, group.parts, group.reason))
    return named
