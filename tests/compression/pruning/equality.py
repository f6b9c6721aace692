"""Whether a program without channels equals one in which they are zero."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from paddle_workbench.compression.pruning.groups import ChannelGraph, find_groups
from paddle_workbench.compression.pruning.loaded import LoadedProgram
from paddle_workbench.compression.pruning.program import weights_of, write_program, zeroed
from paddle_workbench.program.cost import Sizes, costs_of
from paddle_workbench.program.formats.saved import SavedProgram, read

__all__ = ["Comparison", "compare", "saved_program"]


@dataclass(frozen=True)
class Comparison:
    """What became of a program when a share of each group was removed.

    Parameters
    ----------
    graph : ChannelGraph
    difference : float
        Between the program without channels and the one in which they are zero, relative to the
        largest output.
    effect : float
        Between the latter and the program as it was.
    parameters, flops : tuple of (int, int)
        Before and after.
    """

    graph: ChannelGraph
    difference: float
    effect: float
    parameters: tuple[int, int]
    flops: tuple[int, int]


def saved_program(network: Any, spec: Sequence[Any], folder: Path) -> SavedProgram:
    import paddle

    network.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Paddle's, about names of arguments
        paddle.jit.save(network, str(folder / "inference"), input_spec=list(spec))
    return read(folder / "inference.json")


def compare(
    saved: SavedProgram,
    inputs: Sequence[Any],
    folder: Path,
    *,
    where: Literal["made", "taken"] = "made",
) -> Comparison:
    """Remove half of each group, chosen at random, and compare."""
    graph = find_groups(saved.program)
    rng = np.random.default_rng(0)
    choice = {
        group.name: rng.permutation(group.channels)[: group.channels // 2].tolist()
        for group in graph.prunable
    }
    removed = graph.removed(choice)
    weights = weights_of(saved)
    (folder / "pruned").mkdir()
    write_program(saved, graph, removed, folder / "pruned")
    pruned = read(folder / "pruned" / saved.path.name)
    whole = LoadedProgram(saved.path, list(weights))
    before = whole.run(inputs)
    with whole.with_weights(zeroed(weights, graph, removed, where=where)):
        zeros = whole.run(inputs)
    after = LoadedProgram(pruned.path, list(weights)).run(inputs)
    return Comparison(
        graph=graph,
        difference=_difference(after, zeros),
        effect=_difference(before, zeros),
        parameters=(_parameters(saved), _parameters(pruned)),
        flops=(_flops(saved), _flops(pruned)),
    )


def _difference(outputs: Sequence[Any], others: Sequence[Any]) -> float:
    return max(
        float(np.abs(one - other).max() / np.abs(other).max())
        for one, other in zip(outputs, others, strict=True)
    )


def _parameters(saved: SavedProgram) -> int:
    return sum(int(np.prod(each.shape)) for each in saved.program.parameters)


def _flops(saved: SavedProgram) -> int:
    costs = costs_of(saved.program, Sizes(other=8))
    return sum(cost.flops or 0 for cost in costs.values())
