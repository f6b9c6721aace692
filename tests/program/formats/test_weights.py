"""Weights are read and written as Paddle saves them."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from paddle_workbench.program.formats.saved import read
from paddle_workbench.program.formats.weights import read_weights, write_weights


def test_reads_a_network_whose_state_is_not_saved(imported_paddle: None, tmp_path: Path) -> None:
    import paddle
    from paddle import nn
    from paddle.static import InputSpec

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        paddle.jit.save(
            nn.GRU(4, 3), str(tmp_path / "gru"), [InputSpec([None, None, 4], "float32", "x")]
        )

    saved = read(tmp_path / "gru.json")
    weights = read_weights(saved)

    assert weights is not None
    assert sorted(weight.shape for weight in weights.values()) == [(9,), (9,), (9, 3), (9, 4)]
    assert len(saved.program.parameters) == 5


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_writes_the_file_that_paddle_wrote(
    dtype: str, imported_paddle: None, tmp_path: Path
) -> None:
    import paddle
    from paddle import nn
    from paddle.static import InputSpec

    network = nn.Linear(4, 300).to(dtype=dtype)
    paddle.jit.save(network, str(tmp_path / "net"), [InputSpec([None, 4], dtype, "x")])
    weights = read_weights(read(tmp_path / "net.json"))
    assert weights is not None

    arrays = {name: weight.array for name, weight in weights.items()}
    write_weights(tmp_path / "again.pdiparams", arrays, weights)

    again = (tmp_path / "again.pdiparams").read_bytes()
    assert again == (tmp_path / "net.pdiparams").read_bytes()
