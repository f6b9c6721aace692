"""What a plan does to the outputs of a network, measured with ONNX Runtime on raw inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...contract import QuantizationPlan
from ...export.bundle import Bundle
from ...export.targets.float_onnx import FloatProgram
from ...export.targets.int8_onnx import quantized
from ..batches import Batch
from ..effects import Comparison, Effect, Outputs, Score
from .calibration_data import named
from .sessions import opened_model, results_of

__all__ = ["Effects", "outputs_of"]


class Effects:
    """Measures plans of one bundle on the same inputs.

    Parameters
    ----------
    bundle : Bundle
    program : FloatProgram
        Its program in float32.
    inputs, truth, score
        As for `Comparison`.

    Raises
    ------
    CompressionError
        As for `Comparison`.
    """

    def __init__(
        self,
        bundle: Bundle,
        program: FloatProgram,
        inputs: Sequence[Any],
        *,
        truth: Sequence[object] | None = None,
        score: Score | None = None,
    ) -> None:
        self._bundle, self._program = bundle, program
        self._comparison = Comparison(
            bundle,
            inputs,
            lambda batches: outputs_of(program.model, batches, bundle),
            truth=truth,
            score=score,
        )

    @property
    def score(self) -> float | None:
        """Of the program in float32."""
        return self._comparison.score

    def of(self, plan: QuantizationPlan) -> Effect:
        """Return the effect of a plan."""
        model = quantized(self._program, plan)
        return self._comparison.of(outputs_of(model, self._comparison.batches, self._bundle))


def outputs_of(model: Any, batches: Sequence[Batch], bundle: Bundle) -> Outputs:
    """Run an ONNX model of a bundle, and return its outputs for each batch.

    Raises
    ------
    CompressionError
        If the model refuses a batch.
    """
    session = opened_model(model)
    return [results_of(session, batch) for batch in named(batches, bundle)]
