from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from paddle_workbench.ocr.generated.generator import generate
from paddle_workbench.ocr.stages.orientation import find_orientations

if TYPE_CHECKING:
    from paddle_workbench.ocr.pipeline import Pipeline


def test_finds_upside_down_lines(pipeline: Pipeline) -> None:
    crops = [generate("line", seed).picture for seed in range(3)]
    turned = [np.ascontiguousarray(crop[::-1, ::-1]) for crop in crops]
    orientations = find_orientations([*crops, *turned], pipeline.recogniser)
    assert [each.degrees for each in orientations] == [0, 0, 0, 180, 180, 180]
