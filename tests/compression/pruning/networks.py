"""Small networks, each with another way for channels to go."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import paddle
from paddle import nn
from paddle.nn import functional
from paddle.static import InputSpec

__all__ = ["NETWORKS", "Branching", "Case", "Classes", "Shared", "with_random_norms"]

Case = tuple[nn.Layer, list[InputSpec], tuple[np.ndarray[Any, Any], ...]]


def block(channels_in: int, channels_out: int, size: int = 3, **options: Any) -> nn.Sequential:
    """Return a convolution with batch norm and ReLU."""
    return nn.Sequential(
        nn.Conv2D(channels_in, channels_out, size, padding=size // 2, bias_attr=False, **options),
        nn.BatchNorm2D(channels_out),
        nn.ReLU(),
    )


class Pictures(nn.Layer):
    """Layers for pictures, then the mean of each channel and one linear layer."""

    def __init__(self, layers: Sequence[nn.Layer], channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.fc = nn.Linear(channels, 3)

    def forward(self, x: Any) -> Any:
        return self.fc(self.layers(x).mean([2, 3]))


class Residual(nn.Layer):
    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.one = block(channels_in, channels)
        self.two = nn.Sequential(nn.Conv2D(channels, channels, 3, padding=1), nn.BatchNorm2D(8))
        self.short = nn.Conv2D(channels_in, channels, 1) if channels_in != channels else None

    def forward(self, x: Any) -> Any:
        y = self.two(self.one(x))
        return functional.relu(y + (x if self.short is None else self.short(x)))


class Dense(nn.Layer):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2D(channels)
        self.grow = nn.Conv2D(channels, 4, 3, padding=1)

    def forward(self, x: Any) -> Any:
        return paddle.concat([x, self.grow(functional.relu(self.norm(x)))], axis=1)


class Inverted(nn.Layer):
    """The block of MobileNetV3, with squeeze and excitation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.expand = block(channels, 16, 1)
        self.each = block(16, 16, groups=16)
        self.down, self.up = nn.Conv2D(16, 4, 1), nn.Conv2D(4, 16, 1)
        self.project = nn.Sequential(nn.Conv2D(16, channels, 1), nn.BatchNorm2D(channels))

    def forward(self, x: Any) -> Any:
        y = functional.hardswish(self.each(self.expand(x)))
        squeezed = functional.relu(self.down(functional.adaptive_avg_pool2d(y, 1)))
        return x + self.project(y * functional.hardsigmoid(self.up(squeezed)))


class Shuffled(nn.Layer):
    """The block of ShuffleNetV2: one half goes on, and the halves are mixed."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.branch = nn.Sequential(block(half, half, 1), block(half, half, groups=half))

    def forward(self, x: Any) -> Any:
        one, other = paddle.split(x, 2, axis=1)
        y = paddle.concat([one, self.branch(other)], axis=1)
        _, channels, height, width = y.shape
        y = y.reshape([-1, 2, channels // 2, height, width]).transpose([0, 2, 1, 3, 4])
        return y.reshape([-1, channels, height, width])


class Sliced(nn.Layer):
    """Gates one part of the channels by another; the rest is taken from the end."""

    def __init__(self) -> None:
        super().__init__()
        self.make, self.take = nn.Conv2D(3, 12, 3), nn.Conv2D(8, 4, 1)

    def forward(self, x: Any) -> Any:
        y = functional.relu(self.make(x))
        return self.take(paddle.concat([y[:, :4] * y[:, 4:8], y[:, -4:]], axis=1)).flatten(1)


class Transposed(nn.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.make = nn.Conv2D(3, 8, 3)
        self.slope = nn.PReLU(8)
        self.up = nn.Conv2DTranspose(8, 6, 2, stride=2)
        self.take = nn.Conv2D(6, 2, 1)

    def forward(self, x: Any) -> Any:
        y = functional.pad(self.slope(self.make(x)), [1, 1, 1, 1])
        return self.take(functional.interpolate(self.up(y), scale_factor=2, mode="bilinear"))


class Flattened(nn.Layer):
    """VGG: each channel becomes several columns of the first linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2D(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2D(2),
            nn.Conv2D(8, 8, 3, padding=1), nn.Tanh(), nn.AdaptiveAvgPool2D(2),
        )  # fmt: skip
        self.classifier = nn.Sequential(
            nn.Linear(32, 16), nn.ReLU(), nn.Dropout(), nn.Linear(16, 3)
        )

    def forward(self, x: Any) -> Any:
        return self.classifier(self.features(x).flatten(1))


class Gated(nn.Layer):
    """A sigmoid is 0.5 for a channel that is zero."""

    def __init__(self) -> None:
        super().__init__()
        self.make, self.take = nn.Conv2D(3, 8, 3), nn.Conv2D(8, 2, 1)

    def forward(self, x: Any) -> Any:
        return self.take(functional.sigmoid(self.make(x)))


