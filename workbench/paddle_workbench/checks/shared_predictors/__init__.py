"""Finds predictors that several threads of a notebook may run at once, without running it.

A Paddle predictor keeps its inputs and outputs in itself, so two threads that run it get each
other's answers, the error "Tensor holds no memory", or a crash. Found are `create_predictor` of
Paddle Inference, PaddleOCR, PaddleX and PaddleNLP's Taskflow; a `Bundle` lets threads take turns,
and a session of ONNX Runtime may be shared.
"""

from .findings import EXEMPTION, SharedPredictor, find_shared_predictors
from .program import Cell

__all__ = ["EXEMPTION", "Cell", "SharedPredictor", "find_shared_predictors"]
