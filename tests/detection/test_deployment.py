"""A detector that was trained, in a bundle: every target sees the boxes that the network sees."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from PIL import Image

from paddle_workbench.boxes import Detections, matching
from paddle_workbench.detection.anchors import find_anchors
from paddle_workbench.detection.dataset import Dataset, Picture
from paddle_workbench.detection.detector import Detector
from paddle_workbench.detection.evaluation import evaluate
from paddle_workbench.detection.recipe import Recipe
from paddle_workbench.detection.training import train
from paddle_workbench.detection.weights import _name_here, load_paddledetection
from paddle_workbench.errors import BundleError
from paddle_workbench.export.bundle import Bundle

from .conftest import CLASSES, make_dataset
from .networks import small_net
from .test_weights import detector_shapes

pytestmark = pytest.mark.paddle

SIZE = 64
TARGETS = ("inference", "onednn", "onnx", "browser", "mnn", "paddlex")
SIZES = ((48, 48), (64, 64), (96, 60), (50, 130), (200, 160), (48, 48))


def resized(dataset: Dataset) -> Dataset:
    """Return pictures of different sizes, with their boxes."""
    pictures = []
    for picture, (height, width) in zip(dataset, SIZES, strict=True):
        pixels = np.asarray(Image.fromarray(picture.pixels).resize((width, height)))
        scale = np.array([width / picture.size[0], height / picture.size[1]] * 2, np.float32)
        pictures.append(Picture(picture.name, pixels, picture.boxes * scale, picture.classes))
    return Dataset(dataset.classes, pictures)


def seen_by(bundle: Bundle, dataset: Dataset, target: str) -> list[Detections]:
    predictions = [bundle.predict(each.pixels, target=target) for each in dataset]
    return [
        Detections(
            np.array([box.corners for box in each.boxes], np.float32).reshape(-1, 4),
            np.array([box.score for box in each.boxes], np.float32),
            np.array([CLASSES.index(box.label) for box in each.boxes], np.int64),
        )
        for each in predictions
    ]


@pytest.fixture(scope="module")
def pictures() -> Dataset:
    return resized(make_dataset(len(SIZES), seed=1))


def as_paddledetection(net: Any) -> dict[str, np.ndarray]:
    """Return the weights of a network with the names that PaddleDetection gives them."""
    names = {_name_here(name, net.places): name for name, _ in detector_shapes(len(CLASSES))}
    return {names[name]: value.numpy() for name, value in net.state_dict().items()}


@pytest.fixture(scope="module")
def detector(
    imported_paddle: None, pictures: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Detector:
    """A network with the weights, in a file of PaddleDetection, of one that knows the pictures."""
    anchors = find_anchors(pictures, input_size=SIZE)
    trained, net = small_net(anchors=anchors), small_net(seed=1, anchors=anchors)
    recipe = Recipe(input_size=SIZE, batch_size=3, steps=80, peak_rate=2e-2, flip=0)
    train(trained, pictures, recipe)
    path = tmp_path_factory.mktemp("weights") / "yolov3_r34_goods.pdparams"
    path.write_bytes(pickle.dumps(as_paddledetection(trained), protocol=4))
    assert load_paddledetection(net, path).parts == ("backbone", "neck", "heads")
    return Detector(net=net, input_size=SIZE, threshold=0.05)


@pytest.fixture(scope="module")
def bundle(
    detector: Detector, pictures: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Bundle:
    from paddle.static import InputSpec

    made = Bundle.create(
        tmp_path_factory.mktemp("bundles") / "goods",
        detector.net,
        input_spec=[InputSpec([None, 3, SIZE, SIZE], "float32", "image")],
        examples=[each.pixels for each in pictures],
        task="object-detection",
        labels=CLASSES,
        preprocessing=detector.preprocessing,
        postprocessing=detector.postprocessing,
    )
    for target in TARGETS:
        made.export(target)
    return made


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_sees_what_the_network_sees(
    detector: Detector, bundle: Bundle, pictures: Dataset, target: str
) -> None:
    expected = detector.detect(pictures)
    assert sum(map(len, expected)) > len(SIZES)
    results = seen_by(bundle, pictures, target)
    for right, result in zip(expected, results, strict=True):
        assert matching(right, result) == len(right) == len(result)
    right_map = evaluate(pictures, expected).map
    assert right_map > 0.05
    assert evaluate(pictures, results).map == pytest.approx(right_map, abs=1e-3)


def test_program_that_resizes_pictures_itself_rejects_a_huge_one(bundle: Bundle) -> None:
    huge = np.broadcast_to(np.uint8(114), (20_000, 20_000, 3))
    with pytest.raises(BundleError, match="The picture is 20,000 x 20,000 pixels") as caught:
        bundle.predict(huge, target="paddlex")
    assert "such as onnx" in caught.value.hint
