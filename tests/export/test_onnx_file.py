"""The ONNX file of a program: what it stores, and how often."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.export.targets.onnx_file import MODEL, write
from paddle_workbench.export.targets.target import PROGRAM

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]

ROWS, WIDTH = 64, 32
IDS = np.arange(12).reshape(2, 6)
TABLE = 4 * ROWS * WIDTH


def exported(folder: Path, network: Any) -> Any:
    """Return the ONNX model of a network that takes ids, which is equal to the network."""
    import onnx
    import onnxruntime
    import paddle
    from paddle.static import InputSpec

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Paddle's, about names of arguments
        paddle.jit.save(
            network, str(folder / PROGRAM), input_spec=[InputSpec([None, 6], "int64", "ids")]
        )
    write(folder, folder)
    session = onnxruntime.InferenceSession(folder / MODEL, providers=["CPUExecutionProvider"])
    (actual,) = session.run(None, {"ids": IDS})
    np.testing.assert_allclose(actual, network(paddle.to_tensor(IDS)).numpy(), rtol=1e-5, atol=1e-6)
    return onnx.load(str(folder / MODEL))


def stored_bytes(model: Any) -> int:
    """Return how many bytes the constants of a model have."""
    from onnx import numpy_helper

    constants = [node.attribute[0].t for node in model.graph.node if node.op_type == "Constant"]
    return sum(
        numpy_helper.to_array(each).nbytes for each in (*constants, *model.graph.initializer)
    )


def test_table_with_a_padding_that_is_zero_is_stored_once(tmp_path: Path) -> None:
    from paddle import nn

    model = exported(tmp_path, nn.Embedding(ROWS, WIDTH, padding_idx=0))
    assert stored_bytes(model) - TABLE < 64
    assert "Mul" not in {node.op_type for node in model.graph.node}


def test_table_with_a_padding_that_is_not_zero_gets_a_mask_of_rows(tmp_path: Path) -> None:
    from paddle import nn

    network = nn.Embedding(ROWS, WIDTH, padding_idx=0)
    # As paddlenlp initialises its networks.
    network.weight.set_value(np.ones((ROWS, WIDTH), np.float32))
    assert stored_bytes(exported(tmp_path, network)) - TABLE < 4 * ROWS + 64


def test_table_that_also_makes_the_scores_is_stored_once(tmp_path: Path) -> None:
    from paddle import nn

    class Tied(nn.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(ROWS, WIDTH, padding_idx=0)
            self.embedding.weight.set_value(np.ones((ROWS, WIDTH), np.float32))

        def forward(self, ids: Any) -> Any:
            return self.embedding(ids) @ self.embedding.weight.T

    assert stored_bytes(exported(tmp_path, Tied())) - TABLE < 4 * ROWS + 64


def test_layer_that_runs_twice_is_stored_once(tmp_path: Path) -> None:
    from paddle import nn

    class Twice(nn.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(ROWS, WIDTH)
            self.linear = nn.Linear(WIDTH, WIDTH)

        def forward(self, ids: Any) -> Any:
            return self.linear(nn.functional.relu(self.linear(self.embedding(ids))))

    expected = TABLE + 4 * (WIDTH * WIDTH + WIDTH)
    assert stored_bytes(exported(tmp_path, Twice())) - expected < 64
