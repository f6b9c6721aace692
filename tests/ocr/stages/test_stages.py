"""Each stage on its own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from paddle_workbench.errors import ShapeError
from paddle_workbench.ocr.generated.generator import generate
from paddle_workbench.ocr.results import DetectedBox
from paddle_workbench.ocr.stages.crops import cut_out, reading_order
from paddle_workbench.ocr.stages.detection import (
    DetectionSettings,
    ProbabilityMap,
    find_boxes,
    find_candidates,
    unclip,
)
from paddle_workbench.ocr.stages.orientation import find_orientations
from paddle_workbench.ocr.stages.recognition import batches_by_width, greedy_decode

if TYPE_CHECKING:
    from paddle_workbench.ocr.pipeline import Pipeline


def box_at(x: float, y: float, width: float = 50, height: float = 20) -> DetectedBox:
    corners = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]
    return DetectedBox(np.array(corners, dtype=np.float32), 1.0)


def test_map_is_sure_of_text_and_of_paper(pipeline: Pipeline) -> None:
    page = generate("form", 4)
    found = pipeline.detector.probability_map(page.picture)
    assert found.size == (page.picture.shape[1], page.picture.shape[0])
    scale = np.array(found.values.shape[::-1]) / found.size
    for line in page.lines:
        x, y = (line.box.mean(axis=0) * scale).astype(int)
        assert found.values[y, x - 4 : x + 5].max() > 0.5, line.text
    assert found.thresholded(0.3).mean() < 0.3


def test_candidates_report_their_outcome() -> None:
    values = np.zeros((64, 160), dtype=np.float32)
    values[10:20, 10:60] = 0.9  # kept
    values[10:20, 80:130] = 0.4  # too unsure
    values[40:42, 10:12] = 0.9  # too small
    found = ProbabilityMap(values, (320, 128))
    fates = sorted(each.fate for each in find_candidates(found))
    assert fates == ["kept", "too small", "too unsure"]
    (box,) = find_boxes(found)
    assert box.score == pytest.approx(0.9)
    # The map has half the picture's size, and the box is widened.
    assert box.points[0][0] < 20
    assert box.points[2][0] > 118
    loose = DetectionSettings(box_threshold=0.3)
    assert len(find_boxes(found, loose)) == 2
    assert len(find_boxes(found, DetectionSettings(threshold=0.5))) == 1


def test_unclipping_moves_the_edge_by_area_over_perimeter() -> None:
    core = np.array([[10, 10], [110, 10], [110, 30], [10, 30]], dtype=np.float32)
    distance = 100 * 20 * 1.5 / 240
    widened = unclip(core, 1.5).reshape(-1, 2)
    np.testing.assert_allclose(widened.min(axis=0), 10 - distance, atol=1)
    np.testing.assert_allclose(widened.max(axis=0), np.array([110, 30]) + distance, atol=1)


def test_boxes_are_read_from_the_top_and_from_the_left() -> None:
    boxes = [box_at(200, 104), box_at(10, 300), box_at(10, 108), box_at(100, 99)]
    order = [boxes.index(box) for box in reading_order(boxes)]
    assert order == [2, 3, 0, 1]


def test_reading_order_knows_no_columns() -> None:
    columns = [box_at(10, 10), box_at(10, 40), box_at(200, 12), box_at(200, 42)]
    order = [columns.index(box) for box in reading_order(columns)]
    assert order == [0, 2, 1, 3]


def test_crop_of_a_slanted_line_is_straight(pipeline: Pipeline) -> None:
    sheet = np.full((300, 500, 3), 255, dtype=np.uint8)
    line = generate("line", 11)
    height, width = line.picture.shape[:2]
    sheet[100 : 100 + height, 40 : 40 + width] = line.picture
    turn = cv2.getRotationMatrix2D((250, 150), 12, 1)
    turned = cv2.warpAffine(sheet, turn, (500, 300), borderValue=(255, 255, 255))
    (box,) = pipeline.recognise(turned).lines
    crop = cut_out(turned.astype(np.uint8), box.box)
    assert crop is not None
    assert crop.shape[1] > 2 * crop.shape[0]
    assert pipeline.recogniser.read([crop])[0].text == line.lines[0].text == box.text


def test_vertical_crop_is_laid_on_its_side() -> None:
    crop = cut_out(np.zeros((200, 200, 3), np.uint8), box_at(50, 10, 30, 150).points)
    assert crop is not None
    assert crop.shape[:2] == (30, 150)


def test_box_without_area_has_no_crop() -> None:
    flat = np.array([[5, 5], [50, 5], [50, 5], [5, 5]], dtype=np.float32)
    assert cut_out(np.zeros((60, 60, 3), np.uint8), flat) is None


def test_line_on_its_head_is_found(pipeline: Pipeline) -> None:
    crops = [generate("line", seed).picture for seed in range(3)]
    turned = [np.ascontiguousarray(crop[::-1, ::-1]) for crop in crops]
    found = find_orientations([*crops, *turned], pipeline.recogniser)
    assert [each.degrees for each in found] == [0, 0, 0, 180, 180, 180]


def test_batches_hold_crops_of_like_width() -> None:
    crops = [np.zeros((48, width, 3), np.uint8) for width in (900, 100, 500, 4800, 350)]
    batches = list(batches_by_width(crops, batch_size=2))
    assert [batch.places for batch in batches] == [(1, 4), (2, 0), (3,)]
    assert [batch.pixels.shape for batch in batches] == [
        (2, 3, 48, 350),
        (2, 3, 48, 900),
        (1, 3, 48, 3200),
    ]
    narrow = batches[0].pixels[0]
    assert (narrow[..., :100] == -1).all()
    assert (narrow[..., 100:] == 0).all()


def test_greedy_decoding_merges_and_drops_blanks() -> None:
    path = [0, 1, 1, 0, 1, 2, 2, 0]
    probabilities = np.full((len(path), 3), 0.1, dtype=np.float32)
    probabilities[np.arange(len(path)), path] = [0.8, 0.6, 0.9, 0.8, 0.7, 0.5, 0.8, 0.8]
    text, confidence = greedy_decode(probabilities, ["", "天", "地"])
    assert text == "天天地"
    assert confidence == pytest.approx((0.6 + 0.7 + 0.5) / 3)
    assert greedy_decode(probabilities[:1], ["", "天", "地"]) == ("", 0.0)


def test_box_must_have_four_corners() -> None:
    with pytest.raises(ShapeError, match=r"the shape \(3, 2\)"):
        DetectedBox(np.zeros((3, 2), np.float32), 1.0)


def test_candidate_too_small_was_not_asked() -> None:
    values = np.zeros((32, 32), dtype=np.float32)
    values[4:6, 4:6] = 1
    (candidate,) = find_candidates(ProbabilityMap(values, (32, 32)))
    assert math.isnan(candidate.score)
    assert candidate.widened is None
