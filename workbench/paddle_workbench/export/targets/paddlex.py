"""PaddleX, and with it PaddleOCR: the program, and its processing in PaddleX's own terms."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ...contract import (
    BundleRecord,
    CtcDecode,
    LabelledBox,
    Letterbox,
    Normalize,
    Resize,
    TextLine,
    TopLabels,
    YoloBoxes,
)
from ...errors import BundleError
from ...program.predictor import predictor_config
from ..bundle_files import RECORD, read_record
from ..processing import Prediction
from .detector_program import write_detector
from .inference import runner_of
from .target import PROGRAM, Array, Predict, Runner, Target

__all__ = ["CLASSIFIER", "DETECTOR", "PADDLEX", "RECOGNISER", "settings_of"]

SETTINGS = "inference.yml"
RECOGNISER = "PP-OCRv6_medium_rec"
"""PaddleX loads a program only under a name that it knows. PaddleOCR uses this one if a folder is
passed without a name."""
CLASSIFIER = "PP-LCNet_x1_0"
DETECTOR = "FasterRCNN-ResNet34-FPN"
"""A name under which PaddleX passes the size of a picture, and leaves out oneDNN, which computes
`detector_program` wrong. It does the latter for none of the YOLOv3 that it knows."""
NETWORK = "network"
"""The program of a detector without its steps; the parameters are those of the other."""

_CODE = "PW-X508"
_Step = TypeVar("_Step")


def settings_of(record: BundleRecord) -> dict[str, Any]:
    """Return what `inference.yml` says about a bundle.

    Raises
    ------
    BundleError
        With the step that PaddleX cannot express.
    """
    if record.task == "text-recognition":
        return _recogniser(record)
    if record.task == "image-classification":
        return _classifier(record)
    if record.task == "object-detection":
        return _detector(record)
    raise BundleError(
        f"PaddleX has no model for the task {record.task}.",
        "It takes bundles for text-recognition, image-classification and object-detection.",
        code=_CODE,
    )


def _recogniser(record: BundleRecord) -> dict[str, Any]:
    line = _the_only(record.preprocessing, TextLine)
    if line is None:
        raise _inexpressible(
            _names(record.preprocessing),
            "it resizes lines of text with OpenCV, and pads them after they are normalised",
            "Use preprocessing=[TextLine(height=…, narrowest=…)], and train the network on lines "
            "that are made so.",
        )
    decode = _the_only(record.postprocessing, CtcDecode)
    if decode is None or decode.blank != 0:
        step = _names(record.postprocessing)
        raise _inexpressible(
            step if decode is None else f"{step} with blank={decode.blank}",
            "it takes the best path of a CTC network, whose blank is class 0",
            "Use postprocessing=[CtcDecode()], and train the network with class 0 as the blank.",
        )
    # PaddleX appends a space. Where the network has no class for it, no class is read as it.
    characters = record.labels[:-1] if record.labels[-1:] == (" ",) else record.labels
    return {
        "Global": {"model_name": RECOGNISER},
        "PreProcess": {
            "transform_ops": [
                {"DecodeImage": {"channel_first": False, "img_mode": line.channels}},
                {"RecResizeImg": {"image_shape": [3, line.height, line.narrowest]}},
            ]
        },
        "PostProcess": {"name": "CTCLabelDecode", "character_dict": list(characters)},
    }


def _classifier(record: BundleRecord) -> dict[str, Any]:
    steps = record.preprocessing
    resize, normalize = steps if len(steps) == 2 else (None, None)
    if (
        not isinstance(resize, Resize)
        or not isinstance(normalize, Normalize)
        or resize.width is None
        or normalize.channels != "RGB"
    ):
        raise _inexpressible(
            _names(steps),
            "it resizes pictures to one size, and normalises them in RGB",
            "Use preprocessing=[Resize(height=…, width=…), Normalize(mean=…, deviation=…)], and "
            "train the network on pictures that are made so.",
        )
    top = _the_only(record.postprocessing, TopLabels)
    if top is None or top.softmax:
        step = _names(record.postprocessing)
        raise _inexpressible(
            f"{step} with softmax=True" if top is not None else step,
            "it takes the outputs of a classifier for its probabilities",
            "End the network with nn.Softmax(), and use postprocessing=[TopLabels(softmax=False)].",
        )
    return {
        "Global": {"model_name": CLASSIFIER},
        "PreProcess": {
            "transform_ops": [
                {
                    "ResizeImage": {
                        "size": [resize.width, resize.height],
                        "backend": "pil",
                        "interpolation": "BILINEAR",
                    }
                },
                {
                    "NormalizeImage": {
                        "scale": 1 / 255,
                        "mean": list(normalize.mean),
                        "std": list(normalize.deviation),
                        "order": "",
                        "channel_num": 3,
                    }
                },
                {"ToCHWImage": None},
            ]
        },
        "PostProcess": {"Topk": {"topk": top.count, "label_list": list(record.labels)}},
    }


def _detector(record: BundleRecord) -> dict[str, Any]:
    _, _, step = _detector_steps(record)
    return {
        "Global": {"model_name": DETECTOR},
        # The rest is in the program.
        "Preprocess": [{"type": "Permute"}],
        "draw_threshold": step.threshold,
        "label_list": list(record.labels),
    }


def _detector_steps(record: BundleRecord) -> tuple[Letterbox | Resize, Normalize, YoloBoxes]:
    """Return the steps of a detector; the program contains them, since PaddleX lacks the first."""
    steps = record.preprocessing
    fitting, normalize = steps if len(steps) == 2 else (None, None)
    if (
        not isinstance(fitting, Letterbox | Resize)
        or not isinstance(normalize, Normalize)
        or fitting.width is None
    ):
        raise _inexpressible(
            _names(steps),
            "pictures of any size become an input of one size in the program",
            "Use preprocessing=[Letterbox(height=…, width=…), Normalize()], and train the network "
            "on pictures that are made so.",
        )
    boxes = _the_only(record.postprocessing, YoloBoxes)
    if boxes is None:
        raise _inexpressible(
            _names(record.postprocessing),
            "boxes are decoded and suppressed in the program",
            "Use postprocessing=[YoloBoxes(anchors=…, strides=…)].",
        )
    if boxes.method != "per-class":
        raise _inexpressible(
            f'{boxes.step} with method="{boxes.method}"',
            "it suppresses the boxes of each class",
            'Use YoloBoxes(method="per-class"), or another target.',
        )
    for side in (side for scale in boxes.anchors for anchor in scale for side in anchor):
        if side != int(side):
            raise _inexpressible(
                f"{boxes.step} with an anchor of {side:g} pixels",
                "yolo_box of Paddle takes whole pixels",
                "Round the anchors, and train the network with these.",
            )
    if "image" in record.labels:
        raise _inexpressible(
            "the label 'image'",
            "it takes large boxes of this label for the page of a document, and drops them",
            "Give the label another name.",
        )
    return fitting, normalize, boxes


def _the_only(steps: Sequence[Any], kind: type[_Step]) -> _Step | None:
    """Return the only step, if it is of this kind."""
    return steps[0] if len(steps) == 1 and isinstance(steps[0], kind) else None


def _names(steps: Sequence[Any]) -> str:
    return ", ".join(step.step for step in steps)


def _inexpressible(steps: str, reason: str, hint: str) -> BundleError:
    what = f"express {steps}" if steps else "do without steps"
    return BundleError(f"PaddleX cannot {what}: {reason}.", hint, code=_CODE)


def check_record(record: BundleRecord) -> None:
    """Raise a BundleError if PaddleX cannot express the processing of a bundle."""
    settings_of(record)


def write(source: Path, folder: Path) -> None:
    """Write the program of a bundle, and `inference.yml`; a part of one has no processing."""
    import yaml

    record = read_record(source.parent) if (source.parent / RECORD).is_file() else None
    if record is None or record.task != "object-detection":
        for suffix in (".json", ".pdiparams"):
            shutil.copyfile(source / f"{PROGRAM}{suffix}", folder / f"{PROGRAM}{suffix}")
    else:
        fitting, normalize, boxes = _detector_steps(record)
        write_detector(
            source / PROGRAM,
            folder / PROGRAM,
            fitting=fitting,
            normalize=normalize,
            boxes=boxes,
            classes=len(record.labels),
        )
        shutil.copyfile(source / f"{PROGRAM}.json", folder / f"{NETWORK}.json")
    if record is not None:
        text = yaml.safe_dump(settings_of(record), allow_unicode=True, sort_keys=False)
        (folder / SETTINGS).write_text(text, encoding="utf-8")


def load(folder: Path, threads: int) -> Runner:
    """Open a folder with PaddleX on the CPU, without a network, with oneDNN as is its default."""
    # PaddleX reads this on import; otherwise it would check whether the model hubs are reachable.
    os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")
    options = {"device_type": "cpu", "cpu_threads": threads}
    if not (folder / SETTINGS).is_file():
        from paddlex.inference.models.runners import PaddleStaticRunner

        return _runner_of(PaddleStaticRunner(RECOGNISER, folder, PROGRAM, options))
    from paddlex import create_predictor

    name = _name_in(folder / SETTINGS)
    model = create_predictor(name, model_dir=str(folder), device="cpu", engine_config=options)

    def predict(pictures: Sequence[Array]) -> list[Prediction]:
        # Of an array PaddleX expects BGR, as OpenCV reads it.
        arrays = [np.ascontiguousarray(np.asarray(each)[..., ::-1]) for each in pictures]
        return [_prediction(result) for result in model.predict(arrays)]

    if name == DETECTOR:
        return replace(_network_of(folder, threads), predict=predict)
    return _runner_of(model.runner, predict)


def _network_of(folder: Path, threads: int) -> Runner:
    """Return what runs a detector without its steps, as on the samples of a bundle."""
    import paddle.inference

    config = predictor_config(
        folder / NETWORK,
        onednn=False,
        threads=threads,
        parameters=folder / f"{PROGRAM}.pdiparams",
    )
    config.disable_glog_info()
    return runner_of(paddle.inference.create_predictor(config))


def _name_in(path: Path) -> str:
    """Return the name of the model that PaddleX should make; a bundle may come from anywhere."""
    import yaml

    name: str = yaml.safe_load(path.read_text("utf-8"))["Global"]["model_name"]
    if name not in (RECOGNISER, CLASSIFIER, DETECTOR):
        names = f"{RECOGNISER}, {CLASSIFIER} or {DETECTOR}"
        message = f"{path} names {name!r}, and bundles have {names}"
        raise ValueError(message)
    return name


def _runner_of(runner: Any, predict: Predict | None = None) -> Runner:
    names = tuple(runner.predictor.get_input_names())
    return Runner(names, lambda arrays: list(runner(x=list(arrays))), predict)


def _prediction(result: Any) -> Prediction:
    if "rec_text" in result:
        return Prediction(str(result["rec_text"]), float(result["rec_score"]), {})
    if "boxes" in result:
        return _seen(result["boxes"])
    names = [str(name) for name in result["label_names"]]
    scores = [float(score) for score in result["scores"]]
    return Prediction(names[0], scores[0], dict(zip(names, scores, strict=True)))


def _seen(rows: Sequence[Any]) -> Prediction:
    """Return the boxes of one picture, the highest score first; PaddleX has them by class."""
    boxes = tuple(
        LabelledBox(
            label=str(row["label"]),
            score=float(row["score"]),
            corners=tuple(float(edge) for edge in row["coordinate"]),
        )
        for row in sorted(rows, key=lambda row: -row["score"])
    )
    return Prediction(*((boxes[0].label, boxes[0].score) if boxes else ("", 0.0)), {}, boxes)


PADDLEX = Target(
    name="paddlex",
    title="PaddleX",
    folder="paddlex",
    packages=("paddlex", "paddlepaddle", "paddlepaddle-gpu"),
    write=write,
    load=load,
    form="the program in the PIR format, with an inference.yml that PaddleOCR reads, too",
    check_record=check_record,
)
