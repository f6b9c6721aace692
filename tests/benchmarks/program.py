"""What the microscope knows of every network in `paddle.vision.models`, and how long it takes.

python -m tests.benchmarks program            # all of them, with oneDNN
python -m tests.benchmarks.program resnet18 mobilenet_v2 --pipeline inference
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from paddle_workbench.program.capture import capture
from paddle_workbench.program.lines import computes
from paddle_workbench.program.model import Capture

# AlexNet and the side heads of GoogLeNet are made for this size alone.
SIZES = {
    "LeNet": (1, 28),
    "alexnet": (3, 224),
    "googlenet": (3, 224),
    "inception_v3": (3, 128),
}
SIZE = (3, 96)
# Constructors only: the classes among the names are what these make.
CLASSES_TOO = ("LeNet",)


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

    return [name for name in models.__all__ if name.islower() or name in CLASSES_TOO]


def measure(name: str, pipeline: str) -> Row:
    """Capture a network with all its stages, and compare its last stage with the eager result."""
    import numpy as np
    import paddle
    import paddle.vision.models as models
    from paddle.static import InputSpec

    paddle.seed(0)
    net = getattr(models, name)()
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
    print(f"\nNetworks of paddle.vision.models, pipeline {chosen.pipeline}")
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
    certain, computing = sum(r.certain for r in rows), sum(r.computing for r in rows)
    traced, fused = sum(r.traced for r in rows), sum(r.fused for r in rows)
    print(
        f"  {len(rows)} networks: {certain}/{computing} computing ops have a certain line"
        f" ({certain / computing:.1%}; goal: over 95 %); {traced}/{fused} fused ops are traced to"
        f" certain origins; the last stage differs by {max(r.difference for r in rows):.1e} at most"
    )


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
