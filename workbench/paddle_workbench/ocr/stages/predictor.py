"""Run a saved program with Paddle Inference and PaddleOCR's settings."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...program.predictor import predictor_config

__all__ = ["Predictor"]


class Predictor:
    """A saved program with one input and one output, on the CPU with oneDNN.

    Threads may share it: a lock serialises calls, since a Paddle predictor is not thread-safe.

    Parameters
    ----------
    folder : Path
        Contains `inference.json` and `inference.pdiparams`.
    threads : int
        CPU threads of oneDNN and the math library.
    cached_shapes : int
        Number of input shapes for which oneDNN keeps its compiled primitives; the oldest are
        evicted first.
    """

    def __init__(self, folder: Path, *, threads: int = 2, cached_shapes: int = 10) -> None:
        from paddle.inference import create_predictor

        config = predictor_config(folder / "inference", onednn=True, threads=threads)
        config.set_mkldnn_cache_capacity(cached_shapes)
        config.enable_memory_optim()
        config.disable_glog_info()
        self._predictor: Any = create_predictor(config)
        self._lock = threading.Lock()

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the program once.

        Parameters
        ----------
        x : ndarray of float32
            In the shape that the program expects.

        Returns
        -------
        ndarray of float32
            In the shape of the program's output.
        """
        with self._lock:
            input_handle = self._predictor.get_input_handle(self._predictor.get_input_names()[0])
            input_handle.reshape(x.shape)
            input_handle.copy_from_cpu(np.ascontiguousarray(x, dtype=np.float32))
            self._predictor.run()
            name = self._predictor.get_output_names()[0]
            output: NDArray[np.float32] = self._predictor.get_output_handle(name).copy_to_cpu()
            return output
