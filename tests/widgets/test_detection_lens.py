"""The detection lens in the kernel; that the page gives the same boxes, Node checks."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from paddle_workbench import DetectionLens
from paddle_workbench.boxes import METHODS, Method, suppress
from paddle_workbench.detection import Dataset, Detector, Picture
from paddle_workbench.detection.outcomes import outcomes
from paddle_workbench.environment.node import find_node
from paddle_workbench.errors import AnnotationError, BundleError, ShapeError, WidgetError
from paddle_workbench.widgets import detection_lens_input
from paddle_workbench.widgets.base import STATIC

from ..detection.conftest import CLASSES, make_dataset
from ..detection.networks import INPUT_SIZE, small_net
from ..export import test_detection as bundles

pytestmark = pytest.mark.paddle

IN_NODE = """
import { readFileSync } from 'node:fs';
const { outcomeAt, shownBoxes } = await import(process.argv[1]);
const cases = JSON.parse(readFileSync(0, 'utf-8')).map(({ picture, suppression, threshold }) =>
  outcomeAt(shownBoxes(picture, suppression), picture.truth.length, threshold));
process.stdout.write(JSON.stringify(cases));
"""


@pytest.fixture(scope="module")
def detector(imported_paddle: None) -> Detector:
    """An untrained network that is sure of something in every picture."""
    import paddle

    net = small_net()
    for head in net.heads:
        head.weight.set_value(30 * head.weight)
        head.bias.set_value(paddle.zeros_like(head.bias))
    return Detector(net=net, input_size=INPUT_SIZE)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    made = make_dataset(4)
    nothing = Picture("nothing.png", np.zeros((30, 60, 3), np.uint8), [], [])
    return Dataset(CLASSES, [*made, nothing])


def rows(content: bytes, columns: int) -> Any:
    return np.frombuffer(content, "<f4").reshape(-1, columns)


def test_sends_candidates_and_truth_of_all_pictures(detector: Detector, dataset: Dataset) -> None:
    lens = DetectionLens(detector, dataset, lang="en")
    seen = detector.candidates(dataset, threshold=0.01, limit=400)
    assert [each["candidates"] for each in lens.pictures] == [len(one.detections) for one in seen]
    assert [each["truth"] for each in lens.pictures] == [len(one.boxes) for one in dataset]
    candidates = rows(lens.candidates, 6)
    np.testing.assert_array_equal(
        candidates[:, :4], np.concatenate([one.detections.boxes for one in seen])
    )
    np.testing.assert_array_equal(
        rows(lens.truth, 5)[:, 4], np.concatenate([one.classes for one in dataset])
    )
    assert lens.classes == list(CLASSES)
    assert lens.anchors[0] == {"stride": 16, "sizes": [[14, 10], [10, 14], [14, 14]]}


def test_boxes_at_a_threshold_are_those_of_the_detector(
    detector: Detector, dataset: Dataset
) -> None:
    for method in METHODS:
        own = Detector(net=detector.net, input_size=INPUT_SIZE, threshold=0.3, method=method)
        lens = DetectionLens(own, dataset)
        assert (lens.iou, lens.limit, lens.method) == (0.45, 100, method)
        for one, expected in zip(lens._candidates, own.detect(dataset), strict=True):
            sure = one.detections.take(one.detections.scores >= lens.threshold)
            shown = suppress(
                sure, iou=lens.iou, limit=lens.limit, method=method, threshold=lens.threshold
            )
            np.testing.assert_array_equal(shown.boxes, expected.boxes)


@pytest.mark.parametrize("method", METHODS)
def test_page_and_python_give_the_same_outcomes(
    detector: Detector, dataset: Dataset, method: Method
) -> None:
    node = find_node()
    if node is None:
        pytest.skip("Node 20 is missing.")
    seen = detector.candidates(dataset, threshold=0.01, limit=400)
    cases, expected = [], []
    for one in seen:
        # Some of what is seen is there, though not everywhere of this class.
        there, kinds = one.detections.boxes[::3] * 1.02, one.detections.classes[::3].copy()
        kinds[:2] = 0
        boxes = [
            {"corners": corners, "score": score, "kind": kind}
            for corners, score, kind in zip(
                one.detections.boxes.tolist(),
                one.detections.scores.tolist(),
                one.detections.classes.tolist(),
                strict=True,
            )
        ]
        truth = [
            {"corners": corners, "kind": kind}
            for corners, kind in zip(there.tolist(), kinds.tolist(), strict=True)
        ]
        for threshold, iou, limit in ((0.01, 0.3, 8), (0.2, 0.45, 100), (0.5, 1.0, 100)):
            suppression = {"iou": iou, "limit": limit, "method": method, "threshold": 0}
            cases.append(
                {
                    "picture": {"candidates": boxes, "truth": truth},
                    "suppression": suppression,
                    "threshold": threshold,
                }
            )
            settings = {"threshold": threshold, "iou": iou, "limit": limit, "method": method}
            expected.append(outcomes(one.detections, there, kinds, **settings))
    answer = subprocess.run(
        [node, "--input-type=module", "-e", IN_NODE, (STATIC / "detection-lens.js").as_uri()],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=True,
    )
    assert sum(each.right for each in expected) > 3
    for page, python in zip(json.loads(answer.stdout), expected, strict=True):
        assert [box["truth"] for box in page["boxes"]] == python.truth.tolist()
        assert page["missed"] == python.missed.tolist()
        assert (page["right"], page["invented"]) == (python.right, python.invented)
        np.testing.assert_allclose(
            np.reshape([box["corners"] for box in page["boxes"]], (-1, 4)), python.detections.boxes
        )
        np.testing.assert_allclose(
            [box["score"] for box in page["boxes"]], python.detections.scores, rtol=1e-6
        )


@pytest.fixture(scope="module")
def bundle(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return bundles.create(tmp_path_factory.mktemp("lens") / "goods")[0]


def test_boxes_of_a_bundle_are_its_predictions(bundle: Any) -> None:
    pictures = bundles.pictures(*bundles.SIZES)
    lens = DetectionLens(bundle, pictures, lang="en", index=1)
    assert (lens.threshold, lens.iou, lens.has_truth) == (0.3, 0.4, False)
    assert lens.classes == bundles.LABELS
    for at, prediction in enumerate(bundle.predict(pictures)):
        result = lens._outcomes(at).detections
        boxes = [box.corners for box in prediction.boxes]
        np.testing.assert_allclose(result.boxes, np.reshape(boxes, (-1, 4)), atol=1e-3)
    html = lens.to_html()
    assert "<b>chips</b>" not in html
    assert "Precision" not in html
    assert "invented" not in html


def test_shows_the_boxes_of_the_target(bundle: Any, detector: Detector) -> None:
    pictures = bundles.pictures(*bundles.SIZES)
    bundle.export("onnx")
    lens = DetectionLens(bundle, pictures, target="onnx", lang="en", index=1)
    plain = DetectionLens(bundle, pictures, lang="en", index=1)
    assert (lens.runtime, plain.runtime) == ("ONNX", "Paddle Inference")
    assert ">Runs with</th><td>ONNX</td>" in lens.to_html()
    for at, prediction in enumerate(bundle.predict(pictures, target="onnx")):
        boxes = [box.corners for box in prediction.boxes]
        result = lens._outcomes(at).detections.boxes
        np.testing.assert_allclose(result, np.reshape(boxes, (-1, 4)), atol=1e-3)
    # Rounded differently, so that it did run elsewhere.
    assert lens.candidates != plain.candidates
    with pytest.raises(BundleError, match="was not exported to 'mnn'"):
        DetectionLens(bundle, pictures, target="mnn")
    with pytest.raises(BundleError, match="There is no target 'tensorrt'"):
        DetectionLens(bundle, pictures, target="tensorrt")
    with pytest.raises(WidgetError, match="runs in Paddle alone, and target is 'onnx'"):
        DetectionLens(detector, pictures, target="onnx")


def test_candidates_of_a_bundle_are_those_of_its_program(bundle: Any) -> None:
    wide = bundles.pictures((31, 400))
    truth = [(np.array([[0, 0, 100, 31]]), np.array([2]))]
    lens = DetectionLens(bundle, wide, truth)
    coarse, fine = lens.objectness
    assert (coarse["rows"], coarse["columns"], len(coarse["values"])) == (4, 6, 24)
    # 64 x 96 pixels of the input hold 7 x 96 of the picture, in their middle.
    left, top, right, bottom = fine["corners"]
    assert (left, right) == (0, 400)
    assert -top == pytest.approx(28 * 31 / 7)
    assert bottom - top == pytest.approx(64 * 31 / 7)
    # The anchor of 12 x 10 pixels shares 84 of 204 with 24 x 7.
    (size,) = rows(lens.sizes, 3)
    np.testing.assert_allclose(size[:2], [24, 7])
    assert size[2] == pytest.approx(84 / 204)


def test_begins_with_most_mistakes_and_follows_the_index(
    detector: Detector, dataset: Dataset
) -> None:
    lens = DetectionLens(detector, dataset, threshold=0.2)
    mistakes = [lens._outcomes(at).mistakes for at in range(len(dataset))]
    assert lens.index == lens.shown == int(np.argmax(mistakes))
    before = lens.picture
    lens.index = 4
    assert lens.shown == 4
    assert lens.picture.startswith(b"\xff\xd8")
    assert lens.picture != before


def test_static_version_has_the_boxes_and_the_figures(detector: Detector) -> None:
    pixels = np.full((48, 48, 3), 99, np.uint8)
    dataset = Dataset(CLASSES, [Picture("<i>.png", pixels, [[1, 1, 9, 9], [30, 2, 44, 9]], [0, 1])])
    lens = DetectionLens(detector, dataset, threshold=1.0, lang="en")
    html = lens.to_html()
    assert "&lt;i&gt;.png" in html
    assert html.count("stroke-dasharray") == 2
    assert "瓶 missed</title>" in html
    assert "− 瓶</text>" in html
    for name, value in (("Missed", "2"), ("Precision", "–"), ("Recall", "0.0%")):
        assert f">{name}</th><td>{value}</td>" in html
    lens.lang = "zh"
    assert ">漏检</th><td>2</td>" in lens.to_html()
    lens.threshold = 0.01
    assert ">误检</th><td>0</td>" not in lens.to_html()


def test_classes_may_have_another_order(detector: Detector) -> None:
    pixels = np.full((48, 48, 3), 99, np.uint8)
    dataset = Dataset(("瓶",), [Picture("1", pixels, [[1, 1, 9, 9]], [0])])
    lens = DetectionLens(detector, dataset)
    assert rows(lens.truth, 5)[0, 4] == CLASSES.index("瓶")


def test_picture_that_was_removed_is_reported_in_its_place(
    detector: Detector, tmp_path: Path
) -> None:
    for name in ("a.png", "b.png"):
        Image.new("RGB", (40, 30)).save(tmp_path / name)
    pictures = [Picture(name, tmp_path / name, [], []) for name in ("a.png", "b.png")]
    lens = DetectionLens(detector, Dataset(CLASSES, pictures), index=0, lang="en")
    (tmp_path / "b.png").unlink()
    lens.index = 1
    assert "b.png" in lens.failure
    assert (lens.picture, lens.shown) == (b"", 1)
    assert "role='alert'" in lens.to_html()
    lens.index = 0
    assert lens.failure == ""


GREY = np.zeros((8, 8), np.uint8)
BLACK = np.zeros((8, 8, 3), np.uint8)


@pytest.mark.parametrize(
    ("pictures", "truth", "error", "message"),
    [
        ([], None, WidgetError, "There are no pictures"),
        (Dataset(("盒",), []), None, WidgetError, "There are no pictures"),
        (BLACK, None, WidgetError, "of the type ndarray"),
        ([GREY], None, ShapeError, "must be uint8 of shape"),
        ([Picture("1", BLACK, [], [])], None, WidgetError, "names of their classes"),
        (Dataset(("盒", "茶"), [Picture("1", BLACK, [], [])]), None, WidgetError, "class '茶'"),
        (Dataset(CLASSES, [Picture("1", BLACK, [], [])]), [], WidgetError, "truth of its own"),
        ([BLACK], [], WidgetError, "There are 1 pictures, and the truth of 0"),
        ([BLACK], [([[0, 0, 4, 4]], [2])], WidgetError, "has the class 2, and the model has 2"),
        ([BLACK], [([[0, 0, 0, 4]], [1])], AnnotationError, "has no area"),
        ([BLACK], [7], WidgetError, "boxes and classes"),
        ([BLACK], [([[0, 0, 4, 4]], 1)], WidgetError, "not a pair of boxes and classes"),
        ([BLACK], [(None, None)], WidgetError, "not a pair of boxes and classes"),
        ([BLACK], 7, WidgetError, "The truth is of the type int"),
    ],
)
def test_rejects_what_does_not_fit(
    detector: Detector, pictures: Any, truth: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        DetectionLens(detector, pictures, truth)


def test_rejects_other_models_and_settings(
    detector: Detector, dataset: Dataset, bundle: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WidgetError, match="a Detector or a Bundle, got dict"):
        DetectionLens({}, dataset)  # type: ignore[arg-type]
    for name, value in (("index", 5), ("scale", 2), ("threshold", 0), ("iou", 2), ("method", "x")):
        with pytest.raises(WidgetError, match=name):
            DetectionLens(detector, dataset, **{name: value})
    monkeypatch.setattr(detection_lens_input, "MOST_PICTURES", 4)
    with pytest.raises(WidgetError, match="at most 4 pictures, got 5"):
        DetectionLens(detector, dataset)
    monkeypatch.setattr(detection_lens_input, "yolo_step", lambda _bundle: None)
    with pytest.raises(WidgetError, match="makes no boxes of pictures"):
        DetectionLens(bundle, [BLACK])
