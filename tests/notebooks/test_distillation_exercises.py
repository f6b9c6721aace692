from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from paddle_workbench.course.catalog import find_lesson
from paddle_workbench.course.notebook import solution_of

from .exercise_tests import ExerciseTests

LESSON = "compression/distillation"


def softmax(z: Any, temperature: float = 1.0) -> Any:
    z = z / temperature
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _unstable(z: Any, temperature: float) -> Any:
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(z / temperature)
        return e / e.sum(axis=-1, keepdims=True)


def _gradient(
    factor: Callable[[float, Any], Any], softmax: Callable[..., Any] = softmax
) -> Callable[..., Any]:
    def soft_gradient(y_hat: Any, y_teacher: Any, temperature: float) -> Any:
        difference = softmax(y_hat, temperature) - softmax(y_teacher, temperature)
        return factor(temperature, y_hat) * difference

    return soft_gradient


def _chosen(
    *,
    limit: str = "ratio_high",
    is_within: Callable[[float, float], bool] = lambda ratio, budget: ratio <= budget,
    order: Callable[[dict[str, Any]], Any] = lambda row: (row["accuracy"], -row["ratio"]),
    if_none: str | None = None,
) -> Callable[..., Any]:
    def choose(rows: list[dict[str, Any]], budget: float) -> Any:
        within = [row for row in rows if is_within(row[limit], budget)]
        return max(within, key=order)["name"] if within else if_none

    return choose


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("soft_gradient", "wrong_shape", lambda y_hat, y_teacher, temperature: 0.0),
    ("soft_gradient", "wrong_sign", _gradient(lambda t, z: -t / len(z))),
    ("soft_gradient", "not_mean", _gradient(lambda t, z: t)),
    ("soft_gradient", "mean_of_all", _gradient(lambda t, z: t / z.size)),
    ("soft_gradient", "no_square", _gradient(lambda t, z: 1 / t / len(z))),
    ("soft_gradient", "no_inner", _gradient(lambda t, z: t**2 / len(z))),
    ("soft_gradient", "no_factor", _gradient(lambda t, z: 1 / len(z))),
    (
        "soft_gradient",
        "no_temperature",
        _gradient(lambda t, z: t / len(z), lambda z, temperature: softmax(z)),
    ),
    ("soft_gradient", "overflow", _gradient(lambda t, z: t / len(z), _unstable)),
    ("soft_gradient", "wrong_numbers", _gradient(lambda t, z: 3 * t / len(z))),
    ("choose", "no_name", lambda rows, budget: rows[0]),
    ("choose", "takes_fastest", _chosen(order=lambda row: -row["ratio"])),
    ("choose", "ignores_interval", _chosen(limit="ratio")),
    ("choose", "takes_slower", _chosen(order=lambda row: (row["accuracy"], row["ratio"]))),
    ("choose", "excludes_limit", _chosen(is_within=lambda ratio, budget: ratio < budget)),
    ("choose", "never_none", _chosen(if_none="tiny")),
    ("choose", "wrong_row", _chosen(order=lambda row: abs(row["ratio"] - 0.4))),
]


class TestDistillationExercises(ExerciseTests):
    LESSON = LESSON
    ANSWERS = {"soft_gradient": "soft_gradient", "choose": "choose"}
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        return {"np": np, "softmax": softmax}


@pytest.mark.paddle
def test_gradient_is_that_of_the_loss() -> None:
    import paddle

    from paddle_workbench.compression.distillation.losses import logit_loss

    names = TestDistillationExercises.names()
    source = solution_of(find_lesson(LESSON).notebook, "soft_gradient") or ""
    exec(source, names)  # noqa: S102
    z, v = np.random.RandomState(1).normal(size=(2, 6, 4)).astype("float32")
    y_hat = paddle.to_tensor(z, stop_gradient=False)
    logit_loss(y_hat, paddle.to_tensor(v), temperature=3.0).backward()
    found = names["soft_gradient"](z, v, 3.0)
    assert np.allclose(found, y_hat.grad.numpy(), atol=1e-6)
