"""Pairs of QuantizeLinear and DequantizeLinear around the nodes of an ONNX program.

They stand where ONNX Runtime's quantiser `QDQQuantizer` would put them, with the same names and in
the same order, so that runtimes find the patterns that they replace. That quantiser searches the
whole graph for each value, and quantises all weights again for each plan; where a plan is tried for
every layer, that took most of the time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...contract import ActivationScale, PlannedLayer
from .constant_integers import bias_constants, integers_of, scale_constants, scale_of_constant
from .float_onnx import FloatProgram
from .target import Array

__all__ = ["with_pairs"]

_SHARING = frozenset(
    {
        "AveragePool", "Flatten", "MaxPool", "Reshape", "Resize", "Squeeze", "Transpose",
        "Unsqueeze",
    }
)  # fmt: skip
"""Ops whose results have the scale of what they take."""
_CUTTING = ("Clip", "Relu")
_PRODUCER, _VERSION = "onnx.quantize", "0.1.0"
"""What ONNX Runtime's quantiser writes about itself."""


@dataclass(frozen=True, slots=True)
class _Bias:
    """The activation and the weights whose scales it gets, and what it is multiplied by."""

    input: str
    weight: str
    factor: float


@dataclass(frozen=True, slots=True)
class _Scaled:
    """The names of a scale and of its zero point, and the scale."""

    scale: str
    zero_point: str
    values: Array


def with_pairs(
    program: FloatProgram,
    nodes: Collection[str],
    activations: Mapping[str, ActivationScale],
    layers: Mapping[str, PlannedLayer],
    *,
    keeps_cutting: bool,
) -> Any:
    """Return a program in which some nodes take and return integers, as an ONNX model of its own.

    Parameters
    ----------
    program : FloatProgram
        It is not changed.
    nodes : collection of str
        The names of these nodes.
    activations : mapping of str to ActivationScale
        By the names of the values.
    layers : mapping of str to PlannedLayer
        Of the nodes that have weights, by the names of the weights.
    keeps_cutting : bool
        Whether a ReLU stays; otherwise the layer before it saturates what it would cut off.

    Raises
    ------
    ValueError
        If a value has no scale.
    """
    return _Pairs(program, activations, layers, keeps_cutting=keeps_cutting).around(set(nodes))


