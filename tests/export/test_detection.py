"""Detectors in bundles: the same boxes wherever they run, in pixels of the picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from paddle_workbench.boxes import Detections, matching
from paddle_workbench.contract import Letterbox, Normalize, Resize, YoloBoxes
from paddle_workbench.errors import BundleError
from paddle_workbench.export.box_steps import detected
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.decisions import SeenBoxes, decisions_of
from paddle_workbench.export.parity import compare_samples
from paddle_workbench.export.processing import Prediction, placements, postprocess, preprocess
from paddle_workbench.export.samples import EagerSample

from .records import record_with

LABELS = ["可乐", "<b>chips</b>", "price tag"]
BOXES = YoloBoxes(
    anchors=[[(40, 30), (20, 44)], [(12, 10), (8, 20)]], strides=[16, 8], threshold=0.3, iou=0.4
)
STEPS = [Letterbox(height=64, width=96), Normalize(mean=(0.5,) * 3, deviation=(0.5,) * 3)]
SIZES = [(64, 96), (200, 150), (31, 400), (9, 7), (333, 500), (120, 180)]


def pictures(*sizes: tuple[int, int]) -> list[Any]:
    random = np.random.default_rng(5)
    small = [random.integers(0, 256, (6, 9, 3), np.uint8) for _ in sizes]
    return [
        np.asarray(Image.fromarray(each).resize((width, height)))
        for each, (height, width) in zip(small, sizes, strict=True)
    ]


def create(path: Path, **options: Any) -> tuple[Bundle, Any]:
    import paddle
    from paddle.static import InputSpec

    from .networks import TwoScales

    paddle.seed(3)
    network = TwoScales(len(LABELS))
    settings = {
        "examples": pictures(*SIZES[:3]),
        "task": "object-detection",
        "labels": LABELS,
        "preprocessing": STEPS,
        "postprocessing": [BOXES],
        **options,
    }
    spec = [InputSpec([None, 3, 64, 96], "float32", "image")]
    return Bundle.create(path, network, input_spec=spec, **settings), network


@pytest.fixture(scope="module")
def made(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, Any]:
    bundle, network = create(tmp_path_factory.mktemp("goods") / "goods")
    for target in ("inference", "onnx", "browser"):
        bundle.export(target)
    return bundle, network


def detections(prediction: Prediction) -> Detections:
    return Detections(
        np.array([box.corners for box in prediction.boxes]).reshape(-1, 4),
        np.array([box.score for box in prediction.boxes]),
        np.array([LABELS.index(box.label) for box in prediction.boxes]),
    )


@pytest.mark.paddle
def test_every_target_keeps_the_boxes_of_the_eager_network(made: tuple[Bundle, Any]) -> None:
    import paddle

    bundle, network = made
    values = pictures(*SIZES)
    (arrays,) = preprocess(values, STEPS, bundle.folder)
    outputs = [each.numpy() for each in network(paddle.to_tensor(arrays))]
    eager = postprocess(outputs, [BOXES], LABELS, placements(values, STEPS, [BOXES]))
    assert min(len(each.boxes) for each in eager) >= 3
    assert {box.label for each in eager for box in each.boxes} == set(LABELS)
    for target in ("inference", "onnx", "browser"):
        results = [bundle.predict(value, target=target) for value in values]
        for (height, width), right, result in zip(SIZES, eager, results, strict=True):
            assert SeenBoxes(detections(result)) == SeenBoxes(detections(right))
            assert (result.label, result.score) == (result.boxes[0].label, result.boxes[0].score)
            edges = np.array([box.corners for box in result.boxes])
            assert (edges >= 0).all()
            assert (edges <= [width, height] * 2).all()
        assert len(bundle.predict(values, target=target)) == len(SIZES)
        parity = bundle.record.targets[target].parity
        assert parity.is_equal
        assert parity.decisions > 10
        assert parity.changed_decisions == 0


@pytest.mark.paddle
def test_resized_pictures_have_their_boxes_where_they_are(
    imported_paddle: None, made: tuple[Bundle, Any], tmp_path: Path
) -> None:
    stretched, _ = create(
        tmp_path / "stretched", preprocessing=[Resize(height=64, width=96), STEPS[1]]
    )
    same = pictures((64, 96))[0]
    first, other = made[0].predict(same), stretched.predict(same)
    assert first == other  # neither resizes it
    double = stretched.predict(same.repeat(2, axis=0).repeat(3, axis=1))
    # The resized picture is the same but for its edges.
    assert matching(detections(double), _scaled(detections(other), 3, 2), distance_px=9) > 2


def _scaled(seen: Detections, x: float, y: float) -> Detections:
    return Detections(seen.boxes * np.array([x, y, x, y]), seen.scores, seen.classes)


@pytest.mark.paddle
def test_ledger_counts_pictures_with_other_boxes(made: tuple[Bundle, Any]) -> None:
    from paddle_workbench.export.ledger.ledger import Ledger
    from paddle_workbench.export.ledger.variants import Variant

    bundle, network = made

    def moved(arrays: Any) -> Any:
        import paddle

        with paddle.no_grad():
            coarse, fine = network(paddle.to_tensor(arrays[0]))
        return [coarse.numpy() * 1.5, fine.numpy()]

    with pytest.raises(BundleError, match="no accuracy") as caught:
        Ledger(bundle, inputs=pictures(*SIZES), truth=[1] * 6)
    assert caught.value.code == "PW-L101"
    ledger = Ledger(bundle, inputs=pictures(*SIZES))
    ledger.add(Variant("moved", run=moved))
    ledger.measure(
        variants=["inference", "onnx", "moved"], batch=1, threads=1, budget_s=0.1, warm_up_s=0.01
    )
    rows = {each.name: each for each in ledger.run.variants}
    assert rows["onnx"].changed_decisions == 0
    assert rows["moved"].changed_decisions
    assert {each.accuracy for each in rows.values()} == {None}


def heads(*, shift: float = 0.0, boxes: int = 2) -> list[Any]:
    """Return outputs with some boxes, eight in a row, the coarse scale without any."""
    coarse, fine = np.full((1, 16, 4, 6), -9.0), np.full((1, 16, 8, 12), -9.0)
    for at in range(boxes):
        row, column = 4 + at // 8, 2 + at % 8
        fine[0, :5, row, column] = [shift, 0, 0, 0, 9]
        fine[0, 5 + at % 3, row, column] = 9
    return [coarse.astype(np.float32), fine.astype(np.float32)]


def parity(outputs: list[Any], expected: list[Any], weights: Any = "fp32") -> Any:
    record = record_with(
        {}, task="object-detection", labels=LABELS, postprocessing=[BOXES.model_dump()]
    )
    sample = EagerSample("examples", (), tuple(expected))
    result = EagerSample("examples", (), tuple(outputs))
    return compare_samples(
        [sample],
        [result],
        ["float32"] * 2,
        decisions=decisions_of(record, is_approximate=weights == "int8"),
        weights=weights,
    ).parity


def test_boxes_that_move_or_vanish_are_changed_decisions() -> None:
    assert [parity(heads(), heads()).decisions, parity(heads(), heads()).changed_decisions] == [
        2, 0,
    ]  # fmt: skip
    far = parity(heads(shift=1.0), heads(), "int8")
    assert far.problem == (
        "4 of 4 boxes are missing, new, or overlap the right one by less than 0.9."
    )  # fmt: skip
    gone = parity(heads(boxes=1), heads(), "int8")
    assert (gone.is_equal, gone.decisions, gone.changed_decisions) == (False, 2, 1)
    # Equal numbers within rounding, and another box: the threshold lies between them.
    right, other = heads(), heads()
    logit = np.log(0.3 / 0.7)
    right[1][0, 4, 4, 2], other[1][0, 4, 4, 2] = logit + 0.002, logit - 0.002
    assert not parity(other, right).is_equal
    assert parity(other, right).largest_difference < 1e-3
    # Without a box there is nothing to compare but the numbers.
    assert parity(heads(boxes=0), heads(boxes=0), "int8").is_equal
    none = [each * 1.5 for each in heads(boxes=0)]
    assert "no decision to compare" in parity(none, heads(boxes=0), "int8").problem


def test_with_int8_boxes_may_move_as_far_as_they_overlap() -> None:
    # 0.6 pixels of a box that is 12 wide: an overlap of 0.905.
    moved = parity(heads(shift=0.3), heads(), "int8")
    assert (moved.is_equal, moved.changed_decisions) == (True, 0)
    assert parity(heads(shift=0.3), heads(), "fp16").changed_decisions == 4
    # One box of 24 is missing: few for int8, and too many with other weights.
    fewer, right = heads(boxes=23), heads(boxes=24)
    assert parity(fewer, right, "fp16").problem
    assert parity(fewer, right, "int8").changed_decisions == 1
    assert parity(fewer, right, "int8").is_equal


def test_pictures_have_the_same_boxes_by_the_looser_of_two_rules() -> None:
    first, other = (
        Detections([[left, 0, left + 12, 10]], [0.9], [0])  # type: ignore[arg-type]
        for left in (0, 0.6)
    )
    assert SeenBoxes(first) != SeenBoxes(other)
    assert SeenBoxes(first) == SeenBoxes(other, is_approximate=True)
    assert SeenBoxes(other, is_approximate=True) == SeenBoxes(first)


@pytest.mark.paddle
def test_page_shows_labels_as_text(made: tuple[Bundle, Any], tmp_path: Path) -> None:
    html = made[0].to_html(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<b>chips" not in html
    assert "可乐" in html


def test_no_box_and_many_boxes_are_results() -> None:
    (nothing,) = postprocess(heads(boxes=0), [BOXES], LABELS)
    assert nothing == Prediction("", 0.0, {}, ())
    many = [np.zeros((1, 16, 40, 60), np.float32), np.zeros((1, 16, 80, 120), np.float32)]
    step = BOXES.model_copy(update={"threshold": 0.2, "iou": 1.0, "limit": 10_000})
    (everything,) = postprocess(many, [step], LABELS)
    assert len(everything.boxes) == 10_000
    nan = [np.full_like(each, np.nan) for each in many]
    assert postprocess(nan, [step], LABELS)[0].boxes == ()


def test_box_that_lies_in_the_padding_is_left_out() -> None:
    outputs = heads(boxes=0)
    outputs[1][0, :6, 0, 5] = [0, 0, 0, 0, 9, 9]  # 4 pixels below the upper edge of the input
    high, wide = placements([np.zeros((96, 64, 3), np.uint8)], STEPS, [BOXES]) or [], placements(
        [np.zeros((10, 96, 3), np.uint8)], STEPS, [BOXES]
    )  # fmt: skip
    assert len(detected(outputs, BOXES, LABELS, high)[0]) == 1
    assert len(detected(outputs, BOXES, LABELS, wide)[0]) == 0


@pytest.mark.parametrize(
    ("outputs", "labels", "message"),
    [
        (heads(), LABELS[:2], r"shape \(1, 16, 4, 6\); 2 anchors with 5 \+ 2 numbers"),
        (heads()[:1], LABELS, "There are 1 outputs, anchors for 2 scales"),
        ([np.zeros((1, 3))] * 2, LABELS, r"shape \(1, 3\)"),
        (heads()[::-1], LABELS, "a stride of 8"),
    ],
)
def test_outputs_that_do_not_fit_are_explained(
    outputs: Any, labels: list[str], message: str
) -> None:
    with pytest.raises(BundleError, match=message) as caught:
        postprocess(outputs, [BOXES], labels)
    assert caught.value.code == "PW-X405"


def test_strides_that_do_not_fit_the_input_are_explained() -> None:
    step = BOXES.model_copy(update={"strides": (32, 16)})
    places = placements(pictures((64, 96)), STEPS, [step])
    with pytest.raises(BundleError, match="a stride of 32 in 64 x 96 pixels"):
        postprocess(heads(), [step], LABELS, places)


def test_detector_without_its_anchors_is_explained(tmp_path: Path) -> None:
    from paddle_workbench.export.making import make_bundle

    with pytest.raises(BundleError, match="needs the step that makes boxes") as caught:
        make_bundle(
            tmp_path / "goods", lambda _: pytest.fail("saved"), examples=[], task="object-detection"
        )
    assert caught.value.code == "PW-X408"
    with pytest.raises(ValueError, match="1 strides do not fit the anchors of 2 outputs"):
        YoloBoxes(anchors=[[(4, 4)], [(8, 8)]], strides=[8])
