"""Small networks and functions to capture."""

from __future__ import annotations

from typing import Any

import paddle
from paddle import nn


def twice_positive(x: Any, factor: float) -> Any:
    return nn.functional.relu(x) * factor


class Block(nn.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 8)
        self.inner = nn.Sequential(nn.Linear(8, 8), nn.ReLU())

    def forward(self, x: Any) -> Any:
        return twice_positive(self.inner(self.fc(x)), 2.0)


class Branching(nn.Layer):
    """An `if` and a `while` that depend on data, and layers called in a loop."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(50, 8)
        self.blocks = nn.LayerList([Block() for _ in range(2)])
        self.fc = nn.Linear(8, 2)

    def forward(self, ids: Any) -> Any:
        x = self.embedding(ids)
        x = paddle.mean(x, axis=1)
        if x.sum() > 0:  # noqa: SIM108 - the tests look at its lines
            x = x * 2
        else:
            x = x - 1
        i = paddle.zeros([1], "int64")
        while i < 3:
            x = x + 1
            i += 1
        for block in self.blocks:
            x = block(x)
        return self.fc(x)


class Convolutional(nn.Layer):
    """Convolution, normalisation and activation, which oneDNN fuses."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2D(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2D(8)
        self.pool = nn.MaxPool2D(2)
        self.fc = nn.Linear(8 * 4 * 4, 4)
        self.dropout = nn.Dropout(0.5)

    def forward(self, image: Any) -> Any:
        x = self.conv(image)
        x = self.norm(x)
        x = nn.functional.relu(x)
        x = self.pool(x)
        x = paddle.flatten(x, 1)
        x = self.fc(x)
        x = self.dropout(x)
        return nn.functional.softmax(x)


class InARow(nn.Layer):
    """A ReLU, followed by two sequences of convolution, normalisation and ReLU."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2D(3, 8, 3), nn.BatchNorm2D(8), nn.ReLU())
        self.second = nn.Sequential(nn.Conv2D(8, 8, 3), nn.BatchNorm2D(8), nn.ReLU())

    def forward(self, image: Any) -> Any:
        return self.second(self.first(nn.functional.relu(image)))


class Attention(nn.Layer):
    """Heads split by reshape and transpose, which oneDNN's matrix product absorbs."""

    def __init__(self) -> None:
        super().__init__()
        self.query = nn.Linear(16, 16)
        self.key = nn.Linear(16, 16)
        self.value = nn.Linear(16, 16)

    def forward(self, x: Any) -> Any:
        heads = [
            part(x).reshape([0, 0, 4, 4]).transpose([0, 2, 1, 3])
            for part in (self.query, self.key, self.value)
        ]
        weights = nn.functional.softmax(paddle.matmul(heads[0], heads[1], transpose_y=True))
        return paddle.matmul(weights, heads[2])


def tail(x: Any) -> Any:
    """Has no parameters, and computes the same expression twice."""
    a = paddle.exp(x) + 1
    b = paddle.exp(x) + 1
    return a * b
