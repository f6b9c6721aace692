"""Which target accepts which network: equal to the eager network, or refused with a code.

python -m tests.benchmarks export
python -m tests.benchmarks.export gru resnet18 --to onnx    # only these

A refusal without a known cause (a code below PW-X201 alone) is marked: it needs a rule.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from paddle_workbench.errors import BundleError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.preflight import Preflight
from paddle_workbench.export.targets.registry import TARGETS

from .table import print_table

VISION = (
    "LeNet", "alexnet", "mobilenet_v1", "mobilenet_v2", "mobilenet_v3_small", "resnet18",
    "resnet34", "resnext50_32x4d", "shufflenet_v2_x0_25", "squeezenet1_1", "wide_resnet50_2",
    "densenet121", "googlenet", "inception_v3", "vgg11",
)  # fmt: skip
SIZES = {"LeNet": (1, 28), "alexnet": (3, 224), "googlenet": (3, 224), "inception_v3": (3, 128)}


@dataclass(frozen=True)
class Case:
    """A network with the specification of its inputs and one batch of examples."""

    network: Any
    spec: list[tuple[list[int | None], str]]
    examples: list[Any]


def floats(*shape: int) -> Any:
    return np.random.default_rng(0).random(shape, dtype=np.float32)


def ids(*shape: int, size: int = 50) -> Any:
    return np.random.default_rng(0).integers(0, size, shape)


def vision(name: str) -> Case:
    import paddle.vision.models as models

    channels, size = SIZES.get(name, (3, 64))
    network = getattr(models, name)(num_classes=10)
    shape = [None, channels, size, size]
    return Case(network, [(shape, "float32")], [floats(2, channels, size, size)])


def networks() -> dict[str, Callable[[], Case]]:
    from . import export_networks as own

    x = [([None, None, 8], "float32")]
    fixed = [([None, 5, 8], "float32")]
    pair = [([2, 5, 8], "float32")]
    text = [([None, None], "int64")]
    return {
        "text classifier": lambda: Case(own.TextClassifier(), text, [ids(2, 12)]),
        "masked mean": lambda: Case(own.MaskedMean(), text, [ids(2, 12)]),
        "text cnn": lambda: Case(own.TextCnn(), text, [ids(2, 12)]),
        "gru": lambda: Case(own.Recurrent("GRU"), x, [floats(2, 5, 8)]),
        "gru, both directions": lambda: Case(
            own.Recurrent("GRU", "bidirect"), x, [floats(2, 5, 8)]
        ),
        "gru with lengths": lambda: Case(own.Lengths("GRU"), pair, [floats(2, 5, 8)]),
        "lstm": lambda: Case(own.Recurrent("LSTM"), x, [floats(2, 5, 8)]),
        "lstm with lengths": lambda: Case(own.Lengths("LSTM"), pair, [floats(2, 5, 8)]),
        "simple rnn": lambda: Case(own.Recurrent("SimpleRNN"), x, [floats(2, 5, 8)]),
        "transformer": lambda: Case(own.transformer(), fixed, [floats(2, 5, 8)]),
        "ernie": lambda: Case(own.Ernie(), text, [ids(2, 12)]),
        "crnn": lambda: Case(
            own.Crnn(), [([None, 3, 32, None], "float32")], [floats(2, 3, 32, 64)]
        ),
        "tensor if": lambda: Case(own.Branch(), fixed, [floats(2, 5, 8)]),
        "counted loop": lambda: Case(own.CountedLoop(), fixed, [floats(2, 5, 8)]),
        "loop on data": lambda: Case(own.DataLoop(), fixed, [floats(2, 5, 8)]),
        "dict of outputs": lambda: Case(own.Named(), fixed, [floats(2, 5, 8)]),
        "two inputs": lambda: Case(
            own.TwoInputs(), fixed * 2, [floats(2, 5, 8), floats(2, 5, 8) + 1]
        ),
        "mean without axis": lambda: Case(own.MeanOfAll(), fixed, [floats(2, 5, 8)]),
        "top-k and einsum": lambda: Case(own.TopK(), fixed, [floats(2, 5, 8)]),
        "interpolate": lambda: Case(
            own.Interpolate(), [([None, 3, 8, 8], "float32")], [floats(2, 3, 8, 8)]
        ),
        "sin and cos": lambda: Case(own.Waves(), fixed, [floats(2, 5, 8)]),
        "half precision": lambda: Case(own.Half(), fixed, [floats(2, 5, 8)]),
        "nms": lambda: Case(own.Suppression(), [([6, 4], "float32")], [own.boxes()]),
    } | {name: (lambda name=name: vision(name)) for name in VISION}


def result_of(preflight: Preflight) -> str:
    codes = [finding.code for finding in preflight if finding.severity == "error"]
    if preflight.is_accepted and preflight.parity is not None:
        warnings = len(preflight)
        note = f", {warnings} warning{'s' * (warnings > 1)}" if warnings else ""
        return f"equal {preflight.parity.largest_difference or 0:.0e}{note}"
    is_known = any(code >= "PW-X201" for code in codes)
    return " ".join(dict.fromkeys(codes)) + ("" if is_known else "  NO KNOWN CAUSE")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--to", nargs="*", default=list(TARGETS))
    options = parser.parse_args(arguments if arguments is not None else [])
    rows = []
    for name, case_of in networks().items():
        if options.names and name not in options.names:
            continue
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            rows.append([name, *results(case_of(), Path(folder), options.to)])
        rows[-1].append(f"{time.perf_counter() - started:.0f}")
        print(" | ".join(rows[-1]), flush=True)
    print_table(["network", *options.to, "s"], rows)


def results(case: Case, folder: Path, targets: list[str]) -> list[str]:
    from paddle.static import InputSpec

    spec = [InputSpec(shape, dtype, f"x{at}") for at, (shape, dtype) in enumerate(case.spec)]
    try:
        bundle = Bundle.create(
            folder / "bundle", case.network, input_spec=spec, examples=case.examples
        )
    except BundleError as error:
        return [error.message.splitlines()[0][:60]] * len(targets)
    return [result_of(bundle.preflight(target)) for target in targets]


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
