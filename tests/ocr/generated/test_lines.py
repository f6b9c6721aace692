from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from paddle_workbench.errors import TextError
from paddle_workbench.ocr.generated.lines import generate_lines
from paddle_workbench.text.stretches import TextSource, commonest_characters

if TYPE_CHECKING:
    from paddle_workbench.ocr.pipeline import Pipeline


def test_same_seed_gives_the_same_lines() -> None:
    characters = commonest_characters(50)
    source = TextSource(characters=characters)
    first, second = (generate_lines(20, 3, source) for _ in range(2))
    assert first.texts == second.texts
    for one, other in zip(first.crops, second.crops, strict=True):
        np.testing.assert_array_equal(one, other)
    assert generate_lines(20, 4, source).texts != first.texts
    assert set("".join(first.texts)) <= set(characters)
    assert {crop.shape[0] for crop in first.crops} == {32}


def test_lines_can_be_read(pipeline: Pipeline) -> None:
    lines = generate_lines(12, 0, TextSource(characters=commonest_characters(300)))
    read = [reading.text for reading in pipeline.recogniser.read(lines.crops)]
    right = sum(one == other for one, other in zip(read, lines.texts, strict=True))
    assert right >= 10


def test_rejects_source_without_characters() -> None:
    with pytest.raises(TextError, match="no two adjacent characters of ''"):
        TextSource(characters="")
