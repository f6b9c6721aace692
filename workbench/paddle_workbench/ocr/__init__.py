"""Text in pictures: PP-OCR stage by stage, generated pictures, metrics, and the OCR desk.

The names below are loaded on first use, so that reading label files needs neither OpenCV nor
Paddle. `recognise_page` and `recognise_crop` run the whole pipeline with the models that
`choose_models` picks.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..text.stretches import TextSource, commonest_characters
    from .desk.desk import Desk
    from .desk.exchange import load_labels, save_labels
    from .generated.camera import Camera, photograph
    from .generated.canvas import Canvas
    from .generated.generator import generate
    from .generated.lines import LineSet, generate_lines
    from .metrics import character_error_rate, confusions, line_accuracy, normalised, score_pages
    from .models import OcrModel, OcrModels, choose_models, describe_recogniser, official_pipeline
    from .pipeline import Pipeline, load_pipeline, recognise_crop, recognise_page
    from .results import CtcSteps, DetectedBox, PageResult, Reading, TextLine
    from .stages.crops import cut_out, reading_order
    from .stages.detection import DetectionSettings, find_boxes, find_candidates
    from .stages.orientation import find_orientations
    from .stages.recognition import Recogniser, batches_by_width

__all__ = [
    "Camera",
    "Canvas",
    "CtcSteps",
    "Desk",
    "DetectedBox",
    "DetectionSettings",
    "LineSet",
    "OcrModel",
    "OcrModels",
    "PageResult",
    "Pipeline",
    "Reading",
    "Recogniser",
    "TextLine",
    "TextSource",
    "batches_by_width",
    "character_error_rate",
    "choose_models",
    "commonest_characters",
    "confusions",
    "cut_out",
    "describe_recogniser",
    "find_boxes",
    "find_candidates",
    "find_orientations",
    "generate",
    "generate_lines",
    "line_accuracy",
    "load_labels",
    "load_pipeline",
    "normalised",
    "official_pipeline",
    "photograph",
    "reading_order",
    "recognise_crop",
    "recognise_page",
    "save_labels",
    "score_pages",
]

_HOMES = {
    "Camera": ".generated.camera",
    "Canvas": ".generated.canvas",
    "CtcSteps": ".results",
    "Desk": ".desk.desk",
    "DetectedBox": ".results",
    "DetectionSettings": ".stages.detection",
    "LineSet": ".generated.lines",
    "OcrModel": ".models",
    "OcrModels": ".models",
    "PageResult": ".results",
    "Pipeline": ".pipeline",
    "Reading": ".results",
    "Recogniser": ".stages.recognition",
    "TextLine": ".results",
    "TextSource": "..text.stretches",
    "batches_by_width": ".stages.recognition",
    "character_error_rate": ".metrics",
    "choose_models": ".models",
    "commonest_characters": "..text.stretches",
    "confusions": ".metrics",
    "cut_out": ".stages.crops",
    "describe_recogniser": ".models",
    "find_boxes": ".stages.detection",
    "find_candidates": ".stages.detection",
    "find_orientations": ".stages.orientation",
    "generate": ".generated.generator",
    "generate_lines": ".generated.lines",
    "line_accuracy": ".metrics",
    "load_labels": ".desk.exchange",
    "load_pipeline": ".pipeline",
    "normalised": ".metrics",
    "official_pipeline": ".models",
    "photograph": ".generated.camera",
    "reading_order": ".stages.crops",
    "recognise_crop": ".pipeline",
    "recognise_page": ".pipeline",
    "save_labels": ".desk.exchange",
    "score_pages": ".metrics",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
