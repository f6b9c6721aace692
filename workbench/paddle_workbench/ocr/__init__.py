"""Text in pictures: PP-OCR stage by stage, pictures to learn from, and metrics.

`recognise_page` and `recognise_crop` run the whole pipeline with the models that one function,
`models.choose_models`, decides on. The stages are in `detection`, `crops` and `recognition`.
They are loaded when first asked for: who reads label files alone needs neither OpenCV nor Paddle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .results import CtcSteps, DetectedBox, PageResult, Reading, TextLine

if TYPE_CHECKING:
    from .pipeline import recognise_crop, recognise_page

__all__ = [
    "CtcSteps",
    "DetectedBox",
    "PageResult",
    "Reading",
    "TextLine",
    "recognise_crop",
    "recognise_page",
]


def __getattr__(name: str) -> Any:
    if name in ("recognise_crop", "recognise_page"):
        from . import pipeline

        return getattr(pipeline, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
