"""Paddle's legacy format, `.pdmodel`: for Paddle Lite and tools that do not read the new one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from .inference import runner_of
from .target import LEGACY_PROGRAM, PROGRAM, PROGRAM_FOLDER, Runner, Target

__all__ = ["LEGACY", "legacy_passes", "legacy_weights"]


def load(folder: Path, threads: int, without: Sequence[str] = ()) -> Runner:
    """Create a Predictor for the CPU from the legacy program in a folder.

    Raises
    ------
    ValueError
        If one of the passes to leave out is not a pass of legacy programs.
    """
    import paddle.inference

    config = paddle.inference.Config(str(folder / LEGACY_PROGRAM), str(legacy_weights(folder)))
    config.disable_gpu()
    config.disable_glog_info()
    config.disable_mkldnn()
    config.set_cpu_math_library_num_threads(threads)
    passes = config.pass_builder().all_passes()
    for name in without:
        if name not in passes:
            raise ValueError(f"legacy programs have no pass {name!r}")
        config.delete_pass(name)
    return runner_of(paddle.inference.create_predictor(config))


def legacy_passes() -> list[str]:
    """Return the passes that a Predictor for the CPU applies to legacy programs, in order."""
    import paddle.inference

    config = paddle.inference.Config()
    config.disable_gpu()
    config.disable_mkldnn()
    return list(config.pass_builder().all_passes())


def legacy_weights(folder: Path) -> Path:
    """Return the file with the weights of the program in a folder: both formats share it."""
    weights = folder / f"{PROGRAM}.pdiparams"
    # A program without weights has no such file, and the Predictor wants one.
    return weights if weights.exists() else Path(os.devnull)


LEGACY = Target(
    name="legacy",
    title="Paddle's legacy format",
    folder=PROGRAM_FOLDER,
    packages=("paddlepaddle", "paddlepaddle-gpu"),
    write=None,
    load=load,
    load_without=load,
    form="a program in the legacy format, for which Paddle needs FLAGS_enable_pir_api=0",
    needs_legacy_program=True,
    program_suffix=".pdmodel",
)
