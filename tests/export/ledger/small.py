"""A small bundle whose program is never run, and functions that take its place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from paddle_workbench.contract import (
    LedgerMachine,
    LedgerProtocol,
    LedgerRow,
    LedgerRun,
    LedgerVariant,
    TopLabels,
)
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.bundle_files import RECORD, record_of_file
from paddle_workbench.export.ledger.ledger import Ledger
from paddle_workbench.export.samples import EagerSample, write_samples

from ..records import write_bundle

__all__ = [
    "IDS",
    "LABELS",
    "ONE_ROUND",
    "inverted",
    "machine",
    "measure",
    "row_of",
    "run_of",
    "scores",
    "single_rows",
    "small_bundle",
]

LABELS = ["good", "bad", "good", "bad", "good", "bad"]
IDS = np.arange(24).reshape(6, 4)
ONE_ROUND: dict[str, Any] = {
    "warm_up_s": 0,
    "block_s": 0,
    "least_rounds": 1,
    "most_rounds": 1,
}


def scores(arrays: Sequence[Any]) -> list[Any]:
    """Return good for rows with an even first number, bad for the others."""
    is_even = arrays[0][:, 0] % 8 == 0
    return [np.stack([~is_even, is_even], axis=1).astype(np.float32)]


def small_bundle(folder: Path) -> Bundle:
    """Write a bundle with one sample, and open it."""
    write_bundle(folder)
    sample = EagerSample("examples", (IDS,), tuple(scores([IDS])))
    (folder / "samples").mkdir()
    write_samples([sample], folder / "samples" / "samples.npz")
    path = folder / RECORD
    content = json.loads(path.read_text(encoding="utf-8"))
    file = record_of_file(folder / "samples" / "samples.npz")
    content["files"]["samples/samples.npz"] = file.model_dump()
    content["samples"] = [sample.record().model_dump()]
    content["postprocessing"] = [TopLabels().model_dump()]
    path.write_text(json.dumps(content), encoding="utf-8")
    return Bundle(folder)


def machine(**fields: Any) -> LedgerMachine:
    return LedgerMachine(
        **{
            "processor": "A",
            "cores": 2,
            "memory_bytes": 8 << 30,
            "governor": "",
            "platform": "Linux",
            "python": "3.11",
            "packages": {"numpy": "2.0"},
            "variables": {},
            "load_before": 0.5,
            "load_after": 0.5,
            **fields,
        }
    )


def run_of(rounds_ms: dict[str, list[float]], **fields: Any) -> LedgerRun:
    """Return a run with these round medians, for batch 1 and one thread."""
    return LedgerRun(
        **{
            "bundle": "small",
            "version": "1",
            "created_at": "2026-11-29T12:00:00Z",
            "machine": machine(),
            "protocol": LedgerProtocol(),
            "baseline": next(iter(rounds_ms)),
            "reference": "eager",
            "variants": tuple(
                LedgerVariant(
                    name=name, title=name, size_bytes=1 << 20, accuracy=0.9, inputs=10,
                    changed_decisions=0, largest_difference=1e-6,
                )
                for name in rounds_ms
            ),
            "rows": tuple(
                LedgerRow(
                    variant=name, threads=1, batch=1, p50_ms=values[0], p90_ms=values[0],
                    calls=len(values), rounds_ms=tuple(values), rows_per_s=1000 / values[0],
                )
                for name, values in rounds_ms.items()
            ),
            "noise": 0.02,
            **fields,
        }
    )  # fmt: skip


def inverted(arrays: Sequence[Any]) -> list[Any]:
    return [1 - scores(arrays)[0]]


def single_rows(arrays: Sequence[Any]) -> list[Any]:
    if len(arrays[0]) != 1:
        raise ValueError("takes one row")
    return scores(arrays)


def measure(ledger: Ledger, *names: str, **options: Any) -> Ledger:
    return ledger.measure(variants=names, **(ONE_ROUND | {"threads": 1} | options))


def row_of(ledger: Ledger, name: str, batch: int = 1) -> LedgerRow:
    return next(row for row in ledger.run.rows if (row.variant, row.batch) == (name, batch))
