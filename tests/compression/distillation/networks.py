"""Small networks that learn from each other, and what they take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

X = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(np.int64)


def network(hidden: int = 8, classes: int = 2, *, seed: int = 0, softmax: bool = False) -> Any:
    import paddle
    from paddle import nn

    paddle.seed(seed)
    layers = [nn.Linear(4, hidden), nn.ReLU(), nn.Linear(hidden, classes)]
    return nn.Sequential(*layers, *([nn.Softmax()] if softmax else []))


def certain(*, seed: int = 1, softmax: bool = False) -> Any:
    """Return a network whose decisions are clear."""
    net = network(16, seed=seed, softmax=softmax)
    net[2].weight.set_value(net[2].weight * 6)
    return net


def loaded(net: Any, spec: Any, path: Path) -> Any:
    import paddle

    net.eval()
    static = paddle.jit.to_static(net, input_spec=[spec], full_graph=True)
    paddle.jit.save(static, str(path))
    return paddle.jit.load(str(path))
