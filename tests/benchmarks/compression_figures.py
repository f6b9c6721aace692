"""Size and time of a bundle that was made smaller, relative to the original."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.ledger.intervals import Interval
from paddle_workbench.export.ledger.ledger import Ledger
from paddle_workbench.export.ledger.variants import Variant
from paddle_workbench.export.targets.registry import files_of_target


def size_of(bundle: Bundle) -> int:
    return sum(file.bytes for file in files_of_target(bundle.record, "onnx").values())


def ratio_of_times(original: Bundle, smaller: Bundle, inputs: Sequence[Any]) -> Interval:
    """Return the time of the smaller one as a share of the original's, with its interval."""
    ledger = Ledger(original, inputs=inputs, path=smaller.path.with_suffix(".ledger.json"))
    ledger.add(Variant("smaller", bundle=smaller, target="onnx"))
    ledger.measure(variants=["onnx", "smaller"], baseline="onnx", batch=1, threads=1, budget_s=30)
    line = next(row for row in ledger.to_frame(baseline="onnx").to_dict("records")
                if row["variant"] == "smaller")  # fmt: skip
    return Interval(line["ratio_low"], line["ratio"], line["ratio_high"])


def shown(interval: Interval, digits: int = 2) -> str:
    low, middle, high = (
        f"{each:.{digits}f}" for each in (interval.low, interval.middle, interval.high)
    )
    return f"{middle} ({low} to {high})"
