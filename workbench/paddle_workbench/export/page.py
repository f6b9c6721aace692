"""A bundle as one HTML file, which runs its network in the reader's browser, without a network."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from ..contract import (
    BundleOutput,
    BundlePage,
    BundleRecord,
    CharacterIds,
    Language,
    PageArray,
    PageExample,
    PageSample,
)
from ..errors import BundleError
from ..program.passes.comparison import TOLERANCE
from ..storage import write_whole
from .examples import data_url, read_examples
from .page_document import document
from .parity import INT8_TOLERANCE
from .processing import Prediction
from .samples import Array, EagerSample
from .targets.browser import RUNTIME, RUNTIME_VERSION
from .targets.onnx_file import MODEL
from .vocabulary import read_vocabulary

__all__ = ["LIMIT_MB", "MEGABYTE", "collect", "model_file", "write_page"]

LIMIT_MB = 64.0
SAMPLES_BYTES = 8_000_000
"""Most bytes of the samples that a page carries, before compression."""
EXAMPLES_BYTES = 8_000_000
"""Most characters of the pictures of examples."""
MEGABYTE = 1_000_000


class Showable(Protocol):
    """What a page needs of a bundle."""

    @property
    def folder(self) -> Path: ...

    @property
    def record(self) -> BundleRecord: ...

    @property
    def samples(self) -> list[EagerSample]: ...

    def predict(self, value: Any, *, target: str = ...) -> Any: ...


def write_page(
    bundle: Showable,
    path: Path,
    *,
    limit_mb: float = LIMIT_MB,
    language: Language | None = None,
) -> None:
    """Write the page of a bundle; see `Bundle.to_html`."""
    if language not in (None, "zh", "en"):
        raise BundleError(
            f"There is no language {language!r}.", 'Pass lang="zh" or lang="en".', code="PW-X507"
        )
    output = collect(bundle, language=language)
    html = document(output, with_runtime=True)
    size = len(html.encode()) / MEGABYTE
    if size > limit_mb:
        raise BundleError(
            f"The page of {bundle.record.name} would have {size:.1f} MB; the limit is "
            f"{limit_mb:g} MB. The model has {output.page.model_bytes / MEGABYTE:.1f} MB, the "
            f"runtime {RUNTIME.stat().st_size / MEGABYTE:.1f} MB.",
            f"Allow more: bundle.to_html(path, limit_mb={int(size) + 1})",
            code="PW-X507",
        )
    write_whole(path, html)


def collect(bundle: Showable, *, language: Language | None = None) -> BundleOutput:
    """Return what the page of a bundle shows and runs.

    Raises
    ------
    BundleError
        If the bundle was not exported to `browser`, or has no preprocessing or postprocessing.
    """
    model = model_file(bundle).read_bytes()
    record = bundle.record
    samples = [each for each in bundle.samples if each.outputs is not None]
    chosen = _small_samples([each for each in samples if not each.is_edge_case])
    page = BundlePage(
        record=record,
        language=language,
        tolerance=_tolerance(record),
        runtime_version=RUNTIME_VERSION,
        model_bytes=len(model),
        vocabularies={
            step.vocabulary: tuple(read_vocabulary(bundle.folder / step.vocabulary))
            for step in record.preprocessing
            if isinstance(step, CharacterIds)
        },
        examples=tuple(_examples(bundle)),
        samples=tuple(
            PageSample(
                name=each.name,
                inputs=tuple(map(_described, each.inputs)),
                outputs=tuple(map(_described, each.outputs or ())),
            )
            for each in chosen
        ),
        skipped_samples=sum(not each.is_edge_case for each in samples) - len(chosen),
    )
    arrays = [array for each in chosen for array in (*each.inputs, *(each.outputs or ()))]
    content = b"".join(array.tobytes() for array in arrays)
    return BundleOutput(page=page, model=_packed(model), samples=_packed(content))


def _tolerance(record: BundleRecord) -> float:
    """Return the largest difference that counts as equal on the page.

    With int8 it is that of the export, if only the decisions counted there.
    """
    target = record.targets["browser"]
    if target.weights == "fp32":
        return TOLERANCE
    return max(INT8_TOLERANCE, target.parity.largest_difference or 0.0)


def model_file(bundle: Showable) -> Path:
    """Return the model that the page of a bundle runs.

    Raises
    ------
    BundleError
        If the bundle was not exported to `browser`, or has no preprocessing or postprocessing.
    """
    record = bundle.record
    if not record.preprocessing or not record.postprocessing:
        raise BundleError(
            f"The bundle {record.name} has no steps from a text or picture to a result.",
            "Pass task=, labels= and preprocessing= to Bundle.create.",
            code="PW-X507",
        )
    if "browser" not in record.targets:
        raise BundleError(
            f"The bundle {record.name} was not exported to 'browser'.",
            'Export it: bundle.export("browser")',
            code="PW-X502",
        )
    return bundle.folder / record.targets["browser"].folder / MODEL


def _packed(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, mtime=0)).decode()


def _small_samples(samples: Sequence[EagerSample]) -> list[EagerSample]:
    """Return the samples that fit into a page, the smallest first if not all do."""
    chosen: set[int] = set()
    total = 0
    for number in sorted(range(len(samples)), key=lambda number: _bytes_of(samples[number])):
        total += _bytes_of(samples[number])
        if total > SAMPLES_BYTES:
            break
        chosen.add(number)
    return [sample for number, sample in enumerate(samples) if number in chosen]


def _bytes_of(sample: EagerSample) -> int:
    return sum(array.nbytes for array in (*sample.inputs, *(sample.outputs or ())))


def _described(array: Array) -> PageArray:
    return PageArray(dtype=array.dtype.name, shape=array.shape, bytes=array.nbytes)


def _examples(bundle: Showable) -> Iterator[PageExample]:
    """Yield the examples, without pictures that are too large for a page."""
    total = 0
    for value in read_examples(bundle.folder):
        picture = "" if isinstance(value, str) else data_url(value)
        if total + len(picture) > EXAMPLES_BYTES:
            continue
        total += len(picture)
        result: Prediction = bundle.predict(value, target="inference")
        yield PageExample(
            text=value if isinstance(value, str) else "",
            picture=picture,
            label=result.label,
            score=result.score,
            boxes=result.boxes,
        )
