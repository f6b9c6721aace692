"""A bundle with a plan for int8: what is in it, and what its export runs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.compression import quantize
from paddle_workbench.compression.quantization.quantizer import (
    Quantization,
)
from paddle_workbench.compression.quantization.quantizer import (
    quantize as integers_of,
)
from paddle_workbench.contract import JobProgress
from paddle_workbench.errors import BundleError, CompressionError, ExportError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.bundle_files import RECORD, record_of_file
from paddle_workbench.export.deriving import derive
from paddle_workbench.export.description import describe
from paddle_workbench.export.targets.float_onnx import FloatProgram
from paddle_workbench.export.targets.int8_onnx import read_plan

from ..conftest import pictures_of

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]

LAYERS = ["stem.0", "branch.0", "branch.3", "wide", "scores"]


def model_of(bundle: Bundle) -> Any:
    import onnx

    return onnx.load(str(bundle.folder / bundle.record.targets["onnx"].folder / "model.onnx"))


def test_is_equal_and_smaller_and_names_its_parent(parent: Bundle, quantized: Bundle) -> None:
    target = quantized.record.targets["onnx"]
    assert target.weights == "int8"
    assert target.parity.is_equal
    assert target.parity.decisions == 64
    sizes = [
        each.record.files[f"{each.record.targets['onnx'].folder}/model.onnx"].bytes
        for each in (parent, quantized)
    ]
    assert sizes[1] < 0.5 * sizes[0]
    digest = record_of_file(parent.folder / RECORD).sha256
    assert quantized.record.parent is not None
    assert (quantized.record.parent.name, quantized.record.parent.sha256) == ("pictures", digest)
    assert "made from  pictures 1" in describe(quantized.record)
    picture = pictures_of(1, seed=7)
    (scores,) = quantized.predict([picture], target="onnx")
    assert scores.label == parent.predict([picture])[0].label


def test_program_in_float32_is_that_of_the_parent(parent: Bundle, quantized: Bundle) -> None:
    for name, file in parent.record.files.items():
        if not name.startswith("onnx/"):
            assert quantized.record.files[name] == file
    added = set(quantized.record.files) - set(parent.record.files)
    assert added == {"inference/quantization.json"}


def test_file_has_the_scales_and_integers_of_the_plan(parent: Bundle, quantized: Bundle) -> None:
    from onnx import numpy_helper

    plan = read_plan(quantized.folder / "inference")
    assert [layer.name for layer in plan.layers] == LAYERS
    graph = model_of(quantized).graph
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    for layer in plan.layers:
        scales = constants[f"{layer.weight}_scale"]
        np.testing.assert_array_equal(scales, np.float32(layer.scales))
        integers = constants[f"{layer.weight}_quantized"]
        assert integers.dtype == np.int8
        assert np.abs(integers.astype(int)).max() == 127
        assert len(layer.scales) == integers.shape[layer.axis or 0]
    for name, scale in plan.activations.items():
        if f"{name}_scale" in constants:
            assert constants[f"{name}_scale"] == np.float32(scale.scale)
            zero = constants[f"{name}_zero_point"]
            assert (zero.dtype, int(zero)) == (np.uint8, scale.zero_point)
    # The weights of a layer without a batch norm are those of the network.
    (linear,) = (layer for layer in plan.layers if layer.name == "scores")
    weights = FloatProgram(parent.folder / "onnx" / "model.onnx").values_of(linear.weight)
    expected = integers_of(weights, Quantization.of_values(weights, axis=linear.axis))
    np.testing.assert_array_equal(constants[f"{linear.weight}_quantized"], expected)


def test_what_is_between_layers_stays_in_integers(quantized: Bundle) -> None:
    graph = model_of(quantized).graph
    kinds = Counter(node.op_type for node in graph.node)
    # Relu and Relu6 are what the layer before them saturates; the Relu after the sum is one, too.
    assert kinds["Relu"] == kinds["Clip"] == 0
    assert kinds["QuantizeLinear"] == 8
    (scores,) = (node for node in graph.node if node.op_type in ("Gemm", "MatMul"))
    assert scores.output[0] == graph.output[0].name  # and is not rounded


def test_other_layers_stay_in_float32(parent: Bundle, tmp_path: Path) -> None:
    steps: list[JobProgress] = []
    bundle = quantize(
        parent,
        tmp_path / "mixed",
        calibration=[pictures_of(16)],
        method="mse",
        layers=["wide"],
        listener=steps.append,
    )
    plan = read_plan(bundle.folder / "inference")
    assert [layer.name for layer in plan.layers if layer.is_quantized] == ["wide"]
    assert (plan.method, plan.rows) == ("mse", 16)
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    bundle.export("onnx", weights="int8")
    graph = model_of(bundle).graph
    integers = {each.name for each in graph.initializer if each.data_type == 3 and each.dims}
    (weight,) = (layer.weight for layer in plan.layers if layer.is_quantized)
    assert integers == {f"{weight}_quantized", f"{weight}_zero_point"}


def test_dynamic_plan_needs_no_data(parent: Bundle, tmp_path: Path) -> None:
    bundle = quantize(parent, tmp_path / "dynamic", method="dynamic")
    plan = read_plan(bundle.folder / "inference")
    assert (plan.method, plan.rows, plan.activations) == ("dynamic", 0, {})
    assert bundle.export("onnx", weights="int8").is_accepted
    kinds = {node.op_type for node in model_of(bundle).graph.node}
    assert {"DynamicQuantizeLinear", "ConvInteger", "MatMulInteger"} <= kinds


def test_can_be_exported_in_float32_too(copy: Bundle, parent: Bundle) -> None:
    assert copy.export("onnx").is_accepted
    assert copy.record.targets["onnx"].parity == parent.record.targets["onnx"].parity


def test_export_without_a_plan_is_rejected(parent: Bundle) -> None:
    for target in ("onnx", "browser"):
        (finding,) = parent.preflight(target, weights="int8")
        assert (finding.code, finding.severity) == ("PW-X509", "error")
    with pytest.raises(ExportError, match="has no plan"):
        parent.export("onnx", weights="int8")


def test_int8_that_decides_otherwise_is_the_cause(copy: Bundle, tmp_path: Path) -> None:
    plan = read_plan(copy.folder / "inference")
    coarse = {
        name: each.model_copy(update={"scale": each.scale * 60})
        for name, each in plan.activations.items()
    }
    plan = plan.model_copy(update={"activations": coarse})
    bundle = derive(copy, tmp_path / "coarse", files={"inference/quantization.json": plan})
    with pytest.raises(ExportError, match="ONNX is wrong with int8 weights") as error:
        bundle.export("onnx", weights="int8")
    assert "decisions changed" in error.value.message
    assert "in fp32" in error.value.hint


def test_plan_of_another_program_is_named(copy: Bundle, tmp_path: Path) -> None:
    plan = read_plan(copy.folder / "inference")
    renamed = tuple(
        each.model_copy(update={"node": each.node.replace("Conv.0", "Conv.77")})
        for each in plan.layers
    )
    plan = plan.model_copy(update={"layers": renamed})
    bundle = derive(copy, tmp_path / "other", files={"inference/quantization.json": plan})
    (finding,) = bundle.preflight("onnx", weights="int8")
    assert finding.code == "PW-X101"
    assert "the plan names the layer stem.0" in finding.message


NAN = pictures_of(8)
NAN[3, 0, 0, 0] = np.nan


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"calibration": []}, "are 0 arrays, and the program takes one array for each of x"),
        ({"calibration": [pictures_of(8)[:0]]}, "There are no calibration data"),
        ({"calibration": [pictures_of(8)[:, :2]]}, r"shape \(8, 2, 16, 16\) instead of"),
        ({"calibration": [pictures_of(8).astype(float)]}, "float64 instead of float32"),
        ({"calibration": "x"}, "Expected a list of inputs, got str"),
        ({"calibration": [pictures_of(64, seed=101)]}, "64 of 64 inputs are also in the held-out"),
        ({"percentile": "x"}, "percentile 'x' keeps no range"),
        ({"keep": 5}, "keep is 5, and not a list of names"),
        ({"scales": 5}, "scales is 5, and not a mapping"),
        ({"calibration": [NAN]}, "calibration data for x contain NaN or infinity"),
        ({"calibration": [pictures_of(8) * 0 + 0.5]}, "All 6144 calibration values for x are 0.5"),
        ({"calibration": [pictures_of(64, seed=101)[:8]]}, "8 of 8 inputs are also in the held-"),
        ({"method": "median"}, "no calibration 'median'"),
        ({"method": "dynamic"}, "a dynamic quantisation uses none"),
        ({"bits": 0}, "0 bits cannot hold"),
        ({"percentile": 40}, "percentile 40 keeps no range"),
        ({"layers": ["stem"]}, "The plan has no layer 'stem'"),
        ({"layers": "stem.0"}, "not a list of names"),
        ({"layers": []}, "not a list of names"),
    ],
)
def test_names_what_is_wrong(
    parent: Bundle, tmp_path: Path, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(CompressionError, match=sentence) as error:
        quantize(parent, tmp_path / "new", **({"calibration": [pictures_of(8)]} | options))
    assert error.value.hint
    assert not list(tmp_path.iterdir())


def test_bundle_is_not_replaced_by_its_child(copy: Bundle, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is the bundle itself"):
        quantize(copy.path, copy.path, method="dynamic")
    (tmp_path / "folder").mkdir()
    with pytest.raises(BundleError, match="exists and is not a bundle"):
        quantize(copy, tmp_path / "folder", method="dynamic")
