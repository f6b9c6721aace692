"""The models of PaddleOCR's pipeline, and where they are on this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .bundled import bundled_file

__all__ = [
    "DETECTION",
    "MODEL_FILES",
    "PIPELINE_MODELS",
    "RECOGNITION",
    "PipelineModel",
    "bundled_folder",
    "bundled_models",
    "cached_folder",
    "is_whole",
]

DETECTION: Final = "PP-OCRv5_mobile_det"
RECOGNITION: Final = "PP-OCRv5_mobile_rec"

# Where PaddleX keeps its downloads.
CACHE_VARIABLE: Final = "PADDLE_PDX_CACHE_HOME"
MODEL_FILES: Final = ("inference.json", "inference.pdiparams", "inference.yml")

_BUNDLED: Final = {DETECTION: "ocr_detection", RECOGNITION: "ocr_recognition"}


@dataclass(frozen=True, slots=True)
class PipelineModel:
    """A model that `PaddleOCR()` loads.

    If it has no folder for one of them, and it is not switched off, PaddleOCR asks the network.
    Without a network it fails with "No model hoster is available!" (PaddleOCR#16620).

    Parameters
    ----------
    name : str
    switch : str
        The argument of `PaddleOCR` that switches it off; empty if it is always needed.
    """

    name: str
    switch: str = ""


PIPELINE_MODELS: Final = (
    PipelineModel(DETECTION),
    PipelineModel(RECOGNITION),
    PipelineModel("PP-LCNet_x1_0_doc_ori", "use_doc_orientation_classify"),
    PipelineModel("UVDoc", "use_doc_unwarping"),
    PipelineModel("PP-LCNet_x1_0_textline_ori", "use_textline_orientation"),
)


def bundled_models() -> tuple[str, ...]:
    """Return the names of the models that a package of the environment contains."""
    return tuple(_BUNDLED)


def bundled_folder(name: str) -> Path | None:
    """Return the folder of a model in a package; None if no package should contain it.

    Raises
    ------
    EnvironmentBrokenError
        If its package is not installed or lacks one of its files.
    """
    if name not in _BUNDLED:
        return None
    parts = ("program", "weights", "settings")
    folders = [bundled_file(f"{_BUNDLED[name]}_{part}").parent for part in parts]
    return folders[0]


def cached_folder(name: str) -> Path:
    """Return the folder of a model in PaddleX's cache, which need not exist."""
    home = Path(os.environ.get(CACHE_VARIABLE) or "~/.paddlex").expanduser()
    return home / "official_models" / name


def is_whole(folder: Path) -> bool:
    """Return whether a folder has all files of a model."""
    return all((folder / name).is_file() for name in MODEL_FILES)
