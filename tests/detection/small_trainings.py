"""What tests of short trainings share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from paddle_workbench.detection import training
from paddle_workbench.detection.evaluation import evaluate
from paddle_workbench.detection.history import EvaluationRecord, StepRecord
from paddle_workbench.detection.recipe import Recipe

from .networks import INPUT_SIZE

RECIPE = Recipe(input_size=INPUT_SIZE, batch_size=2, steps=4, peak_rate=1e-3)


def weights(net: Any) -> dict[str, np.ndarray]:
    return {name: value.numpy().copy() for name, value in net.state_dict().items()}


def assert_equal(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def stop_at(step: int) -> Callable[[StepRecord | EvaluationRecord], None]:
    def listener(record: StepRecord | EvaluationRecord) -> None:
        if isinstance(record, StepRecord) and record.step == step:
            raise KeyboardInterrupt

    return listener


def scripted(values: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the evaluations have these results."""
    rest = iter(values)

    def scripted_evaluate(*arguments: Any) -> Any:
        return replace(evaluate(*arguments), map50=next(rest))

    monkeypatch.setattr(training, "evaluate", scripted_evaluate)
