from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from paddle_workbench.ocr.generated.generator import generate
from paddle_workbench.ocr.results import DetectedBox
from paddle_workbench.ocr.stages.crops import cut_out, reading_order

if TYPE_CHECKING:
    from paddle_workbench.ocr.pipeline import Pipeline


def box_at(x: float, y: float, width: float = 50, height: float = 20) -> DetectedBox:
    corners = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]
    return DetectedBox(np.array(corners, dtype=np.float32), 1.0)


def test_reads_boxes_from_top_to_bottom_and_left_to_right() -> None:
    boxes = [box_at(200, 104), box_at(10, 300), box_at(10, 108), box_at(100, 99)]
    order = [boxes.index(box) for box in reading_order(boxes)]
    assert order == [2, 3, 0, 1]


def test_reading_order_ignores_columns() -> None:
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
