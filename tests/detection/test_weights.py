"""A file with the names and shapes of PaddleDetection's YOLOv3 with ResNet34."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.detection.weights import load_paddledetection, read_pdparams
from paddle_workbench.errors import DetectionError, FileBrokenError, FileMissingError

from .conftest import CLASSES
from .networks import network

Shapes = Iterator[tuple[str, tuple[int, ...]]]
THREE = (((10, 13), (16, 30), (33, 23)),) * 3
STATISTICS = ("weight", "bias", "_mean", "_variance")


def convolution(name: str, channels: int, incoming: int, kernel: int, norm: str) -> Shapes:
    yield f"{name}.conv.weight", (channels, incoming, kernel, kernel)
    for each in STATISTICS:
        yield f"{name}.{norm}.{each}", (channels,)


def backbone_shapes(prefix: str = "backbone.") -> Shapes:
    yield from convolution(f"{prefix}conv1.conv1", 64, 3, 7, "norm")
    for stage, blocks in enumerate((3, 4, 6, 3), start=2):
        channels = 32 * 2 ** (stage - 1)
        for number in range(blocks):
            name = f"{prefix}res{stage}.res{stage}{'abcdef'[number]}"
            incoming = channels if number or stage == 2 else channels // 2
            yield from convolution(f"{name}.branch2a", channels, incoming, 3, "norm")
            yield from convolution(f"{name}.branch2b", channels, channels, 3, "norm")
            if number == 0:
                yield from convolution(f"{name}.short", channels, incoming, 1, "norm")


def detector_shapes(classes: int) -> Shapes:
    yield from backbone_shapes()
    for place in range(3):
        channels, norm = 512 // 2**place, "batch_norm"
        incoming = channels + (channels if place else 0)
        module = f"neck.yolo_block.{place}.conv_module"
        yield from convolution(f"{module}.conv0", channels, incoming, 1, norm)
        yield from convolution(f"{module}.conv1", 2 * channels, channels, 3, norm)
        yield from convolution(f"{module}.conv2", channels, 2 * channels, 1, norm)
        yield from convolution(f"{module}.conv3", 2 * channels, channels, 3, norm)
        yield from convolution(f"{module}.route", channels, 2 * channels, 1, norm)
        tip = f"neck.yolo_block.{place}.tip"
        yield from convolution(tip, 2 * channels, channels, 3, norm)
        if place < 2:
            transition = f"neck.yolo_transition.{place}"
            yield from convolution(transition, channels // 2, channels, 1, norm)
        yield f"yolo_head.yolo_output.{place}.weight", (3 * (5 + classes), 2 * channels, 1, 1)
        yield f"yolo_head.yolo_output.{place}.bias", (3 * (5 + classes),)


def arrays_of(shapes: Shapes) -> dict[str, np.ndarray]:
    """Return arrays that differ by name, cheaply: each is one number everywhere."""
    return {
        name: np.broadcast_to(np.float32(number / 1000), shape).copy()
        for number, (name, shape) in enumerate(shapes, start=1)
    }


@pytest.fixture(scope="module")
def detector_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "yolov3_r34.pdparams"
    path.write_bytes(pickle.dumps(arrays_of(detector_shapes(len(CLASSES))), protocol=4))
    return path


@pytest.fixture(scope="module")
def backbone_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "ResNet34_pretrained.pdparams"
    arrays = arrays_of(backbone_shapes(prefix=""))
    names = {name: f"parameter_{name}" for name in arrays}
    arrays["fc.weight"] = np.zeros((512, 1000), np.float32)
    content = {**arrays, "StructuredToParameterName@@": names}
    path.write_bytes(pickle.dumps(content, protocol=4))
    return path


def test_the_file_is_the_real_one() -> None:
    shapes = dict(detector_shapes(80))
    assert sum(name.startswith("backbone") for name in shapes) == 185
    trained = sum(
        int(np.prod(shape)) for name, shape in shapes.items() if not name.endswith(STATISTICS[2:])
    )
    assert trained == pytest.approx(42.3e6, rel=0.01)


@pytest.mark.paddle
def test_loads_the_whole_detector(imported_paddle: None, detector_file: Path) -> None:
    net = network(anchors=THREE, strides=(32, 16, 8), neck=512, neck_depth=5)
    loaded = load_paddledetection(net, detector_file)
    assert loaded.parts == ("backbone", "neck", "heads")
    assert loaded.left_out == {}
    state, weights = net.state_dict(), read_pdparams(detector_file)
    # Every entry comes from a different one in the file.
    values = {name: float(value.flatten()[0]) for name, value in state.items()}
    assert sorted(values.values()) == sorted(float(array.flat[0]) for array in weights.values())
    assert loaded.entries == len(state) == len(weights)
    pairs = {
        "backbone.conv1.weight": "backbone.conv1.conv1.conv.weight",
        "backbone.bn1._mean": "backbone.conv1.conv1.norm._mean",
        "backbone.layer1.0.downsample.0.weight": "backbone.res2.res2a.short.conv.weight",
        "backbone.layer3.5.bn2.bias": "backbone.res4.res4f.branch2b.norm.bias",
        "blocks.1.4.conv.weight": "neck.yolo_block.1.conv_module.route.conv.weight",
        "transitions.1.batch_norm._variance": "neck.yolo_transition.1.batch_norm._variance",
        "tips.2.conv.weight": "neck.yolo_block.2.tip.conv.weight",
        "heads.2.bias": "yolo_head.yolo_output.2.bias",
    }
    for here, there in pairs.items():
        np.testing.assert_array_equal(state[here].numpy(), weights[there], err_msg=here)


@pytest.mark.paddle
def test_loads_a_backbone_into_a_small_neck(imported_paddle: None, backbone_file: Path) -> None:
    net = network()
    before = net.state_dict()["blocks.0.0.conv.weight"].numpy()
    loaded = load_paddledetection(net, backbone_file)
    assert loaded.parts == ("backbone",)
    assert loaded.entries == 185
    assert "the file does not contain" in loaded.left_out["neck"]
    np.testing.assert_array_equal(net.state_dict()["blocks.0.0.conv.weight"].numpy(), before)


@pytest.mark.paddle
def test_leaves_out_what_does_not_fit(imported_paddle: None, detector_file: Path) -> None:
    loaded = load_paddledetection(network(classes=("盒", "瓶", "签"), neck_depth=5), detector_file)
    assert loaded.parts == ("backbone",)
    assert "(512, 512, 1, 1) in the file, and (128, 512, 1, 1) here" in loaded.left_out["neck"]
    assert "has the shape" in loaded.left_out["heads"]
    # Heads at two strides of a full neck: what the network lacks is left aside.
    loaded = load_paddledetection(network(strides=(16, 8), neck=512, neck_depth=5), detector_file)
    assert loaded.parts == ("backbone", "neck", "heads")


@pytest.fixture(scope="module")
def net(imported_paddle: None) -> Any:
    return network()


@pytest.mark.paddle
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"backbone.res2.res2a.branch2c.conv.weight": np.zeros(1, np.float32)},
            "the entry 'backbone.res2.res2a.branch2c.conv.weight', which YOLOv3 with ResNet34 does "
            "not have",
        ),
        (
            {f"backbone.stage.{i}.conv.weight": np.zeros(1, np.float32) for i in range(3)},
            "3 entries such as 'backbone.stage.0.conv.weight'",
        ),
        (
            {"backbone.res2.res2d.branch2a.conv.weight": np.zeros(1, np.float32)},
            "does not have the entry 'backbone.layer1.3.conv1.weight'",
        ),
        ({"conv1.conv1.norm._mean": None}, "does not contain the entry 'backbone.bn1._mean'"),
        (
            {"conv1.conv1.norm._mean": np.zeros(32, np.float32)},
            "backbone.bn1._mean has the shape",
        ),
    ],
)
def test_reports_weights_of_another_network(
    net: Any,
    backbone_file: Path,
    tmp_path: Path,
    change: dict[str, Any],
    message: str,
) -> None:
    arrays = {**read_pdparams(backbone_file), **change}
    arrays = {name: array for name, array in arrays.items() if array is not None}
    path = tmp_path / "other.pdparams"
    path.write_bytes(pickle.dumps(arrays))
    before = net.state_dict()["backbone.conv1.weight"].numpy()
    with pytest.raises(DetectionError) as caught:
        load_paddledetection(net, path)
    assert message in caught.value.message
    assert "\n" not in caught.value.message
    np.testing.assert_array_equal(net.state_dict()["backbone.conv1.weight"].numpy(), before)


@pytest.mark.paddle
def test_quarter_width_cannot_load_full_weights(imported_paddle: None, backbone_file: Path) -> None:
    with pytest.raises(DetectionError, match=r"\(64, 3, 7, 7\) in the file, and \(16, 3, 7, 7\)"):
        load_paddledetection(network(backbone="resnet34-quarter"), backbone_file)


@pytest.mark.paddle
def test_reads_what_paddle_saves(imported_paddle: None, tmp_path: Path) -> None:
    import paddle

    layer = paddle.nn.Linear(2, 3)
    state = tmp_path / "state.pdparams"
    paddle.save(layer.state_dict(), str(state))
    np.testing.assert_array_equal(read_pdparams(state)["weight"], layer.weight.numpy())
    tensors = tmp_path / "tensors.pdparams"
    paddle.save({"w": layer.weight}, str(tensors))
    np.testing.assert_array_equal(read_pdparams(tensors)["w"], layer.weight.numpy())


class Harmful:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_runs_no_code_in_a_file(tmp_path: Path) -> None:
    path, trace = tmp_path / "harmful.pdparams", tmp_path / "trace"
    path.write_bytes(pickle.dumps({"w": Harmful(trace)}))
    with pytest.raises(FileBrokenError, match=r"it refers to \w+\.mkdir"):
        read_pdparams(path)
    assert not trace.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a pickle of arrays"),
        (b"PK\x03\x04", "is not a"),
        (pickle.dumps([1, 2]), "contains a list"),
        (pickle.dumps({"w": "text"}), "its entry 'w' is not an array"),
    ],
)
def test_rejects_other_files(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "file.pdparams"
    path.write_bytes(content)
    with pytest.raises(FileBrokenError, match=message):
        read_pdparams(path)


def test_reports_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match="no file of weights"):
        read_pdparams(tmp_path / "none.pdparams")


def test_rejects_another_network(tmp_path: Path) -> None:
    with pytest.raises(DetectionError, match="The network is a dict, and not a YOLOv3"):
        load_paddledetection({}, tmp_path / "weights.pdparams")  # type: ignore[arg-type]
