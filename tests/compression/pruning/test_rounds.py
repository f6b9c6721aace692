"""Rounds of pruning end with as many channels as a single one."""

from __future__ import annotations

from pathlib import Path

import pytest

from paddle_workbench.compression.pruning import channel_groups, prune
from paddle_workbench.compression.pruning.rounds import shares_of_round
from paddle_workbench.errors import CompressionError
from paddle_workbench.export.bundle import Bundle

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]


def test_three_rounds_end_where_one_does(parent: Bundle, tmp_path: Path) -> None:
    first = channel_groups(parent)
    bundle, sizes = parent, []
    for number in (1, 2, 3):
        now = channel_groups(bundle)
        shares = shares_of_round(first, now, 0.5, number=number, rounds=3)
        bundle = prune(bundle, tmp_path / f"{number}", share=shares)
        sizes.append({group.name: group.channels for group in channel_groups(bundle).groups})
    once = channel_groups(prune(parent, tmp_path / "once", share=0.5))
    assert sizes[-1] == {group.name: group.channels for group in once.groups}
    # 16 channels lose 8: 2, then 3 and 3.
    assert [each["layers.1.expand.0"] for each in sizes] == [14, 11, 8]


def test_leaves_out_groups_that_lose_nothing(parent: Bundle) -> None:
    graph = channel_groups(parent)
    shares = {"layers.0.0": 0.5, "layers.1.down": 0.25}
    assert shares_of_round(graph, graph, shares, number=1, rounds=4) == {"layers.0.0": 0.125}


def test_groups_without_batch_norm_stay_with_bn_scale(parent: Bundle) -> None:
    graph = channel_groups(parent)
    shares = shares_of_round(graph, graph, 0.5, number=1, rounds=2, criterion="bn_scale")
    scaled = {each.name for each in graph.prunable if any(p.role == "scales" for p in each.parts)}
    assert shares.keys() == scaled


def test_rejects_a_round_without_channels(parent: Bundle) -> None:
    graph = channel_groups(parent)
    with pytest.raises(CompressionError, match="no channel is removed in round 1") as error:
        shares_of_round(graph, graph, 0.5, number=1, rounds=99)
    assert error.value.hint == "Use fewer rounds or a larger share."
