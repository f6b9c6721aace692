"""Steps before and after a program give what the lessons compute by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from paddle_workbench.contract import (
    CharacterIds,
    CleanText,
    CtcDecode,
    Letterbox,
    Normalize,
    Resize,
    TextLine,
    TopLabels,
)
from paddle_workbench.errors import BundleError
from paddle_workbench.export.picture_steps import placements_of
from paddle_workbench.export.processing import (
    postprocess,
    prepare,
    preprocess,
)
from paddle_workbench.export.vocabulary import vocabulary_file
from paddle_workbench.ocr.stages.recognition import batches_by_width
from paddle_workbench.text.vocabulary import Vocabulary

TEXTS = ["房间很干净", "很小,但是\t干净", "下次"]
IDS = CharacterIds(vocabulary="vocabulary.json", length=6)


@pytest.fixture
def vocabulary(tmp_path: Path) -> Vocabulary:
    vocabulary = Vocabulary(TEXTS[:2])
    content = vocabulary_file(vocabulary.tokens)
    (tmp_path / "vocabulary.json").write_text(content, encoding="utf-8")
    return vocabulary


def test_character_ids_are_those_of_the_vocabulary(vocabulary: Vocabulary, tmp_path: Path) -> None:
    (ids,) = preprocess(TEXTS, [CleanText(), IDS], tmp_path)
    np.testing.assert_array_equal(ids, vocabulary.encode(TEXTS, length=6))
    assert ids.dtype == np.int64


def test_files_are_read_once(vocabulary: Vocabulary, tmp_path: Path) -> None:
    apply = prepare([CleanText(), IDS], tmp_path)
    (tmp_path / "vocabulary.json").unlink()
    (ids,) = apply(["房间"])
    np.testing.assert_array_equal(ids, vocabulary.encode(["房间"], length=6))


def test_every_pixel_is_normalised_as_computed(tmp_path: Path) -> None:
    step = Normalize(mean=(0.485, 0.456, 0.406), deviation=(0.229, 0.224, 0.225))
    picture = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    (array,) = preprocess([picture], [step], tmp_path)
    scaled = picture.astype(np.float32) / np.float32(255)
    mean, deviation = (np.array(each, np.float32) for each in (step.mean, step.deviation))
    np.testing.assert_array_equal(array[0], ((scaled - mean) / deviation).transpose(2, 0, 1))


def test_pictures_are_resized_and_normalized(tmp_path: Path) -> None:
    picture = np.zeros((24, 40, 3), np.uint8)
    picture[..., 0] = 255
    steps = [Resize(height=12), Normalize(mean=(0.5, 0.5, 0.5), deviation=(0.5, 0.5, 0.5))]
    (array,) = preprocess([picture, picture[:, :20]], steps, tmp_path)
    assert (array.dtype, array.shape) == (np.float32, (2, 3, 12, 20))
    assert array[0, :, 0, 0].tolist() == [1.0, -1.0, -1.0]
    assert array[1, :, 0, 19].tolist() == [-1.0, -1.0, -1.0]  # padding
    (bgr,) = preprocess([picture], [Normalize(channels="BGR")], tmp_path)
    assert bgr[0, :, 0, 0].tolist() == [0.0, 0.0, 1.0]


def test_lines_are_those_that_recognisers_of_the_course_read(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    sizes = [(40, 90), (30, 333), (64, 20), (20, 3000)]
    lines = [random.integers(0, 256, (*size, 3), np.uint8) for size in sizes]
    step = TextLine(height=32, narrowest=160)
    for line in lines:
        (expected,) = batches_by_width([line], height=32, narrowest=160)
        (array,) = preprocess([line], [step], tmp_path)
        np.testing.assert_array_equal(array, expected.pixels)
    (batch,) = preprocess(lines[:3], [step], tmp_path)
    assert (batch.dtype, batch.shape) == (np.float32, (3, 3, 32, 355))
    assert not batch[0, :, :, 72:].any()  # padding, which is not a colour
    (rgb,) = preprocess(lines[:1], [TextLine(height=32, channels="RGB")], tmp_path)
    np.testing.assert_array_equal(rgb[0, ::-1, :, :160], batch[0, :, :, :160])


def test_without_steps_arrays_are_unchanged(tmp_path: Path) -> None:
    x, y = np.ones(3), np.zeros((2, 2))
    assert preprocess([x, y], [], tmp_path)[1] is y
    assert postprocess([x], [], [])[0] is x


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([3], "takes texts, got int: 3"),
        (["  "], "is empty"),
        ([], "list of inputs is empty"),
        (np.array([]), "list of inputs is empty"),
        ([None], "takes texts"),
        (["a\udc80"], r"The text 'a\\udc80' contains half a surrogate pair"),
        ("房间", "Expected a list of inputs, got str"),
        (None, "Expected a list of inputs, got NoneType"),
        ((text for text in TEXTS), "Expected a list of inputs, got generator"),
    ],
)
def test_rejects_what_is_not_a_text(
    vocabulary: Vocabulary, tmp_path: Path, values: list[object], message: str
) -> None:
    with pytest.raises(BundleError, match=message):
        preprocess(values, [CleanText(), IDS], tmp_path)


def test_letterbox_keeps_proportions_and_fills_the_rest(tmp_path: Path) -> None:
    picture = np.full((10, 40, 3), 200, np.uint8)
    steps = [Letterbox(height=16, width=32, fill=(1, 2, 3))]
    (array,) = preprocess([picture, picture.transpose(1, 0, 2)], steps, tmp_path)
    assert (array.dtype, array.shape) == (np.uint8, (2, 16, 32, 3))
    assert array[0, :, 0, 0].tolist() == [1] * 4 + [200] * 8 + [1] * 4
    assert array[1, 0, :, 2].tolist() == [3] * 14 + [200] * 4 + [3] * 14


def test_photograph_is_turned_as_its_camera_says(tmp_path: Path) -> None:
    pixels = np.arange(72, dtype=np.uint8).reshape(4, 6, 3)
    photograph = Image.fromarray(pixels)
    photograph.getexif()[0x0112] = 6  # the camera was turned to the left
    (array,) = preprocess([photograph], [Letterbox(height=6, width=4)], tmp_path)
    np.testing.assert_array_equal(array[0], np.rot90(pixels, -1))
    (place,) = placements_of([photograph], [Letterbox(height=12, width=12)])
    assert (place.picture, place.resized, place.left) == ((6, 4), (12, 8), 2)


def test_boxes_know_where_resized_pictures_lie() -> None:
    pictures = [np.zeros((20, 40, 3), np.uint8), np.zeros((20, 10, 3), np.uint8)]
    first, second = placements_of(pictures, [Resize(height=10), Normalize()])
    assert (first.resized, second.resized) == ((10, 20), (10, 5))
    assert first.input == second.input == (10, 20)
    (plain,) = placements_of(pictures[:1], [Normalize()])
    assert plain.picture == plain.resized == plain.input == (20, 40)


@pytest.mark.parametrize(
    ("value", "kind", "hint"),
    [
        ("shelf.jpg", r"got str: 'shelf.jpg'", "PictureFile(Path(path)).page(0).pixels"),
        (Path("shelf.jpg"), "got PosixPath", "PictureFile(Path(path)).page(0).pixels"),
        (None, "got NoneType: None", "PictureFile(Path(path)).page(0).pixels"),
        (Image.new("L", (4, 4)), r"got uint8 \(4, 4\)", 'np.asarray(picture.convert("RGB"))'),
        (Image.new("P", (4, 4)), r"got uint8 \(4, 4\)", 'np.asarray(picture.convert("RGB"))'),
        (Image.new("I;16", (4, 4)), r"got uint16 \(4, 4\)", "(np.asarray(picture) // 257)"),
        (np.zeros((4, 4, 4), np.uint8), r"got uint8 \(4, 4, 4\)", "picture[..., :3]"),
        (np.zeros((4, 4, 1), np.uint8), r"got uint8 \(4, 4, 1\)", "picture.repeat(3, axis=2)"),
    ],
)
def test_names_what_is_not_a_picture_in_colour(
    value: object, kind: str, hint: str, tmp_path: Path
) -> None:
    with pytest.raises(BundleError, match=kind) as caught:
        preprocess([value], [Letterbox(height=4, width=4)], tmp_path)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "picture", [np.zeros((4, 4)), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8), "a"]
)
def test_rejects_what_is_not_a_picture(picture: object, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="picture"):
        preprocess([picture], [Resize(height=4)], tmp_path)


def test_rejects_pictures_of_different_sizes_that_are_not_resized(tmp_path: Path) -> None:
    pictures = [np.zeros((size, 4, 3), np.uint8) for size in (4, 5)]
    with pytest.raises(BundleError, match=r"such as \(4, 4\) and \(5, 4\)"):
        preprocess(pictures, [Normalize()], tmp_path)


def test_array_of_pictures_is_explained(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"uint8 \(2, 4, 4, 3\)") as caught:
        preprocess([np.zeros((2, 4, 4, 3), np.uint8)], [Normalize()], tmp_path)
    assert caught.value.hint == "Pass several pictures as a list: list(pictures)."


def test_names_labels_with_probabilities() -> None:
    scores = np.array([[0.0, np.log(3.0)], [np.log(9.0), 0.0]])
    first, second = postprocess([scores], [TopLabels(count=2)], ["bad", "good"])
    assert (first.label, round(first.score, 6)) == ("good", 0.75)
    assert list(first.scores) == ["good", "bad"]
    assert (second.label, round(second.score, 6)) == ("bad", 0.9)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (CleanText(), "is not a step"),
        ([CleanText], "is not a step"),
        ([{"step": "clean_text"}], "is not a step"),
        ([IDS, CleanText()], "clean_text takes texts, and character_ids before it makes numbers"),
        ([Normalize(), Resize(height=4)], "resize takes pictures, and normalize before it"),
        ([CleanText()], "The last step, clean_text, makes texts"),
        ([CharacterIds(vocabulary="words.json", length=4)], "names the vocabulary 'words.json'"),
    ],
)
def test_rejects_steps_that_do_not_fit(
    vocabulary: Vocabulary, tmp_path: Path, steps: Any, message: str
) -> None:
    with pytest.raises(BundleError, match=message) as caught:
        prepare(steps, tmp_path)
    assert caught.value.code == "PW-X408"


@pytest.mark.parametrize("characters", ["abc", {"a": 1, "b": 0}, {"a", "b"}, [1, 2], ["\ud800"]])
def test_rejects_what_is_not_a_vocabulary(characters: Any) -> None:
    # The numbers of a dict need not be its order, and a set has none.
    with pytest.raises(BundleError, match="A vocabulary is a list of texts") as caught:
        vocabulary_file(characters)
    assert caught.value.code == "PW-X408"


def test_rejects_last_step_that_is_not_one() -> None:
    steps: Any = [CleanText()]
    with pytest.raises(BundleError, match="is not a step"):
        postprocess([np.zeros((1, 2))], steps, ["a", "b"])


def test_of_equal_labels_the_better_one_counts() -> None:
    (prediction,) = postprocess(
        [np.log([[0.2, 0.5, 0.3]])], [TopLabels(count=3)], ["crane", "crane", "ship"]
    )
    assert prediction.label == "crane"
    assert prediction.scores["crane"] == prediction.score == pytest.approx(0.5)


def test_rejects_wrong_number_of_labels() -> None:
    with pytest.raises(BundleError, match="has 3 labels"):
        postprocess([np.zeros((1, 2))], [TopLabels()], ["a", "b", "c"])
    with pytest.raises(BundleError, match="has 2 characters"):
        postprocess([np.zeros((1, 5, 2))], [CtcDecode()], ["a", "b"])


def test_decodes_the_best_path() -> None:
    path = [0, 1, 1, 0, 1, 2, 2, 0]
    scores = np.full((1, len(path), 3), 0.1)
    scores[0, np.arange(len(path)), path] = 0.8
    (prediction,) = postprocess([scores], [CtcDecode()], ["谢", "好"])
    assert (prediction.label, round(prediction.score, 6)) == ("谢谢好", 0.8)
    empty = np.tile([1.0, 0.0, 0.0], (1, 4, 1))
    assert postprocess([empty], [CtcDecode()], ["谢", "好"])[0].label == ""


def test_skips_a_blank_that_is_not_the_first() -> None:
    scores = np.eye(3)[[[2, 0, 2, 1]]]
    (prediction,) = postprocess([scores], [CtcDecode(blank=2)], ["谢", "好"])
    assert prediction.label == "谢好"
