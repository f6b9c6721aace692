"""`paddle.amp`: what it does on this device, and a training step with it for a GPU.

On a CPU, `auto_cast` and `GradScaler` have no effect, with a warning that is easily missed; that
`paddle.amp.is_bfloat16_supported()` is true there says nothing about them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from ...errors import CompressionError, clause_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AmpSupport", "Level", "NumberFormat", "amp_support", "mixed_step", "op_dtypes"]

NumberFormat = Literal["float16", "bfloat16"]
Level = Literal["O1", "O2"]

_NEEDED: Final = {"float16": (7, 0), "bfloat16": (8, 0)}
"""The compute capability from which `auto_cast` works with a format."""
_FORMATS: Final = ("float16", "bfloat16")
_LEVELS: Final = ("O1", "O2")
_COLUMNS: Final = ("float16", "bfloat16", "float32", "other")


@dataclass(frozen=True, slots=True)
class AmpSupport:
    """In which formats `paddle.amp` computes on a device.

    Parameters
    ----------
    device : str
        As Paddle names it, such as `cpu` or `gpu:0`.
    formats : tuple of str
        Of `float16` and `bfloat16`; empty if `auto_cast` has no effect.
    reason : str
        A sentence that says why.
    """

    device: str
    formats: tuple[str, ...]
    reason: str


def amp_support() -> AmpSupport:
    """Return in which formats `paddle.amp` computes on the current device."""
    import paddle

    device = str(paddle.device.get_device())
    if not device.startswith("gpu"):
        return AmpSupport(
            device,
            (),
            f"On the device {device}, auto_cast and GradScaler have no effect: Paddle has them for "
            "GPUs only, and everything stays float32.",
        )
    capability = tuple(paddle.device.cuda.get_device_capability())
    formats = tuple(name for name in _FORMATS if capability >= _NEEDED[name])
    version = ".".join(map(str, capability))
    return AmpSupport(
        device,
        formats,
        f"The GPU has compute capability {version}; float16 needs 7.0, and bfloat16 8.0.",
    )


def op_dtypes(
    net: Any,
    *inputs: Any,
    number_format: NumberFormat = "float16",
    level: Level = "O1",
) -> pd.DataFrame:
    """Return which ops of a network run in which dtype within `paddle.amp.auto_cast`.

    The network runs once on the current device, without gradients.

    Parameters
    ----------
    net : paddle.nn.Layer
        In the mode that it is in.
    *inputs : array_like or paddle.Tensor
    number_format : {"float16", "bfloat16"}
    level : {"O1", "O2"}
        O1 casts the ops of Paddle's white list; O2 all but those of its black list.

    Returns
    -------
    pandas.DataFrame
        Row by op, in alphabetical order; columns `float16`, `bfloat16`, `float32`, `other` with
        the number of calls.

    Raises
    ------
    CompressionError
        If there is no such format or level, or the network refuses the inputs.
    """
    import paddle
    import pandas as pd
    from paddle.base import core

    _check_settings(number_format, level)
    tensors = [
        value if isinstance(value, paddle.Tensor) else paddle.to_tensor(value) for value in inputs
    ]
    flag = "FLAGS_low_precision_op_list"
    before = paddle.get_flags([flag])
    core.clear_low_precision_op_list()
    paddle.set_flags({flag: 1})
    try:
        with paddle.no_grad(), warnings.catch_warnings():
            # That it has no effect is what the result says.
            warnings.filterwarnings("ignore", message="amp_guard can only be enabled")
            with paddle.amp.auto_cast(dtype=number_format, level=level):
                net(*tensors)
        counts = dict(core.get_low_precision_op_list())
    except Exception as error:
        raise CompressionError(
            f"{type(net).__name__} refuses the inputs: {clause_of(error)}.",
            "Pass what its forward method takes, as arrays or tensors.",
        ) from error
    finally:
        paddle.set_flags(before)
        core.clear_low_precision_op_list()
    rows = {op: [int(count) for count in text.split(",")] for op, text in sorted(counts.items())}
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(_COLUMNS))
    return frame.rename_axis("op")


def mixed_step(
    loss_of: Callable[[], Any],
    optimizer: Any,
    *,
    scaler: Any = None,
    number_format: NumberFormat = "float16",
    level: Level = "O1",
) -> float:
    """Make one step of a training in mixed precision, on a GPU.

    Not measured here: how much faster it is depends on the GPU, and this step has not been timed.

    Parameters
    ----------
    loss_of : callable
        Runs the network on a batch, and returns its loss as a tensor.
    optimizer : paddle.optimizer.Optimizer
        For `O2`, it and the network are those that `paddle.amp.decorate` returned, which keeps the
        master copies.
    scaler : paddle.amp.GradScaler, optional
        Needed for float16. It leaves out steps whose gradients are not finite.
    number_format : {"float16", "bfloat16"}
    level : {"O1", "O2"}

    Returns
    -------
    float
        The loss before the step, not scaled.

    Raises
    ------
    CompressionError
        If the device has no mixed precision, or float16 is used without a scaler.
    """
    import paddle

    _check_settings(number_format, level)
    support = amp_support()
    if number_format not in support.formats:
        raise CompressionError(
            f"There is no step in {number_format} on {support.device}. {support.reason}",
            "Train in float32 here: loss.backward(); optimizer.step(); optimizer.clear_grad()",
        )
    if scaler is None and number_format == "float16":
        raise CompressionError(
            "A step in float16 has no GradScaler, so small gradients would become 0.",
            "Pass scaler=paddle.amp.GradScaler(), the same one in every step.",
        )
    with paddle.amp.auto_cast(dtype=number_format, level=level):
        loss = loss_of()
    if scaler is None:
        loss.backward()
        optimizer.step()
    else:
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
    optimizer.clear_grad()
    return float(loss)


def _check_settings(number_format: str, level: str) -> None:
    choices: Sequence[tuple[str, str, tuple[str, ...]]] = (
        ("number_format", number_format, _FORMATS),
        ("level", level, _LEVELS),
    )
    for name, value, known in choices:
        if value not in known:
            raise CompressionError(
                f"There is no {name} {value!r}.", f"Use {' or '.join(map(repr, known))}."
            )
