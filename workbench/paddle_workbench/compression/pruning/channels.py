"""Which positions of which axes belong to the same channel, as ops say one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...program.model.structure import Op, Program, Value

__all__ = ["Axis", "Channels", "NoRule", "Positions", "SizeEntry", "connected", "source_of"]

Positions = NDArray[np.int64]
Axis = Positions | None
"""For each position of an axis the number of its channel; None if no position can be removed."""


class NoRule(Exception):  # noqa: N818 - it is not an error, but an answer
    """It is not known what an op does with the channels that it takes; the text says why."""


@dataclass(frozen=True, slots=True)
class SizeEntry:
    """A number in a program that counts channels, such as an entry of the shape of a reshape.

    Parameters
    ----------
    op : int
        Id of the op with the attribute.
    attribute : str
    place : int or None
        In a list; None if the attribute is the number itself.
    positions : array of int
        The channels that it counts.
    """

    op: int
    attribute: str
    place: int | None
    positions: Positions


@dataclass(slots=True)
class Channels:
    """The channels of a program while its ops are read in their order.

    Each axis of each weight starts with channels of its own. Ops hand them on to what they compute,
    and tie those together that can only be removed together.

    Parameters
    ----------
    program : Program
    """

    program: Program
    count: int = 0
    values: dict[int, list[Axis]] = field(default_factory=dict)
    """By the id of a value its axes."""
    lists: dict[int, list[int]] = field(default_factory=dict)
    """By the id of a list of tensors their ids."""
    shapes: dict[int, int] = field(default_factory=dict)
    """By the id of a shape that is read while the program runs the id of the value."""
    ties: list[tuple[Positions, Positions]] = field(default_factory=list)
    kept: list[tuple[Positions, str]] = field(default_factory=list)
    """Channels that cannot be removed, with the reason."""
    entries: list[SizeEntry] = field(default_factory=list)
    made: list[tuple[int, int]] = field(default_factory=list)
    """Value and axis: where a weight makes channels."""
    taken: list[tuple[int, int]] = field(default_factory=list)
    """Value and axis: where a weight takes channels."""
    scales: list[int] = field(default_factory=list)
    """Values with the scales of batch norms."""
    fixed: set[int] = field(default_factory=set)
    """Values that do not depend on the inputs: weights, constants, and what is computed of them."""
    producers: Mapping[int, Op] = field(init=False)
    readers: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        ops = list(self.program.walk())
        self.producers = {value: op for op in ops for value in op.outputs}
        self.readers = {}
        for op in ops:
            for value in op.inputs:
                if value is not None:
                    self.readers[value] = self.readers.get(value, 0) + 1

    def value(self, number: int) -> Value:
        return self.program.values[number]

    def shape(self, number: int) -> tuple[int, ...]:
        """Return the shape of a tensor.

        Raises
        ------
        NoRule
            If even the number of its axes is not known.
        """
        shape = self.value(number).shape
        if shape is None:
            raise NoRule("The number of their axes is not known.")
        return shape

    def new(self, size: int) -> Positions:
        """Return channels that there were not before."""
        self.count += size
        numbers: Positions = np.arange(self.count - size, self.count)
        return numbers

    def axes(self, number: int) -> list[Axis]:
        """Return the axes of a tensor."""
        if number not in self.values:
            self.values[number] = [None] * len(self.shape(number))
        return self.values[number]

    def tie(self, one: Axis, other: Axis, reason: str) -> None:
        """Tie two axes together, position by position.

        Parameters
        ----------
        one, other : Axis
            Of equal size.
        reason : str
            Why the positions of one stay if those of the other cannot be removed.
        """
        if one is None or other is None:
            self.keep(one, reason)
            self.keep(other, reason)
        elif one.size != other.size:
            raise NoRule(f"{one.size} of them meet {other.size}.")
        else:
            self.ties.append((one, other))

    def tie_rows(self, axis: Axis, rows: int) -> None:
        """Tie the rows of an axis, cut into equal parts, so that each loses the same positions."""
        if axis is not None:
            parts = axis.reshape(rows, -1)
            self.ties += [(parts[0], part) for part in parts[1:]]

    def layer(self, weight: int, *, makes: int, takes: int | None) -> None:
        """Say on which axis a weight makes channels, and on which it takes others."""
        if weight in self.fixed:  # and not what another layer has computed
            self.made.append((weight, makes))
            if takes is not None:
                self.taken.append((weight, takes))

    def keep(self, axis: Axis, reason: str) -> None:
        """Say that the channels of an axis cannot be removed."""
        if axis is not None:
            self.kept.append((axis.ravel(), reason))

    def keep_all(self, number: int | None, reason: str) -> None:
        """Say so of all channels of a tensor, or of a list of tensors."""
        if number is None:
            return
        for item in self.lists.get(number, ()):
            self.keep_all(item, reason)
        if number in self.shapes:
            self.keep_all(self.shapes[number], reason)
        for axis in self.values.get(number, ()):
            self.keep(axis, reason)

    def constant(self, number: int | None) -> Any:
        """Return the value of a constant of the program, or None if it is not one."""
        producer = None if number is None else self.producers.get(number)
        if producer is None or producer.kind not in ("full", "full_int_array"):
            return None
        value = producer.attributes.get("value")
        return value if isinstance(value, list | int | float) else None

    def counts_groups(self, op: Op, positions: Positions) -> None:
        """Say that the number of groups of a convolution counts channels."""
        self.entries.append(SizeEntry(op.id, "groups", None, positions))

    def counts(self, number: int, place: int | None, positions: Axis) -> None:
        """Say that a constant counts channels, in an entry of it or as a whole."""
        if positions is None:
            return
        producer = self.producers[number]
        if self.readers.get(number, 0) > 1:
            raise NoRule("The size of a shape is used in several places.")
        self.entries.append(SizeEntry(producer.id, "value", place, positions))


def source_of(op: Op) -> int:
    """Return the id of the value that an op takes first; raise NoRule if it takes none."""
    source = op.inputs[0] if op.inputs else None
    if source is None:
        raise NoRule("It has no input.")
    return source


def connected(count: int, ties: list[tuple[Positions, Positions]]) -> Positions:
    """Return for each of `count` numbers the smallest one that ties connect it with."""
    smallest: Positions = np.arange(count)
    if not ties:
        return smallest
    one = np.concatenate([tie[0].ravel() for tie in ties])
    other = np.concatenate([tie[1].ravel() for tie in ties])
    while True:
        low = np.minimum(smallest[one], smallest[other])
        before = smallest.copy()
        for side in (smallest[one], smallest[other]):
            np.minimum.at(smallest, side, low)
        smallest = smallest[smallest]
        if np.array_equal(before, smallest):
            return smallest
