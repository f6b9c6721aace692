"""An ONNX program in float32, ready to be quantised: the layers that run, and their constants."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...scratch import ScratchFolder
from . import onnx_file
from .target import Array

__all__ = ["FloatProgram", "WeightLayer"]


@dataclass(frozen=True, slots=True)
class WeightLayer:
    """A node of an ONNX program whose weights are constants and can be stored with 8 bits.

    Parameters
    ----------
    node : str
        Its name.
    kind : str
        `Conv`, `MatMul`, `Gemm`, or `Gather` for the table of an embedding.
    weight : str
        The name of its weights.
    axis : int or None
        That of the channels that it computes; None for a table.
    bias : str
        The name of its bias; empty without one.
    input, output : str
        The activations; a table has no input that is quantised.
    """

    node: str
    kind: str
    weight: str
    axis: int | None
    bias: str
    input: str
    output: str


class FloatProgram:
    """An ONNX program before it is quantised.

    ONNX Runtime folds constants and batch norms first: what is left are the layers that run.

    Parameters
    ----------
    path : Path
        As Paddle2ONNX writes it.
    """

    def __init__(self, path: Path) -> None:
        import onnx as package
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.log_severity_level = 3
        with ScratchFolder("float") as scratch:
            options.optimized_model_filepath = str(scratch / onnx_file.MODEL)
            onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            self.model: Any = package.load(str(scratch / onnx_file.MODEL))
        graph = self.model.graph
        used = {node.domain for node in graph.node} | {""}
        domains = [each for each in self.model.opset_import if each.domain in used]
        del self.model.opset_import[:]
        self.model.opset_import.extend(domains)
        _name_nodes(graph.node)
        self.constants: dict[str, Any] = {each.name: each for each in graph.initializer}
        """Initializers by their names."""
        self.layers = tuple(self._find_layers())
        """In the order in which they run."""
        self._sources = _constants_by_node(package.load(str(path)).graph)
        self.integers: dict[Hashable, Any] = {}
        """Constants that were quantised before: plans of one program share most of them."""
        self._skeleton: Any = None

    def values_of(self, name: str) -> Array:
        """Return a constant as an array."""
        from onnx import numpy_helper

        return np.asarray(numpy_helper.to_array(self.constants[name]))

    def parameters_of(self, layer: WeightLayer) -> frozenset[str]:
        """Return the constants that Paddle2ONNX wrote for a layer, some of which are folded now."""
        # Where ONNX Runtime fuses nodes, it appends a word to the name of the first.
        return self._sources.get(layer.node.partition("/")[0], frozenset())

    def without_constants(self) -> Any:
        """Return a copy of the model without its initializers, which are large."""
        if self._skeleton is None:
            self._skeleton = type(self.model)()
            self._skeleton.CopyFrom(self.model)
            del self._skeleton.graph.initializer[:]
        model = type(self.model)()
        model.CopyFrom(self._skeleton)
        return model

    def output_names(self) -> set[str]:
        """Return the names of what the program returns."""
        return {each.name for each in self.model.graph.output}

    def _find_layers(self) -> Iterator[WeightLayer]:
        axes: dict[str, int | None] = {}
        for node in self.model.graph.node:
            layer = self._layer_of(node)
            # Weights that two layers share must have the same scales in both.
            if layer is not None and axes.setdefault(layer.weight, layer.axis) == layer.axis:
                yield layer

    def _layer_of(self, node: Any) -> WeightLayer | None:
        place = 0 if node.op_type == "Gather" else 1
        if node.op_type not in ("Conv", "MatMul", "Gemm", "Gather") or len(node.input) <= place:
            return None
        weight = self.constants.get(node.input[place])
        if weight is None or weight.data_type != 1 or len(weight.dims) < 2 or not _size(weight):
            return None
        axis: int | None = 0
        if node.op_type == "Gather":
            axis = None
        elif node.op_type == "MatMul":
            if len(weight.dims) != 2:
                return None
            axis = 1
        elif node.op_type == "Gemm":
            axis = 0 if any(each.name == "transB" and each.i for each in node.attribute) else 1
        bias = node.input[2] if len(node.input) > 2 else ""
        value = "" if node.op_type == "Gather" else node.input[0]
        if value in self.constants:
            return None
        return WeightLayer(node.name, node.op_type, weight.name, axis, bias, value, node.output[0])


def _constants_by_node(graph: Any) -> dict[str, frozenset[str]]:
    """Return for each node the constants that its inputs are made of, and of nothing else."""
    made_of = {each.name: frozenset([each.name]) for each in graph.initializer}
    by_node: dict[str, frozenset[str]] = {}
    for node in graph.node:
        inputs = [made_of.get(name) for name in node.input if name]
        by_node[node.name] = frozenset[str]().union(*(each for each in inputs if each is not None))
        for name in node.output:
            if node.op_type == "Constant":
                made_of[name] = frozenset([name])
            elif inputs and all(each is not None for each in inputs):
                made_of[name] = by_node[node.name]
    return by_node


def _size(constant: Any) -> int:
    return int(np.prod(constant.dims))


def _name_nodes(nodes: Iterable[Any]) -> None:
    """Give each node a name of its own, by which it is chosen."""
    seen: set[str] = set()
    for number, node in enumerate(nodes):
        if not node.name or node.name in seen:
            node.name = f"{node.op_type}#{number}"
        seen.add(node.name)
