"""Networks whose layers and connections are drawn at random."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import paddle
from paddle import nn
from paddle.nn import functional

__all__ = ["SIZE", "RandomNetwork"]

SIZE = 8
_Step = Callable[[list[Any]], list[Any]]


class RandomNetwork(nn.Layer):
    """Each step takes values of earlier steps; the last three are concatenated.

    Parameters
    ----------
    seed : int
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._rng = np.random.default_rng(seed)
        self.layers = nn.LayerList()
        self._channels = [3]
        self._steps: list[_Step] = []
        for _ in range(int(self._rng.integers(5, 12))):
            self._add_step()
        self.head = nn.Conv2D(sum(self._channels[-3:]), 4, 1)
        self.fc = nn.Linear(4 * SIZE**2, 3)

    def forward(self, x: Any) -> Any:
        values = [x]
        for step in self._steps:
            values += step(values)
        y = paddle.concat([functional.relu(value) for value in values[-3:]], axis=1)
        return self.fc(self.head(y).flatten(1))

    def _add_step(self) -> None:
        at, other = self._rng.integers(0, len(self._channels), 2).tolist()
        count, others = self._channels[at], self._channels[other]
        steps = [*self._layer_steps(at, count), *self._moves(at, count)]
        if count == others:
            steps += [
                (count, lambda values: [values[at] + values[other]]),
                (count, lambda values: [paddle.maximum(values[at], values[other])]),
                (2 * count, lambda values: [_interleaved(values[at], values[other])]),
            ]
        if count + others <= 40:
            both = count + others
            steps.append((both, lambda values: [paddle.concat([values[at], values[other]], 1)]))
        made, step = steps[int(self._rng.integers(len(steps)))]
        self._steps.append(step)
        self._channels.append(made)

    def _layer_steps(self, at: int, count: int) -> list[tuple[int, _Step]]:
        made = int(self._rng.choice([4, 8, 12]))
        layers: list[tuple[int, nn.Layer]] = [
            (made, nn.Conv2D(count, made, 3, padding=1)),
            (made, nn.Sequential(nn.Conv2D(count, made, 1), nn.BatchNorm2D(made), nn.Hardswish())),
            (2 * count, nn.Conv2D(count, 2 * count, 3, padding=1, groups=count)),
            (made, nn.Conv2DTranspose(count, made, 3, padding=1)),
            (count, nn.PReLU(count)),
            (made, _Pixels(count, made)),
            (count, _Squeeze(count)),
        ]
        if count % 4 == 0:
            layers.append((made, nn.Conv2D(count, made, 3, padding=1, groups=4)))
            layers.append((count, nn.GroupNorm(2, count)))
        made, layer = layers[int(self._rng.integers(len(layers)))]
        self.layers.append(layer)
        return [(made, lambda values: [layer(values[at])])]

    def _moves(self, at: int, count: int) -> list[tuple[int, _Step]]:
        moves: list[tuple[int, _Step]] = [
            (count, lambda values: [functional.silu(values[at])]),
            (count, lambda values: [functional.max_pool2d(values[at], 3, 1, 1)]),
            (count, lambda values: [values[at].transpose([0, 1, 3, 2])]),
        ]
        if count > 3:
            moves.append((count - 1, lambda values: [values[at][:, 1:]]))
        if count % 2 == 0:
            moves.append((count, lambda values: [_mixed(values[at], count)]))
            moves.append((count, lambda values: [_attended(values[at], count)]))
        return moves


class _Pixels(nn.Layer):
    def __init__(self, count: int, made: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(count, made), nn.GELU(), nn.Linear(made, made))

    def forward(self, x: Any) -> Any:
        return self.layers(x.transpose([0, 2, 3, 1])).transpose([0, 3, 1, 2])


class _Squeeze(nn.Layer):
    def __init__(self, count: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.AdaptiveAvgPool2D(1), nn.Conv2D(count, 4, 1), nn.ReLU(), nn.Conv2D(4, count, 1)
        )

    def forward(self, x: Any) -> Any:
        return x * functional.hardsigmoid(self.layers(x))


def _mixed(x: Any, count: int) -> Any:
    x = x.reshape([-1, 2, count // 2, SIZE, SIZE]).transpose([0, 2, 1, 3, 4])
    return x.reshape([-1, count, SIZE, SIZE])


def _interleaved(one: Any, other: Any) -> Any:
    return paddle.stack([one, other], axis=2).flatten(1, 2)


def _attended(x: Any, count: int) -> Any:
    heads = x.flatten(2).transpose([0, 2, 1]).reshape([0, SIZE**2, 2, count // 2])
    heads = heads.transpose([0, 2, 1, 3])
    weights = functional.softmax(paddle.matmul(heads, heads, transpose_y=True))
    mixed = paddle.matmul(weights, heads).transpose([0, 2, 1, 3]).reshape([0, SIZE**2, count])
    return mixed.transpose([0, 2, 1]).reshape([-1, count, SIZE, SIZE])
