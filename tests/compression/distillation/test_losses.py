"""The losses of distillation, against independent computations in numpy."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from paddle_workbench.compression.distillation.losses import (
    are_probabilities,
    best_paths,
    feature_loss,
    logit_loss,
    make_projection,
    sequence_loss,
    steps_needed,
    value_loss,
)
from paddle_workbench.errors import CompressionError, ShapeError, WorkbenchError

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]

RANDOM = np.random.default_rng(0)


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def tensor(values: Any, *, learns: bool = False) -> Any:
    import paddle

    return paddle.to_tensor(np.asarray(values, np.float32), stop_gradient=not learns)


def divergence(student: np.ndarray, teacher: np.ndarray, temperature: float) -> float:
    p, q = softmax(teacher / temperature), softmax(student / temperature)
    return float((p * np.log(p / q)).sum(axis=-1).mean() * temperature**2)


@pytest.mark.parametrize("temperature", [0.5, 1, 4.0])
@pytest.mark.parametrize("shape", [(5, 3), (2, 7, 4)])
def test_logit_loss_and_its_gradient(shape: tuple[int, ...], temperature: float) -> None:
    student, teacher = RANDOM.normal(size=(2, *shape)) * 3
    logits = tensor(student, learns=True)
    loss = logit_loss(logits, tensor(teacher), temperature=temperature)
    assert float(loss) == pytest.approx(divergence(student, teacher, temperature), rel=1e-4)
    loss.backward()
    # d/dz T^2 KL = T (q - p), averaged over the rows.
    rows = np.prod(shape[:-1])
    expected = temperature * (softmax(student / temperature) - softmax(teacher / temperature))
    np.testing.assert_allclose(logits.grad.numpy(), expected / rows, rtol=1e-3, atol=1e-6)


def test_logit_loss_of_equal_distributions_is_zero() -> None:
    logits = RANDOM.normal(size=(4, 3))
    assert float(logit_loss(tensor(logits + 5), tensor(logits), temperature=3)) < 1e-6


def test_logit_loss_stays_finite_for_a_certain_teacher() -> None:
    loss = logit_loss(tensor([[0.0, 0.0]]), tensor([[200.0, -200.0]]))
    assert float(loss) == pytest.approx(np.log(2), rel=1e-5)


def test_value_loss() -> None:
    student, teacher = RANDOM.normal(size=(2, 3, 4))
    expected = ((student - teacher) ** 2).mean() / 4
    assert float(value_loss(tensor(student), tensor(teacher), scale=2.0)) == pytest.approx(
        expected, rel=1e-5
    )


@pytest.mark.parametrize(
    ("student", "teacher"),
    [((6, 3), (6, 5)), ((6, 4, 3), (6, 4, 5)), ((6, 3, 2, 4), (6, 5, 2, 4))],
)
def test_feature_loss_with_a_projection(student: tuple[int, ...], teacher: tuple[int, ...]) -> None:
    small, large = RANDOM.normal(size=student), RANDOM.normal(size=teacher)
    projection = make_projection(student, teacher)
    features = tensor(small, learns=True)
    loss = feature_loss(features, tensor(large), projection)
    weight, bias = projection.weight.numpy(), projection.bias.numpy()
    if len(student) == 4:
        projected = np.einsum("bchw,oc->bohw", small, weight[:, :, 0, 0])
        projected += bias.reshape(1, -1, 1, 1)
    else:
        projected = small @ weight + bias
    assert float(loss) == pytest.approx(((projected - large) ** 2).mean(), rel=1e-4)
    loss.backward()
    assert np.abs(features.grad.numpy()).max() > 0
    assert np.abs(projection.weight.grad.numpy()).max() > 0


def test_feature_loss_without_a_projection() -> None:
    assert float(feature_loss(tensor([[1.0, 2.0]]), tensor([[1.0, 4.0]]))) == 2.0


def collapsed(path: Sequence[int], blank: int) -> tuple[int, ...]:
    return tuple(key for key, _ in itertools.groupby(path) if key != blank)


def brute_force(logits: np.ndarray, path: tuple[int, ...], blank: int) -> float:
    """Return the negative log of the summed probability of all paths that read as the text."""
    steps = softmax(logits)
    every = itertools.product(range(logits.shape[1]), repeat=len(logits))
    total = sum(
        np.prod([step[kind] for step, kind in zip(steps, each, strict=True)])
        for each in every
        if collapsed(each, blank) == path
    )
    return float(-np.log(total))


@pytest.mark.parametrize("blank", [0, 2])
def test_sequence_loss_sums_over_all_paths(blank: int) -> None:
    logits = RANDOM.normal(size=(4, 5, 3))
    one, other = (kind for kind in range(3) if kind != blank)
    paths: list[tuple[int, ...]] = [(one, other), (one, one), (), (other,)]
    expected = [
        brute_force(row, path, blank) / max(len(path), 1)
        for row, path in zip(logits, paths, strict=True)
    ]
    loss = sequence_loss(tensor(logits), paths, blank=blank)
    assert float(loss) == pytest.approx(np.mean(expected), rel=1e-4)


def test_sequence_loss_learns_the_text_of_the_teacher() -> None:
    import paddle

    teacher = RANDOM.normal(size=(2, 6, 4))
    paths = best_paths(teacher)
    logits = paddle.create_parameter([2, 6, 4], "float32")
    trainer = paddle.optimizer.Adam(0.2, parameters=[logits])
    for _ in range(60):
        sequence_loss(logits, paths).backward()
        trainer.step()
        trainer.clear_grad()
    assert best_paths(logits.numpy()) == paths


@pytest.mark.parametrize(
    ("best", "blank", "path"),
    [
        ([1, 1, 0, 1, 2], 0, (1, 1, 2)),
        ([0, 0], 0, ()),
        ([2, 1, 1, 2, 0], 2, (1, 0)),
    ],
)
def test_best_paths(best: list[int], blank: int, path: tuple[int, ...]) -> None:
    assert best_paths(np.eye(3)[[best]], blank=blank) == [path]


def test_steps_needed() -> None:
    assert [steps_needed(path) for path in ((), (1, 2), (1, 1), (1, 1, 1))] == [0, 2, 3, 5]


def test_tells_probabilities_from_logits() -> None:
    logits = RANDOM.normal(size=(9, 4)).astype(np.float32)
    assert are_probabilities(softmax(logits))
    assert not are_probabilities(logits)
    assert not are_probabilities(np.abs(logits))
    assert not are_probabilities(np.full((2, 2), np.nan))
    assert not are_probabilities(np.zeros((0, 2)))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: logit_loss(tensor(np.ones((2, 3))), tensor(np.ones((2, 2)))),
            ShapeError,
            "The student returns (2, 3), and the teacher (2, 2).",
        ),
        (
            lambda: logit_loss(tensor([[1.0]]), tensor([[1.0]]), temperature=0),
            CompressionError,
            "The temperature is 0.",
        ),
        (
            lambda: logit_loss(tensor([[1.0]]), tensor([[1.0]]), temperature=float("nan")),
            CompressionError,
            "The temperature is nan.",
        ),
        (
            lambda: logit_loss(tensor([[1.0]]), tensor([[1.0]]), temperature="2"),  # type: ignore[arg-type]
            CompressionError,
            "The temperature is '2'.",
        ),
        (
            lambda: value_loss(tensor([1.0]), tensor([1.0, 2.0])),
            ShapeError,
            "The student returns (1,), and the teacher (2,).",
        ),
        (
            lambda: make_projection((2, 3, 4), (2, 5, 4)),
            ShapeError,
            "Features of the shape (2, 3, 4) cannot be projected to (2, 5, 4).",
        ),
        (
            lambda: make_projection((2, 3), (2, 3, 4)),
            ShapeError,
            "Features of the shape (2, 3) cannot be projected to (2, 3, 4).",
        ),
        (
            lambda: sequence_loss(tensor(np.ones((1, 2, 3))), []),
            ShapeError,
            "There are 0 texts for 1 rows.",
        ),
        (
            lambda: sequence_loss(tensor(np.ones((1, 2, 3))), [(1, 1)]),
            CompressionError,
            "Text 0 needs 3 steps, and the student has 2.",
        ),
        (
            lambda: sequence_loss(tensor(np.ones((1, 2, 3))), [(3,)]),
            CompressionError,
            "Text 0 contains the class 3, and the student has 3 classes with the blank 0.",
        ),
        (
            lambda: sequence_loss(tensor(np.ones((2, 2, 3))), [(1,), (0,)]),
            CompressionError,
            "Text 1 contains the class 0",
        ),
    ],
)
def test_explains_what_is_wrong(call: Any, error: type[WorkbenchError], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        call()
