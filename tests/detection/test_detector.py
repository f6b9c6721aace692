from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from paddle_workbench.boxes import Method, letterboxed
from paddle_workbench.contract import YoloBoxes
from paddle_workbench.detection.dataset import Dataset
from paddle_workbench.detection.detector import Detector
from paddle_workbench.errors import DetectionError, ShapeError
from paddle_workbench.export.box_steps import detected

from .conftest import CLASSES, make_dataset
from .networks import INPUT_SIZE, small_net

pytestmark = pytest.mark.paddle


def test_boxes_are_in_pixels_of_each_picture(imported_paddle: None) -> None:
    net = small_net()
    # All objectness in the coarse head, in the first class; boxes in the middle of their cells.
    for head in net.heads:
        head.weight.set_value(np.zeros(head.weight.shape, np.float32))
        head.bias.set_value(np.full(head.bias.shape, -9, np.float32))
    bias = net.heads[0].bias.numpy()
    bias[:7] = [0, 0, 0, 0, 9, 9, -9]
    net.heads[0].bias.set_value(bias)
    pictures = [np.zeros((64, 64, 3), np.uint8), np.zeros((32, 64, 3), np.uint8)]
    square, wide = Detector(net=net, input_size=INPUT_SIZE, threshold=0.5).detect(pictures)
    assert len(square) == 4
    assert (square.classes == 0).all()
    centres = (square.boxes[:, :2] + square.boxes[:, 2:]) / 2
    assert sorted(map(tuple, centres.tolist())) == [(16, 16), (16, 48), (48, 16), (48, 48)]
    np.testing.assert_allclose(square.boxes[:, 2:] - square.boxes[:, :2], [[28, 20]] * 4)
    # Half of the input is grey, so the boxes are cut at the edges of the picture.
    assert len(wide) == 4
    assert (wide.boxes[:, 3] <= 32).all()


def test_modes_of_layers_are_restored(imported_paddle: None, dataset: Dataset) -> None:
    net = small_net()
    net.train()
    net.backbone.eval()
    found = Detector(net=net, input_size=INPUT_SIZE, batch_size=4).detect(dataset)
    assert len(found) == len(dataset.pictures)
    assert net.training
    assert net.blocks[0][0].batch_norm.training
    assert not net.backbone.bn1.training


def test_untrained_network_is_limited(imported_paddle: None, dataset: Dataset) -> None:
    detector = Detector(net=small_net(), input_size=INPUT_SIZE, threshold=0, iou=1, limit=7)
    assert {len(each) for each in detector.detect(dataset)} == {7}


@pytest.mark.parametrize("method", ["per-class", "soft", "class-agnostic"])
def test_boxes_are_those_of_a_bundle(imported_paddle: None, method: Method) -> None:
    """Suppressed in the picture, at whose edges boxes overlap more than in the input."""
    import paddle

    net = small_net()
    net.eval()
    for head in net.heads:
        head.weight.set_value(30 * head.weight)
        head.bias.set_value(paddle.zeros_like(head.bias))
    random = np.random.default_rng(4)
    pictures = [random.integers(0, 256, (*size, 3), np.uint8) for size in ((40, 90), (64, 30))]
    settings = {"threshold": 0.2, "iou": 0.3, "limit": 20, "method": method}
    detector = Detector(net=net, input_size=INPUT_SIZE, **settings)
    step = YoloBoxes(anchors=net.anchors, strides=net.strides, **settings)
    for picture, result in zip(pictures, detector.detect(pictures), strict=True):
        outputs = detector._heads([picture])
        place = letterboxed(*picture.shape[:2], into=(INPUT_SIZE, INPUT_SIZE))
        (expected,) = detected(outputs, step, net.classes, [place])
        assert len(expected) > 5
        np.testing.assert_allclose(result.boxes, expected.boxes, atol=1e-3)
        np.testing.assert_allclose(result.scores, expected.scores, atol=1e-5)
        np.testing.assert_array_equal(result.classes, expected.classes)


def test_no_pictures_give_no_detections(imported_paddle: None) -> None:
    assert Detector(net=small_net(), input_size=INPUT_SIZE).detect([]) == []


@pytest.mark.parametrize("pictures", [None, np.zeros((8, 8, 3), np.uint8), 7])
def test_rejects_what_is_not_a_list_of_pictures(imported_paddle: None, pictures: Any) -> None:
    with pytest.raises(ShapeError, match="Pictures are passed as a list, got "):
        Detector(net=small_net(), input_size=INPUT_SIZE).detect(pictures)


@pytest.mark.parametrize("height", [1, 3000])
def test_narrow_pictures_are_pictures(imported_paddle: None, height: int) -> None:
    detector = Detector(net=small_net(), input_size=INPUT_SIZE, threshold=0)
    pictures = np.zeros((1, height, 1, 3), np.uint8)
    (seen,) = detector.detect(pictures)
    assert (seen.boxes[:, 2:] <= [1, height]).all()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"input_size": 50}, "input_size=50"),
        ({"input_size": 0}, "input_size=0"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"limit": 20_000}, "limit=20000"),
        ({"threshold": float("nan")}, "threshold=nan"),
        ({"iou": 2}, "iou=2"),
        ({"threshold": "0.3"}, "threshold='0.3'"),
        ({"method": "hard"}, "method='hard'"),
        ({"net": None}, "net=None"),
    ],
)
def test_rejects_values_that_make_no_sense(
    imported_paddle: None, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(DetectionError, match=f"The detector has {message}"):
        Detector(**{"net": small_net(), "input_size": INPUT_SIZE, **values})


@pytest.mark.parametrize(
    "pixels", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 4), np.uint8), np.zeros((8, 8, 3))]
)
def test_rejects_what_is_not_a_picture(imported_paddle: None, pixels: np.ndarray) -> None:
    """Grey, with transparency, or of fractions."""
    with pytest.raises(ShapeError, match="must be uint8"):
        Detector(net=small_net(), input_size=INPUT_SIZE).detect([pixels])


def test_rejects_a_data_set_whose_classes_have_another_order(imported_paddle: None) -> None:
    """Its figures would be those of the wrong classes."""
    swapped = Dataset(CLASSES[::-1], make_dataset(1).pictures)
    with pytest.raises(DetectionError, match="The network has the classes") as caught:
        Detector(net=small_net(), input_size=INPUT_SIZE).detect(swapped)
    assert "classes=net.classes" in caught.value.hint


def test_takes_pictures_of_a_data_set(imported_paddle: None) -> None:
    dataset = make_dataset(2)
    detector = Detector(net=small_net(), input_size=INPUT_SIZE)
    some, all_ = detector.detect(dataset.pictures[1:]), detector.detect(dataset)
    np.testing.assert_allclose(some[0].scores, all_[1].scores, rtol=1e-4)
