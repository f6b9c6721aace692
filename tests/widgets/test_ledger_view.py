from __future__ import annotations

from pathlib import Path

import pytest

from paddle_workbench import LedgerView
from paddle_workbench.errors import BundleError, WidgetError
from paddle_workbench.export.ledger.ledger import Ledger

from ..export.ledger.small import run_of, small_bundle


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = Ledger(small_bundle(tmp_path / "small"))
    ledger.runs = (run_of({"base": [2.0] * 9, "slow": [3.0, 5.0, *[4.0] * 7]}),)
    return ledger


def test_sends_numbers_texts_and_the_ratio_to_every_baseline(ledger: Ledger) -> None:
    view = LedgerView(ledger, lang="en")
    base, slow = view.rows
    assert (view.baseline, view.variants) == ("base", ["base", "slow"])
    assert slow["values"]["p50_ms"] == 3.0
    assert slow["cells"]["accuracy"] == "90.00%"
    assert slow["ratios"] == {"base": [2.0, "2.00"], "slow": [1.0, "1.00"]}
    assert base["ratios"]["slow"][0] == 0.5
    assert view.title == "small 1, 2026-11-29 12:00 UTC, A, 2 cores"
    assert view.notes[0].startswith("Noise")


def test_static_version_has_the_pinned_baseline(ledger: Ledger) -> None:
    view = LedgerView(ledger, lang="zh", baseline="slow")
    assert "ratio to slow" in view.to_html()
    assert "准确率" in view.to_html()
    with pytest.raises(WidgetError, match="no variant 'x'"):
        LedgerView(ledger, baseline="x")


def test_rejects_what_is_not_measured(ledger: Ledger) -> None:
    ledger.runs = ()
    with pytest.raises(BundleError, match="nothing was measured"):
        LedgerView(ledger)
    with pytest.raises(WidgetError, match="shows a Ledger, got dict"):
        LedgerView({})  # type: ignore[arg-type]
