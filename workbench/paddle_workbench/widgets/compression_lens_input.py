"""What a compression lens takes: a report, or a bundle that is measured first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..contract import CompressionReport
from ..errors import WidgetError
from ..export.bundle import Bundle
from .measurement import Measure

__all__ = ["described"]


def described(
    source: Any, measure: Measure | None, of_bundle: Mapping[str, Any]
) -> tuple[CompressionReport, Measure | None]:
    """Return the report that a lens shows, and what measures settings.

    Parameters
    ----------
    source : CompressionReport, Bundle, str or Path
    measure : callable or None
        Of a report.
    of_bundle : mapping
        Of a bundle: data, inputs, truth and score; None for what was not passed.

    Raises
    ------
    WidgetError
        If it is neither, what was passed is for the other, or `measure` cannot be called.
    CompressionError, ExportError, BundleError
        As for `compression.CompressionStudy`.
    """
    if measure is not None and not callable(measure):
        raise WidgetError(
            f"measure is {measure!r:.80}, which cannot be called.",
            "Pass a function that takes settings and returns a CompressionTry.",
        )
    passed = {name: value for name, value in of_bundle.items() if value is not None}
    if isinstance(source, CompressionReport):
        if passed:
            raise WidgetError(
                f"{next(iter(passed))} is for a bundle, and a report was passed.",
                "Pass the bundle: CompressionLens(bundle, data=…, inputs=…, truth=…).",
            )
        return source, measure
    if not isinstance(source, Bundle | str | Path):
        raise WidgetError(
            f"CompressionLens shows a Bundle or a CompressionReport, got {type(source).__name__}.",
            "Such as CompressionLens(bundle, data=texts[:64], inputs=test.texts, "
            "truth=test.labels).",
        )
    if measure is not None:
        raise WidgetError(
            "A bundle measures itself, and measure was passed.",
            "Leave it out, or pass a report: CompressionLens(report, measure=…).",
        )
    for name, use in (("data", "to calibrate with"), ("inputs", "to judge changes on")):
        if name not in passed:
            raise WidgetError(
                f"CompressionLens needs {name} of a bundle, raw inputs {use}.",
                "Such as CompressionLens(bundle, data=texts[:64], inputs=test.texts, "
                "truth=test.labels).",
            )
    # Only a bundle needs ONNX Runtime.
    from ..compression.study import CompressionStudy

    study = CompressionStudy(source, **passed)
    return study.report(), study.measure
