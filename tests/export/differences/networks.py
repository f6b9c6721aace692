"""Networks of the planted mismatches: one for pictures, with what deployments get wrong."""

from __future__ import annotations

from typing import Any

import paddle
from paddle import nn
from paddle.nn import functional as F  # noqa: N812 - Paddle's own habit

__all__ = ["LateMean", "OneLargeWeight", "Pictures", "WrongAxis"]


class Pictures(nn.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2D(3, 6, 3, padding=1)
        self.batch_norm = nn.BatchNorm2D(6)
        self.layer_norm = nn.LayerNorm(6)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(6, 3)

    def forward(self, x: Any) -> Any:
        x = F.relu(self.batch_norm(self.conv(x)))
        x = self.dropout(self.layer_norm(x.mean(axis=[2, 3])))
        attention = F.softmax(x, axis=-1)
        return self.fc(x * attention)


class LateMean(nn.Layer):
    """A network on whose last op but one Paddle2ONNX ends its process."""

    def forward(self, x: Any) -> Any:
        x = F.relu(x) + 1
        x = F.softmax(x, axis=-1)
        mean = x.mean()
        return x * mean


class OneLargeWeight(nn.Layer):
    """A network whose first layer has a weight that is much larger than its others."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(8, 8)
        self.second = nn.Linear(8, 4)
        with paddle.no_grad():
            self.first.weight[0] = 200.0

    def forward(self, x: Any) -> Any:
        return self.second(F.relu(self.first(x)))


class WrongAxis(Pictures):
    """The same layers, with attention over the pictures instead of the channels."""

    def forward(self, x: Any) -> Any:
        x = F.relu(self.batch_norm(self.conv(x)))
        x = self.dropout(self.layer_norm(x.mean(axis=[2, 3])))
        attention = F.softmax(x, axis=0)
        return self.fc(x * attention)
