"""A saved program, run by Paddle Inference with the settings that PaddleOCR gives it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Predictor"]


class Predictor:
    """One saved program with one input and one output, on the CPU with oneDNN.

    Calls from several threads wait for each other: a Paddle predictor serves one at a time.

    Parameters
    ----------
    folder : Path
        With `inference.json` and `inference.pdiparams`.
    threads : int
        Of oneDNN and of the math library.
    cached_shapes : int
        How many input shapes oneDNN keeps its prepared primitives for; the oldest go first.
    """

    def __init__(self, folder: Path, *, threads: int = 2, cached_shapes: int = 10) -> None:
        from paddle.inference import Config, create_predictor

        config = Config(str(folder / "inference.json"), str(folder / "inference.pdiparams"))
        config.disable_gpu()
        config.enable_mkldnn()
        config.set_mkldnn_cache_capacity(cached_shapes)
        config.set_cpu_math_library_num_threads(threads)
        config.enable_new_ir(True)  # noqa: FBT003 - Paddle's own signature
        config.enable_new_executor(True)  # noqa: FBT003
        config.set_optimization_level(3)
        config.enable_memory_optim()
        config.disable_glog_info()
        self._predictor: Any = create_predictor(config)
        self._lock = threading.Lock()

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the program once.

        Parameters
        ----------
        x : ndarray of float32
            In the shape that the program takes.
        """
        with self._lock:
            input_handle = self._predictor.get_input_handle(self._predictor.get_input_names()[0])
            input_handle.reshape(x.shape)
            input_handle.copy_from_cpu(np.ascontiguousarray(x, dtype=np.float32))
            self._predictor.run()
            name = self._predictor.get_output_names()[0]
            output: NDArray[np.float32] = self._predictor.get_output_handle(name).copy_to_cpu()
            return output
