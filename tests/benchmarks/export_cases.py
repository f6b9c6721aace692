"""The networks of the matrix: name, input specification, examples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Case", "case_named", "cases"]

VISION = (
    "LeNet", "alexnet", "mobilenet_v1", "mobilenet_v2", "mobilenet_v3_small", "resnet18",
    "resnet34", "resnext50_32x4d", "shufflenet_v2_x0_25", "squeezenet1_1", "wide_resnet50_2",
    "densenet121", "googlenet", "inception_v3", "vgg11",
)  # fmt: skip
SIZES = {"LeNet": (1, 28), "alexnet": (3, 224), "googlenet": (3, 224), "inception_v3": (3, 128)}

Spec = list[tuple[list[int | None], str]]


@dataclass(frozen=True)
class Case:
    """A network with the specification of its inputs and one batch of examples."""

    network: Any
    spec: Spec
    examples: list[Any]


def floats(*shape: int) -> Any:
    return np.random.default_rng(0).random(shape, dtype=np.float32)


def ids(*shape: int, size: int = 50) -> Any:
    return np.random.default_rng(0).integers(0, size, shape)


X: Spec = [([None, None, 8], "float32")]
FIXED: Spec = [([None, 5, 8], "float32")]
PAIR: Spec = [([2, 5, 8], "float32")]
TEXT: Spec = [([None, None], "int64")]
IMAGE: Spec = [([None, 3, 8, 8], "float32")]


def cases() -> dict[str, dict[str, Callable[[], Case]]]:
    """Return by group and name what makes a case; those that take longest come last."""
    return {
        "The course": _course(),
        "Text and sequences": _sequences(),
        "Control flow and signatures": _control_flow(),
        "Pictures": _pictures(),
        "Functions": _functions(),
        "Loops over a cell": _cells(),
        "paddlenlp": _transformers(),
        "paddle.vision.models": {name: (lambda name=name: _vision(name)) for name in VISION},
    }


def case_named(name: str) -> Case:
    """Return a case of any group."""
    return next(group[name] for group in cases().values() if name in group)()


def _course() -> dict[str, Callable[[], Case]]:
    from .export_course import ernie, lesson_class

    def text(lesson: str, name: str, *arguments: Any) -> Callable[[], Case]:
        return lambda: Case(lesson_class(lesson, name)(*arguments), TEXT, [ids(2, 12)])

    nlp, static = "03_chinese_nlp", "02_static_graph"
    return {
        "1.1 TextClassifier": text(
            "01_dynamic_graph/01_text_classifier", "TextClassifier", 50, 16, 2
        ),
        "2.1 AddUp": lambda: Case(
            lesson_class(f"{static}/01_to_static", "AddUp")(), [([None, 6], "float32")],
            [floats(2, 6)],
        ),
        "2.3 Scorer": lambda: Case(
            lesson_class(f"{static}/03_program_and_passes", "Scorer")(16),
            [([4, 64], "float32")], [floats(4, 64)],
        ),
        "2.3 Pictures": lambda: Case(
            lesson_class(f"{static}/03_program_and_passes", "Pictures")(),
            [([None, 3, 32, 32], "float32")], [floats(2, 3, 32, 32)],
        ),
        "3.1 BagOfTokens": text(f"{nlp}/01_tokens", "BagOfTokens", 50),
        "3.2 MaskedLanguageModel": lambda: Case(
            lesson_class(f"{nlp}/02_knowledge_masking", "MaskedLanguageModel")(),
            [([None, 12], "int64"), ([None], "int64")], [ids(2, 12), np.array([1, 5, 14])],
        ),
        "3.3 SentimentNet": lambda: Case(
            lesson_class(f"{nlp}/03_sentiment", "SentimentNet")(ernie()), TEXT,
            [ids(2, 12, size=49) + 1],
        ),
        "3.4 Tagger": lambda: Case(
            lesson_class(f"{nlp}/04_lexical_analysis", "Tagger")(),
            [([None, None], "int64")] * 2, [ids(2, 12), ids(2, 12)],
        ),
        "4.2 CRNN": lambda: Case(
            lesson_class("04_ocr/02_recognition", "CRNN")(20),
            [([None, 3, 32, None], "float32")], [floats(2, 3, 32, 64)],
        ),
    }  # fmt: skip


def _sequences() -> dict[str, Callable[[], Case]]:
    from . import export_functions as functions
    from . import export_networks as own

    return {
        "masked mean": lambda: Case(own.MaskedMean(), TEXT, [ids(2, 12)]),
        "text cnn": lambda: Case(own.TextCnn(), TEXT, [ids(2, 12)]),
        "gru": lambda: Case(own.Recurrent("GRU"), X, [floats(2, 5, 8)]),
        "gru, both directions": lambda: Case(
            own.Recurrent("GRU", "bidirect"), X, [floats(2, 5, 8)]
        ),
        "gru with lengths": lambda: Case(own.Lengths("GRU"), PAIR, [floats(2, 5, 8)]),
        "lstm": lambda: Case(own.Recurrent("LSTM"), X, [floats(2, 5, 8)]),
        "lstm with lengths": lambda: Case(own.Lengths("LSTM"), PAIR, [floats(2, 5, 8)]),
        "simple rnn": lambda: Case(own.Recurrent("SimpleRNN"), X, [floats(2, 5, 8)]),
        "transformer": lambda: Case(own.transformer(), FIXED, [floats(2, 5, 8)]),
        "ernie": lambda: Case(own.Ernie(), TEXT, [ids(2, 12)]),
        "crnn": lambda: Case(
            own.Crnn(), [([None, 3, 32, None], "float32")], [floats(2, 3, 32, 64)]
        ),
        "100 layers": lambda: Case(
            functions.many_layers(), [([None, 8], "float32")], [floats(2, 8)]
        ),
        "150 nested layers": lambda: Case(
            functions.nested_layers(), [([None, 8], "float32")], [floats(2, 8)]
        ),
        "layers in a list": lambda: Case(functions.layers_in_a_list(), FIXED, [floats(2, 5, 8)]),
    }


def _control_flow() -> dict[str, Callable[[], Case]]:
    from . import export_networks as own

    return {
        "tensor if": lambda: Case(own.Branch(), FIXED, [floats(2, 5, 8)]),
        "counted loop": lambda: Case(own.CountedLoop(), FIXED, [floats(2, 5, 8)]),
        "loop on data": lambda: Case(own.DataLoop(), FIXED, [floats(2, 5, 8)]),
        "dict of outputs": lambda: Case(own.Named(), FIXED, [floats(2, 5, 8)]),
        "two inputs": lambda: Case(
            own.TwoInputs(), FIXED * 2, [floats(2, 5, 8), floats(2, 5, 8) + 1]
        ),
    }


def _cells() -> dict[str, Callable[[], Case]]:
    from paddle import nn

    from . import export_functions as functions

    return {
        "rnn of gru cells": lambda: Case(
            functions.Function(nn.RNN(nn.GRUCell(8, 8))), FIXED, [floats(2, 5, 8)]
        ),
        "rnn of a cell of one's own": lambda: Case(
            functions.Function(nn.RNN(functions.OwnCell())), FIXED, [floats(2, 5, 8)]
        ),
    }


def _transformers() -> dict[str, Callable[[], Case]]:
    from . import export_networks as own

    return {
        "roberta": lambda: Case(own.roberta(), TEXT, [ids(2, 12, size=49) + 1]),
        "roberta for tokens": lambda: Case(own.roberta_for_tokens(), TEXT, [ids(2, 12)]),
        "llama": lambda: Case(own.llama(), TEXT, [ids(2, 12)]),
        "t5, encoder": lambda: Case(own.t5_encoder(), TEXT, [ids(2, 12, size=49) + 1]),
        "t5": lambda: Case(own.T5(), TEXT * 2, [ids(2, 12, size=49) + 1, ids(2, 8)]),
    }


def _pictures() -> dict[str, Callable[[], Case]]:
    from . import export_functions as functions
    from . import export_networks as own

    return {
        "interpolate": lambda: Case(own.Interpolate(), IMAGE, [floats(2, 3, 8, 8)]),
        "nms": lambda: Case(own.Suppression(), [([6, 4], "float32")], [own.boxes()]),
        "convolutions of any size": lambda: Case(
            own.Convolutions(), [([None, 3, None, None], "float32")], [floats(2, 3, 16, 12)]
        ),
    } | {
        name: (lambda make=make: Case(make(), IMAGE, [floats(2, 3, 8, 8)]))
        for name, make in functions.IMAGES.items()
    }


def _functions() -> dict[str, Callable[[], Case]]:
    from . import export_functions as functions
    from . import export_networks as own

    return {
        "mean without axis": lambda: Case(own.MeanOfAll(), FIXED, [floats(2, 5, 8)]),
        "top-k and einsum": lambda: Case(own.TopK(), FIXED, [floats(2, 5, 8)]),
        "sin and cos of one value": lambda: Case(own.Waves(), FIXED, [floats(2, 5, 8)]),
        "half precision": lambda: Case(own.Half(), FIXED, [floats(2, 5, 8)]),
    } | {
        name: (
            lambda function=function: Case(functions.Function(function), FIXED, [floats(2, 5, 8)])
        )
        for name, function in functions.FUNCTIONS.items()
    }


def _vision(name: str) -> Case:
    import paddle.vision.models as models

    channels, size = SIZES.get(name, (3, 64))
    network = getattr(models, name)(num_classes=10)
    shape = [None, channels, size, size]
    return Case(network, [(shape, "float32")], [floats(2, channels, size, size)])
