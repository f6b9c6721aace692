"""Networks that `paddle.quantization` has converted, which Paddle does not compute in programs."""

from __future__ import annotations

from typing import Any

from ..errors import BundleError
from ..program.model.structure import Program

__all__ = ["CONVERTED", "CONVERTED_HINT", "check_program", "converted_layer", "refusal"]

CONVERTED = (
    "In a program, Paddle 3.2 computes dequantize_linear as quantize_linear, so every layer that "
    "paddle.quantization has converted is wrong."
)
CONVERTED_HINT = (
    "Take the network before convert(…), and let the target store its weights with 8 bits: "
    'bundle.export("mnn", weights="int8"); or make a bundle with a plan for ONNX: '
    "paddle_workbench.compression.quantize(bundle, path, calibration=inputs)."
)


def check_program(program: Program, name: str) -> None:
    """Raise BundleError if no target can compute a program, since a layer of it was converted."""
    op = next((each for each in program.walk() if each.kind == "dequantize_linear"), None)
    if op is not None:
        raise refusal(name, op.layer)


def converted_layer(network: Any) -> str | None:
    """Return the path of the first layer of a network that was converted; None without one."""
    from paddle.nn.quant.format import LinearDequanter

    layers = network.named_sublayers()
    return next((path for path, each in layers if isinstance(each, LinearDequanter)), None)


def refusal(name: str, layer: str) -> BundleError:
    """Return the error about a network with a converted layer."""
    where = f", here {layer}" if layer else ""
    return BundleError(
        f"{name} is quantised, and no target returns what it returns{where}. {CONVERTED}",
        CONVERTED_HINT,
        code="PW-X410",
    )
