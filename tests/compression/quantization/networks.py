"""Small networks, which have forgotten nothing since they were never trained."""

from __future__ import annotations

from typing import Any

import paddle
from paddle import nn

__all__ = ["Attention", "Pictures", "Texts", "Twice"]


class Pictures(nn.Layer):
    """A convolution, a residual block with two branches, pooling, and a classifier."""

    def __init__(self, width: int = 16, classes: int = 4) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2D(3, width, 3, padding=1), nn.BatchNorm2D(width), nn.ReLU(), nn.MaxPool2D(2)
        )
        self.branch = nn.Sequential(
            nn.Conv2D(width, width, 3, padding=1, bias_attr=False),
            nn.BatchNorm2D(width),
            nn.ReLU6(),
            nn.Conv2D(width, width, 1),
        )
        self.wide = nn.Conv2D(width, 4 * width, 3)
        self.scores = nn.Linear(4 * width, classes)

    def forward(self, x: Any) -> Any:
        x = self.stem(x)
        x = nn.functional.relu(x + self.branch(x))
        return self.scores(nn.functional.relu(self.wide(x)).mean(axis=[2, 3]))


class Texts(nn.Layer):
    """A TextCNN with two widths."""

    def __init__(self, characters: int, width: int = 16) -> None:
        super().__init__()
        self.embedding = nn.Embedding(characters, width)
        self.two = nn.Conv1D(width, width, 2)
        self.three = nn.Conv1D(width, width, 3)
        self.scores = nn.Linear(2 * width, 2)

    def forward(self, ids: Any) -> Any:
        x = self.embedding(ids).transpose([0, 2, 1])
        best = [nn.functional.relu(each(x)).max(axis=2) for each in (self.two, self.three)]
        return self.scores(paddle.concat(best, axis=1))


class Attention(nn.Layer):
    """A layer of a transformer."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.encoder = nn.TransformerEncoderLayer(width, 2, 2 * width, dropout=0.0)
        self.scores = nn.Linear(width, 3)

    def forward(self, x: Any) -> Any:
        return self.scores(self.encoder(x).mean(axis=1))


class Twice(nn.Layer):
    """Runs one layer twice."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 6)

    def forward(self, x: Any) -> Any:
        return self.linear(nn.functional.relu(self.linear(x)))
