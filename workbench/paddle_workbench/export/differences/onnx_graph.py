"""An ONNX model whose values can be read, replaced and edited."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...program.passes.comparison import Array
from ..targets.browser import RUNTIME, NodeRunner, tensor

__all__ = ["Graph", "WebSession"]

Session = Callable[[bytes, Mapping[str, Array], str], list[Array]]
"""Runs a serialised model on inputs by name: all, extended, basic or none of its optimisations."""


class Graph:
    """An ONNX model that is run on one sample, in several ways.

    Parameters
    ----------
    path : Path
    inputs : mapping of str to array
        By the names of the model's inputs.
    session : callable, optional
        By default ONNX Runtime.
    """

    def __init__(
        self, path: Path, inputs: Mapping[str, Array], session: Session | None = None
    ) -> None:
        import onnx

        self.session = session or native_session

        self.model = onnx.load(str(path))
        weights = {each.name for each in self.model.graph.initializer}
        names = [each.name for each in self.model.graph.input if each.name not in weights]
        if set(names) == set(inputs):
            self.inputs = {name: inputs[name] for name in names}
        else:
            # Another exporter gave them other names.
            self.inputs = dict(zip(names, inputs.values(), strict=True))
        self.nodes = list(self.model.graph.node)
        self.outputs = [each.name for each in self.model.graph.output]
        self.producers = {name: node for node in self.nodes for name in node.output if name}

    def run(self, model: Any = None, *, level: str = "all", extra: Any = None) -> list[Array]:
        """Return the outputs, as ONNX Runtime optimises the model: all, extended, basic, none."""
        content = (model or self.model).SerializeToString()
        return self.session(content, self.inputs | (extra or {}), level)

    def values(self) -> dict[str, Array]:
        """Return every value of the graph, run as it is written."""
        import onnx

        model = self._copy()
        known = set(self.outputs)
        for name in self.producers:
            if name not in known:
                model.graph.output.append(onnx.ValueInfoProto(name=name))
        names = [each.name for each in model.graph.output]
        arrays = zip(names, self.run(model, level="none"), strict=True)
        return {name: array for name, array in arrays if isinstance(array, np.ndarray)}

    def weights(self) -> dict[str, Array]:
        """Return every constant by its name; Paddle2ONNX keeps the names of the program."""
        from onnx import numpy_helper

        weights = {each.name: numpy_helper.to_array(each) for each in self.model.graph.initializer}
        for node in self.nodes:
            if node.op_type == "Constant" and node.attribute[0].name == "value":
                weights[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        return weights

    def outputs_with(self, replaced: Mapping[str, Array]) -> list[Array]:
        """Return the outputs if the nodes that read some values got these arrays instead."""
        import onnx

        model = self._copy()
        for node in model.graph.node:
            for at, name in enumerate(node.output):
                if name in replaced:
                    node.output[at] = f"{name}.replaced"
        for weight in list(model.graph.initializer):
            if weight.name in replaced:
                model.graph.initializer.remove(weight)
        for old in list(model.graph.input):
            if old.name in replaced:
                model.graph.input.remove(old)
        for name, array in replaced.items():
            kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
            info = onnx.helper.make_tensor_value_info(name, kind, list(array.shape))
            model.graph.input.append(info)
        for output in list(model.graph.output):
            if output.name in replaced:
                model.graph.output.remove(output)
        del model.graph.value_info[:]  # they would contradict shapes of one sample
        results = iter(self.run(model, level="none", extra=replaced) if model.graph.output else [])
        return [replaced[name] if name in replaced else next(results) for name in self.outputs]

    def outputs_if(self, node: Any, attribute: str, value: Any) -> list[Array]:
        """Return the outputs if an attribute of a node had another value."""
        import onnx

        model = self._copy()
        place = model.graph.node[self.nodes.index(node)]
        for old in list(place.attribute):
            if old.name == attribute:
                place.attribute.remove(old)
        place.attribute.append(onnx.helper.make_attribute(attribute, value))
        del model.graph.value_info[:]
        return self.run(model, level="none")

    def between(self, name: str, known: set[str]) -> list[Any]:
        """Return the nodes that compute a value from known ones, in the order of the graph."""
        nodes: list[Any] = []
        pending, seen = [name], set(known)
        while pending:
            value = pending.pop()
            node = self.producers.get(value)
            if node is None or value in seen:
                continue
            seen.add(value)
            if not any(node is other for other in nodes):
                nodes.append(node)
            pending += [each for each in node.input if each]
        return [node for node in self.nodes if any(node is other for other in nodes)]

    def _copy(self) -> Any:
        import onnx

        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        return model


def native_session(model: bytes, inputs: Mapping[str, Array], level: str) -> list[Array]:
    """Run a model with ONNX Runtime on one thread."""
    import onnxruntime

    levels = onnxruntime.GraphOptimizationLevel
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    options.graph_optimization_level = {
        "all": levels.ORT_ENABLE_ALL,
        "extended": levels.ORT_ENABLE_EXTENDED,
        "basic": levels.ORT_ENABLE_BASIC,
        "none": levels.ORT_DISABLE_ALL,
    }[level]
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return list(session.run(None, dict(inputs)))


class WebSession:
    """Runs models with ONNX Runtime Web in Node, which always optimises.

    Parameters
    ----------
    folder : Path
        Receives the model, which Node reads from a file.
    """

    def __init__(self, folder: Path) -> None:
        self._path = (folder / "web.onnx").resolve()
        self._node = NodeRunner()

    def __call__(self, model: bytes, inputs: Mapping[str, Array], _level: str) -> list[Array]:
        self._path.write_bytes(model)
        opened, _ = self._node.ask("open", model=str(self._path), runtime=str(RUNTIME))
        arrays = [tensor(inputs[name]) for name in opened["inputs"]]
        return self._node.ask("run", inputs=arrays)[1]
