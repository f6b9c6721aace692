"""An ONNX program with int8, written by the plan of a bundle.

A static plan becomes QDQ: pairs of QuantizeLinear and DequantizeLinear around each layer, with the
scales of the plan, which a runtime replaces by kernels that compute with integers. A dynamic plan
stores the weights with 8 bits, and activations get their scales while the program runs; ONNX
Runtime's quantiser writes it.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ...contract import ActivationScale, BundleRecord, PlannedLayer, QuantizationPlan
from ...errors import BundleError
from ...scratch import ScratchFolder
from ...storage import read_model
from . import onnx_file
from .float_onnx import FloatProgram, WeightLayer
from .qdq import with_pairs
from .target import PROGRAM_FOLDER

__all__ = [
    "PLAN",
    "check_plan",
    "is_computed_dynamically",
    "quantized",
    "read_plan",
    "write_int8",
]

PLAN = "quantization.json"
"""The file next to the program of a bundle."""
_MAX_PLAN_BYTES = 64 * 1024**2

# Ops that pass on what they get, or compute with few steps: between layers with integers they take
# integers, too, since going to floating-point numbers and back costs more than they do.
_PASSING = frozenset(
    {
        "Add", "AveragePool", "Clip", "Concat", "Flatten", "GlobalAveragePool", "LeakyRelu",
        "MaxPool", "Pad", "Relu", "Reshape", "Resize", "Squeeze", "Transpose", "Unsqueeze",
    }
)  # fmt: skip
_CUTTING = ("Relu", "Clip")
_JOINING = ("Add", "Concat")
"""Ops that would round constants as coarsely as activations."""
_ADDS_UP = ("Gemm", "MatMul")
"""Ops whose sums ONNX Runtime returns as floating-point numbers, if nobody wants integers."""


def check_plan(record: BundleRecord) -> None:
    """Raise BundleError if a bundle has no plan."""
    if f"{PROGRAM_FOLDER}/{PLAN}" not in record.files:
        raise BundleError(
            f"{record.name} has no plan that says what is quantised with which scales.",
            "Make a bundle that has one: from paddle_workbench.compression import quantize; "
            "quantize(bundle, path, calibration=inputs)",
            code="PW-X509",
        )


def read_plan(folder: Path) -> QuantizationPlan:
    """Read the plan next to a program.

    Raises
    ------
    StorageError
        If there is none, or it is not one.
    """
    return read_model(
        folder / PLAN,
        QuantizationPlan,
        kind="quantisation plan",
        limit_bytes=_MAX_PLAN_BYTES,
        hint="Make the bundle again: quantize(bundle, path, calibration=inputs)",
    )


def write_int8(source: Path, folder: Path) -> None:
    """Convert the program in a folder to `model.onnx`, quantised by the plan next to it."""
    import onnx as package

    plan = read_plan(source)
    with ScratchFolder("int8") as scratch:
        onnx_file.write(source, scratch)
        program = FloatProgram(scratch / onnx_file.MODEL)
    path = folder / onnx_file.MODEL
    package.save(quantized(program, plan), str(path))
    package.checker.check_model(str(path))


def quantized(program: FloatProgram, plan: QuantizationPlan) -> Any:
    """Return a program with int8, as an ONNX model of its own.

    Parameters
    ----------
    program : FloatProgram
        It is not changed.
    plan : QuantizationPlan

    Raises
    ------
    ValueError
        If the plan is that of another program.
    """
    layers = [layer for layer in plan.layers if layer.is_quantized]
    nodes = {layer.node: layer for layer in program.layers}
    for layer in layers:
        if layer.node not in nodes or nodes[layer.node].weight != layer.weight:
            raise ValueError(
                f"the plan names the layer {layer.name}, which the converted program does not "
                "have; another version of a converter made it: quantize the bundle again"
            )
    if layers and not is_computed_dynamically(plan):
        return _static(program, plan, [nodes[layer.node] for layer in layers])
    model = type(program.model)()
    model.CopyFrom(program.model)
    return _dynamic(program, model, layers) if layers else model


def is_computed_dynamically(plan: QuantizationPlan) -> bool:
    """Return whether activations get their scales while the program runs."""
    return plan.method == "dynamic"


def _dynamic(program: FloatProgram, model: Any, layers: Sequence[PlannedLayer]) -> Any:
    from onnxruntime.quantization import QuantType
    from onnxruntime.quantization.quant_utils import QuantizationMode

    _skip_shape_inference(model)
    quantizer = _quantizer_of(program)(
        model,
        per_channel=True,
        reduce_range=False,
        mode=QuantizationMode.IntegerOps,
        static=False,
        # ONNX Runtime has no kernel for convolutions whose weights have a sign here.
        weight_qType=QuantType.QUInt8,
        activation_qType=QuantType.QUInt8,
        tensors_range=None,
        # It replaces each Gemm by a MatMul of this name.
        nodes_to_quantize=[
            f"{layer.node}_MatMul" if layer.kind == "Gemm" else layer.node for layer in layers
        ],
        nodes_to_exclude=[],
        op_types_to_quantize=sorted({*(layer.kind for layer in layers), "MatMul"} - {"Gemm"}),
        extra_options={"MatMulConstBOnly": True},
    )
    quantizer.quantize_model()
    quantizer.model.topological_sort()
    del quantizer.model.model.metadata_props[:]
    return quantizer.model.model


def _quantizer_of(program: FloatProgram) -> Any:
    """Return a class of ONNX Runtime's quantisers that quantises each weight of a program once.

    It quantises weights channel by channel, which takes nearly all of its time.
    """
    from onnxruntime.quantization.onnx_quantizer import ONNXQuantizer

    known = program.integers

    class Quantizer(ONNXQuantizer):  # type: ignore[misc, unused-ignore]
        def quantize_weight_per_channel_impl(self, *arguments: Any) -> Any:
            constants = self.model.initializer()
            if arguments in known:
                names, copies = known[arguments]
                constants.extend(copies)
                return names
            before = len(constants)
            names = super().quantize_weight_per_channel_impl(*arguments)
            copies = [copy.deepcopy(each) for each in constants[before:]]
            known[arguments] = names, copies
            return names

    return Quantizer


def _static(program: FloatProgram, plan: QuantizationPlan, layers: Sequence[WeightLayer]) -> Any:
    nodes = _nodes_with_integers(program, plan, layers)
    scales, stays = _scales(program, plan, nodes)
    planned = {layer.weight: layer for layer in plan.layers if layer.is_quantized}
    return _with_exact_sums(with_pairs(program, nodes, scales, planned, keeps_cutting=stays))


def _nodes_with_integers(
    program: FloatProgram, plan: QuantizationPlan, layers: Sequence[WeightLayer]
) -> list[str]:
    """Return the nodes that take and return integers: the layers, and what is between them."""
    chosen = {layer.node for layer in layers}
    integers: set[str] = {layer.input for layer in layers}
    names = []
    for node in program.model.graph.node:
        inputs = [name for name in node.input if name in plan.activations]
        is_passing = (
            node.op_type in _PASSING
            and bool(inputs)
            and all(name in integers for name in inputs)
            and node.output[0] in plan.activations
            and not (node.op_type in _JOINING and set(node.input) & program.constants.keys())
        )
        if node.name in chosen or is_passing:
            names.append(node.name)
            integers.add(node.output[0])
    return names


def _scales(
    program: FloatProgram, plan: QuantizationPlan, nodes: Iterable[str]
) -> tuple[dict[str, ActivationScale], bool]:
    """Return the scales of activations by their names.

    And whether a ReLU has to stay: the layer before it has its scale, and saturates what it would
    cut off, unless some of its integers stand for negative numbers.
    """
    activations = dict(plan.activations)
    chosen, outputs = set(nodes), program.output_names()
    readers = Counter(name for node in program.model.graph.node for name in node.input)
    cutting = [
        (node.input[0], node.output[0])
        for node in program.model.graph.node
        if node.op_type in _CUTTING and node.name in chosen
    ]
    stays = any(activations[cut].zero_point for _, cut in cutting)
    for value, cut in reversed(cutting):
        if readers[value] == 1 and value not in outputs:
            activations[value] = activations[cut]
    return activations, stays


def _with_exact_sums(model: Any) -> Any:
    """Leave the outputs of the program as they were computed, where a kernel can return them.

    Rounding them to 256 values would be for nothing: no layer takes the integers.
    """
    graph = model.graph
    made_by = {name: node for node in graph.node for name in node.output}
    for output in graph.output:
        after = made_by.get(output.name)
        if after is None or after.op_type != "DequantizeLinear":
            continue
        before = made_by.get(after.input[0])
        if before is None or before.op_type != "QuantizeLinear":
            continue
        layer = made_by.get(before.input[0])
        if layer is None or layer.op_type not in _ADDS_UP:
            continue
        readers = [node for node in graph.node if layer.output[0] in node.input]
        if readers == [before]:
            graph.node.remove(after)
            graph.node.remove(before)
            layer.output[0] = output.name
    return model


def _skip_shape_inference(model: Any) -> None:
    """Let ONNX Runtime's quantiser take the model as it is: onnx refuses some that run."""
    from onnxruntime.quantization.quant_utils import add_infer_metadata

    add_infer_metadata(model)
