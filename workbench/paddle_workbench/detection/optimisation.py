"""Adam and the average of the weights, with their state by the names of the network.

Paddle names the state of an optimiser after a counter of the process. Saved under those names, it
does not fit a network that was built a second time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from paddle.nn import Layer

    from .recipe import Recipe
    from .yolo import YOLOv3

__all__ = [
    "Average",
    "adam_for",
    "load_adam_state",
    "load_net_arrays",
    "net_arrays",
    "read_adam_state",
    "weights_of",
]

Arrays = dict[str, NDArray[Any]]

_BETAS = (0.9, 0.999)
_ENTRY = re.compile(r"(.+)_(moment1|moment2|beta1_pow_acc|beta2_pow_acc)_\d+")


def net_arrays(net: YOLOv3) -> Arrays:
    """Return a copy of all parameters and statistics of a network by name."""
    return {name: np.array(value.numpy()) for name, value in net.state_dict().items()}


def load_net_arrays(net: YOLOv3, arrays: Arrays) -> None:
    """Set all parameters and statistics of a network."""
    state: dict[str, Any] = {**arrays}
    net.set_state_dict(state)


def weights_of(layer: Layer) -> list[Any]:
    """Return the parameters of a layer that are learned.

    For Paddle, the running mean and variance of a batch normalisation are parameters, too.
    """
    return [
        parameter
        for name, parameter in layer.named_parameters()
        if not name.endswith(("._mean", "._variance"))
    ]


def adam_for(net: YOLOv3, recipe: Recipe, *, frozen: bool) -> Any:
    """Return a new Adam for all parameters of a network, or for those outside its backbone.

    Its state exists already; Paddle makes it at the first step.
    """
    import paddle

    for weight in weights_of(net.backbone):
        weight.stop_gradient = frozen
    parameters = [each for each in net.parameters() if not each.stop_gradient]
    clip = recipe.clip_norm
    optimizer = paddle.optimizer.Adam(
        0.0,
        *_BETAS,
        parameters=parameters,
        grad_clip=None if clip is None else paddle.nn.ClipGradByGlobalNorm(clip),
        # One kernel for all parameters; AdamW has none.
        use_multi_tensor=True,
    )
    # A step without gradients and without a rate changes only the state.
    paddle.add_n([parameter.sum() * 0.0 for parameter in parameters]).backward()
    optimizer.step()
    optimizer.clear_grad()
    load_adam_state(net, optimizer, {})
    return optimizer


def read_adam_state(net: YOLOv3, optimizer: Any) -> Arrays:
    """Return a copy of the state of Adam, as `parameter/moment1` and so on."""
    return {name: np.array(value.numpy()) for name, value in _entries(net, optimizer).items()}


def load_adam_state(net: YOLOv3, optimizer: Any, state: Arrays) -> None:
    """Set the state of Adam; parameters that are not in it start as new ones."""
    for name, value in _entries(net, optimizer).items():
        if name in state:
            value.set_value(state[name])
        else:
            kind = name.rpartition("/")[2]
            start = {"beta1_pow_acc": _BETAS[0], "beta2_pow_acc": _BETAS[1]}.get(kind, 0.0)
            value.set_value(np.full(value.shape, start, np.float32))


def _entries(net: YOLOv3, optimizer: Any) -> dict[str, Any]:
    names = {parameter.name: name for name, parameter in net.named_parameters()}
    entries = {}
    for entry, value in optimizer.state_dict().items():
        match = _ENTRY.fullmatch(entry)
        if match and match[1] in names:
            entries[f"{names[match[1]]}/{match[2]}"] = value
    return entries


class Average:
    """The exponential moving average of all parameters and statistics of a network (EMA).

    In the first steps less of the old average remains, so that it does not keep the random start.

    Parameters
    ----------
    net : YOLOv3
    decay : float
    """

    def __init__(self, net: YOLOv3, decay: float) -> None:
        self._decay = decay
        self._values = {name: value.clone().detach() for name, value in net.state_dict().items()}

    def update(self, net: YOLOv3, step: int) -> None:
        """Add the weights after a step, counted from 0."""
        import paddle

        decay = min(self._decay, (1 + step) / (10 + step))
        with paddle.no_grad():
            for name, value in net.state_dict().items():
                average = self._values[name]
                average.scale_(decay)
                average.add_(value * (1 - decay))

    def arrays(self) -> Arrays:
        """Return a copy of the average by name."""
        return {name: np.array(value.numpy()) for name, value in self._values.items()}

    def load(self, arrays: Arrays) -> None:
        """Set the average."""
        for name, value in self._values.items():
            value.set_value(arrays[name])
