"""A program with what its values are on calibration inputs: plans with any bits for each layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...contract import PlannedLayer, QuantizationPlan
from ...export.bundle import Bundle
from ...export.targets.float_onnx import FloatProgram, WeightLayer
from ...export.targets.int8_onnx import quantized
from .activations import observe_program
from .calibration import Histogram
from .calibration_data import CalibrationData
from .plan import layer_names as names_of_layers
from .plan import make_plan, selected
from .quantizer import MOST_BITS
from .quantizing import float_program

__all__ = ["CalibratedProgram", "packed_bytes"]


@dataclass(frozen=True, slots=True)
class CalibratedProgram:
    """The ONNX program of a bundle in float32, observed on calibration inputs.

    Parameters
    ----------
    program : FloatProgram
    names : mapping of str to str
        The names of its layers, as in a plan, by their nodes; in the order in which the network
        calls them, since ONNX Runtime may run branches in another one.
    histograms : mapping of str to Histogram
        By the names of the values.
    rows : int
        Number of inputs that were observed.
    """

    program: FloatProgram
    names: Mapping[str, str]
    histograms: Mapping[str, Histogram]
    rows: int

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
        names = names_of_layers(program, bundle.program)
        order: dict[str, int] = {}
        for op in bundle.program.walk():
            order.setdefault(op.layer, len(order))
        called = sorted(names, key=lambda node: order.get(names[node].split("#")[0], len(order)))
        return cls(program, {node: names[node] for node in called}, histograms, data.rows)

    def plan(self, bits: int = MOST_BITS) -> QuantizationPlan:
        """Return the plan that `quantize` makes by default, with a number of bits for all weights.

        Raises
        ------
        CompressionError
            If no layer can be quantised, or weights contain NaN or infinity.
        """
        return make_plan(
            self.program,
            self.names,
            self.histograms,
            method="percentile",
            bits=bits,
            rows=self.rows,
        )

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

    def size(self, bits: Mapping[str, int]) -> int:
        """Return the bytes of that model, in which integers of fewer than 8 bits are packed."""
        size = int(self.model(bits).ByteSize())
        if not bits:
            return size
        layers = [each for each in self.mixed_plan(bits).layers if each.is_quantized]
        return size - sum(each.elements - packed_bytes(each) for each in layers)

    @property
    def layers(self) -> list[tuple[WeightLayer, str]]:
        """The layers that can be quantised with their names, in the order of the names."""
        by_node = {layer.node: layer for layer in self.program.layers}
        return [(by_node[node], name) for node, name in self.names.items()]


def packed_bytes(layer: PlannedLayer) -> int:
    """Return how many bytes the weights of a layer take without gaps between the integers.

    ONNX stores each of them in a byte, also if it has fewer bits.
    """
    return math.ceil(layer.elements * layer.bits / 8)
