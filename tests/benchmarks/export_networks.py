"""Small networks of every kind that the course and its learners export."""

from __future__ import annotations

from typing import Any

import numpy as np
import paddle
from paddle import nn
from paddle.nn import functional


class TextClassifier(nn.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(50, 16)
        self.fc = nn.Linear(16, 2)

    def forward(self, x: Any) -> Any:
        return self.fc(paddle.mean(self.embedding(x), axis=1))


class MaskedMean(TextClassifier):
    def forward(self, x: Any) -> Any:
        mask = (x > 0).astype("float32").unsqueeze(-1)
        total = (self.embedding(x) * mask).sum(axis=1)
        return self.fc(total / paddle.clip(mask.sum(axis=1), min=1.0))


class TextCnn(nn.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(50, 16)
        self.convs = nn.LayerList([nn.Conv1D(16, 8, size, padding=size // 2) for size in (3, 5)])
        self.fc = nn.Linear(16, 2)

    def forward(self, x: Any) -> Any:
        x = self.embedding(x).transpose([0, 2, 1])
        return self.fc(
            paddle.concat([functional.relu(conv(x)).max(axis=2) for conv in self.convs], axis=1)
        )


class Recurrent(nn.Layer):
    def __init__(self, kind: str, direction: str = "forward") -> None:
        super().__init__()
        self.rnn = getattr(nn, kind)(8, 8, direction=direction)

    def forward(self, x: Any) -> Any:
        return self.rnn(x)[0]


class Lengths(Recurrent):
    def forward(self, x: Any) -> Any:
        return self.rnn(x, sequence_length=paddle.to_tensor([2, 4]))[0]


def transformer() -> nn.Layer:
    return nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 2)


class Ernie(nn.Layer):
    def __init__(self) -> None:
        super().__init__()
        from paddlenlp.transformers import ErnieConfig, ErnieModel

        config = ErnieConfig(
            vocab_size=50, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=32, max_position_embeddings=128,
        )  # fmt: skip
        self.ernie = ErnieModel(config)
        self.fc = nn.Linear(16, 2)

    def forward(self, ids: Any) -> Any:
        return self.fc(self.ernie(ids)[1])


_TINY = {
    "vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
    "intermediate_size": 32, "max_position_embeddings": 128,
}  # fmt: skip


def roberta() -> nn.Layer:
    from paddlenlp.transformers import RobertaConfig, RobertaModel

    return RobertaModel(RobertaConfig(**_TINY))


def roberta_for_tokens() -> nn.Layer:
    from paddlenlp.transformers import RobertaConfig, RobertaForTokenClassification

    return RobertaForTokenClassification(RobertaConfig(**_TINY, num_labels=3))


def llama() -> nn.Layer:
    from paddlenlp.transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(LlamaConfig(**_TINY))


def _t5_config() -> Any:
    from paddlenlp.transformers import T5Config

    return T5Config(vocab_size=50, d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2)


def t5_encoder() -> nn.Layer:
    from paddlenlp.transformers import T5EncoderModel

    return T5EncoderModel(_t5_config())


class T5(nn.Layer):
    def __init__(self) -> None:
        super().__init__()
        from paddlenlp.transformers import T5Model

        self.t5 = T5Model(_t5_config())

    def forward(self, ids: Any, decoder_ids: Any) -> Any:
        return self.t5(input_ids=ids, decoder_input_ids=decoder_ids)[0]


class Crnn(nn.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2D(3, 8, 3, padding=1), nn.BatchNorm2D(8), nn.ReLU(), nn.MaxPool2D(2, 2)
        )
        self.rnn = nn.LSTM(8, 8, direction="bidirect")
        self.fc = nn.Linear(16, 20)

    def forward(self, x: Any) -> Any:
        x = self.conv(x).mean(axis=2).transpose([0, 2, 1])
        return functional.softmax(self.fc(self.rnn(x)[0]), axis=2)


class Branch(nn.Layer):
    def forward(self, x: Any) -> Any:
        # Not an expression, which Paddle would not convert to a branch.
        if x.sum() > 0:  # noqa: SIM108
            y = x * 2
        else:
            y = x - 1
        return y


class CountedLoop(nn.Layer):
    def forward(self, x: Any) -> Any:
        i = paddle.zeros([1], "int64")
        while i < 3:
            x = x * 1.5
            i = i + 1
        return x


class DataLoop(nn.Layer):
    def forward(self, x: Any) -> Any:
        while x.abs().max() > 0.1:
            x = x * 0.5
        return x


class Named(nn.Layer):
    def forward(self, x: Any) -> Any:
        return {"sum": x.sum(axis=1), "largest": x.max(axis=1)}


class TwoInputs(nn.Layer):
    def forward(self, x: Any, y: Any) -> Any:
        return x - 2 * y


class MeanOfAll(nn.Layer):
    def forward(self, x: Any) -> Any:
        return x * x.mean()


class Convolutions(nn.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2D(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2D(8)

    def forward(self, x: Any) -> Any:
        y = functional.relu(self.norm(self.conv(x)))
        return functional.max_pool2d(y, 2)


class TopK(nn.Layer):
    def forward(self, x: Any) -> Any:
        values, places = paddle.topk(paddle.einsum("bij,bkj->bik", x, x), 2)
        return values, places


class Interpolate(nn.Layer):
    def forward(self, x: Any) -> Any:
        return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class Waves(nn.Layer):
    def forward(self, x: Any) -> Any:
        square = x * x
        return square.sin(), square.cos()


class Half(nn.Layer):
    def forward(self, x: Any) -> Any:
        return x.astype("float16").astype("float32") * 2


class Suppression(nn.Layer):
    def forward(self, x: Any) -> Any:
        return paddle.vision.ops.nms(x, 0.5)


def boxes() -> Any:
    corners = np.random.default_rng(0).random((6, 2)) * 4
    return np.concatenate([corners, corners + 2], axis=1).astype(np.float32)
