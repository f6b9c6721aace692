"""What a plan does to the outputs of a network, measured with ONNX Runtime on raw inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...contract import QuantizationPlan
from ...errors import CompressionError
from ...export.bundle import Bundle
from ...export.decisions import box_step, decisions_of
from ...export.processing import placements, postprocess
from ...export.targets.float_onnx import FloatProgram
from ...export.targets.int8_onnx import quantized
from .calibration_data import calibration_data

__all__ = ["Effect", "Effects", "Score"]

Array = NDArray[Any]
Outputs = list[list[Array]]
Score = Callable[[list[Any]], float]
"""From the results of all inputs, as `Bundle.predict` returns them, to a number; more is better."""


@dataclass(frozen=True, slots=True)
class Effect:
    """How far a program is from that in float32.

    Parameters
    ----------
    difference : float
        Root of the mean squared difference of the outputs, relative to that of the outputs.
    changed : float or None
        Share of the decisions that changed; None if the outputs are not decisions.
    lost : float or None
        By how much the score became smaller; None without one.
    """

    difference: float
    changed: float | None
    lost: float | None


class Effects:
    """Measures plans of one bundle on the same inputs.

    Parameters
    ----------
    bundle : Bundle
    program : FloatProgram
        Its program in float32.
    inputs : sequence
        Raw inputs, as `quantize` takes them for calibration.
    truth : sequence, optional
        The right label or text of each of them; the score is then the share that is right.
    score : callable, optional
        Another score, such as the character accuracy or the mAP.

    Raises
    ------
    CompressionError
        If there are no inputs, they do not fit, or there is not one truth for each.
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
        data = calibration_data(bundle, inputs)
        self._program = program
        self._record = bundle.record
        self._batches = data.batches
        self._values = inputs if self._record.preprocessing else None
        self._decisions = decisions_of(self._record)
        self._score = score if truth is None else _accuracy(truth, data.rows)
        if truth is not None and (score is not None or box_step(self._record) is not None):
            raise CompressionError(
                "The truth was passed with a score, or for a detector, whose boxes are hardly ever "
                "exactly those of the truth.",
                "Pass only score=, a function of the predictions.",
            )
        if self._score is not None and not self._record.postprocessing:
            raise CompressionError(
                f"{self._record.name} has no steps after its program, so that there is no result "
                "to compare with the truth.",
                "Leave out truth and score, or make the bundle with a task.",
            )
        self._expected = self._run(program.model)
        self.score = None if self._score is None else self._score(self._results(self._expected))
        """Of the program in float32."""

    def of(self, plan: QuantizationPlan) -> Effect:
        """Return the effect of a plan."""
        outputs = self._run(quantized(self._program, plan))
        lost = None
        if self._score is not None and self.score is not None:
            lost = self.score - self._score(self._results(outputs))
        return Effect(_difference(self._expected, outputs), self._changed(outputs), lost)

    def _run(self, model: Any) -> Outputs:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        return [list(session.run(None, dict(batch))) for batch in self._batches]

    def _changed(self, outputs: Outputs) -> float | None:
        if self._decisions is None:
            return None
        counts = [
            self._decisions.count(expected, actual)
            for expected, actual in zip(self._expected, outputs, strict=True)
        ]
        return sum(changed for _, changed in counts) / max(1, sum(count for count, _ in counts))

    def _results(self, outputs: Outputs) -> list[Any]:
        record = self._record
        results: list[Any] = []
        for arrays in outputs:
            places = None
            if self._values is not None:
                values = self._values[len(results) : len(results) + len(arrays[0])]
                places = placements(values, record.preprocessing, record.postprocessing)
            results += postprocess(arrays, record.postprocessing, record.labels, places)
        return results


def _accuracy(truth: Sequence[object], rows: int) -> Score:
    if len(truth) != rows:
        raise CompressionError(
            f"There are {rows} inputs and {len(truth)} of truth.", "Pass one label for each input."
        )
    return lambda results: float(
        np.mean([each.label == right for each, right in zip(results, truth, strict=True)])
    )


def _difference(expected: Outputs, outputs: Outputs) -> float:
    size = error = 0.0
    for rights, others in zip(expected, outputs, strict=True):
        for right, other in zip(rights, others, strict=True):
            if right.dtype.kind == "f" and right.shape == other.shape:
                size += float(np.square(right, dtype=np.float64).sum())
                error += float(np.square(right.astype(np.float64) - other).sum())
    if not size:
        return 0.0 if not error else np.inf
    return float(np.sqrt(error / size))
