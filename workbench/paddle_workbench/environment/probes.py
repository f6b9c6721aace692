"""What the doctor tries in child processes: each function imports what may fail, and answers."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .child import ANSWER

__all__ = ["PROBES", "answer", "paddle_build"]


def paddle_build() -> dict[str, Any]:
    """Import Paddle, compute on its device, and say what it was compiled with."""
    import paddle

    # cuBLAS and cuDNN are loaded by the first product and the first convolution.
    ones = paddle.ones([1, 1, 4, 4])
    total = float(paddle.nn.functional.conv2d(ones @ ones, ones).sum())
    with_cuda = paddle.device.is_compiled_with_cuda()
    return {
        "version": paddle.version.full_version,
        "device": paddle.device.get_device(),
        "cuda": str(paddle.version.cuda()) if with_cuda else None,
        "cudnn": str(paddle.version.cudnn()) if with_cuda else None,
        # For example 90501; None without CUDA.
        "loaded_cudnn": paddle.device.get_cudnn_version(),
        "computes": total == 64.0,
    }


def onednn() -> dict[str, Any]:
    """Compare Paddle Inference with oneDNN to the eager result, on a network without weights.

    Interpolation by a scale is what Paddle 3.3.0 and 3.3.1 fail on (Paddle#77340).
    """
    import numpy as np
    import paddle
    from paddle.inference import Config, create_predictor

    class Enlarge(paddle.nn.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.convolution = paddle.nn.Conv2D(3, 8, 3, padding=1)

        def forward(self, x: Any) -> Any:
            return paddle.nn.functional.interpolate(self.convolution(x), scale_factor=2)

    # oneDNN is for the CPU, also where there is a card.
    paddle.device.set_device("cpu")
    network = Enlarge()
    network.eval()
    picture = np.random.default_rng(0).standard_normal((1, 3, 16, 16)).astype("float32")
    expected = network(paddle.to_tensor(picture)).numpy()

    signature = paddle.static.InputSpec([None, 3, 16, 16], "float32", "x")
    paddle.jit.save(network, "network", input_spec=[signature])
    config = Config("network.json", "network.pdiparams")
    config.disable_gpu()
    config.enable_mkldnn()
    predictor = create_predictor(config)
    predictor.get_input_handle(predictor.get_input_names()[0]).copy_from_cpu(picture)
    predictor.run()
    found = predictor.get_output_handle(predictor.get_output_names()[0]).copy_to_cpu()
    return {"difference": float(np.abs(found - expected).max())}


def imports() -> dict[str, Any]:
    """Import paddlenlp and paddleocr into one interpreter."""
    import paddleocr
    from paddlenlp.transformers import AutoTokenizer

    return {"names": [AutoTokenizer.__name__, paddleocr.PaddleOCR.__name__]}


def fonts() -> dict[str, Any]:
    """Draw Chinese; matplotlib warns of each missing glyph, and a warning fails."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    from .fonts import FAMILY, use_chinese_fonts

    use_chinese_fonts()
    figure, axes = plt.subplots()
    axes.set_title("飞桨工作台：准确率 −1.5 %")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.canvas.draw()
    return {"family": FAMILY}


PROBES: dict[str, Callable[[], dict[str, Any]]] = {
    "paddle_build": paddle_build,
    "onednn": onednn,
    "imports": imports,
    "fonts": fonts,
}


def answer(name: str) -> None:
    """Run a probe, and write its answer to the working directory."""
    Path(ANSWER).write_text(json.dumps(PROBES[name]()), encoding="utf-8")
