"""PaddleX, and with it PaddleOCR: the program, and its processing in PaddleX's own terms."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ...contract import BundleRecord, CtcDecode, Normalize, Resize, TextLine, TopLabels
from ...errors import BundleError
from ..bundle_files import RECORD, read_record
from ..processing import Prediction
from .target import PROGRAM, Array, Predict, Runner, Target

__all__ = ["CLASSIFIER", "PADDLEX", "RECOGNISER", "settings_of"]

SETTINGS = "inference.yml"
RECOGNISER = "PP-OCRv6_medium_rec"
"""PaddleX loads a program only under a name that it knows. PaddleOCR uses this one if a folder is
passed without a name."""
CLASSIFIER = "PP-LCNet_x1_0"

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
    raise BundleError(
        f"PaddleX has no model for the task {record.task}.",
        "It takes bundles for text-recognition and image-classification.",
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
    """Copy the program of a bundle, and write `inference.yml`; a part of one has no processing."""
    import yaml

    for suffix in (".json", ".pdiparams"):
        shutil.copyfile(source / f"{PROGRAM}{suffix}", folder / f"{PROGRAM}{suffix}")
    if (source.parent / RECORD).is_file():
        settings = settings_of(read_record(source.parent))
        text = yaml.safe_dump(settings, allow_unicode=True, sort_keys=False)
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

    return _runner_of(model.runner, predict)


def _name_in(path: Path) -> str:
    """Return the name of the model that PaddleX should make; a bundle may come from anywhere."""
    import yaml

    name: str = yaml.safe_load(path.read_text("utf-8"))["Global"]["model_name"]
    if name not in (RECOGNISER, CLASSIFIER):
        message = f"{path} names {name!r}, and bundles have {RECOGNISER} or {CLASSIFIER}"
        raise ValueError(message)
    return name


def _runner_of(runner: Any, predict: Predict | None = None) -> Runner:
    names = tuple(runner.predictor.get_input_names())
    return Runner(names, lambda arrays: list(runner(x=list(arrays))), predict)


def _prediction(result: Any) -> Prediction:
    if "rec_text" in result:
        return Prediction(str(result["rec_text"]), float(result["rec_score"]), {})
    names = [str(name) for name in result["label_names"]]
    scores = [float(score) for score in result["scores"]]
    return Prediction(names[0], scores[0], dict(zip(names, scores, strict=True)))


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
