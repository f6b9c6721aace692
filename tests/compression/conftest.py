"""Bundles that several modules share."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.compression import quantize
from paddle_workbench.export.bundle import Bundle


def pictures_of(count: int, *, seed: int = 0) -> Any:
    """Return pictures, float32 (count, 3, 16, 16), of four kinds: where they are bright."""
    rng = np.random.default_rng(seed)
    pictures = rng.standard_normal((count, 3, 16, 16)) * 0.3
    for kind, picture in zip(np.arange(count) % 4, pictures, strict=True):
        picture[:, 8 * (kind // 2) :, 8 * (kind % 2) :][:, :8, :8] += 1.5
    return pictures.astype(np.float32)


@pytest.fixture(scope="session")
def parent(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A classifier of pictures, trained for a moment and exported to ONNX."""
    import paddle
    from paddle.static import InputSpec

    from .quantization.networks import Pictures

    paddle.seed(0)
    network = Pictures()
    optimiser = paddle.optimizer.Adam(5e-3, parameters=network.parameters())
    kinds = paddle.to_tensor(np.arange(32) % 4)
    for step in range(12):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the batch norms
            scores = network(paddle.to_tensor(pictures_of(32, seed=step)))
        loss = paddle.nn.functional.cross_entropy(scores, kinds)
        loss.backward()
        optimiser.step()
        optimiser.clear_grad()
    bundle = Bundle.create(
        tmp_path_factory.mktemp("parent") / "pictures",
        network,
        input_spec=[InputSpec([None, 3, 16, 16], "float32", "x")],
        examples=[pictures_of(4, seed=100)],
        held_out=[pictures_of(64, seed=101)],
        task="image-classification",
        labels=list("abcd"),
    )
    bundle.export("onnx")
    return bundle


@pytest.fixture(scope="session")
def quantized(parent: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The same with int8, exported; tests do not change it."""
    path = tmp_path_factory.mktemp("quantized") / "pictures-int8"
    bundle = quantize(parent, path, calibration=[pictures_of(32, seed=102)])
    bundle.export("onnx", weights="int8")
    return bundle


@pytest.fixture
def copy(quantized: Bundle, tmp_path: Path) -> Bundle:
    shutil.copytree(quantized.folder, tmp_path / "copy")
    return Bundle(tmp_path / "copy")
