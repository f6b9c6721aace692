"""What int8 costs and brings in ONNX Runtime, as ratios to float32.

python -m tests.benchmarks.int8
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from paddle_workbench.compression import quantize
from paddle_workbench.environment.devices import read_machine
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.targets.registry import files_of_target, target_named
from paddle_workbench.processor import int8_instructions
from paddle_workbench.scratch import ScratchFolder

ROUNDS = 15
BATCHES = (1, 32)
METHODS = ("percentile", "dynamic")


def networks() -> Iterator[tuple[str, Any, Any, Any]]:
    """Yield names, networks, what they take, and a function from a number of rows to inputs."""
    import paddle
    from paddle import nn
    from paddle.static import InputSpec
    from paddle.vision.models import MobileNetV1, resnet18

    rng = np.random.default_rng(0)

    def pictures(size: int) -> Any:
        return lambda rows: rng.standard_normal((rows, 3, size, size)).astype(np.float32)

    spec = [InputSpec([None, 3, 64, 64], "float32", "x")]
    paddle.seed(0)
    widths = [3, 32, 64, 64, 128, 128]
    convolutions = [
        layer
        for number, (before, after) in enumerate(pairwise(widths))
        for layer in (
            nn.Conv2D(before, after, 3, stride=1 + number % 2, padding=1),
            nn.BatchNorm2D(after),
            nn.ReLU(),
        )
    ]
    plain = nn.Sequential(*convolutions, nn.AdaptiveAvgPool2D(1), nn.Flatten(), nn.Linear(128, 10))
    yield "five convolutions", plain, spec, pictures(64)
    yield "MobileNetV1 x0.5", MobileNetV1(scale=0.5, num_classes=10), spec, pictures(64)
    yield "ResNet18", resnet18(num_classes=10), spec, pictures(64)

    from tests.compression.quantization.networks import Texts

    ids = [InputSpec([None, 64], "int64", "ids")]
    yield "TextCNN", Texts(3000, width=128), ids, lambda rows: rng.integers(0, 3000, (rows, 64))

    class Transformer(nn.Layer):
        def __init__(self) -> None:
            super().__init__()
            layer = nn.TransformerEncoderLayer(128, 4, 512, dropout=0.0)
            self.encoder = nn.TransformerEncoder(layer, 2)
            self.scores = nn.Linear(128, 10)

        def forward(self, x: Any) -> Any:
            return self.scores(self.encoder(x).mean(axis=1))

    yield (
        "transformer, 2 layers of 128",
        Transformer(),
        [InputSpec([None, 32, 128], "float32", "x")],
        lambda rows: rng.standard_normal((rows, 32, 128)).astype(np.float32),
    )


def main() -> None:
    """Print a table."""
    print(read_machine().processor, *(int8_instructions() or ()))
    print("network, method: size; time with a batch of", *BATCHES, "; difference")
    for name, network, spec, inputs in networks():
        _warm_up(network, inputs)
        with ScratchFolder("int8") as scratch:
            parent = Bundle.create(
                scratch / "parent", network, input_spec=spec, examples=[inputs(4)]
            )
            parent.export("onnx")
            for method in METHODS:
                calibration = [] if method == "dynamic" else [inputs(32)]
                child = quantize(parent, scratch / method, calibration=calibration, method=method)
                _print_row(f"{name}, {method}", parent, child, inputs)


def _print_row(name: str, parent: Bundle, child: Bundle, inputs: Any) -> None:
    from paddle_workbench.errors import ExportError

    try:
        parity = child.export("onnx", weights="int8").parity
    except ExportError as error:
        print(f"{name}: {error.message}")
        return
    sizes = [
        sum(file.bytes for file in files_of_target(each.record, "onnx").values())
        for each in (parent, child)
    ]
    ratios = [_ratio(parent, child, inputs(batch)) for batch in BATCHES]
    times = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    worst = parity.largest_difference if parity is not None else None
    print(f"{name}: {sizes[1] / sizes[0]:.2f}; {times}; {worst:.3f}")


def _ratio(parent: Bundle, child: Bundle, array: Any) -> float:
    """Return the time of a call with int8 by that with float32, on one thread."""
    runs = [
        target_named("onnx").load(each.folder / each.record.targets["onnx"].folder, 1).run
        for each in (parent, child)
    ]
    ratios = []
    for _ in range(ROUNDS):
        seconds = []
        for run in runs:
            start = time.perf_counter()
            run([array])
            seconds.append(time.perf_counter() - start)
        ratios.append(seconds[1] / seconds[0])
    return statistics.median(ratios)


def _warm_up(network: Any, inputs: Any) -> None:
    """Let batch norms see some numbers, without which a deep network returns next to nothing."""
    import paddle

    network.train()
    for _ in range(8):
        network(paddle.to_tensor(inputs(16)))
    network.eval()


if __name__ == "__main__":
    main()
