"""Smaller and faster networks: quantisation, pruning, distillation, mixed precision, recipes.

The names below are loaded on first use, so that a quantiser in numpy needs neither Paddle nor ONNX
Runtime.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .distillation.teaching import teach
    from .distillation.training import distil
    from .pruning.pruning import channel_groups, prune
    from .quantization.calibration import Histogram, range_of
    from .quantization.paddle_scales import (
        load_trained,
        paddle_scales,
        prepare_ptq,
        prepare_qat,
    )
    from .quantization.quantizer import Quantization, fake_quantize
    from .quantization.quantizing import quantize
    from .quantization.sensitivity import Budget, sensitivity
    from .study import CompressionStudy, compression_report

__all__ = [
    "Budget",
    "CompressionStudy",
    "Histogram",
    "Quantization",
    "channel_groups",
    "compression_report",
    "distil",
    "fake_quantize",
    "load_trained",
    "paddle_scales",
    "prepare_ptq",
    "prepare_qat",
    "prune",
    "quantize",
    "range_of",
    "sensitivity",
    "teach",
]

_HOMES = {
    "Budget": ".quantization.sensitivity",
    "CompressionStudy": ".study",
    "Histogram": ".quantization.calibration",
    "Quantization": ".quantization.quantizer",
    "channel_groups": ".pruning.pruning",
    "compression_report": ".study",
    "distil": ".distillation.training",
    "fake_quantize": ".quantization.quantizer",
    "load_trained": ".quantization.paddle_scales",
    "paddle_scales": ".quantization.paddle_scales",
    "prepare_ptq": ".quantization.paddle_scales",
    "prepare_qat": ".quantization.paddle_scales",
    "prune": ".pruning.pruning",
    "quantize": ".quantization.quantizing",
    "range_of": ".quantization.calibration",
    "sensitivity": ".quantization.sensitivity",
    "teach": ".distillation.teaching",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
