"""What teachers say of inputs, and of those that they do not take."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.compression.distillation.teaching import teach
from paddle_workbench.contract import JobProgress
from paddle_workbench.errors import CompressionError
from paddle_workbench.export.bundle import Bundle

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]

X = np.random.default_rng(0).standard_normal((20, 4)).astype(np.float32)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([X[:, :3]], "The array for x has the shape (20, 3) instead of (?, 4)."),
        ([X.astype(np.float64)], "The array for x is an array of float64 instead of float32."),
        ([X, X], "The inputs are 2 arrays, and the program takes one array for each of x."),
        (iter([X]), "Expected a list of inputs, got list_iterator."),
        ([], "The inputs are 0 arrays"),
    ],
)
def test_a_teacher_names_what_it_does_not_take(tmp_path: Path, inputs: Any, message: str) -> None:
    import paddle
    from paddle.static import InputSpec

    spec = [InputSpec([None, 4], "float32", "x")]
    network = paddle.nn.Linear(4, 2)
    teacher = Bundle.create(tmp_path / "teacher", network, input_spec=spec, examples=[X[:4]])
    with pytest.raises(CompressionError, match=re.escape(message)):
        teach(teacher, inputs)


def test_reports_progress_and_can_be_ended() -> None:
    import paddle

    steps: list[JobProgress] = []
    inputs = np.zeros((150, 4), np.float32)
    teach(paddle.nn.Linear(4, 2), inputs, listener=steps.append)
    assert [(each.done, each.total) for each in steps] == [(64, 150), (128, 150), (150, 150)]

    def end(_: JobProgress) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        teach(paddle.nn.Linear(4, 2), inputs, listener=end)
