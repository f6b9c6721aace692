"""Examine whether the graphics card and its driver fit the installed Paddle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...contract import FindingState, Text
from ..graphics import Graphics
from ..lock import locked_versions
from ..repairs import install_paddle_command, uninstall_command
from .findings import Observation

__all__ = ["judge_graphics"]

TITLE = Text(zh="显卡", en="Graphics card")


def judge_graphics(graphics: Graphics, *, build: Mapping[str, Any] | None) -> Observation:
    """Compare the card's driver, CUDA and cuDNN with what Paddle was built with.

    Parameters
    ----------
    graphics : Graphics
    build : mapping or None
        The answer of `probes.paddle_build`; None if Paddle does not work.
    """
    if graphics.failure:
        # nvidia-smi fails after a driver update without a restart, or without the driver's modules.
        return _observe(
            "warning",
            f"nvidia-smi 失败：{graphics.failure}",
            f"nvidia-smi failed: {graphics.failure}",
            "sudo reboot",
        )
    if not graphics.gpus:
        return _judge_without_card(build)
    cards = ", ".join(gpu.name for gpu in graphics.gpus)
    cuda = ".".join(map(str, graphics.driver_cuda or ())) or "?"
    summary = f"{cards}; driver {graphics.driver}, CUDA {cuda}"
    if build is None:
        return _observe("ok", summary, summary)
    if build["cuda"] is None:
        return _observe(
            "warning",
            f"{summary}；但安装的是 CPU 版飞桨。",
            f"{summary}; but the installed Paddle is for the CPU.",
            _install_for(graphics, remove="paddlepaddle"),
        )
    return _compare(graphics, build, summary)


def _judge_without_card(build: Mapping[str, Any] | None) -> Observation:
    if build is not None and build["cuda"] is not None:
        install = install_paddle_command(_locked_version())
        return _observe(
            "warning",
            f"飞桨为 CUDA {build['cuda']} 编译，但没有找到 NVIDIA 显卡。",
            f"Paddle is built for CUDA {build['cuda']}, but there is no NVIDIA card.",
            f"{uninstall_command('paddlepaddle-gpu')} && {install}",
        )
    return _observe(
        "ok", "没有 NVIDIA 显卡，用 CPU 计算。", "No NVIDIA card; Paddle computes on the CPU."
    )


def _compare(graphics: Graphics, build: Mapping[str, Any], summary: str) -> Observation:
    build_cuda = tuple(int(part) for part in str(build["cuda"]).split(".")[:2])
    driver_cuda = graphics.driver_cuda
    repair = _install_for(graphics, remove="paddlepaddle-gpu")
    if driver_cuda is not None and build_cuda > driver_cuda:
        # Within a major version a newer CUDA runs on an older driver, without its newest features.
        state: FindingState = "broken" if build_cuda[0] > driver_cuda[0] else "warning"
        return _observe(
            state,
            f"{summary}；飞桨为 CUDA {build['cuda']} 编译，比驱动支持的新。",
            f"{summary}; Paddle is built with CUDA {build['cuda']}, "
            "newer than the driver supports.",
            repair,
        )
    loaded_cudnn = _cudnn_release(build["loaded_cudnn"])
    build_cudnn = str(build["cudnn"])
    if loaded_cudnn.split(".")[0] != build_cudnn.split(".")[0]:
        return _observe(
            "broken",
            f"{summary}；飞桨为 cuDNN {build_cudnn} 编译，载入的是 {loaded_cudnn}。",
            f"{summary}; Paddle is built with cuDNN {build_cudnn}, but {loaded_cudnn} is loaded.",
            repair,
        )
    versions = f"{summary}; Paddle: CUDA {build['cuda']}, cuDNN {loaded_cudnn}"
    return _observe("ok", versions, versions)


def _cudnn_release(number: int | None) -> str:
    """Return 8.9.7 for 8907, as cuDNN 8 encodes it, and 9.5.1 for 90501, as cuDNN 9 does."""
    if not number:
        return "?"
    major, rest = divmod(number, 10_000 if number >= 90_000 else 1_000)
    return f"{major}.{rest // 100}.{rest % 100}"


def _locked_version() -> str:
    return locked_versions()["paddlepaddle"]


def _install_for(graphics: Graphics, *, remove: str) -> str:
    install = install_paddle_command(_locked_version(), graphics.driver_cuda or (11, 8))
    return f"{uninstall_command(remove)} && {install}"


def _observe(state: FindingState, zh: str, en: str, repair: str = "") -> Observation:
    return Observation("gpu", TITLE, state, Text(zh=zh, en=en), repair)
