"""May a process be forked here that has Paddle for a graphics card loaded?"""

from __future__ import annotations

import os
import sys

from .fork_safety import run_in_child

__all__ = ["gpu_problem"]

TRY_LIMIT_S = 120.0


def gpu_problem() -> str:
    """Return why kernels that use the card cannot be forked from this process; empty if they can.

    A CUDA context does not survive a fork. This process must have none, and a child must be able to
    make one and compute on the card. Without a card, or without Paddle, there is nothing to try.
    """
    paddle = sys.modules.get("paddle")
    if paddle is None or not paddle.is_compiled_with_cuda():
        return ""
    if not os.path.exists("/dev/nvidiactl"):  # noqa: PTH110 - pathlib is not shorter here
        return ""
    problem = run_in_child(_compute_on_card, limit_s=TRY_LIMIT_S)
    return f"with Paddle imported, {problem}" if problem else ""


def _compute_on_card() -> None:
    paddle = sys.modules["paddle"]
    if not paddle.device.cuda.device_count():
        return
    paddle.device.set_device("gpu:0")
    ones = paddle.ones([64, 64])
    if float((ones @ ones)[0, 0]) != 64:
        raise ArithmeticError("the card multiplies wrongly")
