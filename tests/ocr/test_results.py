from __future__ import annotations

import numpy as np
import pytest

from paddle_workbench.errors import ShapeError
from paddle_workbench.ocr.results import DetectedBox


def test_box_must_have_four_corners() -> None:
    with pytest.raises(ShapeError, match=r"the shape \(3, 2\)"):
        DetectedBox(np.zeros((3, 2), np.float32), 1.0)
