"""YOLOv3 with ResNet34, to be read from top to bottom.

    pictures (B, 3, S, S)
        backbone    features at the strides 8, 16 and 32
        neck        from coarse to fine: 1, 3 or 5 convolutions, then up to the next finer features
        heads       one convolution for each stride: A * (5 + C) numbers in each cell

The outputs are raw. `loss.yolo_loss` compares them with the truth, and `boxes.decode_yolo` turns
them into boxes, outside the network: only what every target can run is in the exported program.

This module imports Paddle, so others import it only inside functions.

References
----------
Redmon and Farhadi 2018, "YOLOv3: An Incremental Improvement"; He et al. 2015, "Deep Residual
Learning for Image Recognition".
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite, log
from typing import Any, Final, Literal, get_args

import paddle
from paddle import Tensor, nn
from paddle.nn import functional as F  # noqa: N812 - as in Paddle's own documentation
from paddle.vision.models.resnet import BasicBlock

from ..errors import DetectionError
from .anchors import Anchors

__all__ = ["BACKBONES", "STRIDES", "Backbone", "ResNet34", "YOLOv3"]

Backbone = Literal["resnet34", "resnet34-quarter"]
BACKBONES: tuple[Backbone, ...] = get_args(Backbone)
STRIDES: Final = (32, 16, 8)
"""Pixels of the input between two cells of the features, coarse first."""

_DEPTHS: Final = (1, 3, 5)
# At stride 8 a quarter of them remains, half of which go up from the scale before.
_LEAST_NECK: Final = 8
_WIDTHS: Final = {"resnet34": 64, "resnet34-quarter": 16}
# The share of cells that contain a thing, as far as an untrained network knows. Without this start,
# the first steps only teach that most cells are empty.
_SHARE_OF_THINGS: Final = 0.01


def _stage(incoming: int, channels: int, *, blocks: int, stride: int) -> nn.Sequential:
    """Return residual blocks, of which the first changes the size and has a projection."""
    projection = nn.Sequential(
        nn.Conv2D(incoming, channels, 1, stride=stride, bias_attr=False), nn.BatchNorm2D(channels)
    )
    rest = [BasicBlock(channels, channels) for _ in range(blocks - 1)]
    return nn.Sequential(BasicBlock(incoming, channels, stride, projection), *rest)


class ResNet34(nn.Layer):
    """`paddle.vision.models.resnet34` without its classifier, of any width.

    The parameters have the same names. The first block also has a projection
    (`layer1.0.downsample`), as in PaddleDetection.

    Parameters
    ----------
    width : int
        Channels of the first stage; 64 in the original.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.conv1 = nn.Conv2D(3, width, 7, stride=2, padding=3, bias_attr=False)
        self.bn1 = nn.BatchNorm2D(width)
        self.layer1 = _stage(width, width, blocks=3, stride=1)
        self.layer2 = _stage(width, 2 * width, blocks=4, stride=2)
        self.layer3 = _stage(2 * width, 4 * width, blocks=6, stride=2)
        self.layer4 = _stage(4 * width, 8 * width, blocks=3, stride=2)
        for layer in self.sublayers():
            if isinstance(layer, BasicBlock):
                # Each block starts as its shortcut, so 34 layers learn from the first step on.
                layer.bn2.weight.set_value(paddle.zeros_like(layer.bn2.weight))

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the features at the strides 32, 16 and 8, with 8, 4 and 2 times the width."""
        x = F.relu(self.bn1(self.conv1(x)))  # (B, width, S/2, S/2)
        x = self.layer1(F.max_pool2d(x, 3, stride=2, padding=1))  # (B, width, S/4, S/4)
        fine = self.layer2(x)  # (B, 2 width, S/8, S/8)
        middle = self.layer3(fine)  # (B, 4 width, S/16, S/16)
        coarse = self.layer4(middle)  # (B, 8 width, S/32, S/32)
        return [coarse, middle, fine]


class _Convolution(nn.Layer):
    """A convolution that keeps the size, batch normalisation, and a leaky ReLU."""

    def __init__(self, incoming: int, channels: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv2D(incoming, channels, kernel, padding=kernel // 2, bias_attr=False)
        self.batch_norm = nn.BatchNorm2D(channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.batch_norm(self.conv(x)), 0.1)


class _NeckBlock(nn.Sequential):
    """Convolutions that alternate between mixing channels and looking around."""

    def __init__(self, incoming: int, channels: int, depth: int) -> None:
        layers = [_Convolution(incoming, channels, 1)]
        for _ in range(depth // 2):
            layers += [
                _Convolution(channels, 2 * channels, 3),
                _Convolution(2 * channels, channels, 1),
            ]
        super().__init__(*layers)


class YOLOv3(nn.Layer):
    """Finds things in pictures: its outputs are `A * (5 + C)` numbers in each cell of each scale.

    Parameters
    ----------
    classes : sequence of str
        The names of the C classes.
    anchors : sequence of sequences of (width, height)
        For each stride its A anchors, in pixels of the input, as `find_anchors` returns them.
    backbone : {"resnet34", "resnet34-quarter"}
        The second has a quarter of the channels, and a sixteenth of the parameters. The neck is the
        same.
    strides : sequence of int
        Of the heads, coarse first: some of 32, 16 and 8. Features of coarser strides still
        contribute. YOLOv3 has anchors of 10 to 33 pixels of the input at the stride 8, of 30 to 119
        at 16. Where all things are about as small as the former, `(8,)` is better: coarse features
        learn more slowly, so that in a short training a head at 16 costs quality.
    neck : int
        Channels of the neck at stride 32; each finer scale has half of them. PaddleDetection's
        YOLOv3 has 512.
    neck_depth : {1, 3, 5}
        Convolutions of the neck at each scale. PaddleDetection's YOLOv3 has 5; in a training of few
        steps from scratch, each of them costs quality.

    Raises
    ------
    DetectionError
        If an argument is not valid.
    """

    def __init__(
        self,
        classes: Sequence[str],
        anchors: Sequence[Sequence[tuple[float, float]]],
        *,
        backbone: Backbone = "resnet34",
        strides: Sequence[int] = (16, 8),
        neck: int = 128,
        neck_depth: Literal[1, 3, 5] = 1,
    ) -> None:
        super().__init__()
        _check(classes, anchors, backbone, strides)
        if neck_depth not in _DEPTHS:
            raise DetectionError(
                f"A neck of {neck_depth!r} convolutions is not possible.", "Choose 1, 3 or 5."
            )
        if not isinstance(neck, int) or neck < _LEAST_NECK:
            raise DetectionError(
                f"A neck of {neck!r:.80} channels is not possible.",
                f"Choose a whole number from {_LEAST_NECK}, such as 128.",
            )
        self.classes = tuple(classes)
        # The loss takes whole pixels, so all others do as well.
        self.anchors: Anchors = tuple(
            tuple((round(width), round(height)) for width, height in scale) for scale in anchors
        )
        self.strides = tuple(strides)
        width = _WIDTHS[backbone]
        self.backbone = ResNet34(width)
        used = STRIDES[: STRIDES.index(strides[-1]) + 1]
        channels = [neck // 2**place for place in range(len(used))]
        # All but the first scale also receive half of the channels of the scale before.
        incoming = [
            8 * width // 2**place + (channels[place] if place else 0) for place in range(len(used))
        ]
        self.blocks = nn.LayerList(
            _NeckBlock(before, after, neck_depth)
            for before, after in zip(incoming, channels, strict=True)
        )
        self.transitions = nn.LayerList(
            _Convolution(before, after, 1) for before, after in pairwise(channels)
        )
        self.places = tuple(used.index(stride) for stride in self.strides)
        self.tips = nn.LayerList(
            _Convolution(channels[place], 2 * channels[place], 3) for place in self.places
        )
        self.heads = nn.LayerList(
            _head(2 * channels[place], len(scale), len(classes))
            for place, scale in zip(self.places, self.anchors, strict=True)
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the raw heads, coarse first.

        Parameters
        ----------
        x : float32 tensor (B, 3, S, S)
            Normalised RGB pictures; S is a multiple of 32.

        Returns
        -------
        list of float32 tensors (B, A * (5 + C), S / stride, S / stride)
            The channels of an anchor follow each other: x, y, width, height, objectness, classes.
        """
        # Indices, since Paddle does not translate `zip(…, strict=True)` to a static graph.
        features = self.backbone(x)
        routes: list[Tensor] = []
        for place, block in enumerate(self.blocks):
            incoming = features[place]
            if place > 0:
                up = F.interpolate(self.transitions[place - 1](routes[-1]), scale_factor=2.0)
                incoming = paddle.concat([up, incoming], axis=1)
            routes.append(block(incoming))
        return [
            self.heads[number](self.tips[number](routes[place]))
            for number, place in enumerate(self.places)
        ]


