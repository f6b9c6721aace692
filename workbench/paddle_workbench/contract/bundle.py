"""The part of the contract about bundles: what `bundle.json` contains."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, FiniteFloat, model_validator

from .model import SCHEMA_VERSION, Model
from .recipe import RecipeStep

__all__ = [
    "BundleRecord",
    "CharacterIds",
    "CleanText",
    "CtcDecode",
    "ExportFinding",
    "FileRecord",
    "LabelledBox",
    "Letterbox",
    "Normalize",
    "Parent",
    "Parity",
    "Postprocessing",
    "Preprocessing",
    "Resize",
    "Sample",
    "SampleSource",
    "SourcePlace",
    "TargetRecord",
    "Task",
    "TensorSignature",
    "TextLine",
    "TopLabels",
    "Versions",
    "Weights",
    "WorstElement",
    "YoloBoxes",
]

Task = Literal[
    "text-classification",
    "image-classification",
    "text-recognition",
    "object-detection",
    "tensors",
]
Weights = Literal["fp32", "fp16", "int8"]
"""How a target stores the weights. With `int8`, ONNX computes with 8 bits, too, as its plan says;
other targets compute with single precision in any case."""
SampleSource = Literal["eager", "predictor"]
Side = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Deviation = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Brightness = Annotated[int, Field(ge=0, le=255)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class CleanText(Model):
    """Replace control characters by spaces and collapse spaces, as `text.vocabulary.clean` does."""

    step: Literal["clean_text"] = "clean_text"


class CharacterIds(Model):
    """Replace each character by its number in a vocabulary.

    Input: texts. Output: int64, (batch, length).
    """

    step: Literal["character_ids"] = "character_ids"
    vocabulary: str
    """A file of the bundle: a JSON list of characters, in the order of their numbers."""
    length: int = Field(ge=1, le=100_000)
    padding: int = Field(0, ge=0)
    unknown: int = Field(1, ge=0)


class Resize(Model):
    """Resize pictures to one height and width, in pixels.

    Input: RGB pictures, uint8 (height, width, 3). Output: uint8, (batch, height, width, 3).
    """

    step: Literal["resize"] = "resize"
    height: int = Field(ge=1, le=8192)
    width: int | None = Field(None, ge=1, le=8192)
    """None: in proportion, and padded with zeros on the right to the widest of the batch."""


class Letterbox(Model):
    """Resize pictures in proportion into the centre of one size, in pixels; fill the rest.

    Input: RGB pictures, uint8 (height, width, 3). Output: uint8, (batch, height, width, 3).
    """

    step: Literal["letterbox"] = "letterbox"
    height: int = Field(ge=1, le=8192)
    width: int = Field(ge=1, le=8192)
    fill: tuple[Brightness, Brightness, Brightness] = (114, 114, 114)
    """Red, green and blue of what the picture does not cover."""


class Normalize(Model):
    """Scale pictures from 0…255, subtract the mean, divide by the deviation, channels first.

    Input: uint8, (batch, height, width, 3). Output: float32, (batch, 3, height, width).
    """

    step: Literal["normalize"] = "normalize"
    mean: tuple[FiniteFloat, FiniteFloat, FiniteFloat] = (0.0, 0.0, 0.0)
    deviation: tuple[Deviation, Deviation, Deviation] = (1.0, 1.0, 1.0)
    channels: Literal["RGB", "BGR"] = "RGB"


class TextLine(Model):
    """Resize lines of text as PP-OCR does, scale them to -1…1, pad with 0, channels first.

    OpenCV resizes a line to one height, in proportion, to at most 3200 pixels.

    Input: RGB pictures, uint8 (height, width, 3). Output: float32, (batch, 3, height, width).
    """

    step: Literal["text_line"] = "text_line"
    height: int = Field(48, ge=1, le=8192)
    narrowest: int = Field(320, ge=1, le=3200)
    """Smallest width, in pixels; padded on the right to this or to the widest of the batch."""
    channels: Literal["RGB", "BGR"] = "BGR"


class TopLabels(Model):
    """The labels with the highest values. Input: scores, (batch, labels)."""

    step: Literal["top_labels"] = "top_labels"
    count: int = Field(1, ge=1)
    softmax: bool = True
    """Whether the network returns logits, of which the softmax is taken."""


class CtcDecode(Model):
    """The best path of a CTC network. Input: scores, (batch, time, characters + 1)."""

    step: Literal["ctc_decode"] = "ctc_decode"
    blank: int = Field(0, ge=0)


class YoloBoxes(Model):
    """The boxes that a YOLO network sees, after suppression, in pixels of the picture.

    Input: for each scale the raw output, (batch, anchors * (5 + labels), rows, columns).
    """

    step: Literal["yolo_boxes"] = "yolo_boxes"
    anchors: tuple[tuple[tuple[Side, Side], ...], ...]
    """For each output its anchors: width and height in pixels of the network's input."""
    strides: tuple[Annotated[int, Field(ge=1)], ...]
    """For each output the pixels of the network's input between two of its cells."""
    threshold: float = Field(0.25, ge=0, le=1)
    """Smallest score: objectness times the probability of the label."""
    iou: float = Field(0.5, ge=0, le=1)
    """Of two boxes that overlap by more, the one with the lower score is suppressed."""
    limit: int = Field(100, ge=1, le=10_000)
    """Most boxes of a picture."""
    method: Literal["per-class", "soft", "class-agnostic"] = "per-class"
    """Which boxes are suppressed: those of the same label, those of any, or with `soft` none, but
    their scores are reduced."""

    @model_validator(mode="after")
    def _check_scales(self) -> YoloBoxes:
        if not self.strides or len(self.anchors) != len(self.strides) or not all(self.anchors):
            raise ValueError(
                f"{len(self.strides)} strides do not fit the anchors of {len(self.anchors)} outputs"
            )
        return self


