from collections.abc import Callable
from typing import Any

import pytest

from .exercise_tests import ExerciseTests


def _in_place(x: Any) -> Any:
    largest = x.abs().max()
    if largest > 2:
        x.scale_(2 / largest.item())
    return x


def _with_if(x: Any) -> Any:
    largest = x.abs().max()
    if largest > 2:
        return x / largest * 2
    return x


def _count(x: Any, *, last: float = 1.0) -> Any:
    import paddle

    count = paddle.zeros([1], "int64")
    while x.sum() > last:
        x = x * 0.5
        count = count + 1
    return count


def _endless_condition(x: Any) -> Any:
    import paddle

    count = paddle.zeros([1], "int64")
    while True:
        if x.sum() <= 1:
            break
        x = x * 0.5
        count = count + 1
    return count


def _fixed_while_tracing(x: Any) -> Any:
    import paddle

    if isinstance(x, paddle.Tensor):
        return _count(x)
    return paddle.full([1], 3, "int64")


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("soft_clip", "no_tensor", lambda x: x.numpy()),
    ("soft_clip", "changes_input", _in_place),
    ("soft_clip", "clips_each", lambda x: x.clip(-2, 2)),
    ("soft_clip", "wrong_values", lambda x: x / x.abs().max() * 2),
    ("soft_clip", "branches", _with_if),
    ("halvings", "wrong_type", lambda x: _count(x).item()),
    ("halvings", "wrong_count", lambda x: _count(x, last=0.9)),
    ("halvings", "refused", _endless_condition),
    ("halvings", "fixed", _fixed_while_tracing),
]


# Paddle warns of another framework's max whenever its own is called.
@pytest.mark.filterwarnings(r"ignore:\s*Non compatible API:Warning")
class TestControlFlowExercises(ExerciseTests):
    LESSON = "static_graph/control_flow"
    ANSWERS = {"soft_clip": "soft_clip", "halvings": "halvings"}
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        import numpy as np
        import paddle

        return {"np": np, "paddle": paddle}
