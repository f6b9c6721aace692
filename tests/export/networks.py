"""Small networks that targets accept or refuse, each for one reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import paddle
from paddle import nn

__all__ = [
    "AlwaysDropping",
    "Boxes",
    "Branches",
    "Calls",
    "Classifier",
    "Endless",
    "Flat",
    "GivenLengths",
    "Halved",
    "Lengths",
    "LineReader",
    "Listed",
    "Mean",
    "Mixed",
    "Noise",
    "NotANumber",
    "Picture",
    "Product",
    "Recurrent",
    "Silent",
    "Transformer",
    "TwoScales",
    "Waves",
    "Wide",
]


class Calls(nn.Layer):
    """Calls a function of one tensor."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(x)


class Classifier(nn.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(20, 8)
        self.fc = nn.Linear(8, 2)

    def forward(self, ids: Any) -> Any:
        return self.fc(self.embedding(ids).mean(axis=1))


class Recurrent(nn.Layer):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.rnn = getattr(nn, kind)(4, 8)

    def forward(self, x: Any) -> Any:
        return self.rnn(x)[0][:, -1]


class Lengths(nn.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.GRU(4, 8)

    def forward(self, x: Any) -> Any:
        return self.rnn(x, sequence_length=paddle.full([2], 3, "int64"))[0][:, -1]


class GivenLengths(nn.Layer):
    """Ends the process if there are no rows."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.GRU(4, 8)

    def forward(self, x: Any, lengths: Any) -> Any:
        return self.rnn(x, sequence_length=lengths)[0][:, -1]


class Difference(nn.Layer):
    """Takes two inputs, of which the second is used first."""

    def forward(self, x: Any, y: Any) -> Any:
        return x - 2 * y


class Mean(nn.Layer):
    def forward(self, x: Any) -> Any:
        return x * x.mean()


class RowMeans(nn.Layer):
    def forward(self, x: Any) -> Any:
        return x.mean(axis=1)


class Waves(nn.Layer):
    def forward(self, x: Any) -> Any:
        square = x * x
        return square.sin(), square.cos()


class Endless(nn.Layer):
    def forward(self, x: Any) -> Any:
        while x.abs().max() > 0.1:
            x = x * 0.5
        return x


class Mixed(nn.Layer):
    """Inputs and outputs of several dtypes."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(20, 4)

    def forward(self, ids: Any, x: Any, mask: Any) -> Any:
        hidden = (self.embedding(ids) + x) * mask.unsqueeze(-1).astype("float32")
        return {"largest": hidden.argmax(axis=-1), "sum": hidden.sum(axis=1)}


class Wide(nn.Sequential):
    """Large enough that most of its file are weights."""

    def __init__(self) -> None:
        super().__init__(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 256), nn.Linear(256, 4))


class Branches(nn.Layer):
    def forward(self, x: Any) -> Any:
        if x.sum() > 1:
            return x + 1
        return x * 2


class Boxes(nn.Layer):
    def forward(self, boxes: Any, scores: Any) -> Any:
        limits = (0.1, 10, 10, 0.5, True, 1.0, -1)
        kept, _, count = paddle._C_ops.multiclass_nms3(boxes, scores, None, *limits)
        return kept, count


class Transformer(nn.Layer):
    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0)
        self.encoder = nn.TransformerEncoder(layer, 1)

    def forward(self, x: Any) -> Any:
        return self.encoder(x)


class LineReader(nn.Layer):
    """A recogniser of lines of text with any width."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.conv = nn.Conv2D(3, 8, 3, stride=(2, 8), padding=1)
        self.fc = nn.Linear(8, classes)

    def forward(self, x: Any) -> Any:
        columns = nn.functional.relu(self.conv(x)).mean(axis=2)
        return nn.functional.softmax(20 * self.fc(columns.transpose([0, 2, 1])))


class Picture(nn.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2D(3, 8, 3, padding=1)
        self.fc = nn.Linear(8, 3)

    def forward(self, x: Any) -> Any:
        return self.fc(self.convolution(x).mean([2, 3]))


class TwoScales(nn.Layer):
    """A detector with two anchors at each of two scales, of 16 and 8 pixels; not trained."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.stem = nn.Conv2D(3, 8, 3, stride=4, padding=1)
        self.fine = nn.Conv2D(8, 8, 3, stride=2, padding=1)
        self.coarse = nn.Conv2D(8, 8, 3, stride=2, padding=1)
        self.heads = nn.LayerList([nn.Conv2D(8, 2 * (5 + classes), 1) for _ in range(2)])

    def forward(self, x: Any) -> Any:
        fine = nn.functional.relu(self.fine(nn.functional.relu(self.stem(x))))
        coarse = nn.functional.relu(self.coarse(fine))
        return [4 * self.heads[0](coarse), 4 * self.heads[1](fine)]


class Flat(nn.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2D(3, 2, 3, padding=1)
        self.fc = nn.Linear(128, 3)

    def forward(self, x: Any) -> Any:
        return self.fc(self.convolution(x).flatten(1))


class Product(nn.Layer):
    def forward(self, x: Any) -> Any:
        return paddle.cumprod(x, dim=1)


class Noise(nn.Layer):
    def forward(self, x: Any) -> Any:
        return x + paddle.rand([2, 4])


class AlwaysDropping(nn.Layer):
    def forward(self, x: Any) -> Any:
        return nn.functional.dropout(x * 2, 0.5)


class NotANumber(nn.Layer):
    def forward(self, x: Any) -> Any:
        return x * float("nan")


class Silent(nn.Layer):
    def forward(self, x: Any) -> None:
        self.seen = x + 1


class Halved(nn.Layer):
    def forward(self, x: Any) -> Any:
        return x.astype("float16").astype("float32")


class Listed(nn.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.layers = [nn.Linear(4, 4)]

    def forward(self, x: Any) -> Any:
        return self.layers[0](x)
