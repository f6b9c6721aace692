"""Examine whether Paddle's MKL takes its fastest code path on this processor."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

from ...contract import Text
from ...processor import MKL_AVX2_PATH, MKL_VARIABLE, has_slow_mkl
from ..repairs import reinstall_command
from .findings import Observation
from .probe_process import failure_text, run_probe
from .system_libraries import library_repair

__all__ = ["examine_processor"]

TIMEOUT_S = 60.0

# Relative to the speed of the AVX2 path. A slower path is a warning; the slowest has about 0.35.
MINIMUM_RATIO = 0.8


def examine_processor(
    *, timeout_s: float = TIMEOUT_S, stop: threading.Event | None = None
) -> Iterator[Observation]:
    """Measure a matrix product with the code path that MKL is set to, and with its own choice."""
    title = Text(zh="处理器与 MKL", en="Processor and MKL")
    if not has_slow_mkl():
        detail = Text(zh="MKL 自己选择代码路径。", en="MKL chooses its code path by itself.")
        yield Observation("processor", title, "ok", detail)
        return
    outcome = run_probe("mkl_paths", timeout_s=timeout_s, stop=stop)
    if outcome.status != 0 or outcome.answer is None:
        repair = library_repair(outcome) or reinstall_command()
        yield Observation("processor", title, "broken", failure_text(outcome), repair)
        return
    setting = os.environ.get(MKL_VARIABLE, "")
    speed = {path: float(gflops) for path, gflops in outcome.answer["gflops"].items()}
    if speed[setting] < MINIMUM_RATIO * speed[MKL_AVX2_PATH]:
        share = speed[setting] / speed[MKL_AVX2_PATH]
        detail = Text(
            zh=f"{MKL_VARIABLE} 是 {setting!r}：矩阵乘法只有 AVX2 路径的 {share:.2f} 倍快。",
            en=f"{MKL_VARIABLE} is {setting!r}: matrix products run at {share:.2f} of the speed of "
            "the AVX2 path.",
        )
        # If the user has not set it, the shim that does is not active.
        repair = f"unset {MKL_VARIABLE}" if MKL_VARIABLE in os.environ else reinstall_command()
        yield Observation("processor", title, "warning", detail, repair)
        return
    ratio = speed[setting] / speed[""]
    detail = Text(
        zh=f"{MKL_VARIABLE}={setting}：矩阵乘法是 MKL 默认路径的 {ratio:.1f} 倍快。",
        en=f"{MKL_VARIABLE}={setting}: matrix products are {ratio:.1f} times as fast as with "
        "MKL's own choice.",
    )
    yield Observation("processor", title, "ok", detail)
