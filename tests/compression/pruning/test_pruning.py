"""A bundle is pruned to a bundle that runs and exports, and wrong requests are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.compression.pruning import channel_groups, prune
from paddle_workbench.compression.pruning.criteria import norm_scores
from paddle_workbench.compression.pruning.pruning import choose
from paddle_workbench.contract import JobProgress
from paddle_workbench.errors import BundleError, CompressionError
from paddle_workbench.export.bundle import Bundle

from .pictures import PICTURES

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]


@pytest.fixture(scope="module")
def pruned(parent: Bundle) -> Bundle:
    return prune(parent, parent.path.with_name("smaller"), share=0.5)


def test_names_groups_after_layers(parent: Bundle) -> None:
    names = [group.name for group in channel_groups(parent).groups]
    assert names[:2] == ["layers.0.0", "layers.1.expand.0"]
    assert names[-1] == "fc"


def test_keeps_what_the_bundle_says(parent: Bundle, pruned: Bundle) -> None:
    before, after = parent.record, pruned.record
    assert after.name == "smaller"
    for field in ("task", "labels", "preprocessing", "postprocessing", "version", "licence"):
        assert getattr(after, field) == getattr(before, field)
    assert [sample.name for sample in after.samples] == [sample.name for sample in before.samples]
    assert after.samples_from == "predictor"
    assert after.metrics == {}
    assert [each.shape for each in pruned.examples] == [each.shape for each in parent.examples]


def test_the_smaller_network_runs_and_exports(parent: Bundle, pruned: Bundle) -> None:
    assert channel_groups(pruned).group("layers.1.expand.0").channels == 8
    assert pruned.program.by_id().keys() <= parent.program.by_id().keys()
    lines = [op.line for op in pruned.program.ops if op.kind == "conv2d"]
    assert all(line is not None and line.file.endswith("networks.py") for line in lines)

    assert pruned.export("onnx").is_accepted
    expected = pruned.predict(PICTURES[0])
    assert pruned.predict(PICTURES[0], target="onnx").label == expected.label


def test_removes_shares_of_named_groups_with_progress(parent: Bundle, tmp_path: Path) -> None:
    steps: list[JobProgress] = []

    result = prune(
        parent,
        tmp_path / "named",
        share={"layers.1.down": 0.5, "layers.2.expand.0": 0.25},
        criterion="taylor",
        inputs=PICTURES,
        listener=steps.append,
    )

    groups = {group.name: group.channels for group in channel_groups(result).groups}
    assert groups["layers.1.down"] == 2
    assert groups["layers.2.expand.0"] == 12
    assert groups["layers.0.0"] == 8
    assert [step.done for step in steps] == [0, 1, 2]


@pytest.mark.parametrize(
    ("share", "message"),
    [
        (1.0, "The share 1.0 is not a number from 0 to below 1."),
        (-0.1, "The share -0.1 is not"),
        (float("nan"), "The share nan is not"),
        (True, "The share True is not"),
        ("half", "The share 'half' is not"),
        ({"layers.0.0": 2}, "The share 2 is not"),
        (0.01, "With the share 0.01 no channel is removed; the largest group has 16."),
        ({"layers.0.0": 0.0}, "With the share {'layers.0.0': 0.0} no channel is removed"),
        ({"layers.9": 0.5}, "The network has no group of channels named 'layers.9'."),
        ({"fc": 0.5}, "The channels of fc cannot be removed: They are an output of the network."),
    ],
)
def test_refuses_a_wrong_share(share: Any, message: str, parent: Bundle, tmp_path: Path) -> None:
    with pytest.raises(CompressionError) as error:
        prune(parent, tmp_path / "smaller", share=share)
    assert error.value.message.startswith(message)
    assert error.value.hint
    assert list(tmp_path.iterdir()) == []


def test_refuses_criteria_that_say_nothing(parent: Bundle, tmp_path: Path) -> None:
    with pytest.raises(CompressionError, match="There is no criterion 'l3'"):
        prune(parent, tmp_path / "smaller", share=0.5, criterion="l3")  # type: ignore[arg-type]
    with pytest.raises(CompressionError, match=r"layers\.1\.down has no batch norm"):
        prune(parent, tmp_path / "smaller", share={"layers.1.down": 0.5}, criterion="bn_scale")


def test_takes_shares_of_numpy_and_keeps_the_parent(tmp_path: Path) -> None:
    from .networks import NETWORKS

    network, spec, inputs = NETWORKS["flattened"]()
    bundle = Bundle.create(tmp_path / "flat", network, input_spec=spec, examples=list(inputs))
    pruned = prune(bundle, tmp_path / "pruned", share=np.float32(0.5))
    assert [group.channels for group in channel_groups(pruned).prunable] == [4, 4, 8]
    assert [group.channels for group in channel_groups(bundle).prunable] == [8, 8, 16]
    with pytest.raises(BundleError, match="is the bundle itself"):
        prune(bundle, bundle.path, share=0.5)


def test_refuses_batch_norms_where_there_are_none(tmp_path: Path) -> None:
    from .networks import NETWORKS

    network, spec, inputs = NETWORKS["flattened"]()
    bundle = Bundle.create(tmp_path / "flat", network, input_spec=spec, examples=list(inputs))
    with pytest.raises(CompressionError, match="No group has a batch norm"):
        prune(bundle, tmp_path / "smaller", share=0.5, criterion="bn_scale")


def test_says_why_nothing_can_be_removed(tmp_path: Path) -> None:
    from paddle.static import InputSpec

    from .networks import Shared

    bundle = Bundle.create(
        tmp_path / "shared",
        Shared(),
        input_spec=[InputSpec([None, 4], "float32", "x")],
        examples=[np.ones((2, 4), np.float32)],
    )
    with pytest.raises(CompressionError) as error:
        prune(bundle, tmp_path / "smaller", share=0.5)
    assert error.value.message.startswith(
        "The network has no channels that can be removed. twice: The weight linear_"
    )


def test_keeps_a_channel_of_each_part(tmp_path: Path) -> None:
    from paddle_workbench.compression.pruning.groups import find_groups

    from .equality import saved_program
    from .networks import NETWORKS

    network, spec, _ = NETWORKS["shuffled"]()
    graph = find_groups(saved_program(network, spec, tmp_path).program)
    scores = {group.name: np.arange(float(group.channels)) for group in graph.prunable}

    choice = choose(graph, scores, 0.99)

    assert not list(graph.empty_axes(graph.removed(choice)))


def test_scores_by_batch_norm_leave_other_groups_out(parent: Bundle) -> None:
    from paddle_workbench.compression.pruning.program import weights_of
    from paddle_workbench.program.formats.saved import read

    graph = channel_groups(parent)
    weights = weights_of(read(parent.folder / "inference" / "inference.json"))
    scores = norm_scores(graph.prunable, weights)
    assert "layers.1.down" not in scores
    assert scores["layers.0.0"].shape == (8,)
