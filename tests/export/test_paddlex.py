"""A bundle that PaddleX and PaddleOCR load: with its processing, on a CPU, without a network."""

from __future__ import annotations

import socket
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from paddle_workbench.boxes import letterboxed, matching
from paddle_workbench.contract import (
    CtcDecode,
    LabelledBox,
    Letterbox,
    Normalize,
    Parity,
    Resize,
    TextLine,
    TopLabels,
    YoloBoxes,
)
from paddle_workbench.environment.ocr_models import bundled_folder
from paddle_workbench.errors import BundleError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.processing import Prediction
from paddle_workbench.export.raw_examples import compare_examples, example_runner
from paddle_workbench.export.targets.paddlex import DETECTOR, load, settings_of, write
from paddle_workbench.export.targets.target import PROGRAM_FOLDER

from .records import record_with
from .test_detection import create, detections

# "1", "no" and "~" are a number, a truth value and nothing in YAML.
CHARACTERS = (*"房间很干净", "1", "no", "~", " ")
LINE = TextLine(height=32, narrowest=48)
SHAPES = (Resize(height=12, width=16), Normalize(mean=(0.4, 0.5, 0.6), deviation=(0.2, 0.3, 0.4)))

PARITY = Parity(
    is_equal=True, samples=3, largest_difference=0.0, tolerance=1e-3, decisions=0,
    changed_decisions=0,
)  # fmt: skip


