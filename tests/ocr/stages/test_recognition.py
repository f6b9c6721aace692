from __future__ import annotations

import numpy as np
import pytest

from paddle_workbench.ocr.stages.recognition import batches_by_width, greedy_decode


def test_batches_contain_crops_of_similar_width() -> None:
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
