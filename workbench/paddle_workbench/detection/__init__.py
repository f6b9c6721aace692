"""Detection of goods: data with its truth, YOLOv3 with ResNet34, its training, and its quality.

The names below are loaded on first use, so that reading annotations needs neither Paddle nor
pycocotools.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .anchors import anchor_overlaps, box_sizes, find_anchors
    from .annotations.loading import LoadedAnnotations, load_annotations
    from .annotations.problems import Problem
    from .annotations.saving import save_annotations
    from .batches import Batch, Batches, normalised
    from .causes import confusion, error_causes, mistakes
    from .dataset import Dataset, Picture
    from .desk.desk import AnnotationDesk
    from .detector import Detector
    from .evaluation import Evaluation, bootstrap, evaluate
    from .goods.generator import generate_goods, generate_shelf
    from .history import History
    from .loss import LossParts, loss_parts, truth_of, yolo_loss
    from .recipe import FULL_WIDTH, QUARTER_WIDTH, Recipe
    from .training import train
    from .weights import load_paddledetection
    from .yolo import YOLOv3

__all__ = [
    "FULL_WIDTH",
    "QUARTER_WIDTH",
    "AnnotationDesk",
    "Batch",
    "Batches",
    "Dataset",
    "Detector",
    "Evaluation",
    "History",
    "LoadedAnnotations",
    "LossParts",
    "Picture",
    "Problem",
    "Recipe",
    "YOLOv3",
    "anchor_overlaps",
    "bootstrap",
    "box_sizes",
    "confusion",
    "error_causes",
    "evaluate",
    "find_anchors",
    "generate_goods",
    "generate_shelf",
    "load_annotations",
    "load_paddledetection",
    "loss_parts",
    "mistakes",
    "normalised",
    "save_annotations",
    "train",
    "truth_of",
    "yolo_loss",
]

_HOMES = {
    "FULL_WIDTH": ".recipe",
    "QUARTER_WIDTH": ".recipe",
    "AnnotationDesk": ".desk.desk",
    "Batch": ".batches",
    "Batches": ".batches",
    "Dataset": ".dataset",
    "Detector": ".detector",
    "Evaluation": ".evaluation",
    "History": ".history",
    "LoadedAnnotations": ".annotations.loading",
    "LossParts": ".loss",
    "Picture": ".dataset",
    "Problem": ".annotations.problems",
    "Recipe": ".recipe",
    "YOLOv3": ".yolo",
    "anchor_overlaps": ".anchors",
    "bootstrap": ".evaluation",
    "box_sizes": ".anchors",
    "confusion": ".causes",
    "error_causes": ".causes",
    "evaluate": ".evaluation",
    "find_anchors": ".anchors",
    "generate_goods": ".goods.generator",
    "generate_shelf": ".goods.generator",
    "load_annotations": ".annotations.loading",
    "load_paddledetection": ".weights",
    "loss_parts": ".loss",
    "mistakes": ".causes",
    "normalised": ".batches",
    "save_annotations": ".annotations.saving",
    "train": ".training",
    "truth_of": ".loss",
    "yolo_loss": ".loss",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
