"""The programs of plans are those of ONNX Runtime's quantisers, in each bit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.compression.quantization.activations import observe_program
from paddle_workbench.compression.quantization.plan import make_plan, selected
from paddle_workbench.contract import ActivationScale, PlannedLayer
from paddle_workbench.export.targets import int8_onnx
from paddle_workbench.export.targets.float_onnx import FloatProgram
from paddle_workbench.export.targets.onnx_file import MODEL, write

from ..conftest import pictures_of
from ..pruning.equality import saved_program

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]


def pairs_of_onnxruntime(
    program: FloatProgram,
    nodes: Collection[str],
    activations: Mapping[str, ActivationScale],
    layers: Mapping[str, PlannedLayer],
    *,
    keeps_cutting: bool,
) -> Any:
    """Return what `with_pairs` returns, made by ONNX Runtime."""
    from onnx import helper
    from onnxruntime.quantization import QuantType
    from onnxruntime.quantization.calibrate import CalibrationMethod, TensorData, TensorsData
    from onnxruntime.quantization.qdq_quantizer import QDQQuantizer
    from onnxruntime.quantization.quant_utils import add_infer_metadata

    model = type(program.model)()
    model.CopyFrom(program.model)
    known = {each.name for each in (*model.graph.input, *model.graph.output)}
    before = len(model.graph.value_info)
    model.graph.value_info.extend(
        helper.make_tensor_value_info(name, 1, None) for name in activations if name not in known
    )
    add_infer_metadata(model)
    some = TensorData(lowest=np.float32(0), highest=np.float32(1))
    ranges = dict.fromkeys(activations, some)
    overrides: dict[str, Any] = {
        name: [scale_of(each.scale, np.uint8, each.zero_point)]
        for name, each in activations.items()
    }
    for name, layer in layers.items():
        dtype = np.int8 if layer.is_signed else np.uint8
        kind = QuantType.QInt8 if layer.is_signed else QuantType.QUInt8
        axis = {} if layer.axis is None else {"axis": layer.axis}
        overrides[name] = [
            {"quant_type": kind, **axis, **scale_of(scale, dtype, layer.zero_point)}
            for scale in layer.scales
        ]
    quantizer = QDQQuantizer(
        model,
        per_channel=True,
        reduce_range=False,
        weight_qType=QuantType.QInt8,
        activation_qType=QuantType.QUInt8,
        tensors_range=TensorsData(CalibrationMethod.MinMax, ranges),
        nodes_to_quantize=list(nodes),
        nodes_to_exclude=[],
        op_types_to_quantize=sorted({node.op_type for node in model.graph.node}),
        extra_options={
            "TensorQuantOverrides": overrides,
            "QDQKeepRemovableActivations": keeps_cutting,
            "QDQDisableWeightAdjustForInt32Bias": True,
        },
    )
    quantizer.quantize_model()
    quantizer.model.topological_sort()
    del model.metadata_props[:]
    del model.graph.value_info[before:]
    return model


def scale_of(scale: float, dtype: Any, zero_point: int) -> dict[str, Any]:
    return {"scale": np.array(scale, np.float32), "zero_point": np.array(zero_point, dtype)}


def many_ops() -> tuple[Any, Any]:
    """Return a network with the ops between layers that take integers, and what it takes."""
    import paddle
    from paddle import nn
    from paddle.nn import functional as F  # noqa: N812

    class Ops(nn.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.convs = nn.LayerList([nn.Conv2D(3, 4, 3), nn.Conv2D(8, 4, 1, bias_attr=False)])
            self.same = nn.Conv2D(4, 4, 3, padding=1)
            self.fc = nn.Linear(64, 3)

        def forward(self, x: Any) -> Any:
            x = F.pad(F.relu(self.convs[0](x)), [1, 1, 1, 1], value=1.0)
            x = paddle.concat([F.max_pool2d(x, 2), F.leaky_relu(F.avg_pool2d(x, 2))], axis=1)
            x = F.pad(F.relu6(self.convs[1](x)), [1, 0, 1, 0], mode="reflect")
            x = F.pad(F.interpolate(x, scale_factor=2), [1, 0, 0, 1])
            x = F.relu(x + self.same(self.same(x)))
            x = F.adaptive_avg_pool2d(x, 4).transpose([0, 2, 3, 1]).flatten(1)
            return F.relu(self.fc(x))

    return Ops(), pictures_of(4)


def own_network(name: str, inputs: Any) -> Callable[[], tuple[Any, Any]]:
    def make() -> tuple[Any, Any]:
        from . import networks

        arguments = (50,) if name == "Texts" else ()
        return getattr(networks, name)(*arguments), inputs

    return make


def converted(make: Callable[[], tuple[Any, Any]], folder: Path) -> tuple[FloatProgram, Any]:
    """Return the ONNX program of a network, and what it takes."""
    import paddle
    from paddle.static import InputSpec

    paddle.seed(0)
    network, inputs = make()
    saved_program(network, [InputSpec([None, *inputs.shape[1:]], str(inputs.dtype), "x")], folder)
    write(folder, folder)
    return FloatProgram(folder / MODEL), inputs


RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(own_network("Texts", RANDOM.integers(0, 50, (4, 9))), id="text cnn"),
        pytest.param(own_network("Pictures", pictures_of(4)), id="residual"),
        pytest.param(
            own_network("Attention", RANDOM.standard_normal((4, 5, 16), np.float32)),
            id="transformer",
        ),
        pytest.param(
            own_network("Twice", RANDOM.standard_normal((4, 6), np.float32)), id="a layer twice"
        ),
        pytest.param(many_ops, id="many ops"),
    ],
)
def test_pairs_are_those_of_onnxruntime(
    make: Callable[[], tuple[Any, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, inputs = converted(make, tmp_path)
    histograms = observe_program(program, [{"x": inputs}])
    names = {layer.node: layer.node for layer in program.layers}
    whole = make_plan(program, names, histograms, method="percentile")
    choices = [set(names), *({name} for name in names), *(set(names) - {name} for name in names)]
    plans = [selected(whole, choice) for choice in choices if choice]
    models = [int8_onnx.quantized(program, plan).SerializeToString() for plan in plans]
    monkeypatch.setattr(int8_onnx, "with_pairs", pairs_of_onnxruntime)
    for plan, model in zip(plans, models, strict=True):
        assert int8_onnx.quantized(program, plan).SerializeToString() == model


def test_dynamic_plan_does_not_depend_on_earlier_ones(tmp_path: Path) -> None:
    values = RANDOM.standard_normal((4, 5, 16), np.float32)
    program, _ = converted(own_network("Attention", values), tmp_path)
    names = {layer.node: layer.node for layer in program.layers}
    whole = make_plan(program, names, {}, method="dynamic")
    for choice in (set(names), *({name} for name in names)):
        plan = selected(whole, choice)
        model = int8_onnx.quantized(program, plan).SerializeToString()
        fresh = FloatProgram(tmp_path / MODEL)
        assert int8_onnx.quantized(fresh, plan).SerializeToString() == model