def _head(incoming: int, anchors: int, classes: int) -> nn.Conv2D:
    head = nn.Conv2D(incoming, anchors * (5 + classes), 1)
    bias = head.bias.numpy()
    bias[4 :: 5 + classes] = log(_SHARE_OF_THINGS / (1 - _SHARE_OF_THINGS))
    head.bias.set_value(bias)
    return head


def _check(
    classes: Sequence[str],
    anchors: Sequence[Sequence[tuple[float, float]]],
    backbone: str,
    strides: Any,
) -> None:
    if isinstance(classes, str) or not classes:
        raise DetectionError(
            f"The classes {classes!r} are not a list of names.",
            "Pass their names, such as train_set.classes.",
        )
    if backbone not in _WIDTHS:
        raise DetectionError(
            f"There is no backbone {backbone!r}.", f"Use one of: {', '.join(BACKBONES)}."
        )
    listed = list(strides) if isinstance(strides, Sequence) else []
    if not listed or listed != [stride for stride in STRIDES if stride in listed]:
        raise DetectionError(
            f"The strides {strides!r:.80} are not some of 32, 16 and 8, coarse first.",
            "For example: strides=(16, 8).",
        )
    try:
        lengths = [float(length) for scale in anchors for anchor in scale for length in anchor]
    except (TypeError, ValueError) as error:
        raise DetectionError(
            f"The anchors {anchors!r:.80} are not pairs of width and height for each scale.",
            "Find them with: find_anchors(train_set, input_size=128, scales=1).",
        ) from error
    if not all(isfinite(length) and round(length) > 0 for length in lengths):
        raise DetectionError(
            f"An anchor of {min(lengths):g} pixels is not possible.",
            "Widths and heights are whole pixels of the input, from 1.",
        )
    if len(anchors) != len(strides) or not all(len(scale) for scale in anchors):
        raise DetectionError(
            f"There are anchors for {len(anchors)} scales, and {len(strides)} strides.",
            f"Find them with: find_anchors(train_set, scales={len(strides)}, …).",
        )
