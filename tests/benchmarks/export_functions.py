"""Networks of a few ops each: what a learner writes in `forward`, and what has failed somewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import paddle
from paddle import nn
from paddle.nn import functional

__all__ = [
    "FUNCTIONS",
    "IMAGES",
    "Function",
    "OwnCell",
    "layers_in_a_list",
    "many_layers",
    "nested_layers",
]


class Function(nn.Layer):
    """Calls a function in `forward`."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(x)


class OwnCell(nn.RNNCellBase):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(16, 8)

    @property
    def state_shape(self) -> tuple[int]:
        return (8,)

    def forward(self, inputs: Any, states: Any = None) -> Any:
        if states is None:
            states = self.get_initial_states(inputs)
        state = paddle.tanh(self.fc(paddle.concat([inputs, states], axis=-1)))
        return state, state


class ListedLayers(nn.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.layers = [nn.Linear(8, 8), nn.Linear(8, 8)]

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x


def layers_in_a_list() -> nn.Layer:
    return ListedLayers()


def many_layers() -> nn.Layer:
    return nn.Sequential(*[nn.Sequential(nn.Linear(8, 8), nn.ReLU()) for _ in range(100)])


def nested_layers() -> nn.Layer:
    network: nn.Layer = nn.Linear(8, 8)
    for _ in range(150):
        network = nn.Sequential(network)
    return network


def sine_and_tanh(x: Any) -> Any:
    e = x * x
    return e.sin(), e.tanh()


def exponential_and_cosine(x: Any) -> Any:
    e = x * x
    return e.exp(), e.cos()


def floor_and_difference(x: Any) -> Any:
    e = x * 10
    return e.floor(), e - 1


def logarithm_and_floor(x: Any) -> Any:
    e = x + 1
    return e.log(), e.floor()


def input_as_an_output(x: Any) -> Any:
    return x, x + 1


def output_twice(x: Any) -> Any:
    e = x.exp()
    return e, e


def none_among_outputs(x: Any) -> Any:
    return {"logits": x * 2, "extra": None}


def assignment(x: Any) -> Any:
    y = x * 1
    y[:, 0] = 0.0
    return y


def noise(x: Any) -> Any:
    return x + paddle.rand([2, 5, 8])


def zeros_of_a_size(x: Any) -> Any:
    return x + paddle.zeros([x.shape[0], 1, 8])


def steps(x: Any) -> Any:
    """Add up a number of steps that is only known when the network runs."""
    total = x[:, 0]
    for i in range(1, x.shape[1]):
        total = total + x[:, i]
    return total


def early_return(x: Any) -> Any:
    if x.mean(axis=[0, 1, 2]) > 10:
        return x
    return x * 2


def softmax_of_masked(x: Any) -> Any:
    return functional.softmax(paddle.where(x > 0.5, x, paddle.full_like(x, -1e9)), axis=-1)


def attention(x: Any) -> Any:
    q = x.unsqueeze(2)
    return functional.scaled_dot_product_attention(q, q, q)


def one_hot(x: Any) -> Any:
    return functional.one_hot(x.argmax(axis=-1), 8)


def scatter(x: Any) -> Any:
    return paddle.scatter(x[0], paddle.to_tensor([1, 3]), x[1, :2])


def statistics(x: Any) -> Any:
    return x.std(axis=-1), x.var(axis=-1), x.median(axis=-1)


def pad(x: Any) -> Any:
    return functional.pad(x, [1, 2], data_format="NCL")


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sin and tanh of one value": sine_and_tanh,
    "exp and cos of one value": exponential_and_cosine,
    "floor of a value, and the value": floor_and_difference,
    "log and floor of one value": logarithm_and_floor,
    "an input as an output": input_as_an_output,
    "one output twice": output_twice,
    "None among the outputs": none_among_outputs,
    "assignment to a slice": assignment,
    "random noise": noise,
    "zeros of a dynamic size": zeros_of_a_size,
    "loop over a dynamic size": steps,
    "return inside an if": early_return,
    "masked softmax": softmax_of_masked,
    "attention": attention,
    "one-hot": one_hot,
    "scatter": scatter,
    "std, var and median": statistics,
    "pad": pad,
    "comparison": lambda x: x > 0.5,
    "fft": lambda x: paddle.fft.rfft(x).abs(),
    "complex output": lambda x: paddle.fft.fft(x),
    "nonzero": lambda x: paddle.nonzero(x > 0.5),
    "masked select": lambda x: paddle.masked_select(x, x > 0.5),
    "unique": lambda x: paddle.unique((x * 4).astype("int64")),
    "sort": lambda x: paddle.sort(x, axis=-1),
    "argsort": lambda x: paddle.argsort(x, axis=-1),
    "argmax": lambda x: x.argmax(axis=-1),
    "cumsum": lambda x: paddle.cumsum(x, axis=1),
    "gather": lambda x: paddle.gather(x, paddle.to_tensor([0, 2]), axis=1),
    "take along axis": lambda x: paddle.take_along_axis(x, x.argmax(axis=-1, keepdim=True), 2),
    "tile": lambda x: paddle.tile(x, [1, 2, 1]),
    "split": lambda x: paddle.split(x, 2, axis=-1),
    "flip and roll": lambda x: paddle.roll(paddle.flip(x, axis=[1]), 1, axis=1),
    "logsumexp": lambda x: paddle.logsumexp(x, axis=-1),
    "norm": lambda x: paddle.linalg.norm(x, axis=-1),
    "cosine similarity": lambda x: functional.cosine_similarity(x[:, 0], x[:, 1], axis=-1),
    "activations": lambda x: functional.gelu(x) + functional.mish(x) + functional.hardswish(x),
    "erf": lambda x: paddle.erf(x),
    "triangle": lambda x: paddle.tril(x) + paddle.triu(x),
    "strided slice": lambda x: x[:, ::2, 1:-1],
    "integer division": lambda x: (x * 10).astype("int64") // 3 + (x * 10).astype("int64") % 3,
    "float64": lambda x: x.astype("float64") / 3,
    "int32": lambda x: (x * 10).astype("int32").sum(axis=-1),
    "half precision output": lambda x: (x * 2).astype("float16"),
    "bfloat16 output": lambda x: (x * 2).astype("bfloat16"),
    "shape": lambda x: paddle.shape(x),
    "topk": lambda x: paddle.topk(x, 3, axis=-1),
    "all and any": lambda x: (paddle.all(x > 0, axis=-1), paddle.any(x > 0.9, axis=-1)),
    "layer norm": lambda x: functional.layer_norm(x, 8),
    "matmul, transposed": lambda x: paddle.matmul(x, x, transpose_y=True),
    "sum of everything": lambda x: x.sum(),
    "maximum of everything": lambda x: x.max(),
    "product": lambda x: x.prod(axis=-1),
    "inverse": lambda x: paddle.linalg.inv(paddle.matmul(x, x, transpose_y=True) + paddle.eye(5)),
}