class _Pairs:
    """A copy of a program on the way to one with pairs."""

    def __init__(
        self,
        program: FloatProgram,
        activations: Mapping[str, ActivationScale],
        layers: Mapping[str, PlannedLayer],
        *,
        keeps_cutting: bool,
    ) -> None:
        self._program, self._activations, self._layers = program, activations, layers
        self._keeps_cutting = keeps_cutting
        self._model = program.without_constants()
        graph = self._model.graph
        self._constants = dict(program.constants)
        self._returned = {each.name for each in graph.output}
        self._taken = {each.name for each in graph.input}
        self._floats = {
            each.name
            for each in (*graph.value_info, *graph.output, *graph.input)
            if each.type.tensor_type.elem_type == 1
        } | set(activations)
        self._readers: defaultdict[str, list[Any]] = defaultdict(list)
        self._makers: dict[str, Any] = {}
        for node in graph.node:
            for name in node.input:
                if name:
                    self._readers[name].append(node)
            for name in node.output:
                self._makers[name] = node
        self._sources: dict[str, str] = {}
        """The values and weights to quantise: where they get their scale, by default themselves."""
        self._biases: dict[str, _Bias] = {}
        self._removed: list[Any] = []
        self._scaled: dict[str, _Scaled] = {}
        self._pairs: list[Any] = []

    def around(self, nodes: Collection[str]) -> Any:
        """Return the model."""
        from onnxruntime.quantization.onnx_model import ONNXModel

        for node in self._model.graph.node:
            if node.name in nodes:
                self._mark(node)
        self._quantize_marked()
        for name, bias in self._biases.items():
            self._quantize_bias(name, bias)
        graph = self._model.graph
        for node in self._removed:
            graph.node.remove(node)
        graph.node.extend(self._pairs)
        used = {*_names_read(graph), *self._returned}
        graph.initializer.extend(each for name, each in self._constants.items() if name in used)
        del self._model.metadata_props[:]
        self._model.producer_name, self._model.producer_version = _PRODUCER, _VERSION
        ONNXModel(self._model).topological_sort()
        return self._model

    def _mark(self, node: Any) -> None:
        """Note what has to be quantised around a node."""
        first, result = node.input[0], node.output[0]
        if node.op_type in ("Conv", "Gemm"):
            self._quantize(first)
            self._quantize(result)
            self._quantize(node.input[1])
            if len(node.input) == 3:
                self._mark_bias(node)
        elif node.op_type == "Gather":
            self._quantize(first)
            self._share(result, first)
        elif node.op_type in _CUTTING:
            if self._is_marked(first):
                if self._keeps_cutting or not self._is_replaced(first, result):
                    self._quantize(first)
                else:
                    self._removed.append(node)
                self._quantize(result)
        elif node.op_type in _SHARING:
            if self._is_marked(first):
                self._share(result, first)
        elif node.op_type == "Pad":
            for name in node.input:
                self._quantize(name)
            if self._pads_with_zeros(node):
                self._share(result, first)
            else:
                self._quantize(result)
        else:
            for name in (*node.input, *node.output):
                self._quantize(name)

    def _quantize(self, name: str) -> None:
        if name not in self._sources and self._is_float(name):
            self._sources[name] = name

    def _share(self, name: str, source: str) -> None:
        if self._is_float(name):
            self._sources[name] = source

    def _is_float(self, name: str) -> bool:
        constant = self._constants.get(name)
        return constant.data_type == 1 if constant is not None else name in self._floats

    def _is_marked(self, name: str) -> bool:
        return name in self._sources or name in self._biases

    def _mark_bias(self, node: Any) -> None:
        bias = node.input[2]
        constant = self._constants.get(bias)
        if constant is None or constant.data_type != 1:
            return
        name = bias
        if bias in self._biases:
            # Its scale depends on the input of the node.
            name = f"{bias}{_largest_suffix(bias, self._constants) + 1}"
            copy = self._constants[name] = type(constant)()
            copy.CopyFrom(constant)
            copy.name = name
            self._reconnect(bias, name, [node])
        beta = next((each for each in node.attribute if each.name == "beta"), None)
        factor = 1.0 if beta is None else beta.f
        self._biases[name] = _Bias(node.input[0], node.input[1], factor)
        if beta is not None:
            beta.f = 1.0

    def _is_replaced(self, value: str, cut: str) -> bool:
        """Let the node before a ReLU return what the ReLU returns, if nobody else reads it."""
        if (
            cut not in self._activations
            or value not in self._activations
            or len(self._readers[value]) != 1
            or value in self._returned | self._taken
        ):
            return False
        self._rename_output(value, cut)
        self._sources.pop(value, None)
        return True

    def _pads_with_zeros(self, node: Any) -> bool:
        mode = next((each.s for each in node.attribute if each.name == "mode"), b"constant")
        if mode != b"constant":
            return mode in (b"reflect", b"edge", b"wrap")
        if len(node.input) < 3 or not node.input[2]:
            return True
        constant = self._constants.get(node.input[2])
        return constant is not None and not self._program.values_of(constant.name).any()

    def _quantize_marked(self) -> None:
        waiting = {}
        for name, source in self._sources.items():
            if source != name:
                waiting[name] = source
            elif name in self._constants:
                self._quantize_constant(name)
            else:
                self._pair(name, self._scale_of(name))
        while waiting:
            left = list(waiting.items())
            for name, source in left:
                if source in self._scaled:
                    del waiting[name]
                    self._pair(name, self._scaled[source])
            if len(waiting) == len(left):
                raise ValueError(f"the plan has no scale for the value {left[0][1]}")

    def _scale_of(self, name: str) -> _Scaled:
        if name not in self._activations:
            raise ValueError(f"the plan has no scale for the value {name}")
        each = self._activations[name]
        scale, zero_point = np.float32(each.scale), np.uint8(each.zero_point)
        return self._add_scale(name, np.asarray(scale), np.asarray(zero_point))

    def _add_scale(self, name: str, scale: Array, zero_point: Array) -> _Scaled:
        scaled = _Scaled(f"{name}_scale", f"{name}_zero_point", scale)
        for constant in scale_constants(scaled.scale, scaled.zero_point, scale, zero_point):
            self._constants.setdefault(constant.name, constant)
        return scaled

    def _pair(self, name: str, scaled: _Scaled) -> None:
        from onnx import helper

        value, result = name, f"{name}_DequantizeLinear_Output"
        if name in self._returned:
            value, result = f"{name}_QuantizeLinear_Input", name
            self._rename_output(name, value)
        else:
            self._reconnect(name, result, self._readers[name])
        integers = f"{name}_QuantizeLinear_Output"
        names = scaled.scale, scaled.zero_point
        self._pairs += [
            helper.make_node(
                "QuantizeLinear", [value, *names], [integers], f"{name}_QuantizeLinear"
            ),
            helper.make_node(
                "DequantizeLinear", [integers, *names], [result], f"{name}_DequantizeLinear"
            ),
        ]
        self._scaled[name] = scaled

    def _quantize_constant(self, name: str) -> None:
        from onnx import helper, numpy_helper

        layer = self._layers.get(name)
        if layer is None:
            axis = None
            scale, zero_point = scale_of_constant(self._program.values_of(name))
        else:
            axis = layer.axis
            scale = np.asarray(layer.scales, np.float32)
            kind = np.int8 if layer.is_signed else np.uint8
            zero_point = np.full(scale.shape, layer.zero_point, kind)
            if axis is None:
                scale, zero_point = scale.reshape(()), zero_point.reshape(())
        scaled = self._add_scale(name, scale, zero_point)
        integers = f"{name}_quantized"
        known = self._program.integers
        key = name, axis, scale.tobytes(), zero_point.dtype, zero_point.tobytes()
        if key not in known:
            values = self._program.values_of(name)
            known[key] = numpy_helper.from_array(
                integers_of(values, scale, zero_point, axis), integers
            )
        self._constants[integers] = known[key]
        result = f"{name}_DequantizeLinear_Output"
        self._reconnect(name, result, self._readers[name])
        self._pairs.append(
            helper.make_node(
                "DequantizeLinear",
                [integers, scaled.scale, scaled.zero_point],
                [result],
                f"{name}_DequantizeLinear",
                axis=axis,
            )
        )
        self._scaled[name] = scaled

    def _quantize_bias(self, name: str, bias: _Bias) -> None:
        from onnx import helper, numpy_helper

        scale = np.asarray(
            self._scaled[bias.input].values * self._scaled[bias.weight].values * bias.factor
        )
        values = numpy_helper.to_array(self._constants[name])
        integers = f"{name}_quantized"
        names = integers, f"{integers}_scale", f"{integers}_zero_point"
        for constant in bias_constants(names, values, scale):
            self._constants[constant.name] = constant
        del self._constants[name]
        axis = 0 if scale.size > 1 else None
        self._pairs.append(
            helper.make_node(
                "DequantizeLinear", list(names), [name], f"{name}_DequantizeLinear", axis=axis
            )
        )

    def _reconnect(self, name: str, other: str, readers: list[Any]) -> None:
        """Let nodes read another value instead of the one that is named."""
        for node in readers:
            for place, value in enumerate(node.input):
                if value == name:
                    node.input[place] = other

    def _rename_output(self, name: str, other: str) -> None:
        maker = self._makers.pop(name)
        for place, value in enumerate(maker.output):
            if value == name:
                maker.output[place] = other
        self._makers[other] = maker


def _largest_suffix(name: str, constants: Mapping[str, Any]) -> int:
    ends = (other.removeprefix(name) for other in constants if other.startswith(name))
    return max((int(end) for end in ends if end.isdigit()), default=-1)


def _names_read(graph: Any) -> Iterator[str]:
    """Yield the names that the nodes of a graph read, and those in its branches."""
    for node in graph.node:
        yield from node.input
        for attribute in node.attribute:
            graphs = [attribute.g] if attribute.type == attribute.GRAPH else attribute.graphs
            for inner in graphs:
                yield from _names_read(inner)
                yield from (each.name for each in inner.output)
