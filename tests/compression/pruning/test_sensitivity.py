"""What each group costs is measured without writing a program for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.compression.pruning import channel_groups, prune, pruning_sensitivity
from paddle_workbench.contract import JobProgress
from paddle_workbench.errors import BundleError, CompressionError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.program.passes.comparison import relative_difference

from .pictures import PICTURES

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]


def test_says_what_pruning_a_group_would_cost(parent: Bundle, tmp_path: Path) -> None:
    steps: list[JobProgress] = []
    rows = pruning_sensitivity(parent, shares=(0.25, 0.5), listener=steps.append)

    groups = channel_groups(parent).prunable
    assert [(row.group, row.share) for row in rows] == [
        (group.name, share) for group in groups for share in (0.25, 0.5)
    ]
    assert [step.done for step in steps] == list(range(1, len(groups) + 1))
    row = next(row for row in rows if (row.group, row.share) == ("layers.1.expand.0", 0.5))
    pruned = prune(parent, tmp_path / "pruned", share={row.group: row.share})
    before, after = parent.samples[0].outputs, pruned.samples[0].outputs
    assert before is not None
    assert after is not None
    assert row.removed == 8
    assert row.difference == pytest.approx(relative_difference(after[0], before[0]), rel=1e-3)
    kept = (before[0].argmax(axis=-1) == after[0].argmax(axis=-1)).mean()
    assert row.kept_decisions == pytest.approx(kept)
    assert row.accuracy is None


def test_measures_the_accuracy_on_raw_inputs(parent: Bundle) -> None:
    truth = [each.label for each in parent.predict(PICTURES)]

    rows = pruning_sensitivity(parent, inputs=PICTURES, truth=truth, shares=[0.25])

    assert all(row.accuracy == pytest.approx(row.kept_decisions) for row in rows)
    assert rows == pruning_sensitivity(
        parent,
        inputs=PICTURES,
        score=lambda results: np.mean([each.label for each in results] == np.array(truth)),
        shares=[0.25],
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shares": [0.5, 1]}, "The share 1 is not a number"),
        ({"inputs": PICTURES, "truth": ["box"]}, "There are 3 inputs and 1 of truth."),
        (
            {"inputs": PICTURES, "truth": [0, 1, 2]},
            "The truth contains 0, which is not a label of goods.",
        ),
        ({"truth": ["box"]}, "The truth or the score was passed without inputs."),
        ({"inputs": PICTURES, "score": 0.5}, "score is 0.5, and not a function."),
        ({"inputs": PICTURES, "score": print}, "score returned None, and not a number."),
        ({"inputs": []}, "There are no inputs."),
        ({"inputs": ["text"]}, "The inputs do not fit: This bundle takes pictures"),
        ({"criterion": "size"}, "There is no criterion 'size'."),
    ],
)
def test_refuses_what_cannot_be_measured(
    options: dict[str, Any], message: str, parent: Bundle
) -> None:
    with pytest.raises((BundleError, CompressionError)) as error:
        pruning_sensitivity(parent, **options)
    assert error.value.message.startswith(message)


def test_leaves_the_bundle_as_it_was(parent: Bundle) -> None:
    files = {path: path.read_bytes() for path in parent.folder.rglob("*") if path.is_file()}
    pruning_sensitivity(parent, shares=[0.5])
    assert {path: path.read_bytes() for path in files} == files
    assert np.isfinite(parent.predict(PICTURES[0]).score)
