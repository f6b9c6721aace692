"""The groups of channels of a program by layer: how many can be kept, and what goes with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import LayerPruning, LayerReport, LayerSettings
from ..errors import CompressionError
from ..export.bundle import Bundle
from .batches import Batch
from .effects import Outputs
from .pruning.groups import ChannelGroup
from .pruning.program import shares_left
from .pruning.pruning import check_shares, saved_program
from .pruning.sensitivity import GroupTrials
from .quantization.calibrated import CalibratedProgram
from .quantization.plan import paths_of_parameters

__all__ = ["Change", "GroupReports"]


@dataclass(frozen=True, slots=True)
class Change:
    """Some channels of one group that are removed.

    Parameters
    ----------
    layer : str
        The first layer that makes the channels.
    group : str
    kept : int
        Channels that are left.
    removed : array of bool, one for each channel of the program
    """

    layer: str
    group: str
    kept: int
    removed: NDArray[np.bool_]


class GroupReports:
    """The groups of channels of a bundle, by the first layer that makes them.

    Parameters
    ----------
    bundle : Bundle
    calibrated : CalibratedProgram
        Of the bundle.
    batches : sequence of tuple of array
        Inputs of the program.
    """

    def __init__(
        self, bundle: Bundle, calibrated: CalibratedProgram, batches: Sequence[Batch]
    ) -> None:
        self._trials = None
        # Only programs of Paddle 3 can be pruned.
        if saved_program(bundle).format == "pir":
            self._trials = GroupTrials(bundle, batches)
        self._weights = _weights_of_layers(bundle, calibrated)

    @cached_property
    def channels(self) -> dict[str, ChannelGroup]:
        """The groups of which channels can be removed, by the first layer that makes them.

        A weight that makes several groups, as that of queries and keys may do, stands for the
        largest of them.
        """
        groups: dict[str, ChannelGroup] = {}
        if self._trials is None:
            return groups
        for name in self._trials.groups:
            group = self._trials.graph.group(name)
            made = {part.weight for part in group.parts if part.role == "makes"}
            layer = next((each for each, own in self._weights.items() if own & made), None)
            if layer is None or group.channels < 2:
                continue
            if layer not in groups or groups[layer].channels < group.channels:
                groups[layer] = group
        return groups

    def changes(self, shares: Sequence[float]) -> list[Change]:
        """Return each group without each share of its channels.

        Raises
        ------
        CompressionError
            If a share is not one.
        """
        check_shares(shares)
        changes: dict[tuple[str, int], Change] = {}
        for layer, group in self.channels.items():
            assert self._trials is not None  # noqa: S101 - there are groups
            for share in sorted(shares):
                removed, count = self._trials.removed(group.name, share)
                kept = group.channels - count
                if count:
                    changes[layer, kept] = Change(layer, group.name, kept, removed)
        return list(changes.values())

    def outputs(self, change: Change) -> Outputs:
        """Return the outputs of the network without some channels."""
        assert self._trials is not None  # noqa: S101 - there is a change
        return self._trials.outputs(change.removed)

    def with_change(
        self, layers: Sequence[LayerReport], change: Change, loss: Mapping[str, Any]
    ) -> list[LayerReport]:
        """Return the layers with a change as a choice of the layer that makes the channels.

        Parameters
        ----------
        layers : sequence of LayerReport
        change : Change
        loss : mapping
            The fields of a `LayerPruning` that say what is lost.
        """
        group = self.channels[change.layer]
        names = {each.name for each in layers}
        pruning = LayerPruning(
            kept=change.kept,
            removed={
                name: share
                for name, share in self._removed_shares(change).items()
                if name in names and share
            },
            **loss,
        )
        return [
            each.model_copy(
                update={
                    "channels": group.channels,
                    "group": "" if group.name == each.name else group.name,
                    "prunings": (*each.prunings, pruning),
                }
            )
            if each.name == change.layer
            else each
            for each in layers
        ]

    def shares_of(self, settings: Mapping[str, LayerSettings]) -> dict[str, float]:
        """Return the share of each group that is removed, by its name, as `prune` takes it.

        Raises
        ------
        CompressionError
            If a layer has no channels that can be removed, or not as many.
        """
        shares: dict[str, float] = {}
        for name, setting in settings.items():
            if setting.kept is None:
                continue
            group = self.channels.get(name)
            if group is None:
                raise CompressionError(
                    f"No channels of layer {name} can be removed.",
                    f"Those of a group are in its first layer: {', '.join(self.channels)}."
                    if self.channels
                    else "Quantise it instead.",
                )
            if setting.kept > group.channels:
                raise CompressionError(
                    f"Layer {name} has {group.channels} channels, and {setting.kept} are to be "
                    "kept.",
                    "Keep fewer.",
                )
            if setting.kept < group.channels:
                shares[group.name] = 1 - setting.kept / group.channels
        return shares

    def _removed_shares(self, change: Change) -> dict[str, float]:
        """Return which share of its weights each layer loses."""
        assert self._trials is not None  # noqa: S101 - there is a change
        graph = self._trials.graph
        left = shares_left(graph, change.removed)
        sizes = {each.name: int(np.prod(each.shape)) for each in graph.program.parameters}
        shares = {}
        for layer, weights in self._weights.items():
            own = weights & sizes.keys()
            total = sum(sizes[each] for each in own)
            if total:
                shares[layer] = 1 - sum(sizes[each] * left[each] for each in own) / total
        return shares


def _weights_of_layers(bundle: Bundle, calibrated: CalibratedProgram) -> dict[str, frozenset[str]]:
    """Return the weights of each layer in the saved program, by the name of the layer."""
    paths = paths_of_parameters(bundle.program)
    weights: dict[str, frozenset[str]] = {}
    for layer, name in calibrated.layers:
        own = {each for each, path in paths.items() if path == name}
        weights[name] = frozenset(own | calibrated.program.parameters_of(layer))
    return weights
