"""A program with what its values are on calibration inputs: plans with any bits for each layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...contract import PlannedLayer, QuantizationPlan
from ...export.bundle import Bundle
from ...export.targets.float_onnx import FloatProgram, WeightLayer
from ...export.targets.int8_onnx import quantized
from ...program.model.structure import Program
from .activations import observe_program
from .calibration import Histogram
from .calibration_data import CalibrationData
from .plan import layer_names, make_plan, paths_of_parameters, selected
from .quantizer import MOST_BITS
from .quantizing import float_program

__all__ = ["CalibratedProgram", "packed_bytes"]

_OTHERS = frozenset({"LSTM", "GRU", "RNN", "ConvTranspose"})
"""Ops with many weights, which stay in float32."""


@dataclass(frozen=True, slots=True)
class CalibratedProgram:
    """The ONNX program of a bundle in float32, observed on calibration inputs.

    Parameters
    ----------
    program : FloatProgram
    names : mapping of str to str
        The names of the layers that can be quantised, as in a plan, by their nodes.
    layers : tuple of (WeightLayer, str)
        These layers, recurrent layers and transposed convolutions, with their names, in the order
        in which the network calls them; ONNX Runtime may run branches in another one.
    histograms : mapping of str to Histogram
        By the names of the values.
    rows : int
        Number of inputs that were observed.
    """

    program: FloatProgram
    names: Mapping[str, str]
    layers: tuple[tuple[WeightLayer, str], ...]
    histograms: Mapping[str, Histogram]
    rows: int
    _plans: dict[int, QuantizationPlan] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(
        cls,
        bundle: Bundle,
        data: CalibrationData,
        *,
        after_batch: Callable[[int], None] | None = None,
    ) -> CalibratedProgram:
        """Convert the program of a bundle, and observe it.

        Parameters
        ----------
        bundle : Bundle
        data : CalibrationData
        after_batch : callable, optional
            Called with the number of batches so far; 0 once it is converted.

        Raises
        ------
        CompressionError
            If a value is NaN or infinite.
        ExportError
            With the findings, if the bundle cannot be exported to ONNX.
        """
        program = float_program(bundle)
        if after_batch is not None:
            after_batch(0)
        histograms = observe_program(program, data.batches, after_batch=after_batch)
        names = layer_names(program, bundle.program)
        layers = [(layer, names[layer.node]) for layer in program.layers]
        layers += _other_layers(program, bundle.program, set(names.values()))
        order: dict[str, int] = {}
        for op in bundle.program.walk():
            order.setdefault(op.layer, len(order))
        layers.sort(key=lambda pair: order.get(pair[1].split("#")[0], len(order)))
        return cls(program, names, tuple(layers), histograms, data.rows)

    def plan(self, bits: int = MOST_BITS) -> QuantizationPlan:
        """Return the plan that `quantize` makes by default, with a number of bits for all weights.

        Raises
        ------
        CompressionError
            If no layer can be quantised, or weights contain NaN or infinity.
        """
        if bits not in self._plans:
            self._plans[bits] = make_plan(
                self.program,
                self.names,
                self.histograms,
                method="percentile",
                bits=bits,
                rows=self.rows,
            )
        return self._plans[bits]

    def mixed_plan(self, bits: Mapping[str, int]) -> QuantizationPlan:
        """Return a plan with the bits of each layer, by name; the others stay in float32."""
        plans = {each: self.plan(each) for each in {MOST_BITS, *bits.values()}}
        layers = [
            plans[bits.get(self.names[layer.node], MOST_BITS)].layers[at]
            for at, layer in enumerate(self.program.layers)
        ]
        plan = plans[MOST_BITS].model_copy(update={"layers": tuple(layers)})
        return selected(plan, bits.keys())

    def model(self, bits: Mapping[str, int]) -> Any:
        """Return an ONNX model with the bits of each layer, by name."""
        if not bits:
            return self.program.model
        return quantized(self.program, self.mixed_plan(bits))

    def size_of(self, model: Any, bits: Mapping[str, int]) -> int:
        """Return the bytes of `model(bits)`, in which integers of fewer than 8 bits are packed."""
        size = int(model.ByteSize())
        if not bits:
            return size
        layers = [each for each in self.mixed_plan(bits).layers if each.is_quantized]
        return size - sum(each.elements - packed_bytes(each) for each in layers)


def packed_bytes(layer: PlannedLayer) -> int:
    """Return how many bytes the weights of a layer take without gaps between the integers.

    ONNX stores each of them in a byte, also if it has fewer bits.
    """
    return math.ceil(layer.elements * layer.bits / 8)


def _other_layers(
    program: FloatProgram, saved: Program, taken: set[str]
) -> Iterator[tuple[WeightLayer, str]]:
    """Yield layers that cannot be quantised with their names, of which none is taken."""
    paths = paths_of_parameters(saved)
    for node in program.model.graph.node:
        constants = [name for name in node.input if name in program.constants]
        if node.op_type not in _OTHERS or not constants:
            continue
        first, *others = sorted(constants, key=lambda name: -program.values_of(name).size)
        bias = others[0] if others else ""
        value, result = node.input[0], node.output[0]
        layer = WeightLayer(node.name, node.op_type, first, None, bias, value, result)
        own = program.parameters_of(layer) & paths.keys()
        name = min((paths[each] for each in own), default=node.name)
        if name in taken:
            name = node.name
        taken.add(name)
        yield layer, name
