"""Scales of Paddle's PTQ and QAT: ONNX Runtime computes what the quantised network does."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.compression import quantize
from paddle_workbench.compression.quantization.paddle_scales import (
    load_trained,
    paddle_scales,
    prepare_ptq,
    prepare_qat,
)
from paddle_workbench.errors import CompressionError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.targets.float_onnx import FloatProgram
from paddle_workbench.export.targets.int8_onnx import quantized, read_plan

from ..conftest import pictures_of

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]

PICTURES = pictures_of(16, seed=3)


@pytest.fixture(scope="module")
def network(imported_paddle: None) -> Any:
    import paddle
    from paddle import nn

    paddle.seed(4)
    return nn.Sequential(
        nn.Conv2D(3, 8, 3),
        nn.BatchNorm2D(8),
        nn.ReLU(),
        nn.Conv2D(8, 8, 3, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(8 * 36, 4),
    )


@pytest.fixture(scope="module")
def trained(network: Any) -> Any:
    """The network with QAT, trained for a moment; its weights are those of the network."""
    import paddle

    quantized = prepare_qat(network)
    optimiser = paddle.optimizer.Adam(5e-3, parameters=quantized.parameters())
    kinds = paddle.to_tensor(np.arange(32) % 4)
    for step in range(8):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the batch norms
            scores = quantized(paddle.to_tensor(pictures_of(32, seed=step)))
        paddle.nn.functional.cross_entropy(scores, kinds).backward()
        optimiser.step()
        optimiser.clear_grad()
    quantized.eval()
    load_trained(network, quantized)
    return quantized


@pytest.fixture(scope="module")
def bundle(network: Any, trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    from paddle.static import InputSpec

    bundle = Bundle.create(
        tmp_path_factory.mktemp("qat") / "pictures",
        network,
        input_spec=[InputSpec([None, 3, 16, 16], "float32", "x")],
        examples=[PICTURES],
    )
    bundle.export("onnx")
    return bundle


def difference(bundle: Bundle, parent: Bundle, expected: Any) -> float:
    """Return the largest relative difference of the int8 program from what is expected."""
    import onnxruntime

    program = FloatProgram(parent.folder / "onnx" / "model.onnx")
    model = quantized(program, read_plan(bundle.folder / "inference"))
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (outputs,) = session.run(None, {"x": PICTURES})
    return float(np.abs(outputs - expected).max() / np.abs(expected).max())


def test_onnx_computes_what_qat_trained(bundle: Bundle, trained: Any, tmp_path: Path) -> None:
    import paddle

    expected = trained(paddle.to_tensor(PICTURES)).numpy()
    scales = paddle_scales(trained)
    assert list(scales) == ["0", "3", "6"]
    calibration = [pictures_of(32, seed=9)]
    ours = quantize(bundle, tmp_path / "qat", calibration=calibration, scales=scales)
    plan = read_plan(ours.folder / "inference")
    assert plan.method == "paddle"
    assert {layer.scales_from for layer in plan.layers} == {"paddle"}
    assert plan.activations["x"].zero_point == 128
    assert plan.activations["x"].scale == np.float32(scales["0"].activation / 127)
    other = quantize(bundle, tmp_path / "own", calibration=calibration)
    # A value that both round at a half may become another integer.
    assert difference(ours, bundle, expected) < 0.01
    assert difference(other, bundle, expected) > 0.02


def test_scales_of_ptq_are_the_largest_values(bundle: Bundle, network: Any, tmp_path: Path) -> None:
    import paddle

    observed = prepare_ptq(network)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Paddle calls its own `max`, of which it warns once
        for batch in np.split(PICTURES, 2):
            observed(paddle.to_tensor(batch))
    scales = paddle_scales(observed)
    assert scales["0"].activation == pytest.approx(np.abs(PICTURES).max())
    assert scales["6"].weights == pytest.approx(np.abs(network[6].weight.numpy()).max())
    child = quantize(bundle, tmp_path / "ptq", calibration=[PICTURES], scales=scales)
    assert child.export("onnx", weights="int8").is_accepted


def test_names_what_is_wrong(bundle: Bundle, network: Any, trained: Any, tmp_path: Path) -> None:
    from paddle import nn

    scales = paddle_scales(trained)

    def planned(**options: Any) -> Bundle:
        return quantize(bundle, tmp_path / "new", **({"calibration": [PICTURES]} | options))

    with pytest.raises(CompressionError, match="layer 0 has no scales"):
        paddle_scales(prepare_ptq(network))
    for call in (prepare_ptq, prepare_qat, paddle_scales):
        with pytest.raises(CompressionError, match="Expected a network, got int"):
            call(5)
    with pytest.raises(CompressionError, match="Sequential has no layer that Paddle quantises"):
        paddle_scales(network)
    with pytest.raises(CompressionError, match="the plan has none of these layers"):
        planned(scales={"other": scales["0"]})
    with pytest.raises(CompressionError, match="scales of 0 are those of 4 channels"):
        planned(scales={"0": scales["6"]})
    with pytest.raises(CompressionError, match="static, and for 8 bits"):
        planned(scales=scales, bits=4)
    with pytest.raises(CompressionError, match="made of another one"):
        load_trained(nn.Sequential(nn.Linear(2, 2)), trained)
