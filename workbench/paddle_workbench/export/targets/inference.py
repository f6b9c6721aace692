"""Paddle Inference, plain and with oneDNN: the program as `paddle.jit.save` writes it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...program.predictor import predictor_config
from .target import PROGRAM, PROGRAM_FOLDER, Array, Runner, Target

__all__ = ["INFERENCE", "ONEDNN", "runner_of"]


def load(folder: Path, threads: int, without: Sequence[str] = (), *, onednn: bool) -> Runner:
    """Create a Predictor for the CPU from the program in a folder.

    Raises
    ------
    ValueError
        If Paddle does not know a pass that should be left out, which it would not say.
    """
    import paddle.inference
    from paddle.base.libpaddle.pir import PassManager

    for name in without:
        try:
            PassManager().add_pass(name, {})
        except ValueError as error:  # noqa: PERF203 - to name the pass
            raise ValueError(f"Paddle has no pass {name!r}") from error
    config = predictor_config(folder / PROGRAM, onednn=onednn, threads=threads, without=without)
    config.disable_glog_info()
    return runner_of(paddle.inference.create_predictor(config))


def runner_of(predictor: Any) -> Runner:
    """Return what runs a Predictor on arrays."""
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
    load_without=partial(load, onednn=False),
    form="the program as it is, in the PIR format",
)
ONEDNN = Target(
    name="onednn",
    title="Paddle Inference with oneDNN",
    folder=PROGRAM_FOLDER,
    packages=("paddlepaddle", "paddlepaddle-gpu"),
    write=None,
    load=partial(load, onednn=True),
    load_without=partial(load, onednn=True),
    form="the program as it is, in the PIR format",
)
