from __future__ import annotations

from typing import Any

import pytest

from paddle_workbench.environment.doctor.gpu import judge_graphics
from paddle_workbench.environment.graphics import Gpu, Graphics

CARD = Gpu(name="NVIDIA H100", memory_bytes=80 << 30)
FOR_CPU: dict[str, Any] = {"cuda": None, "cudnn": None, "loaded_cudnn": None}


def card(driver_cuda: tuple[int, int]) -> Graphics:
    return Graphics(gpus=(CARD,), driver="550.54.15", driver_cuda=driver_cuda)


def paddle_build(cuda: str, cudnn: str, loaded: int | None) -> dict[str, Any]:
    return {"cuda": cuda, "cudnn": cudnn, "loaded_cudnn": loaded}


@pytest.mark.parametrize(
    ("graphics", "build", "state", "detail", "repair"),
    [
        (Graphics(), FOR_CPU, "ok", "computes on the CPU", ""),
        (Graphics(), None, "ok", "computes on the CPU", ""),
        (
            Graphics(),
            paddle_build("12.6", "9.5.1", 90501),
            "warning",
            "no NVIDIA card",
            "paddlepaddle==3.2.2",
        ),
        (
            Graphics(failure="Driver/library version mismatch"),
            FOR_CPU,
            "warning",
            "version mismatch",
            "sudo reboot",
        ),
        (card((12, 4)), FOR_CPU, "warning", "is for the CPU", "paddlepaddle-gpu==3.2.2"),
        (card((12, 4)), None, "ok", "driver 550.54.15, CUDA 12.4", ""),
        (card((12, 6)), paddle_build("12.6", "9.5.1", 90501), "ok", "CUDA 12.6, cuDNN 9.5.1", ""),
        (card((13, 0)), paddle_build("11.8", "8.9.7", 8907), "ok", "CUDA 11.8, cuDNN 8.9.7", ""),
        (card((12, 4)), paddle_build("12.6", "9.5.1", 90501), "warning", "newer than", "/cu118/"),
        (card((12, 9)), paddle_build("13.0", "9.13.0", 91300), "broken", "newer than", "/cu129/"),
        (
            card((12, 6)),
            paddle_build("12.6", "9.5.1", 8907),
            "broken",
            "8.9.7 is loaded",
            "/cu126/",
        ),
        (card((12, 6)), paddle_build("12.6", "9.5.1", None), "broken", "? is loaded", "/cu126/"),
    ],
)
def test_compares_card_driver_and_paddle(
    graphics: Graphics, build: dict[str, Any] | None, state: str, detail: str, repair: str
) -> None:
    observation = judge_graphics(graphics, build=build)
    assert observation.state == state
    assert detail in observation.detail.en
    assert repair in observation.repair
