"""Scores say what the outputs lose without a channel, or how large its weights are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from paddle_workbench.compression.pruning.criteria import l1_scores, taylor_scores
from paddle_workbench.compression.pruning.groups import find_groups
from paddle_workbench.compression.pruning.loaded import LoadedProgram
from paddle_workbench.compression.pruning.program import weights_of, zeroed
from paddle_workbench.errors import CompressionError

from .equality import saved_program

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]


def test_taylor_is_the_squared_change_where_the_network_is_linear(tmp_path: Path) -> None:
    from paddle import nn
    from paddle.static import InputSpec

    network = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 1))
    saved = saved_program(network, [InputSpec([None, 4], "float32", "x")], tmp_path)
    weights = weights_of(saved)
    program = LoadedProgram(saved.path, list(weights))
    graph = find_groups(saved.program)
    (group,) = graph.prunable
    x = np.random.default_rng(0).standard_normal((1, 4)).astype(np.float32)

    (scores,) = taylor_scores([group], program, [[x]]).values()

    (before,) = program.run([x])
    for channel in range(group.channels):
        removed = graph.removed({group.name: [channel]})
        with program.with_weights(zeroed(weights, graph, removed, where="taken")):
            (without,) = program.run([x])
        change = float(np.square(before - without).sum())
        assert scores[channel] == pytest.approx(change, rel=1e-4, abs=1e-9)
    assert np.array_equal(program.run([x])[0], before)


def test_taylor_refuses_a_network_that_only_returns_classes(tmp_path: Path) -> None:
    from paddle.static import InputSpec

    from .networks import Classes

    saved = saved_program(Classes(), [InputSpec([None, 4], "float32", "x")], tmp_path)
    program = LoadedProgram(saved.path, list(weights_of(saved)))
    groups = find_groups(saved.program).prunable
    with pytest.raises(CompressionError, match="returns no floating-point numbers"):
        taylor_scores(groups, program, [[np.ones((1, 4), np.float32)]])


def test_each_weight_around_a_residual_connection_counts_the_same(tmp_path: Path) -> None:
    from .networks import NETWORKS

    network, spec, _ = NETWORKS["residual"]()
    saved = saved_program(network, spec, tmp_path)
    weights = weights_of(saved)
    group = max(
        find_groups(saved.program).prunable,
        key=lambda group: sum(part.role == "makes" for part in group.parts),
    )

    (scores,) = l1_scores([group], weights).values()

    made = [weights[part.weight].array for part in group.parts if part.role == "makes"]
    norms = [np.abs(array).sum(axis=(1, 2, 3)) for array in made]
    assert len(norms) == 3
    assert scores == pytest.approx(sum(norm / norm.mean() for norm in norms), rel=1e-5)
