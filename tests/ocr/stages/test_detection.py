from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from paddle_workbench.ocr.generated.generator import generate
from paddle_workbench.ocr.stages.detection import (
    DetectionSettings,
    ProbabilityMap,
    find_boxes,
    find_candidates,
    unclip,
)

if TYPE_CHECKING:
    from paddle_workbench.ocr.pipeline import Pipeline


def test_probability_map_separates_text_from_paper(pipeline: Pipeline) -> None:
    page = generate("form", 4)
    probabilities = pipeline.detector.probability_map(page.picture)
    assert probabilities.size == (page.picture.shape[1], page.picture.shape[0])
    scale = np.array(probabilities.values.shape[::-1]) / probabilities.size
    for line in page.lines:
        x, y = (line.box.mean(axis=0) * scale).astype(int)
        assert probabilities.values[y, x - 4 : x + 5].max() > 0.5, line.text
    assert probabilities.thresholded(0.3).mean() < 0.3


def test_candidates_report_their_outcome() -> None:
    values = np.zeros((64, 160), dtype=np.float32)
    values[10:20, 10:60] = 0.9  # kept
    values[10:20, 80:130] = 0.4  # too unsure
    values[40:42, 10:12] = 0.9  # too small
    probabilities = ProbabilityMap(values, (320, 128))
    fates = sorted(each.fate for each in find_candidates(probabilities))
    assert fates == ["kept", "too small", "too unsure"]
    (box,) = find_boxes(probabilities)
    assert box.score == pytest.approx(0.9)
    # The map has half the size of the picture, and the box is widened.
    assert box.points[0][0] < 20
    assert box.points[2][0] > 118
    loose = DetectionSettings(box_threshold=0.3)
    assert len(find_boxes(probabilities, loose)) == 2
    assert len(find_boxes(probabilities, DetectionSettings(threshold=0.5))) == 1


def test_candidate_that_is_too_small_has_no_score() -> None:
    values = np.zeros((32, 32), dtype=np.float32)
    values[4:6, 4:6] = 1
    (candidate,) = find_candidates(ProbabilityMap(values, (32, 32)))
    assert math.isnan(candidate.score)
    assert candidate.widened is None


def test_unclipping_moves_the_edge_by_area_over_perimeter() -> None:
    core = np.array([[10, 10], [110, 10], [110, 30], [10, 30]], dtype=np.float32)
    distance = 100 * 20 * 1.5 / 240
    widened = unclip(core, 1.5).reshape(-1, 2)
    np.testing.assert_allclose(widened.min(axis=0), 10 - distance, atol=1)
    np.testing.assert_allclose(widened.max(axis=0), np.array([110, 30]) + distance, atol=1)
