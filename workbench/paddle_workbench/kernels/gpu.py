"""Test whether a process that has loaded Paddle for GPUs can be forked."""

from __future__ import annotations

import os
import sys

from .fork_safety import run_in_child

__all__ = ["gpu_problem"]

TRY_LIMIT_S = 120.0


def gpu_problem() -> str:
    """Return why kernels that use the GPU cannot be forked from this process; empty if they can.

    A CUDA context does not survive a fork: this process must not have one, and a child must be able
    to create one and compute on the GPU. Without a GPU or Paddle, nothing is tried.
    """
    paddle = sys.modules.get("paddle")
    if paddle is None or not paddle.is_compiled_with_cuda():
        return ""
    if not os.path.exists("/dev/nvidiactl"):  # noqa: PTH110 - pathlib is not shorter here
        return ""
    problem = run_in_child(_compute_on_gpu, limit_s=TRY_LIMIT_S)
    return f"with Paddle imported, {problem}" if problem else ""


def _compute_on_gpu() -> None:
    paddle = sys.modules["paddle"]
    if not paddle.device.cuda.device_count():
        return
    paddle.device.set_device("gpu:0")
    ones = paddle.ones([64, 64])
    if float((ones @ ones)[0, 0]) != 64:
        raise ArithmeticError("the GPU computes a wrong product")
