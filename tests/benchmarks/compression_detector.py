"""A detector made faster, over three seeds: the case `detector` of `compression`.

YOLOv3 of a quarter of the channels learns the generated goods, once per seed. It is quantised, it
loses channels that change few boxes, and both; nothing is trained again. Scales and channels are
chosen with pictures of the training set, and mAP is that of all boxes from a score of 0.01 on.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from paddle_workbench.boxes import Detections
from paddle_workbench.compression import quantize
from paddle_workbench.compression.distillation.seeds import SeedScores
from paddle_workbench.compression.pruning import prune, pruning_sensitivity
from paddle_workbench.compression.quantization.quantizing import float_program
from paddle_workbench.detection import (
    QUARTER_WIDTH,
    Dataset,
    Detector,
    YOLOv3,
    evaluate,
    find_anchors,
    generate_goods,
    train,
)
from paddle_workbench.errors import ExportError
from paddle_workbench.export.box_steps import detected
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.decisions import box_step, decisions_of
from paddle_workbench.export.ledger.intervals import Interval
from paddle_workbench.export.processing import prepare
from paddle_workbench.export.targets.int8_onnx import quantized, read_plan
from paddle_workbench.export.targets.target import PROGRAM_FOLDER

from .compression_figures import ratio_of_times, shown, size_of
from .detection_networks import bundle_of
from .detection_recipe import HELD_OUT, PICTURES, SEEDS, SIZE, STRIDES
from .table import print_table

CALIBRATION, EXAMPLES = 64, 16
THRESHOLD, LOWEST = 0.3, 0.01
"""Boxes that are shown, and those that mAP is computed of."""
GOAL_TIME, GOAL_POINTS = 0.7, 2.0
HEAD = ("heads.0",)
SHARES, CHOOSING, KEPT = (0.5, 0.75, 0.9), 32, 0.99
"""Each group of channels loses the largest share without which this share of the boxes stays."""


@dataclass(frozen=True)
class Way:
    """A way to quantise: the layers that stay in float32, and the bits of the weights."""

    name: str
    keep: tuple[str, ...]
    bits: int = 8


CHOSEN = Way("int8 but for the head", HEAD)
WAYS = (
    Way("int8", ()),
    CHOSEN,
    Way("6 bits but for the head", HEAD, bits=6),
    Way("4 bits but for the head", HEAD, bits=4),
)


def trained(seed: int, learned: Dataset, folder: Path | None) -> Detector:
    """Train a network, or read it from the folder if it is there, and keep it there."""
    import paddle

    anchors = find_anchors(learned, input_size=SIZE, scales=len(STRIDES))
    paddle.seed(seed)
    net = YOLOv3(learned.classes, anchors, backbone="resnet34-quarter", strides=STRIDES)
    path = None if folder is None else folder / f"detector-{seed}.pdparams"
    if path is not None and path.exists():
        net.set_state_dict(paddle.load(str(path)))
    else:
        train(net, learned, replace(QUARTER_WIDTH, seed=seed), listener=lambda _: None)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            paddle.save(net.state_dict(), str(path))
    net.eval()
    return Detector(net=net, input_size=SIZE, threshold=THRESHOLD)


class Judge:
    """Compares programs with that of a bundle in float32, on the held-out pictures."""

    def __init__(self, bundle: Bundle, pictures: Dataset) -> None:
        self.original, self.pictures = bundle, pictures
        record = bundle.record
        self._inputs = prepare(record.preprocessing, bundle.folder)(_pixels(pictures))
        self._expected = self._outputs(float_program(bundle).model)
        self.map = self._map(self._expected)
        """Of the original, in percent."""

    def figures(self, model: Any) -> tuple[float, float, float]:
        """Return the share of boxes that changed by the two rules, and mAP in percent.

        The rules are that for float32, half a pixel, and that for int8.
        """
        outputs = self._outputs(model)
        shares = []
        for is_approximate in (False, True):
            decisions = decisions_of(self.original.record, is_approximate=is_approximate)
            assert decisions is not None
            count, changed = decisions.count(self._expected, outputs)
            shares.append(changed / count)
        return shares[0], shares[1], self._map(outputs)

    def _outputs(self, model: Any) -> list[Any]:
        import onnxruntime

        session = onnxruntime.InferenceSession(
            model.SerializeToString(), providers=["CPUExecutionProvider"]
        )
        names = [each.name for each in session.get_inputs()]
        return list(session.run(None, dict(zip(names, self._inputs, strict=True))))

    def _map(self, outputs: Sequence[Any]) -> float:
        record = self.original.record
        step = box_step(record)
        assert step is not None
        low = step.model_copy(update={"threshold": LOWEST})
        seen: list[Detections] = detected(outputs, low, record.labels)
        return 100 * evaluate(self.pictures, seen).map


@dataclass(frozen=True)
class Result:
    """What became of a detector.

    Parameters
    ----------
    cells : tuple of str
        Of its row.
    lost : float
        Points of mAP.
    ratio : Interval, optional
        Of its time to that in float32, if it was measured.
    """

    cells: tuple[str, ...]
    lost: float
    ratio: Interval | None


def result_of(
    name: str, judge: Judge, smaller: Bundle, *, is_int8: bool, is_timed: bool = True
) -> Result:
    """Export a detector, and compare it with the original."""
    program = float_program(smaller)
    plan = read_plan(smaller.folder / PROGRAM_FOLDER) if is_int8 else None
    moved, changed, after = judge.figures(
        program.model if plan is None else quantized(program, plan)
    )
    ratio, size = None, ""
    try:
        smaller.export("onnx", weights="int8" if is_int8 else "fp32")
    except ExportError as error:
        verdict = f"rejected, {error.code}"
    else:
        verdict, size = "equal", f"{size_of(smaller) / size_of(judge.original):.2f}"
        if is_timed:
            ratio = ratio_of_times(judge.original, smaller, _pixels(judge.pictures)[:8])
    lost = judge.map - after
    time = "" if ratio is None else shown(ratio)
    shares = (f"{moved:.1%}", f"{changed:.1%}")
    return Result((name, *shares, f"{after:.2f}", f"{lost:.2f}", verdict, size, time), lost, ratio)


def results_of(judge: Judge, folder: Path, learned: Sequence[Any], method: Any) -> list[Result]:
    """Make a detector smaller in each way."""
    original, results = judge.original, []
    calibration = learned[:CALIBRATION]
    for number, way in enumerate(WAYS):
        smaller = quantize(
            original,
            folder / f"int8-{number}",
            calibration=calibration,
            method=method,
            keep=way.keep,
            bits=way.bits,
        )
        is_timed = way is CHOSEN
        results.append(result_of(way.name, judge, smaller, is_int8=True, is_timed=is_timed))
    shares: dict[str, float] = {}
    for row in pruning_sensitivity(original, inputs=learned[:CHOOSING], shares=SHARES):
        if row.kept_decisions is not None and row.kept_decisions >= KEPT:
            shares[row.group] = max(shares.get(row.group, 0.0), row.share)
    pruned = prune(original, folder / "pruned", share=shares)
    results.append(result_of("pruned", judge, pruned, is_int8=False))
    both = quantize(
        pruned, folder / "both", calibration=calibration, method=method, keep=CHOSEN.keep
    )
    return [*results, result_of(f"pruned, {CHOSEN.name}", judge, both, is_int8=True)]


def detector(folder: Path, options: argparse.Namespace) -> None:
    """Make a detector 30 % faster, with less than two points of mAP lost."""
    learned = generate_goods(PICTURES, size=SIZE)
    pictures = generate_goods(HELD_OUT, part="test", size=SIZE)
    examples = Dataset(pictures.classes, pictures.pictures[:EXAMPLES])
    rows: list[tuple[str, ...]] = []
    timed: dict[str, list[Result]] = defaultdict(list)
    for seed in SEEDS:
        network = trained(seed, learned, options.networks)
        place = folder / f"{seed}"
        place.mkdir()
        original = bundle_of(network, place / "goods", examples, held_out=_pixels(pictures))
        original.export("onnx")
        judge = Judge(original, pictures)
        rows.append((f"{seed}", "float32", "", "", f"{judge.map:.2f}", "", "", "", ""))
        for result in results_of(judge, place, _pixels(learned), options.method):
            rows.append(("", *result.cells))
            if result.ratio is not None:
                timed[result.cells[0]].append(result)
    print(f"\nYOLOv3 of a quarter of the channels, int8 by {options.method}, {HELD_OUT} pictures:")
    print("boxes missing, new or moved by the rules for float32 and for int8, and mAP in percent")
    header = ("seed", "", "half a pixel", "overlap", "mAP", "lost", "export", "size")
    print_table((*header, "time, one thread"), rows)
    print(f"\nThe goals are a time below {GOAL_TIME:g}, and less than {GOAL_POINTS:g} points lost.")
    summary = []
    for name, results in timed.items():
        if len(results) == len(SEEDS):
            points = SeedScores(SEEDS, tuple(each.lost for each in results)).interval()
            ratios = tuple(each.ratio.middle for each in results if each.ratio is not None)
            time = SeedScores(SEEDS, ratios).interval()
            summary.append((name, shown(points), shown(time)))
    print_table(("over the seeds", "points of mAP lost", "time"), summary)


def _pixels(dataset: Dataset) -> list[Any]:
    return [each.pixels for each in dataset]
