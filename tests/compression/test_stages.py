"""A pruning in rounds and its fine-tuning take turns, and train as long as without rounds."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_workbench.compression.recipe import recipe_of
from paddle_workbench.compression.stages import stages_of
from paddle_workbench.contract import FineTuneStep, PruneStep
from paddle_workbench.errors import CompressionError

ROUNDS = {"step": "prune", "rounds": 3}


def test_steps_without_rounds_are_stages() -> None:
    stages = stages_of(recipe_of(["prune", "fine_tune", "quantize"]))
    assert [stage.name for stage in stages] == ["1 prune", "2 fine_tune", "3 quantize"]
    assert stages[1].description == "Step 2, fine_tune"


def test_rounds_divide_the_epochs() -> None:
    steps = ["quantize", ROUNDS, {"step": "fine_tune", "epochs": 5, "lr": 0.1}, "prune"]
    stages = stages_of(recipe_of(steps))
    assert [stage.name for stage in stages] == [
        "1 quantize",
        "2 prune, round 1",
        "3 fine_tune, round 1",
        "2 prune, round 2",
        "3 fine_tune, round 2",
        "2 prune, round 3",
        "3 fine_tune, round 3",
        "4 prune",
    ]
    trained = [stage.step for stage in stages if isinstance(stage.step, FineTuneStep)]
    assert [step.epochs for step in trained] == [1, 2, 2]
    assert {step.lr for step in trained} == {0.1}
    assert stages[3].step == PruneStep(rounds=3)
    assert stages[3].description == "Step 2, prune, round 2"


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ([ROUNDS], "Step 1 of the recipe, prune, has 3 rounds, and no fine_tune follows"),
        (["prune", ROUNDS, "quantize", "fine_tune"], "Step 2 of the recipe, prune, has 3 rounds"),
        ([ROUNDS, {"step": "fine_tune", "epochs": 2}], "the fine_tune after it 2 epochs"),
    ],
)
def test_rejects_rounds_without_training(steps: list[Any], sentence: str) -> None:
    with pytest.raises(CompressionError, match=sentence) as error:
        stages_of(recipe_of(steps))
    assert "epochs: 3" in (error.value.hint or "")
