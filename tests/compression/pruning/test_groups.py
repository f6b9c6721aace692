"""Groups of channels are found from the program, and removed without any other change."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.compression.pruning.groups import ChannelGraph, find_groups
from paddle_workbench.compression.pruning.program import write_program
from paddle_workbench.errors import CompressionError

from .equality import compare, saved_program

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]

NAMES = (
    "residual", "dense", "inverted", "shuffled", "grouped", "sliced", "transposed", "flattened",
    "text", "attention", "encoder", "lines", "detector",
)  # fmt: skip
VISION: dict[str, dict[str, Any]] = {
    "mobilenet_v1": {"scale": 0.25},
    "mobilenet_v2": {"scale": 0.25},
    "mobilenet_v3_small": {"scale": 0.35},
    "shufflenet_v2_x0_25": {},
}


@pytest.mark.parametrize("name", NAMES)
def test_equals_the_network_with_zeros(name: str, tmp_path: Path) -> None:
    from .networks import NETWORKS, with_random_norms

    network, spec, inputs = NETWORKS[name]()
    saved = saved_program(with_random_norms(network, inputs), spec, tmp_path)

    result = compare(saved, inputs, tmp_path)

    assert result.difference < 1e-5
    assert result.effect > 1e-3
    assert result.parameters[1] < result.parameters[0]
    assert result.flops[1] < result.flops[0]


def test_equals_the_network_whose_next_layer_ignores_the_channels(tmp_path: Path) -> None:
    from .networks import NETWORKS

    network, spec, inputs = NETWORKS["gated"]()
    saved = saved_program(network, spec, tmp_path)

    result = compare(saved, inputs, tmp_path, where="taken")

    assert result.difference < 1e-5
    assert result.effect > 1e-3


@pytest.mark.parametrize("name", VISION)
def test_prunes_networks_of_paddle(name: str, tmp_path: Path) -> None:
    from paddle.static import InputSpec
    from paddle.vision import models

    from .networks import with_random_norms

    network = getattr(models, name)(num_classes=10, **VISION[name])
    x = np.random.default_rng(0).standard_normal((2, 3, 64, 64)).astype(np.float32)
    spec = [InputSpec([None, 3, 64, 64], "float32", "x")]
    saved = saved_program(with_random_norms(network, [x]), spec, tmp_path)

    result = compare(saved, [x], tmp_path)

    assert result.difference < 1e-5
    assert result.effect > 1e-2
    assert result.parameters[1] < 0.45 * result.parameters[0]
    assert result.flops[1] < 0.6 * result.flops[0]


@pytest.mark.parametrize("seed", range(6))
def test_prunes_random_networks(seed: int, tmp_path: Path) -> None:
    import paddle
    from paddle.static import InputSpec

    from .networks import with_random_norms
    from .random_network import SIZE, RandomNetwork

    paddle.seed(seed)
    x = np.random.default_rng(seed).standard_normal((2, 3, SIZE, SIZE)).astype(np.float32)
    network = with_random_norms(RandomNetwork(seed), [x])
    saved = saved_program(network, [InputSpec([None, 3, SIZE, SIZE], "float32", "x")], tmp_path)

    result = compare(saved, [x], tmp_path)

    assert result.difference < 1e-5
    assert result.graph.prunable


def nn_functional() -> Any:
    from paddle.nn import functional

    return functional


def groups_of(name: str, folder: Path) -> ChannelGraph:
    from .networks import NETWORKS

    network, spec, _ = NETWORKS[name]()
    return find_groups(saved_program(network, spec, folder).program)


def graph_of(function: Callable[[Any], Any], layers: list[Any], folder: Path) -> ChannelGraph:
    """Return the groups of two linear layers with a function in between."""
    import paddle
    from paddle.static import InputSpec

    class Network(paddle.nn.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.layers = paddle.nn.LayerList(layers)

        def forward(self, x: Any) -> Any:
            first, *others = self.layers
            y = function(first(x))
            for layer in others:
                y = layer(y)
            return y

    spec = [InputSpec([None, 4], "float32", "x")]
    return find_groups(saved_program(Network(), spec, folder).program)


def test_channels_around_a_residual_connection_are_one_group(tmp_path: Path) -> None:
    graph = groups_of("residual", tmp_path)
    # conv1 of each block, and everything that is added up.
    assert [group.channels for group in graph.prunable] == [8, 8, 8]
    assert max(sum(part.role == "makes" for part in group.parts) for group in graph.groups) == 3


def test_a_depthwise_convolution_belongs_to_the_channels_that_it_takes(tmp_path: Path) -> None:
    graph = groups_of("inverted", tmp_path)
    # The stem and what is added to it; expansion and squeeze of each block.
    assert sorted(group.channels for group in graph.prunable) == [4, 4, 8, 16, 16]


def test_groups_of_a_convolution_lose_the_same_channels(tmp_path: Path) -> None:
    graph = groups_of("grouped", tmp_path)
    # 8 channels in 4 groups are 2 choices; 24 that are made from 12 alone are 12 choices, tied
    # to the 12 channels that come in 4 groups: 3.
    assert [group.channels for group in graph.prunable] == [2, 3]


def test_a_flattened_channel_has_several_columns(tmp_path: Path) -> None:
    graph = groups_of("flattened", tmp_path)
    second = graph.prunable[1]
    (taken,) = [part for part in second.parts if part.role == "takes"]
    assert taken.channels.tolist() == np.repeat(np.arange(8), 4).tolist()


def test_halves_that_are_mixed_stay_equal(tmp_path: Path) -> None:
    graph = groups_of("shuffled", tmp_path)
    assert all(group.channels > 1 for group in graph.prunable)
    assert "pd_op.split_with_num" in {op.name for op in graph.program.ops}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("residual", "They are an output of the network."),
        ("encoder", "add of .* combines them with numbers that stay."),
        ("lines", "rnn of .* takes them. Pruning has no rule for it."),
    ],
)
def test_says_why_channels_stay(name: str, reason: str, tmp_path: Path) -> None:
    graph = groups_of(name, tmp_path)
    assert any(_matches(reason, group.reason) for group in graph.groups)


def test_channels_of_a_shared_weight_stay(tmp_path: Path) -> None:
    from paddle.static import InputSpec

    from .networks import Shared

    spec = [InputSpec([None, 4], "float32", "x")]
    graph = find_groups(saved_program(Shared(), spec, tmp_path).program)
    assert graph.prunable == ()
    assert _matches("The weight .* is used in 2 places.", graph.groups[0].reason)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda y: nn_functional().layer_norm(y, 6), "divides by what it finds in all of them."),
        (lambda y: nn_functional().softmax(y), "divides by what it finds in all of them."),
        (lambda y: y.cumsum(axis=1), "cumsum takes them. Pruning has no rule for it."),
        (lambda y: y.sort(axis=1), "argsort takes them. Pruning has no rule for it."),
        (lambda y: y.mean(axis=1, keepdim=True) * y, "makes one number of all of them."),
        (lambda y: y / y.sum(axis=1, keepdim=True), "makes one number of all of them."),
        (lambda y: y.nonzero().astype("float32") * 0 + y.sum(), "nonzero takes them."),
    ],
)
def test_does_not_guess_what_an_op_does(
    function: Callable[[Any], Any], reason: str, tmp_path: Path
) -> None:
    from paddle import nn

    graph = graph_of(function, [nn.Linear(4, 6)], tmp_path)
    assert graph.prunable == ()
    assert any(reason in group.reason for group in graph.groups), graph.groups


def test_channels_that_meet_numbers_from_elsewhere_stay(tmp_path: Path) -> None:
    import paddle
    from paddle import nn

    graph = graph_of(
        lambda y: y * paddle.arange(6, dtype="float32"),
        [nn.Linear(4, 6), nn.Linear(6, 2)],
        tmp_path,
    )
    assert graph.prunable == ()
    assert "numbers that stay" in graph.groups[0].reason


def test_a_branch_keeps_the_channels_that_it_takes(tmp_path: Path) -> None:
    from paddle.static import InputSpec

    from .networks import Branching

    spec = [InputSpec([None, 4], "float32", "x")]
    graph = find_groups(saved_program(Branching(), spec, tmp_path).program)
    assert graph.prunable == ()
    assert graph.groups[0].reason == "if takes them. Pruning has no rule for it."


def test_rejects_wrong_choices(tmp_path: Path) -> None:
    graph = groups_of("flattened", tmp_path)
    first, last = graph.groups[0].name, graph.groups[-1].name
    for choice, message in [
        ({"conv9": [0]}, "The network has no group of channels named 'conv9'."),
        ({first: range(8)}, f"0 of 8 channels of {first} would be left."),
        ({first: [8]}, f"{first} has the channels 0 to 7, and not 8."),
        ({last: [0]}, f"The channels of {last} cannot be removed: They are an output"),
    ]:
        with pytest.raises(CompressionError) as error:
            graph.removed(choice)
        assert error.value.message.startswith(message)


def test_writes_the_same_program_if_nothing_is_removed(tmp_path: Path) -> None:
    from .networks import NETWORKS

    network, spec, _ = NETWORKS["shuffled"]()
    saved = saved_program(network, spec, tmp_path)
    graph = find_groups(saved.program)
    (tmp_path / "same").mkdir()

    write_program(saved, graph, graph.removed({}), tmp_path / "same")

    for name in ("inference.json", "inference.pdiparams"):
        before, after = (tmp_path / name).read_bytes(), (tmp_path / "same" / name).read_bytes()
        assert json.loads(before) == json.loads(after) if name.endswith("json") else before == after


def _matches(pattern: str, text: str) -> bool:
    import re

    return re.fullmatch(pattern, text) is not None
