"""Probes that the doctor runs in child processes, since what they import may crash or hang."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...child_process import write_answer
from ...processor import MKL_AVX2_PATH, MKL_VARIABLE

__all__ = ["PROBES", "paddle_build"]


def paddle_build() -> dict[str, Any]:
    """Import Paddle, compute on its device, and return what it was compiled with."""
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
    """Compare Paddle Inference with oneDNN to the eager result, on two small random networks.

    Paddle 3.3.0 and 3.3.1 fail at interpolation with a scale factor (Paddle#77340).
    """
    import numpy as np
    import paddle

    class Enlarge(paddle.nn.Layer):
        """The ops of a text detector: convolution and interpolation."""

        def __init__(self) -> None:
            super().__init__()
            self.convolution = paddle.nn.Conv2D(3, 8, 3, padding=1)

        def forward(self, x: Any) -> Any:
            return paddle.nn.functional.interpolate(self.convolution(x), scale_factor=2)

    class Encode(paddle.nn.Layer):
        """The ops of ERNIE: embedding, attention, layer norm, GELU, pooler."""

        def __init__(self) -> None:
            super().__init__()
            self.embedding = paddle.nn.Embedding(100, 32)
            self.norm = paddle.nn.LayerNorm(32)
            self.layer = paddle.nn.TransformerEncoderLayer(32, 4, 64, activation="gelu")
            self.pooler = paddle.nn.Linear(32, 32)

        def forward(self, x: Any) -> Any:
            encoded = self.layer(self.norm(self.embedding(x)))
            return paddle.tanh(self.pooler(encoded[:, 0]))

    # oneDNN runs on the CPU, even if there is a GPU.
    paddle.device.set_device("cpu")
    random = np.random.default_rng(0)
    picture = random.standard_normal((1, 3, 16, 16)).astype("float32")
    tokens = random.integers(0, 100, (2, 12)).astype("int64")
    spec = paddle.static.InputSpec
    differences = [
        _onednn_difference(Enlarge(), picture, spec([None, 3, 16, 16], "float32", "x")),
        _onednn_difference(Encode(), tokens, spec([None, None], "int64", "x")),
    ]
    # `max` may pass over NaN.
    return {"difference": float(np.max(differences))}


def _onednn_difference(network: Any, example: Any, signature: Any) -> float:
    """Return the largest difference of a network's result with oneDNN from the eager one."""
    import numpy as np
    import paddle
    from paddle.inference import Config, create_predictor

    network.eval()
    expected = network(paddle.to_tensor(example)).numpy()
    name = type(network).__name__
    paddle.jit.save(network, name, input_spec=[signature])
    config = Config(f"{name}.json", f"{name}.pdiparams")
    config.disable_gpu()
    config.enable_mkldnn()
    predictor = create_predictor(config)
    predictor.get_input_handle(predictor.get_input_names()[0]).copy_from_cpu(example)
    predictor.run()
    actual = predictor.get_output_handle(predictor.get_output_names()[0]).copy_to_cpu()
    return float(np.abs(actual - expected).max())


def imports() -> dict[str, Any]:
    """Import paddlenlp and paddleocr into one interpreter."""
    import paddleocr
    from paddlenlp.transformers import AutoTokenizer

    return {"names": [AutoTokenizer.__name__, paddleocr.PaddleOCR.__name__]}


def fonts() -> dict[str, Any]:
    """Draw Chinese text. matplotlib warns about each missing glyph, and warnings are errors."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    from ..fonts import FAMILY, use_chinese_fonts

    use_chinese_fonts()
    figure, axes = plt.subplots()
    axes.set_title("飞桨工作台：准确率 −1.5 %")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.canvas.draw()
    return {"family": FAMILY}


def mkl_paths() -> dict[str, Any]:
    """Time a matrix product with the code path that MKL is set to, AVX2, and MKL's own choice."""
    paths = sorted({os.environ.get(MKL_VARIABLE, ""), MKL_AVX2_PATH, ""})
    # Alternating, so that other work on the machine slows down all of them.
    rounds = [{path: _run_in_fork(_product_gflops, path) for path in paths} for _ in range(3)]
    return {"gflops": {path: max(speed[path] for speed in rounds) for path in paths}}


def _run_in_fork(function: Callable[[str], float], argument: str) -> float:
    """Call a function in a separate process, since MKL reads its variables only once."""
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(max_workers=1, mp_context=fork) as pool:
        return pool.submit(function, argument).result()


def _product_gflops(path: str) -> float:
    """Return the single-threaded speed of MKL's matrix product, without importing Paddle."""
    size, repetitions = 512, 10
    os.environ.pop(MKL_VARIABLE, None)
    if path:
        os.environ[MKL_VARIABLE] = path
    os.environ["OMP_NUM_THREADS"] = "1"
    paddle = find_spec("paddle")
    if paddle is None or paddle.origin is None:
        raise ModuleNotFoundError("Paddle is not installed.")
    libraries = Path(paddle.origin).with_name("libs")
    ctypes.CDLL(str(libraries / "libiomp5.so"))
    sgemm = ctypes.CDLL(str(libraries / "libmklml_intel.so")).cblas_sgemm
    matrix = (ctypes.c_float * size**2)(*[1.0] * size**2)
    product = (ctypes.c_float * size**2)()
    row_major, no_transposition = 101, 111
    integer, number, pointer = ctypes.c_int, ctypes.c_float, ctypes.c_void_p
    sgemm.argtypes = (
        *(integer,) * 6,
        *(number, pointer, integer, pointer, integer),
        *(number, pointer, integer),
    )
    durations_s = []
    for _ in range(repetitions):
        start = time.perf_counter()
        sgemm(
            *(row_major, no_transposition, no_transposition, size, size, size),
            *(1.0, matrix, size, matrix, size),
            *(0.0, product, size),
        )
        durations_s.append(time.perf_counter() - start)
    return float(2 * size**3 / min(durations_s) / 1e9)


PROBES: dict[str, Callable[[], dict[str, Any]]] = {
    "paddle_build": paddle_build,
    "onednn": onednn,
    "imports": imports,
    "fonts": fonts,
    "mkl_paths": mkl_paths,
}


if __name__ == "__main__":
    write_answer(PROBES[sys.argv[1]]())
