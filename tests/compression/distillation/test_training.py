"""Students that learn from teachers."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.compression.distillation.losses import best_paths
from paddle_workbench.compression.distillation.teaching import outputs_of, teach
from paddle_workbench.compression.distillation.training import accuracy, distil
from paddle_workbench.contract import JobProgress
from paddle_workbench.errors import CompressionError

from .networks import X, Y, certain, loaded, network

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]


def agreement(one: Any, other: Any, inputs: Any = X) -> float:
    first, second = (outputs_of(net, inputs)[0].argmax(axis=-1) for net in (one, other))
    return float((first == second).mean())


def test_student_learns_from_outputs_alone() -> None:
    import paddle
    from paddle import nn

    class Counting(nn.Layer):
        calls = 0

        def __init__(self) -> None:
            super().__init__()
            self.net = certain()

        def forward(self, x: Any) -> Any:
            self.calls += 1
            assert not self.training
            return self.net(x)

    teacher, student = Counting(), network(16)
    before = [parameter.numpy() for parameter in teacher.parameters()]
    assert agreement(teacher, student) < 0.9
    teacher.calls = 0
    result = distil(teacher, student, X, epochs=20, lr=0.05, batch_size=25)
    assert teacher.calls == 4  # batches of 64, once
    assert teacher.training
    assert not student.training
    assert all(
        (one == other.numpy()).all()
        for one, other in zip(before, teacher.parameters(), strict=True)
    )
    assert agreement(teacher, student) > 0.95
    table = result.table()
    assert list(table.index) == list(range(1, 21))
    assert table["loss"].iloc[-1] < table["loss"].iloc[0] / 3
    assert (table["loss"] == table["teacher"]).all()
    assert table[["labels", "features", "score"]].isna().all(axis=None)
    assert result.best == 19
    assert all(not each.stop_gradient for each in student.parameters())
    assert paddle.is_grad_enabled()


def test_labels_count_by_their_share() -> None:
    result = distil(certain(), network(), X, labels=Y, alpha=0.25, epochs=2)
    for epoch in result.epochs:
        assert epoch.loss == pytest.approx(0.25 * epoch.teacher + 0.75 * epoch.labels, rel=1e-5)


def test_student_alone_learns_the_labels() -> None:
    student = network(32)
    result = distil(None, student, X, labels=Y, alpha=0, epochs=40, lr=0.03)
    assert accuracy(student, X, Y) > 0.95
    assert math.isnan(result.epochs[0].teacher)


@pytest.mark.parametrize("is_student", [False, True])
def test_probabilities_count_as_their_logits(is_student: bool) -> None:
    settings: Any = {"epochs": 3, "lr": 0.02, "temperature": 3.0}
    losses = [
        distil(
            certain(softmax=softmax and not is_student),
            network(softmax=softmax and is_student),
            X,
            **settings,
        ).table()["loss"]
        for softmax in (False, True)
    ]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-3)


def test_one_seed_gives_one_student() -> None:
    from paddle import nn

    def trained(seed: int) -> Any:
        net = network()
        student = nn.Sequential(net[0], nn.Dropout(0.5), *net[1:])
        distil(certain(), student, X, epochs=2, seed=seed)
        return outputs_of(student, X)[0]

    first = trained(1)
    assert (first == trained(1)).all()
    assert (first != trained(2)).any()


def test_student_has_the_weights_of_its_best_epoch() -> None:
    scores, seen = iter([0.1, 0.9, 0.9, 0.2]), []

    def validation(net: Any) -> float:
        assert not net.training
        seen.append(outputs_of(net, X)[0])
        return next(scores)

    student = network()
    result = distil(certain(), student, X, epochs=4, lr=0.02, validation=validation)
    assert result.best == 1
    assert [epoch.score for epoch in result.epochs] == [0.1, 0.9, 0.9, 0.2]
    assert (outputs_of(student, X)[0] == seen[1]).all()
    assert (seen[1] != seen[3]).any()


def test_listener_hears_of_each_step_and_can_stop() -> None:
    heard: list[JobProgress] = []
    distil(certain(), network(), X, epochs=2, batch_size=64, listener=heard.append)
    assert [each.done for each in heard] == list(range(1, 9))
    assert {each.total for each in heard} == {8}
    assert heard[-1].step is not None
    assert re.fullmatch(r"epoch 2, loss \d+\.\d{3}", heard[-1].step.en)
    student = network()

    def stop(_progress: JobProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        distil(certain(), student, X, listener=stop)
    assert not student.training


def test_one_teaching_serves_several_students() -> None:
    teaching = teach(certain(), X)
    first, second = network(), network()
    distil(teaching, first, X, epochs=2)
    distil(certain(), second, X, epochs=2)
    assert (outputs_of(first, X)[0] == outputs_of(second, X)[0]).all()


def test_student_may_take_other_inputs_than_its_teacher() -> None:
    student, reversed_inputs = network(16), X[:, ::-1].copy()
    distil(certain(), student, reversed_inputs, teacher_inputs=X, epochs=20, lr=0.05, batch_size=25)
    best = outputs_of(certain(), X)[0].argmax(axis=-1)
    assert accuracy(student, reversed_inputs, best) > 0.95


def test_features_of_a_layer_are_learned() -> None:
    teacher, student = certain(), network(5)
    result = distil(teacher, student, X, features={"1": "1"}, epochs=12, lr=0.02)
    features = result.table()["features"]
    assert features.iloc[-1] < features.iloc[0] / 2
    assert result.epochs[0].loss == pytest.approx(
        result.epochs[0].teacher + result.epochs[0].features, rel=1e-5
    )
    assert len(student.parameters()) == 4  # the projection is not a part of it


def test_a_loaded_program_learns_again(tmp_path: Path) -> None:
    import paddle
    from paddle.static import InputSpec

    teacher = certain()
    spec = InputSpec([None, 4], "float32", "x")
    student = loaded(network(16), spec, tmp_path / "student")
    distil(teacher, student, X, epochs=20, lr=0.05, batch_size=25)
    assert agreement(teacher, student) > 0.95
    paddle.jit.save(student, str(tmp_path / "again"), input_spec=[spec])
    again = paddle.jit.load(str(tmp_path / "again"))
    np.testing.assert_allclose(outputs_of(again, X)[0], outputs_of(student, X)[0], atol=1e-6)


def test_the_program_of_a_bundle_learns_from_the_bundle(tmp_path: Path) -> None:
    import paddle

    from tests.export.sentiment import CHARACTERS, create

    bundle = create(tmp_path / "sentiment")
    student = paddle.jit.load(str(bundle.folder / "inference" / "inference"))
    for parameter in student.parameters():
        parameter.set_value(parameter + 0.3 * paddle.randn(parameter.shape))
    texts = ["".join(CHARACTERS[2 + (i * k) % 12] for i in range(1, 6)) for k in range(1, 60)]
    result = distil(bundle, student, texts, epochs=15, lr=0.02, temperature=1.0)
    losses = result.table()["teacher"]
    assert losses.iloc[-1] < losses.iloc[0] / 3
    with pytest.raises(CompressionError, match="do not fit: This bundle takes texts, got int"):
        distil(bundle, student, [1, 2])
    with pytest.raises(CompressionError, match="A bundle has no layers"):
        distil(bundle, student, texts, features={"fc": "fc"})


def test_numbers_are_learned_in_several_outputs() -> None:
    from paddle import nn

    from tests.export.networks import TwoScales

    pictures = np.random.default_rng(0).normal(size=(12, 3, 32, 32)).astype(np.float32)
    teacher, student = TwoScales(2), TwoScales(2)
    assert isinstance(teacher, nn.Layer)
    result = distil(teacher, student, pictures, method="values", epochs=30, lr=0.01, batch_size=6)
    losses = result.table()["teacher"]
    assert losses.iloc[-1] < losses.iloc[0] / 3
    with pytest.raises(CompressionError, match="Numbers have no labels to learn"):
        distil(teacher, student, pictures, method="values", labels=np.zeros(12, np.int64))


def test_a_reader_learns_the_texts_of_its_teacher() -> None:
    from tests.export.networks import LineReader

    lines = np.random.default_rng(0).normal(size=(16, 3, 8, 96)).astype(np.float32)
    teacher, student = LineReader(4), LineReader(4)
    paths = best_paths(outputs_of(teacher, lines)[0])
    assert len(set(paths)) > 8

    def same(net: Any) -> float:
        read = best_paths(outputs_of(net, lines)[0])
        return float(np.mean([one == other for one, other in zip(read, paths, strict=True)]))

    before = same(student)
    result = distil(teacher, student, lines, method="sequence", epochs=40, lr=0.02, batch_size=8)
    losses = result.table()["teacher"]
    assert losses.iloc[-1] < losses.iloc[0] / 2
    assert same(student) > before
    labelled = distil(
        None, student, lines, method="sequence", labels=paths, alpha=0, epochs=1, lr=1e-6
    )
    assert labelled.epochs[0].labels == pytest.approx(losses.iloc[-1], abs=0.3)
