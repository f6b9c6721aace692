"""What a distillation rejects, and what it names."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.compression.distillation.teaching import teach
from paddle_workbench.compression.distillation.training import accuracy, distil
from paddle_workbench.errors import CompressionError, DistillationError, ShapeError, WorkbenchError

from .networks import X, Y, certain, loaded, network

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]


@pytest.mark.parametrize("place", [5, 130])
def test_inputs_that_are_not_finite_are_named(place: int) -> None:
    inputs = X.copy()
    inputs[place, 2] = np.nan
    with pytest.raises(DistillationError, match=f"the first of them input {place}") as error:
        distil(certain(), network(), inputs)
    assert error.value.rows == (place,)


def test_outputs_of_the_teacher_that_are_not_finite_are_named() -> None:
    teacher = certain()
    teacher.add_sublayer("3", _Overflow())
    inputs = X.copy()
    inputs[7] = 1e6
    with pytest.raises(DistillationError, match="The teacher's outputs are not finite") as error:
        distil(teacher, network(), inputs)
    assert error.value.rows == (7,)


def _Overflow() -> Any:  # noqa: N802 - a class of Paddle's, made once Paddle is imported
    from paddle import nn

    class Overflow(nn.Layer):
        def forward(self, x: Any) -> Any:
            return x * x.abs().sum(axis=-1, keepdim=True).exp()

    return Overflow()


def test_a_loss_that_is_not_finite_names_its_batch() -> None:
    inputs = X.copy()
    inputs[7] = 1e6
    student = network()
    student.add_sublayer("3", _Overflow())
    teaching = teach(certain(), X)
    with pytest.raises(DistillationError, match="the student's outputs are not finite") as error:
        distil(teaching, student, inputs, batch_size=10)
    assert 7 in error.value.rows
    assert len(error.value.rows) == 10
    assert all(np.isfinite(each.numpy()).all() for each in student.parameters())
    assert not student.training


def test_gradients_that_are_not_finite_change_nothing() -> None:
    from paddle import nn

    class Root(nn.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 2)

        def forward(self, x: Any) -> Any:
            return (self.fc(x) * 0).sqrt()

    student = Root()
    before = student.fc.weight.numpy()
    with pytest.raises(DistillationError, match="its gradients are not finite"):
        distil(certain(), student, X)
    assert (student.fc.weight.numpy() == before).all()


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"teacher": None}, CompressionError, "There is no teacher."),
        ({"teacher": 3}, CompressionError, "The teacher is a int, and not a Bundle or"),
        ({"student": "net"}, CompressionError, "The student is a str, and not a paddle.nn.Layer."),
        ({"inputs": ["很好"]}, CompressionError, "The inputs are ['很好'], and not an array"),
        ({"inputs": [[1.0], [1.0, 2.0]]}, CompressionError, "and not an array of numbers."),
        ({"inputs": X[:0]}, CompressionError, "There are no inputs to learn from."),
        ({"inputs": (X, X[:3])}, ShapeError, "The inputs have 3 and 200 rows."),
        ({"inputs": X[:, :3]}, CompressionError, "The teacher refuses the inputs: "),
        ({"teacher_inputs": X[:9]}, ShapeError, "has 200 inputs, and the teacher 9."),
        (
            {"inputs": X[:, :3], "teacher_inputs": X},
            CompressionError,
            "The student refuses the inputs: ",
        ),
        ({"classes": 3}, ShapeError, "The student returns (50, 3), and the teacher (50, 2)."),
        ({"labels": Y[:9]}, ShapeError, "There are 9 labels for 200 inputs."),
        ({"labels": Y + 1}, CompressionError, "A label is 2, and the student has 2 classes."),
        ({"labels": Y * 1.0}, CompressionError, "and not whole numbers."),
        ({"labels": np.stack([Y, Y], 1)}, ShapeError, "the labels are (50, 2)."),
        ({"temperature": 0}, CompressionError, "The temperature is 0."),
        ({"labels": Y, "alpha": 1.5}, CompressionError, "alpha is 1.5."),
        ({"labels": Y, "alpha": math.nan}, CompressionError, "alpha is nan."),
        ({"epochs": 0}, CompressionError, "epochs is 0."),
        ({"batch_size": 2.5}, CompressionError, "batch_size is 2.5."),
        ({"lr": -1}, CompressionError, "lr is -1."),
        ({"lr": "fast"}, CompressionError, "lr is 'fast'."),
        ({"seed": -1}, CompressionError, "seed is -1."),
        ({"method": "hints"}, CompressionError, "method is 'hints'."),
        ({"method": "sequence"}, ShapeError, "and not (batch, time, classes)."),
        ({"features": ["1"]}, CompressionError, "features is ['1'], and not a mapping"),
        ({"validation": 3}, CompressionError, "validation is 3, and not a function."),
        ({"validation": print}, CompressionError, "validation returned None, and not a number."),
        ({"validation": lambda _: math.nan}, CompressionError, "validation returned nan, and"),
        ({"features": {"9": "1"}}, CompressionError, "The student has no layer '9'."),
        ({"features": {"1": "9"}}, CompressionError, "The teacher has no layer '9'."),
    ],
)
def test_explains_what_is_wrong(
    settings: dict[str, Any], error: type[WorkbenchError], message: str
) -> None:
    arguments: dict[str, Any] = {
        "teacher": certain(),
        "student": network(classes=settings.pop("classes", 2)),
        "inputs": X,
        "batch_size": 50,
        "epochs": 1,
    } | settings
    teacher, student, inputs = (arguments.pop(name) for name in ("teacher", "student", "inputs"))
    with pytest.raises(error, match=re.escape(message)):
        distil(teacher, student, inputs, **arguments)


def test_a_student_without_parameters_is_rejected() -> None:
    from paddle import nn

    with pytest.raises(CompressionError, match="no parameters that can be trained"):
        distil(certain(), nn.Softmax(), X)


def test_a_loaded_program_has_no_layers_to_learn_features(tmp_path: Path) -> None:
    from paddle.static import InputSpec

    student = loaded(network(), InputSpec([None, 4], "float32", "x"), tmp_path / "student")
    with pytest.raises(CompressionError, match="The student has no layer '1'"):
        distil(certain(), student, X, features={"1": "1"})


def test_a_teaching_without_the_features_is_rejected() -> None:
    with pytest.raises(CompressionError, match="The teaching has no features '1'"):
        distil(teach(certain(), X), network(), X, features={"1": "1"})


def test_accuracy_needs_one_label_for_each_input() -> None:
    with pytest.raises(ShapeError, match=re.escape("The network decides (200,)")):
        accuracy(network(), X, Y[:3])
