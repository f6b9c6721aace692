"""The smallest network that shows the behaviour."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from .conftest import CLASSES

ANCHORS = (((14, 10), (10, 14), (14, 14)), ((6, 6), (9, 6), (6, 9)))
INPUT_SIZE = 32


def network(**arguments: Any) -> Any:
    from paddle_workbench.detection.yolo import YOLOv3

    return YOLOv3(**{"classes": CLASSES, "anchors": ANCHORS, **arguments})


def small_net(seed: int = 0, **arguments: Any) -> Any:
    """Return a network with a sixteenth of the channels."""
    import paddle

    from paddle_workbench.detection import yolo

    paddle.seed(seed)
    with patch.dict(yolo._WIDTHS, {"resnet34-quarter": 4}):
        return network(backbone="resnet34-quarter", neck=16, **arguments)
