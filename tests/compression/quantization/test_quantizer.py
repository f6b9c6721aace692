"""The quantiser in numpy and ONNX Runtime agree in every bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from paddle_workbench.compression.quantization.quantizer import (
    Quantization,
    dequantize,
    fake_quantize,
    quantize,
    saturated_share,
)
from paddle_workbench.errors import CompressionError


def onnx_runtime(values: Any, quantization: Quantization) -> tuple[Any, Any]:
    """Return what QuantizeLinear makes of values, and DequantizeLinear of its result."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    axis = {} if quantization.axis is None else {"axis": quantization.axis}
    arguments = ["scale", "zero"]
    kind = TensorProto.UINT8 if quantization.dtype == "u8" else TensorProto.INT8
    graph = helper.make_graph(
        [
            helper.make_node("QuantizeLinear", ["x", *arguments], ["q"], **axis),
            helper.make_node("DequantizeLinear", ["q", *arguments], ["y"], **axis),
        ],
        "quantizer",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, values.shape)],
        [
            helper.make_tensor_value_info("q", kind, values.shape),
            helper.make_tensor_value_info("y", TensorProto.FLOAT, values.shape),
        ],
        [
            numpy_helper.from_array(quantization.scale, "scale"),
            numpy_helper.from_array(quantization.zero_point, "zero"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    integers, numbers = session.run(None, {"x": values})
    return integers, numbers


def tensors(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Return numbers of all sizes, many of them halfway between two integers of a scale."""
    sizes = rng.standard_normal(shape) * 10.0 ** rng.integers(-6, 6, shape)
    halves = (rng.integers(-400, 400, shape) + 0.5) * 0.25
    return np.where(rng.random(shape) < 0.5, sizes, halves).astype(np.float32)


@pytest.mark.parametrize("dtype", ["u8", "s8"])
@pytest.mark.parametrize("is_symmetric", [True, False])
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_equals_onnx_runtime_bit_for_bit(dtype: Any, is_symmetric: bool, axis: int | None) -> None:
    rng = np.random.default_rng(17)
    for shape in ((3, 5, 70), (4, 4, 4)):
        values = tensors(rng, shape)
        count = () if axis is None else (shape[axis],)
        covering = Quantization.of_range(
            -rng.random(count) * 20, rng.random(count) * 60,
            dtype=dtype, is_symmetric=is_symmetric, axis=axis,
        )  # fmt: skip
        # A power of two makes the halves exact.
        powers = Quantization(np.full(count, 0.25, np.float32), covering.zero_point, axis)
        for quantization in (covering, powers):
            integers, numbers = onnx_runtime(values, quantization)
            ours = quantize(values, quantization)
            assert ours.dtype == integers.dtype
            np.testing.assert_array_equal(ours, integers)
            restored = dequantize(ours, quantization)
            np.testing.assert_array_equal(restored.view(np.int32), numbers.view(np.int32))


def test_saturates_infinities_as_onnx_runtime_does() -> None:
    values = np.array([np.inf, -np.inf, 3e38, -3e38, 1e-45, -0.0], np.float32)
    for dtype in ("u8", "s8"):
        quantization = Quantization.of_range(-1, 3, dtype=dtype)  # type: ignore[arg-type]
        integers, _ = onnx_runtime(values, quantization)
        np.testing.assert_array_equal(quantize(values, quantization), integers)


def test_rounds_half_to_even_and_saturates() -> None:
    quantization = Quantization(np.float32(0.5), np.int8(0))  # type: ignore[arg-type]
    values = np.array([0.25, 0.75, -0.25, -0.75, 100, -100], np.float32)
    assert quantize(values, quantization).tolist() == [0, 2, 0, -2, 127, -128]
    assert saturated_share(values, quantization) == pytest.approx(2 / 6)


@pytest.mark.parametrize(("dtype", "is_symmetric"), [("u8", False), ("s8", False), ("s8", True)])
def test_chooses_scale_and_zero_point_as_onnx_runtime_does(dtype: Any, is_symmetric: bool) -> None:
    from onnx import TensorProto
    from onnxruntime.quantization.quant_utils import compute_scale_zp, get_qmin_qmax_for_qType

    kind = TensorProto.UINT8 if dtype == "u8" else TensorProto.INT8
    lowest, highest = get_qmin_qmax_for_qType(kind, symmetric=is_symmetric)
    rng = np.random.default_rng(3)
    for low, high in rng.standard_normal((50, 2)).astype(np.float32):
        low, high = min(low, high), max(low, high)
        zero, scale = compute_scale_zp(low, high, lowest, highest, is_symmetric)
        ours = Quantization.of_range(low, high, dtype=dtype, is_symmetric=is_symmetric)
        assert (ours.scale, ours.zero_point) == (scale, zero)


def test_zero_is_exact_and_the_range_is_covered() -> None:
    rng = np.random.default_rng(5)
    for bits in range(2, 9):
        for low, high in ((0.0, 3.0), (-2.0, 0.0), (-1.0, 5.0), (2.0, 3.0)):
            quantization = Quantization.of_range(low, high, bits=bits)
            values = rng.uniform(min(low, 0), high, 200).astype(np.float32)
            rounded = fake_quantize(values, quantization)
            assert np.abs(rounded - values).max() <= quantization.scale * 0.5001
            assert fake_quantize(np.zeros(1, np.float32), quantization)[0] == 0
            assert len(np.unique(quantize(values, quantization))) <= 2**bits


def test_each_channel_has_its_own_scale() -> None:
    weights = np.random.default_rng(0).standard_normal((4, 8)).astype(np.float32)
    weights *= np.array([[1e-3], [1.0], [1e3], [0.0]], np.float32)
    alone = fake_quantize(weights, Quantization.of_values(weights))
    by_channel = fake_quantize(weights, Quantization.of_values(weights, axis=0))
    assert not alone[:2].any()  # next to the third channel nothing is left of the others
    for row, rounded in zip(weights, by_channel, strict=True):
        assert np.abs(row - rounded).max() <= np.abs(row).max() / 127 * 0.51


def test_constant_arrays_are_exact() -> None:
    for value in (0.0, 0.7, -3.0, 1e-30):
        values = np.full(3, value, np.float32)
        for is_symmetric in (True, False):
            quantization = Quantization.of_values(values, dtype="u8", is_symmetric=is_symmetric)
            np.testing.assert_allclose(fake_quantize(values, quantization), values, rtol=1e-6)


NUMBERS = np.ones((2, 3), np.float32)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: Quantization.of_range(0, 1, bits=0), "0 bits cannot hold"),
        (lambda: Quantization.of_range(0, 1, bits=9), "9 bits cannot hold"),
        (lambda: Quantization.of_range(0, 1, bits=True), "True bits cannot hold"),
        (lambda: Quantization.of_range(0, np.nan), "range 0 to nan is not finite"),
        (lambda: Quantization.of_range(2, 1), "range 2 to 1 starts above its end"),
        (lambda: Quantization.of_range(-3e38, 3e38), "wider than float32"),
        (lambda: Quantization.of_range(0, 1, dtype="u4"), "no integers 'u4'"),
        (lambda: Quantization.of_values(NUMBERS[:0]), r"shape \(0, 3\) has no numbers"),
        (lambda: Quantization.of_values(NUMBERS, axis=2), "2 axes has no axis 2"),
        (lambda: quantize(NUMBERS * np.nan, Quantization.of_range(0, 1)), "contains NaN"),
        (
            lambda: quantize(NUMBERS.T, Quantization.of_values(NUMBERS, axis=0)),
            r"2 scales, and an array of shape \(3, 2\) has 3 channels along axis 0",
        ),
    ],
)
def test_names_what_is_wrong(call: Any, sentence: str) -> None:
    with pytest.raises(CompressionError, match=sentence) as error:
        call()
    assert error.value.hint