class TextCnn(nn.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(20, 8)
        self.convolutions = nn.LayerList([nn.Conv1D(8, 6, size, padding=1) for size in (2, 3)])
        self.fc = nn.Linear(12, 2)

    def forward(self, ids: Any) -> Any:
        x = self.embedding(ids).transpose([0, 2, 1])
        parts = [functional.relu(layer(x)).max(axis=2) for layer in self.convolutions]
        return self.fc(paddle.concat(parts, axis=1))


class Attention(nn.Layer):
    """Heads of attention without a residual connection: each loses the same channels."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(20, 8)
        self.query, self.key, self.value = (nn.Linear(8, 8) for _ in range(3))
        self.fc = nn.Linear(8, 2)

    def forward(self, ids: Any) -> Any:
        x = self.embedding(ids)
        query, key, value = (
            layer(x).reshape([0, 0, 2, 4]).transpose([0, 2, 1, 3])
            for layer in (self.query, self.key, self.value)
        )
        weights = functional.softmax(paddle.matmul(query, key, transpose_y=True))
        mixed = paddle.matmul(weights, value).transpose([0, 2, 1, 3])
        return self.fc(mixed.reshape([0, 0, 8])).mean(axis=1)


class Lines(nn.Layer):
    """A recogniser: the recurrent layer takes what the last convolution makes."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(block(3, 8), nn.MaxPool2D(2), block(8, 6), nn.MaxPool2D(2))
        self.rnn = nn.GRU(6 * 2, 5, direction="bidirect")
        self.fc = nn.Linear(10, 4)

    def forward(self, x: Any) -> Any:
        return self.fc(self.rnn(self.features(x).transpose([0, 3, 1, 2]).flatten(2))[0])


class Detector(nn.Layer):
    """Two heads on features of two sizes, as YOLOv3 has them."""

    def __init__(self) -> None:
        super().__init__()
        self.fine, self.coarse = block(3, 8, stride=2), block(8, 12, stride=2)
        self.lateral = block(12, 4, 1)
        self.heads = nn.LayerList([nn.Conv2D(12, 6, 1), nn.Conv2D(12, 6, 1)])

    def forward(self, x: Any) -> Any:
        fine = self.fine(x)
        coarse = self.coarse(fine)
        up = functional.interpolate(self.lateral(coarse), scale_factor=2)
        return self.heads[0](coarse), self.heads[1](paddle.concat([up, fine], axis=1))


class Branching(nn.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.make, self.take = nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, x: Any) -> Any:
        y = self.make(x)
        # Not an expression, which Paddle would not convert to a branch.
        if x.sum() > 0:  # noqa: SIM108
            z = y * 2
        else:
            z = y - 1
        return self.take(z)


class Classes(nn.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.make, self.take = nn.Linear(4, 6), nn.Linear(6, 3)

    def forward(self, x: Any) -> Any:
        return self.take(functional.relu(self.make(x))).argmax(axis=1)


class Shared(nn.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.twice, self.fc = nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, x: Any) -> Any:
        return self.fc(functional.relu(self.twice(functional.relu(self.twice(x)))))


def pictures(layers: Sequence[nn.Layer], channels: int) -> Callable[[], Case]:
    return lambda: _case(Pictures(layers, channels))


def _case(network: nn.Layer, size: int = 8) -> Case:
    x = np.random.default_rng(0).standard_normal((2, 3, size, size)).astype(np.float32)
    return network, [InputSpec([None, 3, size, size], "float32", "x")], (x,)


def _text(network: nn.Layer) -> Case:
    ids = np.random.default_rng(0).integers(0, 20, (2, 7))
    return network, [InputSpec([None, None], "int64", "ids")], (ids,)


def _lines() -> Case:
    x = np.random.default_rng(0).standard_normal((2, 3, 8, 20)).astype(np.float32)
    return Lines(), [InputSpec([None, 3, 8, None], "float32", "x")], (x,)


def _encoder() -> Case:
    x = np.random.default_rng(0).standard_normal((2, 5, 8)).astype(np.float32)
    network = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 2)
    return network, [InputSpec([None, None, 8], "float32", "x")], (x,)


NETWORKS: dict[str, Callable[[], Case]] = {
    "residual": lambda: _case(Pictures([Residual(3, 8), Residual(8, 8)], 8)),
    "dense": lambda: _case(Pictures([block(3, 8), Dense(8), Dense(12), block(16, 8)], 8)),
    "inverted": lambda: _case(Pictures([block(3, 8), Inverted(8), Inverted(8)], 8)),
    "shuffled": lambda: _case(
        Pictures([block(3, 16), Shuffled(16), Shuffled(16), block(16, 8)], 8)
    ),
    "grouped": lambda: _case(
        Pictures([block(3, 8), block(8, 12, groups=4), block(12, 24, groups=12)], 24)
    ),
    "sliced": lambda: _case(Sliced()),
    "transposed": lambda: _case(Transposed()),
    "flattened": lambda: _case(Flattened()),
    "gated": lambda: _case(Gated()),
    "text": lambda: _text(TextCnn()),
    "attention": lambda: _text(Attention()),
    "encoder": _encoder,
    "lines": _lines,
    "detector": lambda: _case(Detector(), 16),
}


def with_random_norms(network: nn.Layer, inputs: Sequence[Any], seed: int = 0) -> nn.Layer:
    """Give batch norms random scales and the statistics of some inputs.

    An untrained network of many layers returns numbers near zero, which are equal to anything.
    """
    rng = np.random.default_rng(seed)
    for layer in network.sublayers(include_self=True):
        if isinstance(layer, nn.BatchNorm2D):
            layer._momentum = 0.0
            layer.weight.set_value(rng.uniform(0.5, 1.5, layer.weight.shape).astype(np.float32))
            layer.bias.set_value(rng.normal(0, 0.2, layer.bias.shape).astype(np.float32))
    network.train()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Paddle's, about batch norms in training
        network(*map(paddle.to_tensor, inputs))
    network.eval()
    return network
