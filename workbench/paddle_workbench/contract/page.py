"""The part of the contract about pages that run a bundle in a browser."""

from __future__ import annotations

from .bundle import BundleRecord, LabelledBox
from .model import SCHEMA_VERSION, Language, Model

__all__ = [
    "BUNDLE_MIME_TYPE",
    "BundleOutput",
    "BundlePage",
    "PageArray",
    "PageExample",
    "PageSample",
]

BUNDLE_MIME_TYPE = "application/vnd.paddle-workbench.bundle+json"
"""Of what the output of a widget carries, a `BundleOutput`."""


class PageExample(Model):
    """An example to choose on a page, with the result of Paddle Inference."""

    text: str = ""
    picture: str = ""
    """A picture as a data URL."""
    label: str
    score: float
    boxes: tuple[LabelledBox, ...] = ()
    """For a detector."""


class PageArray(Model):
    """An array of a sample; the bytes of all arrays follow each other in one block of the page."""

    dtype: str
    shape: tuple[int, ...]
    bytes: int


class PageSample(Model):
    """A sample that a page runs again."""

    name: str
    inputs: tuple[PageArray, ...]
    outputs: tuple[PageArray, ...]


class BundlePage(Model):
    """What the HTML page of a bundle contains apart from the model and the runtime."""

    record: BundleRecord
    language: Language | None = None
    """None for that of the browser."""
    tolerance: float
    runtime_version: str
    model_bytes: int
    vocabularies: dict[str, tuple[str, ...]]
    examples: tuple[PageExample, ...]
    samples: tuple[PageSample, ...]
    skipped_samples: int
    """Number of samples that are too large for the page."""


class BundleOutput(Model):
    """What the output of a widget carries, so that its page runs without the kernel.

    It is data; the program that runs it comes from the installed workbench.
    """

    schema_version: int = SCHEMA_VERSION
    page: BundlePage
    model: str
    """An ONNX file: gzip, then base64."""
    samples: str
    """The arrays of the samples, one after the other: gzip, then base64."""
