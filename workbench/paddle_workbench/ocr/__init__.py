"""Text in pictures: PP-OCR stage by stage, pictures to learn from, and metrics.

`recognise_page` and `recognise_crop` run the whole pipeline with the models that one function,
`models.choose_models`, decides on. The stages are in `detection`, `crops`, `reading_order` and
`recognition`.
"""

from .results import CtcSteps, DetectedBox, PageResult, Reading, TextLine

__all__ = ["CtcSteps", "DetectedBox", "PageResult", "Reading", "TextLine"]
