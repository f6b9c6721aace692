"""What `paddle.amp` does on this device."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from paddle_workbench.compression.precision.amp import amp_support, mixed_step, op_dtypes
from paddle_workbench.errors import CompressionError

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]


@pytest.fixture
def net() -> Any:
    from paddle import nn

    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.LayerNorm(8), nn.Linear(8, 2))


def test_says_that_a_cpu_has_no_mixed_precision() -> None:
    import paddle

    support = amp_support()
    if support.device == "cpu":
        assert support.formats == ()
        assert "auto_cast and GradScaler have no effect" in support.reason
        # Which is why it must be said: Paddle's own answer is about its kernels.
        assert paddle.amp.is_bfloat16_supported()
    else:
        assert "compute capability" in support.reason


@pytest.mark.parametrize("number_format", ["float16", "bfloat16"])
@pytest.mark.parametrize("level", ["O1", "O2"])
def test_counts_ops_by_dtype(net: Any, number_format: Any, level: Any) -> None:
    import paddle

    table = op_dtypes(net, np.ones((3, 4), np.float32), number_format=number_format, level=level)
    assert list(table.columns) == ["float16", "bfloat16", "float32", "other"]
    products = table.loc["matmul_v2"]
    assert products.sum() == 2
    formats = amp_support().formats
    assert products[number_format if number_format in formats else "float32"] == 2
    if not formats:
        assert (table.drop(columns="float32") == 0).all(axis=None)
    flag = "FLAGS_low_precision_op_list"
    assert not paddle.get_flags([flag])[flag]


def test_counts_only_what_runs_inside(net: Any) -> None:
    import paddle

    first = op_dtypes(net, paddle.ones([3, 4]))
    paddle.nn.functional.softmax(paddle.ones([2, 2]))
    assert op_dtypes(net, paddle.ones([3, 4])).equals(first)


def test_collection_ends_after_an_error(net: Any) -> None:
    import paddle

    with pytest.raises(CompressionError, match="Sequential refuses the inputs: "):
        op_dtypes(net, np.ones((3, 5), np.float32))
    flag = "FLAGS_low_precision_op_list"
    assert not paddle.get_flags([flag])[flag]


def test_makes_a_step_where_the_device_can(net: Any) -> None:
    import paddle

    optimizer = paddle.optimizer.SGD(0.1, parameters=net.parameters())
    before = net[0].weight.numpy()

    def loss_of() -> Any:
        return net(paddle.ones([3, 4])).square().mean()

    if amp_support().formats:
        scaler = paddle.amp.GradScaler()
        losses = [mixed_step(loss_of, optimizer, scaler=scaler) for _ in range(5)]
        assert losses[-1] < losses[0]
    else:
        with pytest.raises(CompressionError, match="There is no step in float16 on cpu"):
            mixed_step(loss_of, optimizer)
        assert (net[0].weight.numpy() == before).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"number_format": "int8"}, "There is no number_format 'int8'."),
        ({"level": "O3"}, "There is no level 'O3'."),
    ],
)
def test_rejects_unknown_settings(net: Any, settings: Any, message: str) -> None:
    with pytest.raises(CompressionError, match=re.escape(message)):
        op_dtypes(net, np.ones((3, 4), np.float32), **settings)
    with pytest.raises(CompressionError, match=re.escape(message)):
        mixed_step(lambda: None, None, **settings)
