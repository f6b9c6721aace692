"""An MNN model whose values can be read and replaced, although its runtime returns outputs only.

MNN opens the part of a model between any two sets of values: values become outputs, and a value
that is replaced becomes an input.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...contract import Weights
from ...program.passes.comparison import Array
from ..targets.mnn import MODEL, array_of, open_module, read_signature, variable_of

__all__ = ["WITH_WEIGHTS", "MnnGraph", "MnnNode", "signature_of"]

WITH_WEIGHTS = frozenset(
    {
        "Convolution", "ConvolutionDepthwise", "Deconvolution", "DeconvolutionDepthwise",
        "InnerProduct", "LSTM", "RNN",
    }
)  # fmt: skip
"""Nodes whose weights may be stored with fewer bits."""
_WITHOUT_VALUE = frozenset({"Const", "Input", "Trainable"})


@dataclass(frozen=True, slots=True)
class MnnNode:
    """An op of an MNN model, which has the name of its first output."""

    name: str
    op_type: str
    inputs: tuple[str, ...]


def signature_of(
    path: Path, inputs: Sequence[Mapping[str, str]], outputs: Sequence[str]
) -> dict[str, Any]:
    """Return what `signature.json` says, for a file that was converted elsewhere.

    Parameters
    ----------
    path : Path
    inputs : sequence of mapping
        `name` and `dtype` of the program's.
    outputs : sequence of str
        Dtypes of the program's.

    Raises
    ------
    ValueError
        If the file has other inputs, or another number of outputs.
    """
    from MNN import expr

    variables = expr.load_as_dict(str(path))
    read = {each.name for variable in variables.values() for each in variable.inputs}
    names = sorted(name for name, each in variables.items() if each.op_type == "Input")
    ends = [
        name
        for name, each in variables.items()
        if name not in read and each.op_type not in _WITHOUT_VALUE
    ]
    wanted = sorted(each["name"] for each in inputs)
    if names != wanted or len(ends) != len(outputs):
        raise ValueError(
            f"the file has the inputs {names} and {len(ends)} outputs, the program has {wanted} "
            f"and {len(outputs)}"
        )
    # Converters number the outputs.
    ends.sort(key=lambda name: [int(each) for each in re.findall(r"\d+", name)])
    return {
        "inputs": list(inputs),
        "outputs": [
            {"name": name, "dtype": dtype} for name, dtype in zip(ends, outputs, strict=True)
        ],
    }


class MnnGraph:
    """An MNN model that is run on one sample, in several ways.

    Parameters
    ----------
    folder : Path
        With `model.mnn` and `signature.json`.
    inputs : mapping of str to array
        By the names of the model's inputs.
    weights : {"fp32", "fp16", "int8"}
        How they are stored, if the signature does not say so.
    """

    def __init__(
        self, folder: Path, inputs: Mapping[str, Array], weights: Weights = "fp32"
    ) -> None:
        from MNN import expr

        signature = read_signature(folder)
        names = [each["name"] for each in signature["inputs"]]
        same = set(names) == set(inputs)
        self.inputs = (
            {name: inputs[name] for name in names}
            if same
            else dict(zip(names, inputs.values(), strict=True))
        )
        self.outputs = [each["name"] for each in signature["outputs"]]
        self.dtypes = {each["name"]: each["dtype"] for each in signature["outputs"]}
        self.weights: Weights = signature.get("weights", weights)
        self._path = folder / MODEL
        self.nodes = {
            name: MnnNode(name, variable.op_type, tuple(each.name for each in variable.inputs))
            for name, variable in expr.load_as_dict(str(self._path)).items()
        }

    def run(self, names: Sequence[str], replaced: Mapping[str, Array] | None = None) -> list[Array]:
        """Return some values, if what reads others got these arrays instead."""
        inputs = self.inputs | dict(replaced or {})
        module = open_module(self._path, list(inputs), names)
        results = module.forward([variable_of(array) for array in inputs.values()])
        return [self._array(name, result) for name, result in zip(names, results, strict=True)]

    def values(self) -> dict[str, Array]:
        """Return every value of the model."""
        names = [name for name, node in self.nodes.items() if node.op_type not in _WITHOUT_VALUE]
        names += [name for name in self.outputs if name not in names]
        return dict(zip(names, self.run(names), strict=True))

    def outputs_with(self, replaced: Mapping[str, Array]) -> list[Array]:
        """Return the outputs if what reads some values got these arrays instead."""
        names = [name for name in self.outputs if name not in replaced]
        results = iter(self.run(names, replaced) if names else [])
        return [replaced[name] if name in replaced else next(results) for name in self.outputs]

    def between(self, name: str, known: set[str]) -> list[MnnNode]:
        """Return the nodes that compute a value from known ones, from the first to the last."""
        nodes: dict[str, MnnNode] = {}
        pending = [name]
        while pending:
            node = self.nodes.get(pending.pop())
            if node is None or node.name in nodes or node.name in known:
                continue
            if node.op_type not in _WITHOUT_VALUE:
                nodes[node.name] = node
            pending += node.inputs
        return list(nodes.values())[::-1]

    def frontier(self, name: str, known: set[str]) -> set[str]:
        """Return the known values that a value is computed from."""
        nodes = [self.nodes.get(name), *self.between(name, known - {name})]
        return {each for node in nodes if node is not None for each in node.inputs} & known

    def _array(self, name: str, variable: Any) -> Array:
        if 0 in variable.shape:
            return np.zeros(variable.shape, np.float32)  # MNN cannot read it
        array = array_of(variable)
        return array.astype(self.dtypes[name], copy=False) if name in self.dtypes else array
