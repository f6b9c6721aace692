"""Shops with pictures of goods, and desks that are opened on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from paddle_workbench.detection.desk.desk import AnnotationDesk

from ..annotations.folders import coco, coco_box

RICH = {
    "info": {"year": 2024, "contributor": "店"},
    "licenses": [{"id": 1, "name": "CC"}],
    "images": [
        {"id": 7, "file_name": "a.png", "width": 40, "height": 30, "coco_url": "http://x"},
        {"id": 8, "file_name": "gone.png", "width": 40, "height": 30},
    ],
    "annotations": [
        coco_box(id=4, bbox=[20, 3, 6.5, 7], area=40, attributes={"occluded": True}),
        coco_box(id=5, image_id=8, bbox=[0, 0, 9, 9]),
        coco_box(id=6, iscrowd=1, segmentation={"counts": "x", "size": [30, 40]}),
        coco_box(id=9, segmentation=[[1, 2, 11, 2, 11, 22]], area=100, score=0.5),
        coco_box(id=10, bbox=[90, 90, 5, 5]),
        "not an object",
    ],
    "categories": [
        {"id": 3, "name": "包装", "supercategory": "goods"},
        {"id": 5, "name": "瓶罐"},
        {"id": 6, "name": "没有框"},
    ],
}


@pytest.fixture
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    coco(tmp_path / "shop", **RICH)
    return tmp_path / "shop"


def open_desk(path: Path, kept: Path, **options: Any) -> AnnotationDesk:
    return AnnotationDesk(path, folder=kept, **options)


def content(folder: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / "annotations.json").read_text("utf-8"))
    return values


def labels(desk: AnnotationDesk, index: int = 0) -> list[str]:
    return [box.label for box in desk.page(index).boxes]


def corners(x1: float, y1: float, x2: float, y2: float) -> list[list[float]]:
    return [[x1, y1], [x2, y1], [x2, y2], [x1, y2]]
