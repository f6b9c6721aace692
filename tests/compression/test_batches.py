"""Raw inputs become batches of arrays in one way, for training, calibration and measuring."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.compression.batches import all_batches, count_of_rows, program_batches
from paddle_workbench.errors import CompressionError
from paddle_workbench.export.bundle import Bundle

from ..export.sentiment import create

X = np.arange(15, dtype=np.float32).reshape(5, 3)


@pytest.fixture(scope="module")
def sentiment(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return create(tmp_path_factory.mktemp("batches") / "sentiment")


def of_arrays(folder: Path, rows: int | None) -> Bundle:
    import paddle
    from paddle.static import InputSpec

    return Bundle.create(
        folder / f"arrays-{rows}",
        paddle.nn.Linear(3, 2),
        input_spec=[InputSpec([rows, 3], "float32", "x")],
        examples=[X[: rows or 5]],
    )


@pytest.fixture(scope="module")
def linear(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return of_arrays(tmp_path_factory.mktemp("batches"), None)


def test_divides_texts_and_arrays(sentiment: Bundle, linear: Bundle) -> None:
    texts = ["房间", "小", "住"]
    for divide in (all_batches, program_batches):
        assert [batch[0].shape for batch in divide(texts, sentiment, 2)] == [(2, 8), (1, 8)]
        assert [batch[0].shape for batch in divide([X], linear, 3)] == [(3, 3), (2, 3)]
    assert count_of_rows(program_batches([X], linear, 3)) == 5


def test_keeps_the_batch_of_a_program_that_takes_only_one(
    imported_paddle: None, tmp_path: Path
) -> None:
    fixed = of_arrays(tmp_path, 2)
    assert [batch[0].shape for batch in program_batches([X[:2]], fixed)] == [(2, 3)]
    with pytest.raises(CompressionError, match="takes exactly 2 rows at once"):
        program_batches([X], fixed)


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        ([], "inputs are 0 arrays, and the program takes one array for each of x"),
        ([X[:0]], "There are no inputs"),
        ("x", "inputs do not fit: Expected a list of inputs, got str"),
        ([X[:, :2]], r"inputs do not fit: .* has the shape \(5, 2\) instead of"),
        ([X.astype(np.int64)], "int64 instead of float32"),
        ([X * np.nan], "inputs for x contain NaN or infinity"),
    ],
)
def test_names_what_does_not_fit(linear: Bundle, inputs: Any, sentence: str) -> None:
    with pytest.raises(CompressionError, match=sentence) as caught:
        program_batches(inputs, linear)
    assert caught.value.hint


def test_names_the_inputs_that_are_of_another_kind(sentiment: Bundle) -> None:
    with pytest.raises(CompressionError, match="no inputs for sentiment"):
        list(all_batches([], sentiment))
    with pytest.raises(CompressionError, match="inputs 3 to 3 do not fit"):
        list(all_batches(["房间", "小", 3], sentiment, 2))
    with pytest.raises(CompressionError, match="calibration data do not fit: This bundle takes"):
        program_batches(["房间", 3], sentiment, role="calibration data")
