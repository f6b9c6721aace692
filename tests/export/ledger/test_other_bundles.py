"""A ledger compares targets of several bundles, each of which gets inputs after its own steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from paddle_workbench.contract import CharacterIds, CleanText
from paddle_workbench.errors import BundleError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.deriving import derive
from paddle_workbench.export.ledger.ledger import Ledger
from paddle_workbench.export.ledger.variants import Variant

from ..sentiment import CHARACTERS, create
from .small import ONE_ROUND

TEXTS = ["房间很干净", "很小", "还会住", "房间小"]


@pytest.fixture(scope="module")
def first(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return create(tmp_path_factory.mktemp("first") / "first")


@pytest.fixture(scope="module")
def second(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The same task with other weights, another vocabulary and another length."""
    return create(
        tmp_path_factory.mktemp("second") / "second",
        seed=3,
        preprocessing=[CleanText(), CharacterIds(vocabulary="vocabulary.json", length=6)],
        files={"vocabulary.json": [*CHARACTERS[:2], *reversed(CHARACTERS[2:])]},
    )


def test_each_bundle_gets_its_own_arrays(first: Bundle, second: Bundle, tmp_path: Path) -> None:
    labels = [each.label for each in second.predict(TEXTS)]
    ledger = Ledger(first, inputs=TEXTS, truth=labels, path=tmp_path / "ledger.json")
    ledger.add(Variant("second", bundle=second, target="inference"))
    ledger.measure(variants=["inference", "second"], batch=1, threads=1, **ONE_ROUND)
    mine, other = ledger.run.variants
    wrong = sum(one.label != label for one, label in zip(first.predict(TEXTS), labels, strict=True))
    assert (mine.accuracy, mine.changed_decisions) == (1 - wrong / 4, 0)
    assert (other.accuracy, other.changed_decisions) == (1.0, wrong)
    # Each is as far from the samples of its own bundle as it should be.
    assert not mine.parity_problem
    assert not other.parity_problem
    assert all(row.calls and not row.problem for row in ledger.run.rows)


def test_arrays_serve_a_bundle_with_the_same_steps(
    first: Bundle, second: Bundle, tmp_path: Path
) -> None:
    ledger = Ledger(first, path=tmp_path / "ledger.json")
    ledger.add(Variant("copy", bundle=derive(first, tmp_path / "copy"), target="inference"))
    ledger.measure(variants=["inference", "copy"], batch=1, threads=1, **ONE_ROUND)
    assert [each.changed_decisions for each in ledger.run.variants] == [0, 0]
    ledger.add(Variant("second", bundle=second, target="inference"))
    with pytest.raises(BundleError, match="second does not take the input arrays of first"):
        ledger.measure(variants=["second"], batch=1, threads=1, **ONE_ROUND)
