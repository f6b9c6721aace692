"""Paddle Inference, plain and with oneDNN: the program as `paddle.jit.save` writes it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .target import PROGRAM, PROGRAM_FOLDER, Array, Runner, Target

__all__ = ["INFERENCE", "ONEDNN"]


def load(folder: Path, threads: int, *, onednn: bool) -> Runner:
    """Create a Predictor for the CPU from the program in a folder."""
    import paddle.inference

    config = paddle.inference.Config(
        str(folder / f"{PROGRAM}.json"), str(folder / f"{PROGRAM}.pdiparams")
    )
    config.disable_gpu()
    config.disable_glog_info()
    config.enable_new_ir(True)  # noqa: FBT003 - Paddle's own signature
    config.enable_new_executor(True)  # noqa: FBT003
    config.set_optimization_level(3)
    config.set_cpu_math_library_num_threads(threads)
    config.enable_mkldnn() if onednn else config.disable_mkldnn()
    predictor = paddle.inference.create_predictor(config)
    names = tuple(predictor.get_input_names())
    handles = [predictor.get_input_handle(name) for name in names]

    def run(arrays: Sequence[Array]) -> list[Array]:
        for handle, array in zip(handles, arrays, strict=True):
            handle.reshape(array.shape)
            handle.copy_from_cpu(np.ascontiguousarray(array))
        predictor.run()
        outputs: list[Any] = [
            predictor.get_output_handle(name) for name in predictor.get_output_names()
        ]
        return [output.copy_to_cpu() for output in outputs]

    return Runner(names, run)


INFERENCE = Target(
    name="inference",
    title="Paddle Inference",
    folder=PROGRAM_FOLDER,
    packages=("paddlepaddle", "paddlepaddle-gpu"),
    write=None,
    load=partial(load, onednn=False),
)
ONEDNN = Target(
    name="onednn",
    title="Paddle Inference with oneDNN",
    folder=PROGRAM_FOLDER,
    packages=("paddlepaddle", "paddlepaddle-gpu"),
    write=None,
    load=partial(load, onednn=True),
)
