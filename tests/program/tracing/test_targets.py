"""A network runs eagerly without being changed."""

from __future__ import annotations

import pytest

from paddle_workbench.program.tracing.targets import eager


@pytest.mark.usefixtures("imported_paddle")
@pytest.mark.parametrize("kind", ["GRU", "LSTM", "SimpleRNN"])
def test_recurrent_layers_run_eagerly(kind: str) -> None:
    # On a CPU their dropout state is a buffer without memory.
    import paddle

    layer = getattr(paddle.nn, kind)(4, 8)
    with eager(layer, training=False) as function:
        assert function(paddle.ones([1, 3, 4]))[0].shape == [1, 3, 8]
    assert layer.training