IMAGES: dict[str, Callable[[], nn.Layer]] = {
    "transposed convolution": lambda: nn.Conv2DTranspose(3, 4, 3, stride=2),
    "grouped and dilated convolution": lambda: nn.Sequential(
        nn.Conv2D(3, 6, 3, dilation=2), nn.Conv2D(6, 6, 3, groups=6)
    ),
    "group and instance norm": lambda: nn.Sequential(
        nn.Conv2D(3, 4, 3), nn.GroupNorm(2, 4), nn.InstanceNorm2D(4)
    ),
    "pixel shuffle": lambda: nn.Sequential(nn.Conv2D(3, 8, 1), nn.PixelShuffle(2)),
    "adaptive pools": lambda: nn.Sequential(nn.AdaptiveMaxPool2D(4), nn.AdaptiveAvgPool2D(1)),
    "unfold": lambda: nn.Unfold(3),
    "upsample to a size": lambda: nn.Upsample(size=[12, 12], mode="bilinear"),
    "bicubic upsample": lambda: nn.Upsample(scale_factor=2, mode="bicubic"),
    "nearest upsample": lambda: nn.Upsample(scale_factor=2, mode="nearest"),
    "prelu": lambda: nn.Sequential(nn.Conv2D(3, 4, 3), nn.PReLU(4)),
    "flatten after a convolution": lambda: nn.Sequential(
        nn.Conv2D(3, 4, 3), nn.Flatten(), nn.Linear(144, 2)
    ),
    "dropout and batch norm": lambda: nn.Sequential(nn.BatchNorm2D(3), nn.Dropout(0.5)),
    "max pool with indices": lambda: nn.MaxPool2D(2, return_mask=True),
    "grid sample": lambda: Function(
        lambda x: functional.grid_sample(x, x[:, :2].transpose([0, 2, 3, 1]) * 2 - 1)
    ),
    "batch norm after a linear layer": lambda: nn.Sequential(
        nn.Flatten(), nn.Linear(192, 8), nn.BatchNorm1D(8)
    ),
}
