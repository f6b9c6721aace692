"""Seconds per page and errors of OCR pipelines, with the same pictures on two cores."""

from __future__ import annotations

import os
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from paddle_workbench.ocr.generated.generator import SyntheticPicture
    from paddle_workbench.ocr.results import PageResult
    from paddle_workbench.picture_files.array import Picture

Read = Callable[["Picture"], "PageResult"]

ROUNDS = 2


def pages() -> list[SyntheticPicture]:
    """Return price tags, forms, receipts and pages, as scans and as photographs."""
    from paddle_workbench.ocr.generated.generator import generate

    kinds = ("price_tag", "form", "receipt", "page")
    return [generate(kind, 40 + i) for i, kind in enumerate(kinds)] + [
        generate(kind, 50 + i, camera=None) for i, kind in enumerate(kinds)
    ]


def result(
    picture: Picture, boxes: Sequence[object], texts: Sequence[str], name: str
) -> PageResult:
    """Return the result of another pipeline in our types."""
    from paddle_workbench.ocr.results import PageResult, TextLine

    lines = tuple(
        TextLine(np.array(box, dtype=np.float32), text, 1.0)
        for box, text in zip(boxes, texts, strict=True)
    )
    return PageResult((picture.shape[1], picture.shape[0]), lines, (name, name))


def paddleocr() -> Read:
    """Return PaddleOCR with the bundled models and its default settings."""
    from paddle_workbench.ocr.models import choose_models, official_pipeline

    pipeline = official_pipeline(choose_models(allow_cached=False))

    def read(picture: Picture) -> PageResult:
        page = pipeline.predict(np.ascontiguousarray(picture[..., ::-1]))[0]
        return result(picture, page["rec_polys"], page["rec_texts"], "PaddleOCR")

    return read


def ours(batch_size: int, narrowest: int) -> Read:
    from paddle_workbench.ocr.models import choose_models
    from paddle_workbench.ocr.pipeline import load_pipeline

    models = choose_models(allow_cached=False)
    return load_pipeline(models, batch_size=batch_size, narrowest=narrowest).recognise


def rapidocr() -> Read:
    """Return RapidOCR with its bundled models, on ONNX Runtime."""
    from rapidocr import RapidOCR

    engine = RapidOCR(params={"Global.log_level": "critical"})

    def read(picture: Picture) -> PageResult:
        output = engine(np.ascontiguousarray(picture[..., ::-1]))
        boxes = [] if output.boxes is None else list(output.boxes)
        return result(picture, boxes, list(output.txts or ()), "RapidOCR")

    return read


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:2]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import paddle  # noqa: F401
        import paddleocr as _loaded  # noqa: F401
    from paddle_workbench.ocr.metrics import score_pages

    readers: dict[str, Callable[[], Read]] = {"PaddleOCR as it comes": paddleocr}
    for batch_size, narrowest in ((6, 320), (6, 64), (1, 64)):
        name = f"ours, batches of {batch_size}, at least {narrowest} wide"
        readers[name] = lambda b=batch_size, n=narrowest: ours(b, n)
    if find_spec("rapidocr"):
        readers["RapidOCR, its own models"] = rapidocr
    else:
        print("RapidOCR is not installed and is skipped.")
    sheets = pages()
    loaded = {name: load() for name, load in readers.items()}
    seconds: dict[str, list[float]] = {name: [] for name in loaded}
    results = {name: [read(sheet.picture) for sheet in sheets] for name, read in loaded.items()}
    for _ in range(ROUNDS):
        for name, read in loaded.items():  # in turn, so that varying load affects all of them
            started = time.perf_counter()
            for sheet in sheets:
                read(sheet.picture)
            seconds[name].append((time.perf_counter() - started) / len(sheets))
    print(f"\nOCR of {len(sheets)} pictures after one round to warm up, {ROUNDS} rounds in turn")
    width = max(map(len, loaded))
    print(
        f"  {'':{width}}  {'min':>6} {'median':>6} {'max':>6} s a page  pages a min"
        "  character errors  h-mean  end-to-end F1"
    )
    for name, values in seconds.items():
        scores = score_pages(zip(results[name], [sheet.lines for sheet in sheets], strict=True))
        median = statistics.median(values)
        print(
            f"  {name:{width}}  {min(values):6.2f} {median:6.2f} {max(values):6.2f}"
            f"           {60 / median:11.0f}  {scores.character_error_rate:16.2%}"
            f"  {scores.h_mean:6.3f}  {scores.end_to_end_f1:13.3f}"
        )
