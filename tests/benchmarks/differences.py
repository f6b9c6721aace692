"""How long a trace takes on larger networks, and what it names.

python -m tests.benchmarks differences

Each network is exported to ONNX; one mistake is planted in the file. The goal is 20 s on a quiet
machine.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from paddle_workbench import trace_difference
from paddle_workbench.export.bundle import Bundle

from .table import print_table


def set_first(kind: str, attribute: str, value: Any, *, number: int = 0) -> Callable[[Any], None]:
    """Return what gives an attribute of one of the nodes of a kind another value."""

    def edit(model: Any) -> None:
        import onnx

        node = [node for node in model.graph.node if node.op_type == kind][number]
        for old in list(node.attribute):
            if old.name == attribute:
                node.attribute.remove(old)
        node.attribute.append(onnx.helper.make_attribute(attribute, value))

    return edit


def networks() -> Iterator[tuple[str, Any, Any, Any, dict[str, Callable[[Any], None]]]]:
    import paddle
    from paddle import nn
    from paddle.static import InputSpec

    generator = np.random.default_rng(0)
    paddle.seed(0)
    resnet = paddle.vision.models.resnet18(num_classes=10)
    picture = generator.random((1, 3, 96, 96), dtype=np.float32)
    resnet.train()
    for _ in range(20):  # statistics that fit: the values of an untrained network vanish
        resnet(paddle.to_tensor(generator.random((8, 3, 96, 96), dtype=np.float32)))
    yield (
        "ResNet18, 96 px",
        resnet,
        InputSpec([None, 3, 96, 96], "float32", "x"),
        picture,
        {"epsilon of a BatchNorm": set_first("BatchNormalization", "epsilon", 0.3, number=9)},
    )

    class Encoder(nn.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(1000, 128)
            self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(128, 4, 512), 6)
            self.fc = nn.Linear(128, 2)

        def forward(self, ids: Any) -> Any:
            return self.fc(self.encoder(self.embedding(ids)).mean(axis=1))

    yield (
        "transformer, 6 layers of 128",
        Encoder(),
        InputSpec([None, None], "int64", "ids"),
        generator.integers(0, 1000, (1, 64)),
        {
            "axis of a Softmax": set_first("Softmax", "axis", 1, number=3),
            "epsilon of a LayerNormalization": set_first(
                "LayerNormalization", "epsilon", 0.3, number=5
            ),
        },
    )


def main() -> None:
    import onnx
    import paddle.inference
    import paddle.static  # noqa: F401 - imported once, as in a lesson

    rows = []
    for name, network, spec, example, mistakes in networks():
        with tempfile.TemporaryDirectory() as folder:
            bundle = Bundle.create(
                Path(folder) / "bundle", network, input_spec=[spec], examples=[example]
            )
            bundle.export("onnx")
            files = bundle.folder / "onnx" / "model.onnx"
            for mistake, edit in {"none": lambda _: None, **mistakes}.items():
                model = onnx.load(str(files))
                edit(model)
                onnx.save(model, f"{folder}/deployed.onnx")
                started = time.perf_counter()
                difference = trace_difference(bundle, [example], files=f"{folder}/deployed.onnx")
                seconds = time.perf_counter() - started
                rows.append([name, mistake, f"{seconds:.1f}", difference.verdict])
    print_table(["network", "mistake", "s", "verdict"], rows)


if __name__ == "__main__":
    main()
