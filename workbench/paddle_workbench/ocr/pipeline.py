"""All stages together: from a picture to its lines of text, as in PaddleOCR."""

from __future__ import annotations

from functools import lru_cache

from ..picture_files.array import Picture, check_picture
from .models import OcrModels, choose_models
from .results import PageResult, TextLine
from .stages.crops import cut_out, reading_order
from .stages.detection import DetectionSettings, Detector, find_boxes
from .stages.recognition import Recogniser

__all__ = ["Pipeline", "default_pipeline", "load_pipeline", "recognise_crop", "recognise_page"]


class Pipeline:
    """Detection, crops in reading order, and recognition.

    With the defaults of `load_pipeline`, results equal those of `PaddleOCR.predict` with the same
    models and `cpu_threads` to the last digit.

    Parameters
    ----------
    detector : Detector
    recogniser : Recogniser
        The official one, or a custom one.
    settings : DetectionSettings or None
    batch_size : int
        Crops per batch.
    """

    def __init__(
        self,
        detector: Detector,
        recogniser: Recogniser,
        *,
        settings: DetectionSettings | None = None,
        batch_size: int = 6,
    ) -> None:
        self.detector, self.recogniser = detector, recogniser
        self.settings = settings or DetectionSettings()
        self.batch_size = batch_size

    def recognise(self, picture: Picture, *, keep_steps: int = 0) -> PageResult:
        """Recognise the lines of a picture.

        Parameters
        ----------
        picture : ndarray of uint8, (height, width, 3)
            RGB, upright.
        keep_steps : int
            Number of candidates to keep for each CTC step; 0 for none.

        Raises
        ------
        ShapeError
            If it is not such an array.
        """
        check_picture(picture)
        probabilities = self.detector.probability_map(picture, self.settings)
        boxes = reading_order(find_boxes(probabilities, self.settings))
        crops = [(box, cut_out(picture, box.points)) for box in boxes]
        readable = [(box, crop) for box, crop in crops if crop is not None]
        readings = self.recogniser.read(
            [crop for _, crop in readable], batch_size=self.batch_size, keep_steps=keep_steps
        )
        lines = tuple(
            TextLine(box.points, reading.text, reading.confidence, box.score, reading.steps)
            for (box, _), reading in zip(readable, readings, strict=True)
        )
        names = (self.detector.model.name, self.recogniser.model.name)
        return PageResult(probabilities.size, lines, names)


def load_pipeline(
    models: OcrModels | None = None,
    *,
    settings: DetectionSettings | None = None,
    threads: int = 2,
    batch_size: int = 6,
    narrowest: int | None = None,
) -> Pipeline:
    """Load a pipeline.

    Parameters
    ----------
    models : OcrModels or None
        None for the defaults of `choose_models`.
    settings : DetectionSettings or None
    threads : int
        CPU threads of each network.
    batch_size : int
        Crops per batch.
    narrowest : int or None
        As in `Recogniser`.

    Raises
    ------
    EnvironmentBrokenError
        If the models are missing.
    """
    models = models or choose_models()
    return Pipeline(
        Detector(models.detection, threads=threads),
        Recogniser(models.recognition, threads=threads, narrowest=narrowest),
        settings=settings,
        batch_size=batch_size,
    )


@lru_cache(maxsize=1)
def default_pipeline() -> Pipeline:
    """Return the pipeline of this process, loaded on first use."""
    return load_pipeline()


def recognise_page(picture: Picture) -> PageResult:
    """Recognise the lines of a picture with the models of this machine.

    Parameters
    ----------
    picture : ndarray of uint8, (height, width, 3)
        RGB, upright.

    Raises
    ------
    ShapeError
        If it is not such an array.
    EnvironmentBrokenError
        If the models are missing.
    """
    return default_pipeline().recognise(picture)


def recognise_crop(crop: Picture) -> tuple[str, float]:
    """Return the text of one straight line of text, and its confidence from 0 to 1.

    Parameters
    ----------
    crop : ndarray of uint8, (height, width, 3)
        RGB.

    Raises
    ------
    ShapeError
        If it is not such an array.
    EnvironmentBrokenError
        If the models are missing.
    """
    (reading,) = default_pipeline().recogniser.read([crop])
    return reading.text, reading.confidence
