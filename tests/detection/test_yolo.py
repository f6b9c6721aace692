from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.errors import DetectionError

from .networks import ANCHORS, network, small_net

pytestmark = pytest.mark.paddle

THREE = ((((1, 1)),) * 3,) * 3


@pytest.fixture(scope="module")
def full(imported_paddle: None) -> Any:
    import paddle

    paddle.seed(0)
    net = network()
    net.eval()
    return net


def parameters(net: Any) -> int:
    return sum(int(parameter.size) for parameter in net.parameters())


def test_front_door_offers_the_network(full: Any) -> None:
    from paddle_workbench import detection

    assert type(full) is detection.YOLOv3


def test_heads_are_raw_and_coarse_first(full: Any) -> None:
    import paddle

    heads = full(paddle.zeros([2, 3, 96, 64]))
    assert [head.shape for head in heads] == [[2, 21, 6, 4], [2, 21, 12, 8]]
    # Before training a thing is unlikely everywhere.
    objectness = heads[0].numpy().reshape(2, 3, 7, 6, 4)[:, :, 4]
    assert (objectness < -2).all()


@pytest.mark.parametrize("strides", [(32,), (16,), (32, 16), (32, 8), (8,), (32, 16, 8)])
def test_heads_at_any_strides(imported_paddle: None, strides: tuple[int, ...]) -> None:
    import paddle

    anchors = THREE[: len(strides)]
    net = small_net(anchors=anchors, strides=strides)
    net.eval()
    heads = net(paddle.zeros([1, 3, 64, 64]))
    assert [head.shape[2] for head in heads] == [64 // stride for stride in strides]


def test_backbone_is_the_resnet34_of_paddle(full: Any) -> None:
    """Except for the projection, which is set to the identity here."""
    import paddle
    from paddle.vision.models import resnet34

    paddle.seed(1)
    theirs = resnet34(num_classes=0, with_pool=False)
    theirs.eval()
    weights = theirs.state_dict()
    assert len(weights) == 180
    own = full.backbone.state_dict()
    assert len(own) == 185
    assert set(weights) <= set(own)
    projection = "layer1.0.downsample"
    weights[f"{projection}.0.weight"] = paddle.eye(64).reshape([64, 64, 1, 1])
    weights[f"{projection}.1._variance"] = paddle.full([64], 1 - 1e-5)
    before = {name: value.clone() for name, value in own.items()}
    full.backbone.set_state_dict({**own, **weights})
    pictures = paddle.rand([1, 3, 64, 64])
    np.testing.assert_allclose(
        full.backbone(pictures)[0].numpy(), theirs(pictures).numpy(), rtol=1e-4, atol=1e-5
    )
    full.backbone.set_state_dict(before)


def test_quarter_width_has_a_sixteenth_of_the_parameters(full: Any) -> None:
    quarter = network(backbone="resnet34-quarter")
    assert parameters(full) == pytest.approx(21.5e6, rel=0.01)
    assert parameters(quarter.backbone) == pytest.approx(parameters(full.backbone) / 16, rel=0.02)


def test_blocks_start_as_their_shortcuts(full: Any) -> None:
    assert (full.backbone.layer3[2].bn2.weight.numpy() == 0).all()


def test_saved_network_predicts_the_same(full: Any, tmp_path: Path) -> None:
    import paddle

    net = small_net()
    net.eval()
    spec = paddle.static.InputSpec([None, 3, 32, 32], "float32", "pictures")
    paddle.jit.save(net, str(tmp_path / "net"), input_spec=[spec])
    saved = paddle.jit.load(str(tmp_path / "net"))
    pictures = paddle.rand([2, 3, 32, 32])
    for ours, theirs in zip(net(pictures), saved(pictures), strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"classes": ()}, "not a list of names"),
        ({"classes": "盒"}, "not a list of names"),
        ({"backbone": "resnet50"}, "no backbone 'resnet50'"),
        ({"strides": (8, 16)}, "coarse first"),
        ({"strides": (16, 4)}, "coarse first"),
        ({"anchors": (ANCHORS[0], ((8, 8), (0.4, 9)))}, "anchor of 0.4 pixels"),
        ({"anchors": (ANCHORS[0], ((8, 8), (float("nan"), 9)))}, "is not possible"),
        ({"anchors": ANCHORS[:1]}, "anchors for 1 scales, and 2 strides"),
        ({"anchors": (ANCHORS[0], ())}, "anchors for 2 scales"),
        ({"anchors": None}, "anchors None are not pairs"),
        ({"anchors": ((8, 8), (4, 9))}, "are not pairs of width and height"),
        ({"strides": 8}, "strides 8 are not some of"),
        ({"neck": 0}, "neck of 0 channels"),
        ({"neck": "512"}, "neck of '512' channels"),
        ({"neck_depth": 2}, "neck of 2 convolutions"),
    ],
)
def test_rejects_invalid_arguments(
    imported_paddle: None, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(DetectionError, match=message):
        network(**arguments)
