"""A small bundle and its ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.ledger.ledger import Ledger
from paddle_workbench.export.ledger.variants import Variant

from .small import LABELS, inverted, scores, small_bundle


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return small_bundle(tmp_path / "small")


@pytest.fixture
def ledger(bundle: Bundle) -> Ledger:
    ledger = Ledger(bundle, truth=LABELS)
    for name, run in (("same", scores), ("inverted", inverted)):
        ledger.add(Variant(name, run=run, files=(bundle.folder / "vocabulary.json",)))
    return ledger