Preprocessing = Annotated[
    CleanText | CharacterIds | Resize | Letterbox | Normalize | TextLine,
    Field(discriminator="step"),
]
Postprocessing = Annotated[TopLabels | CtcDecode | YoloBoxes, Field(discriminator="step")]


class LabelledBox(Model):
    """A box around something in a picture."""

    label: str
    score: float
    corners: tuple[float, float, float, float]
    """x1, y1, x2, y2 in pixels of the picture."""


class TensorSignature(Model):
    """An input or output of a program."""

    name: str
    dtype: str
    shape: tuple[int | None, ...] | None
    """None for a size that may change; None as a whole if the number of sizes may change."""


class FileRecord(Model):
    """The content of one file."""

    sha256: Digest
    bytes: int = Field(ge=0)


class Sample(Model):
    """Inputs on which targets are compared with the eager network."""

    name: str
    inputs: int
    """Number of its input arrays."""
    outputs: int | None
    """Number of eager output arrays; None if the eager network refuses the inputs."""
    error: str = ""
    """Why it refuses them."""
    is_edge_case: bool = False
    """Whether it is empty or contains NaN; a target that differs there gets a warning."""
    is_held_out: bool = False
    """Whether it is a part of the held-out set, on which decisions are counted."""


class WorstElement(Model):
    """The element of an output that differs most."""

    output: int
    """Number of the output, from 0."""
    index: tuple[int, ...]
    expected: float | None
    """The eager value; None if it is NaN or infinite."""
    value: float | None


class Parity(Model):
    """How far a target is from the samples of a bundle."""

    is_equal: bool
    reference: SampleSource = "eager"
    """What it was compared with."""
    samples: int
    largest_difference: float | None
    """Relative to the largest eager value of the same output; None if it is infinite."""
    largest_absolute_difference: float | None = None
    """None if it is infinite."""
    tolerance: float | None
    """The largest difference that counts as equal; None if only the decisions count."""
    decisions: int
    """Rows of the first output for which a decision was compared; for a detector the boxes that it
    or the reference sees."""
    changed_decisions: int
    is_held_out: bool = False
    """Whether the decisions are those on the held-out set and on nothing else."""
    raw_examples: int = 0
    """Raw inputs for which a runtime with processing of its own has the result of the bundle."""
    worst_sample: str = ""
    worst: WorstElement | None = None
    """In that sample."""
    problem: str = ""
    """What is not equal, as a sentence."""


class SourcePlace(Model):
    """A line of the learner's code."""

    file: str
    line: int


class ExportFinding(Model):
    """What keeps a program from a target, or what to know before using it there."""

    code: str
    severity: Literal["error", "warning"]
    message: str
    hint: str
    op: str = ""
    """The kind of op that it is about, such as `rnn`."""
    line: SourcePlace | None = None
    """The line that made the op, where it is known."""


class TargetRecord(Model):
    """A target that was exported and is equal."""

    folder: str = Field(pattern=r"^[a-z][a-z0-9]*(-[0-9]+)?$")
    """A folder at the top of the bundle, such as `onnx`."""
    weights: Weights = "fp32"
    created_at: AwareDatetime
    versions: dict[str, str]
    parity: Parity
    without_passes: tuple[str, ...] = ()
    """Passes of Paddle Inference that are left out; with them it is not equal."""


class Versions(Model):
    """Where a bundle was made."""

    python: str
    platform: str
    packages: dict[str, str]


class Parent(Model):
    """The bundle that another one was made from."""

    name: str
    version: str
    sha256: Digest
    """Of its `bundle.json`."""
    steps: tuple[RecipeStep, ...] = ()
    """Of the recipe by which it was made smaller."""


class BundleRecord(Model):
    """The file `bundle.json` of a bundle."""

    schema_version: int = SCHEMA_VERSION
    name: str
    version: str
    task: Task
    licence: str = ""
    created_at: AwareDatetime
    inputs: tuple[TensorSignature, ...]
    outputs: tuple[TensorSignature, ...]
    labels: tuple[str, ...] = ()
    preprocessing: tuple[Preprocessing, ...] = ()
    postprocessing: tuple[Postprocessing, ...] = ()
    metrics: dict[str, FiniteFloat] = {}  # noqa: RUF012 - pydantic copies it
    """Not NaN or infinity, which JSON does not have: the record could not be read again."""
    samples: tuple[Sample, ...] = ()
    samples_from: SampleSource = "eager"
    """Whose outputs the samples have: the Predictor's if the bundle was made from a program."""
    targets: dict[str, TargetRecord] = {}  # noqa: RUF012
    legacy_problem: ExportFinding | None = None
    """Why it has no program in Paddle's legacy format."""
    parent: Parent | None = None
    """The bundle that it is a smaller form of."""
    provenance: Versions
    files: dict[str, FileRecord]
    """Every file of the bundle but `bundle.json`, by its path with forward slashes."""