def pictures(*sizes: tuple[int, int]) -> list[Any]:
    """Return pictures with a stripe every ten pixels, so that a network sees different columns."""
    random = np.random.default_rng(0)
    return [
        random.integers(0, 256, (1, width // 10 + 1, 3), np.uint8)
        .repeat(height, axis=0)
        .repeat(10, axis=1)[:, :width]
        for height, width in sizes
    ]


LINES = pictures((40, 70), (20, 130), (64, 80))


@pytest.fixture(scope="module")
def reader(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A recogniser that was exported to PaddleX; tests do not change it."""
    import paddle
    from paddle.static import InputSpec

    from .networks import LineReader

    paddle.seed(0)
    bundle = Bundle.create(
        tmp_path_factory.mktemp("bundles") / "reader",
        LineReader(len(CHARACTERS) + 1),
        input_spec=[InputSpec([None, 3, 32, None], "float32", "x")],
        examples=LINES,
        task="text-recognition",
        labels=CHARACTERS,
        preprocessing=[LINE],
    )
    bundle.export("paddlex")
    return bundle


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise AssertionError("It wants a network.")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.paddle
def test_parity_includes_the_raw_examples(reader: Bundle) -> None:
    target = reader.record.targets["paddlex"]
    assert target.parity.raw_examples == len(LINES)
    assert target.versions["paddlex"]
    assert {name for name in reader.record.files if name.startswith("paddlex/")} == {
        f"paddlex/inference.{suffix}" for suffix in ("json", "pdiparams", "yml")
    }


@pytest.mark.paddle
@pytest.mark.usefixtures("no_network")
def test_paddleocr_reads_lines_as_the_bundle_does(reader: Bundle) -> None:
    from paddleocr import TextRecognition

    theirs = TextRecognition(model_dir=str(reader.folder / "paddlex"), device="cpu")
    results = theirs.predict([line[..., ::-1].copy() for line in LINES])
    for line, result in zip(LINES, results, strict=True):
        expected = reader.predict(line)
        assert expected.label
        assert result["rec_text"] == expected.label
        assert result["rec_score"] == pytest.approx(expected.score, abs=1e-5)
        prediction = reader.predict(line, target="paddlex")
        assert prediction.label == expected.label
        assert prediction.score == pytest.approx(expected.score, abs=1e-5)
    assert len({reader.predict(line).label for line in LINES}) == len(LINES)


@pytest.mark.paddle
@pytest.mark.usefixtures("no_network")
def test_paddleocr_reads_pages_with_the_network_of_the_bundle(reader: Bundle) -> None:
    from paddle_workbench.ocr.models import official_pipeline

    detection = "PP-OCRv5_mobile_det"
    pipeline = official_pipeline(
        text_recognition_model_name=None,
        text_recognition_model_dir=str(reader.folder / "paddlex"),
        text_detection_model_name=detection,
        text_detection_model_dir=str(bundled_folder(detection)),
        device="cpu",
        cpu_threads=1,
    )
    page = np.full((120, 320, 3), 255, np.uint8)
    cv2.putText(page, "PaddleX", (40, 80), cv2.FONT_HERSHEY_SIMPLEX, 2, (0, 0, 0), 4)
    (result,) = pipeline.predict(page)
    assert result["rec_texts"]
    assert set("".join(result["rec_texts"])) <= set("".join(CHARACTERS))


def results_of(bundle: Bundle, folder: Path) -> list[dict[str, Any]]:
    """Return what PaddleX, in this process, and the bundle make of its examples."""
    folder.mkdir()
    write(bundle.folder / PROGRAM_FOLDER, folder)
    predict = load(folder, 1).predict
    assert predict is not None
    run = example_runner(bundle.folder, predict, 1)
    return [run(example) for example in bundle.examples]


@pytest.mark.paddle
@pytest.mark.usefixtures("imported_paddle")
def test_channels_are_those_of_the_step(tmp_path: Path) -> None:
    import paddle
    from paddle.static import InputSpec

    from .networks import LineReader

    paddle.seed(0)
    bundle = Bundle.create(
        tmp_path / "reader",
        LineReader(3),
        input_spec=[InputSpec([None, 3, 48, None], "float32", "x")],
        examples=LINES,
        task="text-recognition",
        labels=["a", "b"],
        preprocessing=[TextLine(channels="RGB", narrowest=16)],
    )
    pairs = results_of(bundle, tmp_path / "paddlex")
    assert compare_examples(PARITY, pairs).raw_examples == len(LINES)


@pytest.mark.paddle
@pytest.mark.usefixtures("imported_paddle")
def test_classifier_gives_the_same_labels(tmp_path: Path) -> None:
    import paddle
    from paddle import nn
    from paddle.static import InputSpec

    from .networks import Picture

    paddle.seed(0)
    options: dict[str, Any] = {
        "input_spec": [InputSpec([None, 3, 12, 16], "float32", "x")],
        "examples": pictures((30, 40), (12, 16)),
        "task": "image-classification",
        "labels": ["box", "no", "1"],
        "preprocessing": SHAPES,
    }
    net = nn.Sequential(Picture(), nn.Softmax())
    top = TopLabels(count=3, softmax=False)
    bundle = Bundle.create(tmp_path / "shapes", net, postprocessing=[top], **options)
    pairs = results_of(bundle, tmp_path / "paddlex")
    assert compare_examples(PARITY, pairs).raw_examples == 2
    assert [list(pair["result"]["scores"]) for pair in pairs] == [
        list(pair["expected"]["scores"]) for pair in pairs
    ]
    (finding,) = Bundle.create(tmp_path / "logits", Picture(), **options).preflight("paddlex")
    assert (finding.code, finding.severity) == ("PW-X508", "error")
    assert "cannot express top_labels with softmax=True" in finding.message


# Higher, wider, smaller than the input, rounded to an even half, and only one pixel wide.
GOODS_SIZES = ((240, 200), (90, 320), (40, 56), (256, 132), (50, 1))


@pytest.fixture(scope="module")
def goods() -> list[Any]:
    from PIL import Image

    from paddle_workbench.detection import generate_goods

    drawn = generate_goods(len(GOODS_SIZES), size=320).pictures
    return [
        np.asarray(Image.fromarray(each.pixels).resize((width, height)))
        for each, (height, width) in zip(drawn, GOODS_SIZES, strict=True)
    ]


@pytest.mark.paddle
@pytest.mark.usefixtures("imported_paddle", "no_network")
def test_paddlex_sees_the_boxes_of_the_bundle(tmp_path: Path, goods: list[Any]) -> None:
    from paddlex import create_model

    bundle, _ = create(tmp_path / "goods", examples=goods)
    bundle.export("paddlex")
    assert bundle.record.targets["paddlex"].parity.raw_examples == len(goods)
    assert letterboxed(256, 132, into=(64, 96)).resized == (64, 33)
    model = create_model(model_name=DETECTOR, model_dir=str(bundle.folder / "paddlex"))
    for picture in goods:
        expected = bundle.predict(picture)
        assert len(expected.boxes) > 3 or picture.shape[1] == 1
        (result,) = model.predict(picture[..., ::-1].copy())
        theirs = [
            LabelledBox(
                label=row["label"],
                score=row["score"],
                corners=tuple(map(float, row["coordinate"])),
            )
            for row in result["boxes"]
        ]
        for boxes in (tuple(theirs), bundle.predict(picture, target="paddlex").boxes):
            seen = detections(Prediction("", 0, {}, boxes))
            right = detections(expected)
            assert matching(right, seen) == len(right) == len(seen)
            np.testing.assert_allclose(seen.scores, right.scores, atol=1e-5)


@pytest.mark.paddle
@pytest.mark.usefixtures("imported_paddle")
def test_paddlex_stretches_pictures_as_the_bundle_does(tmp_path: Path, goods: list[Any]) -> None:
    import paddle

    steps = [
        Resize(height=64, width=96),
        Normalize(mean=(0.4, 0.5, 0.6), deviation=(0.2, 0.3, 0.4), channels="BGR"),
    ]
    # PIL resizes the others first down and then across, and a network that is not trained sees it.
    pictures = goods[:3]
    bundle, _ = create(tmp_path / "goods", examples=pictures, preprocessing=steps)
    pairs = results_of(bundle, tmp_path / "paddlex")
    assert paddle.in_dynamic_mode()
    assert compare_examples(PARITY, pairs).raw_examples == len(pictures)
    assert len(pairs[1]["expected"]["boxes"]) > 3
    pairs[1]["result"]["boxes"][0]["corners"] = [0.0, 0.0, 1.0, 1.0]
    assert "are among the right" in compare_examples(PARITY, pairs).problem


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"preprocessing": SHAPES[1:]}, "cannot express normalize: pictures of any size"),
        ({"preprocessing": (Resize(height=64), SHAPES[1])}, "resize, normalize: pictures of any"),
        ({"postprocessing": (TopLabels(),)}, "cannot express top_labels: boxes are decoded"),
        ({"method": "soft"}, 'yolo_boxes with method="soft": it suppresses the boxes of each'),
        ({"anchors": [[(4.5, 4)]]}, "yolo_boxes with an anchor of 4.5 pixels: yolo_box"),
        ({"labels": ("box", "image")}, "the label 'image': it takes large boxes"),
    ],
)
def test_names_the_step_of_a_detector(fields: dict[str, Any], message: str) -> None:
    boxes = {"anchors": [[(4, 4)]], "strides": [8], **fields}
    record: dict[str, Any] = {
        "labels": ("box", "can"),
        "preprocessing": (Letterbox(height=64, width=64), Normalize()),
        "postprocessing": (
            YoloBoxes(**{name: boxes[name] for name in boxes if name in YoloBoxes.model_fields}),
        ),
        **{name: value for name, value in fields.items() if name not in YoloBoxes.model_fields},
    }
    with pytest.raises(BundleError, match=message) as caught:
        settings_of(record_with({}, task="object-detection", **record))
    assert caught.value.code == "PW-X508"


@pytest.mark.paddle
def test_changed_settings_are_rejected(reader: Bundle, tmp_path: Path) -> None:
    packed = Bundle(reader.pack(tmp_path / "reader.zip"))
    settings = packed.folder / "paddlex" / "inference.yml"
    settings.write_text(settings.read_text("utf-8").replace("间", "问"), encoding="utf-8")
    with pytest.raises(BundleError, match="its SHA-256 differs"):
        Bundle(packed.folder)


def reader_record(**fields: Any) -> Any:
    return record_with(
        {},
        **{
            "task": "text-recognition",
            "labels": CHARACTERS,
            "preprocessing": (LINE,),
            "postprocessing": (CtcDecode(),),
            **fields,
        },
    )


def test_space_that_paddlex_appends_is_left_out() -> None:
    for labels in (CHARACTERS, CHARACTERS[:-1]):
        settings = settings_of(reader_record(labels=labels))
        assert settings["PostProcess"]["character_dict"] == list(CHARACTERS[:-1])
    image = settings["PreProcess"]["transform_ops"]
    assert image[0]["DecodeImage"]["img_mode"] == "BGR"
    assert image[1]["RecResizeImg"]["image_shape"] == [3, 32, 48]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"task": "text-classification"}, "has no model for the task text-classification"),
        ({"task": "tensors"}, "has no model for the task tensors"),
        ({"preprocessing": SHAPES}, "cannot express resize, normalize: it resizes lines"),
        ({"preprocessing": ()}, "cannot do without steps: it resizes lines"),
        ({"postprocessing": (CtcDecode(blank=9),)}, "ctc_decode with blank=9: .* class 0"),
        ({"postprocessing": ()}, "cannot do without steps: it takes the best path"),
    ],
)
def test_names_the_step_that_paddlex_lacks(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(BundleError, match=message) as caught:
        settings_of(reader_record(**fields))
    assert caught.value.code == "PW-X508"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"preprocessing": SHAPES[:1]}, "cannot express resize: it resizes pictures to one"),
        ({"preprocessing": (Resize(height=4), Normalize())}, "resize, normalize"),
        (
            {"preprocessing": (SHAPES[0], Normalize(channels="BGR"))},
            "resize, normalize: .* in RGB",
        ),
        ({"postprocessing": (TopLabels(),)}, "top_labels with softmax=True"),
        ({"postprocessing": (CtcDecode(),)}, "ctc_decode: it takes the outputs"),
    ],
)
def test_names_the_step_of_a_classifier(fields: dict[str, Any], message: str) -> None:
    record = {"preprocessing": SHAPES, "postprocessing": (TopLabels(softmax=False),), **fields}
    with pytest.raises(BundleError, match=message):
        settings_of(record_with({}, task="image-classification", **record))


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        (Prediction("好", 0.5, {}), ""),
        (Prediction("好", 0.5004, {}), ""),
        (Prediction("好", 0.502, {}), "“好” (0.502) instead of “好” (0.5)"),
        (Prediction("好好", 0.5, {}), "“好好” (0.5) instead of “好” (0.5)"),
        (Prediction("好", float("nan"), {}), "“好” (nan) instead of “好” (0.5)"),
        (Prediction("好", 0.5, {"好": 0.5}), "“好” (0.5) instead of “好” (0.5)"),
    ],
)
def test_other_results_for_raw_examples_are_not_equal(result: Prediction, problem: str) -> None:
    pair = {"expected": asdict(Prediction("好", 0.5, {})), "result": asdict(result)}
    compared = compare_examples(PARITY, [pair])
    assert compared.is_equal == (not problem)
    assert compared.raw_examples == (0 if problem else 1)
    assert compared.problem == (f"For example 1 the result is {problem}." if problem else "")
