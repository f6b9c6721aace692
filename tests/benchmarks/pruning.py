"""Half of the channels of many networks are removed: what is left, and whether it is right."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from paddle_workbench.compression.pruning.program import weights_of
from paddle_workbench.compression.pruning.sparsity import magnitude_masks
from paddle_workbench.program.formats.weights import write_weights
from paddle_workbench.program.predictor import predictor_config

from .table import print_table

ROUNDS = 20
LIMIT = 1e-5
SPARSE = ("resnet18", "mobilenet_v1")
VISION: dict[str, tuple[int, dict[str, Any]]] = {
    "resnet18": (64, {}),
    "resnet50": (64, {}),
    "resnext50_32x4d": (64, {}),
    "mobilenet_v1": (64, {}),
    "mobilenet_v2": (64, {}),
    "mobilenet_v3_small": (64, {}),
    "vgg11": (64, {}),
    "alexnet": (224, {}),
    "densenet121": (64, {}),
    "googlenet": (224, {}),
    "inception_v3": (128, {}),
    "shufflenet_v2_x1_0": (64, {}),
    "squeezenet1_1": (64, {}),
}
ANCHORS = [[(40.0, 40.0), (60.0, 30.0), (30.0, 60.0)], [(10.0, 10.0), (20.0, 10.0), (10.0, 20.0)]]

Network = tuple[str, Any, list[Any], list[Any]]


def networks(only: Sequence[str] = ()) -> Iterator[Network]:
    """Yield name, network, specification of the inputs, and inputs; by default of all."""
    import paddle
    from paddle.static import InputSpec

    from paddle_workbench.detection.yolo import YOLOv3

    from .export_cases import case_named

    rng = np.random.default_rng(0)
    for name, (size, options) in VISION.items():
        if only and name not in only:
            continue
        network = getattr(paddle.vision.models, name)(num_classes=10, **options)
        x = rng.standard_normal((2, 3, size, size)).astype(np.float32)
        yield name, network, [InputSpec([None, 3, size, size], "float32", "x")], [x]
    for name in ("text cnn", "3.3 SentimentNet", "3.4 Tagger", "4.2 CRNN"):
        if only and name not in only:
            continue
        case = case_named(name)
        spec = [InputSpec(shape, dtype, f"x{at}") for at, (shape, dtype) in enumerate(case.spec)]
        yield name, case.network, spec, case.examples
    if only:
        return
    network = YOLOv3(["box", "bottle", "tag"], ANCHORS, backbone="resnet34-quarter")
    x = rng.standard_normal((2, 3, 128, 128)).astype(np.float32)
    yield "5.1 YOLOv3", network, [InputSpec([None, 3, 128, 128], "float32", "x")], [x]


def predictor(prefix: Path, inputs: Sequence[Any]) -> Callable[[], None]:
    """Return a function that runs a program once."""
    import paddle.inference

    config = predictor_config(prefix, onednn=True, threads=1)
    config.disable_glog_info()
    runner = paddle.inference.create_predictor(config)
    for name, array in zip(runner.get_input_names(), inputs, strict=True):
        runner.get_input_handle(name).copy_from_cpu(np.ascontiguousarray(array))
    return lambda: runner.run()


def time_ratio(before: Path, after: Path, inputs: Sequence[Any]) -> float:
    """Return the processor's time of one program relative to another, both in turn."""
    runs = [predictor(prefix, inputs) for prefix in (before, after)]
    ratios = []
    for _ in range(ROUNDS):
        seconds = []
        for run in runs:
            start = time.process_time()
            run()
            seconds.append(time.process_time() - start)
        ratios.append(seconds[1] / seconds[0])
    return statistics.median(ratios[2:])


def measure(network: Network) -> tuple[list[str], bool]:
    """Return a row of the table, and whether the program is right."""
    from tests.compression.pruning.equality import compare, saved_program
    from tests.compression.pruning.networks import with_random_norms

    name, layer, spec, inputs = network
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        saved = saved_program(with_random_norms(layer, inputs), spec, folder)
        result = compare(saved, inputs, folder)
        ratio = time_ratio(folder / "inference", folder / "pruned" / "inference", inputs)
    groups = result.graph.groups
    is_pruned = bool(result.graph.prunable)
    is_right = result.difference < LIMIT and is_pruned == (result.effect > LIMIT)
    return [
        name,
        f"{len(result.graph.prunable)} of {len(groups)}",
        f"{result.parameters[0] / 1e6:.2f}",
        f"{result.parameters[1] / result.parameters[0]:.2f}",
        f"{result.flops[1] / result.flops[0]:.2f}",
        f"{ratio:.2f}",
        f"{result.difference:.0e}",
        f"{result.effect:.0e}",
    ], is_right


def measure_zeros(network: Network, share: float) -> list[str]:
    """Return a row of the table about single weights that become zero."""
    from tests.compression.pruning.equality import saved_program

    name, layer, spec, inputs = network
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        saved = saved_program(layer, spec, folder)
        weights = weights_of(saved)
        arrays = {name: weight.array for name, weight in weights.items()}
        for weight, mask in magnitude_masks(weights, share).items():
            arrays[weight] = np.where(mask, arrays[weight], 0)
        shutil.copy(saved.path, folder / "sparse.json")
        write_weights(folder / "sparse.pdiparams", arrays, weights)
        sizes = [(folder / f"{each}.pdiparams").read_bytes() for each in ("inference", "sparse")]
        ratio = time_ratio(folder / "inference", folder / "sparse", inputs)
    packed = [len(zlib.compress(content)) for content in sizes]
    return [
        name,
        f"{share:.0%}",
        f"{len(sizes[1]) / len(sizes[0]):.2f}",
        f"{packed[1] / packed[0]:.2f}",
        f"{ratio:.2f}",
    ]


def main() -> bool:
    """Print the tables; return whether a network is not right."""
    import paddle

    paddle.seed(0)
    rows, failures = [], []
    for network in networks():
        row, is_right = measure(network)
        print(f"{network[0]}: {' '.join(row[1:])}", file=sys.stderr, flush=True)
        rows.append(row)
        if not is_right:
            failures.append(network[0])
    print("\nHalf of the channels of each group removed; ratios to the whole network")
    print_table(
        [
            "network", "groups", "M parameters", "parameters", "FLOPs", "time",
            "difference", "effect",
        ],
        rows,
    )  # fmt: skip
    print("\nSingle weights set to zero; ratios to the whole network")
    print_table(
        ["network", "zeros", "file", "file in a zip", "time"],
        [measure_zeros(each, share) for each in networks(SPARSE) for share in (0.5, 0.9)],
    )
    for name in failures:
        print(f"{name} is not equal to the network with zeros.")
    return bool(failures)
