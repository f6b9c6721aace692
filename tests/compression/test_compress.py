"""A recipe makes a bundle smaller, and the ledger of the result says what each step did."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from paddle_workbench.cli.compress import command
from paddle_workbench.compression.compress import CALIBRATION_INPUTS, compress
from paddle_workbench.compression.pruning import channel_groups, prune
from paddle_workbench.compression.trainable import load_trainable, save_trained
from paddle_workbench.contract import FineTuneStep, JobProgress, PruneStep, QuantizeStep
from paddle_workbench.errors import BundleError, CompressionError, StorageError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.ledger.ledger import Ledger
from paddle_workbench.export.targets.int8_onnx import read_plan
from paddle_workbench.export.targets.target import PROGRAM_FOLDER

from ..export.sentiment import create
from .conftest import pictures_of

ONCE: dict[str, Any] = {
    "batch": 1, "threads": 1, "warm_up_s": 0, "block_s": 0, "least_rounds": 1, "most_rounds": 1,
}  # fmt: skip
RECIPE = [
    {"step": "prune", "share": 0.5},
    {"step": "fine_tune", "epochs": 4, "lr": 5e-3},
    {"step": "quantize", "method": "minmax"},
]
TRUTH = [*"abcd"] * 16


@pytest.fixture(scope="module")
def made(parent: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return compress(
        parent,
        RECIPE,
        tmp_path_factory.mktemp("made") / "small",
        data=[pictures_of(96, seed=200)],
        inputs=[pictures_of(64, seed=300)],
        truth=TRUTH,
        **ONCE,
    )


def test_names_parent_and_steps(made: Bundle, parent: Bundle) -> None:
    assert made.record.name == "small"
    assert made.record.parent is not None
    assert made.record.parent.name == parent.record.name
    assert made.record.parent.steps == (
        PruneStep(share=0.5),
        FineTuneStep(epochs=4, lr=5e-3),
        QuantizeStep(method="minmax"),
    )
    assert Bundle(made.path).record == made.record
    assert made.record.targets["onnx"].weights == "int8"
    assert made.record.labels == parent.record.labels


def test_ledger_has_the_original_and_every_step(made: Bundle) -> None:
    run = Ledger(made).run
    assert [each.name for each in run.variants] == [
        "original", "1 prune", "2 fine_tune", "3 quantize",
    ]  # fmt: skip
    assert run.baseline == "original"
    sizes = [each.size_bytes or 0 for each in run.variants]
    assert sizes[1] < 0.5 * sizes[0]
    assert sizes[2] == sizes[1]
    assert sizes[3] < sizes[2]
    accuracies = [each.accuracy or 0 for each in run.variants]
    assert accuracies[2] > 0.9
    assert accuracies[2] >= accuracies[1]
    assert abs(accuracies[3] - accuracies[2]) < 0.05
    assert all(row.calls and not row.problem for row in run.rows)


def test_predicts_without_its_parent(made: Bundle) -> None:
    predictions = made.predict([pictures_of(8, seed=300)], target="onnx")
    assert [each.label for each in predictions] == TRUTH[:8]


def test_distils_into_another_bundle(tmp_path: Path, imported_paddle: None) -> None:
    teacher = create(tmp_path / "teacher", seed=1)
    create(tmp_path / "student", seed=2)
    texts = ["房间很干净", "很小", "但是下次还会住", "房间小", "干净", "住", "下次住房间", "不会"]
    recipe = tmp_path / "recipe.yml"
    recipe.write_text("steps: [{step: distil, student: student, epochs: 60, lr: 0.05}]", "utf-8")
    made = compress(teacher, recipe, tmp_path / "made", data=texts, measure=False)
    wanted = [each.label for each in teacher.predict(texts)]
    assert [each.label for each in made.predict(texts)] == wanted
    assert made.record.parent is not None
    assert made.record.parent.name == "teacher"


# Paddle warns of what it does itself.
@pytest.mark.filterwarnings("ignore:Value do not have")
@pytest.mark.parametrize("kind", ["GRU", "LSTM", "SimpleRNN"])
def test_trains_programs_with_recurrent_layers(
    kind: str, tmp_path: Path, imported_paddle: None
) -> None:
    import paddle
    from paddle.static import InputSpec

    class Reader(paddle.nn.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = getattr(paddle.nn, kind)(4, 6, num_layers=2, dropout=0.5)
            self.scores = paddle.nn.Linear(6, 2)

        def forward(self, x: Any) -> Any:
            return self.scores(self.rnn(x)[0][:, -1])

    paddle.seed(0)
    x = np.random.default_rng(0).random((4, 5, 4), dtype=np.float32)
    spec = [InputSpec([None, None, 4], "float32", "x")]
    bundle = Bundle.create(tmp_path / "reader", Reader(), input_spec=spec, examples=[x])
    source = bundle.folder / "inference"
    layer = load_trainable(source / "inference.json")
    (before,) = bundle.predict([x])
    np.testing.assert_allclose(layer(paddle.to_tensor(x)).numpy(), before, rtol=1e-5, atol=1e-6)
    layer.train()
    optimizer = paddle.optimizer.SGD(0.1, parameters=layer.parameters())
    layer(paddle.to_tensor(x)).square().mean().backward()
    assert all(each.grad is not None for each in layer.parameters())
    optimizer.step()
    layer.eval()
    (tmp_path / "trained").mkdir()
    save_trained(layer, source, tmp_path / "trained")
    again = load_trainable(tmp_path / "trained" / "inference.json")
    expected = layer(paddle.to_tensor(x)).numpy()
    np.testing.assert_array_equal(again(paddle.to_tensor(x)).numpy(), expected)
    assert np.abs(expected - before).max() > 1e-4


def test_calibrates_with_a_part_of_much_data(parent: Bundle, tmp_path: Path) -> None:
    data = [pictures_of(CALIBRATION_INPUTS + 8, seed=200)]
    made = compress(parent, ["quantize"], tmp_path / "made", data=data, measure=False)
    assert read_plan(made.folder / PROGRAM_FOLDER).rows == CALIBRATION_INPUTS // 2 + 4


def test_reports_progress_and_leaves_the_parent_alone(parent: Bundle, tmp_path: Path) -> None:
    before = parent.record
    steps: list[JobProgress] = []
    compress(parent, ["prune"], tmp_path / "pruned", measure=False, listener=steps.append)
    assert [each.step.en for each in steps if each.step] == [
        "export", "pruning", "pruning: scoring the channels", "pruning: writing the files",
        "pruning: running the samples",
    ]  # fmt: skip
    assert [each.done for each in steps] == [0, 1, 1, 1, 1]
    assert Bundle(parent.path).record == before


def test_rounds_of_pruning_end_with_as_many_channels(parent: Bundle, tmp_path: Path) -> None:
    progress: list[JobProgress] = []
    recipe = [{"step": "prune", "rounds": 3}, {"step": "fine_tune", "epochs": 3}]
    made = compress(
        parent,
        recipe,
        tmp_path / "made",
        data=[pictures_of(32, seed=200)],
        measure=False,
        listener=progress.append,
    )
    texts = [each.step.en for each in progress if each.step]
    titles = [text for text in texts if ":" not in text]
    assert titles == ["export", *["pruning", "fine-tuning"] * 3]
    assert any(text.startswith("fine-tuning: epoch 1, loss ") for text in texts)
    assert progress[-1].total == 7
    once = channel_groups(prune(parent, tmp_path / "once", share=0.5)).groups
    assert [(each.name, each.channels) for each in channel_groups(made).groups] == [
        (each.name, each.channels) for each in once
    ]
    assert made.record.parent is not None
    assert made.record.parent.steps == (PruneStep(rounds=3), FineTuneStep(epochs=3))


@pytest.mark.parametrize(
    ("recipe", "data", "sentence"),
    [
        (["quantize"], None, "has the step quantize, which needs inputs"),
        ([{"step": "prune", "criterion": "taylor"}], None, "has the step prune, which needs"),
        (["quantize"], "held out", "64 of 64 inputs are also in the held-out set"),
        ([{"step": "prune", "rounds": 2}], None, "prune, has 2 rounds, and no fine_tune follows"),
        (
            [{"step": "prune", "rounds": 90}, {"step": "fine_tune", "epochs": 90}],
            "new",
            "Step 1, prune, cannot be done: With 90 rounds",
        ),
        (["shrink"], None, "'shrink', which is not a step"),
        ([{"step": "prune", "groups": {"nose": 0.5}}], None, "Step 1, prune, cannot be done: "),
        ([{"step": "prune", "share": 0.001}], None, "Step 1, prune, cannot be done: "),
        ([{"step": "distil", "student": "no"}], "new", "Step 1, distil, cannot be done: "),
    ],
)
def test_names_what_is_wrong(
    parent: Bundle, tmp_path: Path, recipe: Any, data: str | None, sentence: str
) -> None:
    seed = {"held out": 101, "new": 200}.get(data or "")
    inputs = None if seed is None else [pictures_of(64, seed=seed)]
    with pytest.raises(CompressionError, match=sentence) as error:
        compress(parent, recipe, tmp_path / "made", data=inputs, measure=False)
    assert error.value.hint
    assert not list(tmp_path.iterdir())


GOOD = pictures_of(32, seed=200)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([GOOD[:, :, :8]], r"data do not fit: .* has the shape \(32, 3, 8, 16\)"),
        ([GOOD.astype(np.float64)], "data do not fit: .* float64 instead of float32"),
        ([GOOD.astype(object)], "data do not fit: .* object instead of float32"),
        ([GOOD * np.nan], "data for x contain NaN or infinity"),
        ([GOOD, GOOD], "data are 2 arrays, and the program takes one array for each of x"),
        ([None], "data for x are None, and not an array with rows"),
        (["a"], "data for x are 'a', and not an array with rows"),
        ([[[1.0, 2.0], [3.0]]], "data do not fit: .* is not an array"),
        ((each for each in GOOD), "data do not fit: Expected a list of inputs, got generator"),
        ({"x": GOOD}, "data do not fit: Expected a list of inputs, got dict"),
        ([], "data are 0 arrays"),
        ([GOOD[:0]], "There are no data"),
        ([GOOD * 0 + 1], "Step 3, quantize, cannot be done: All 24576 calibration values .* are 1"),
    ],
)
def test_checks_the_data_before_the_first_step(
    parent: Bundle, tmp_path: Path, data: Any, sentence: str
) -> None:
    steps: list[JobProgress] = []
    with pytest.raises(CompressionError, match=sentence) as error:
        compress(parent, RECIPE, tmp_path / "made", data=data, listener=steps.append)
    assert error.value.hint
    assert not steps
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("recipe", "sentence"),
    [
        ([{"step": "prune", "groups": {"nose": 0.5}}], "no group of channels named 'nose'"),
        ([{"step": "prune", "share": 0.001}], "no channel is removed"),
        ([{"step": "distil", "student": "no"}], "no does not exist"),
        (["quantize", "prune"], "Step 3, prune, .* the quantize before it would be lost"),
        ({"steps": ["quantize"], "target": "inference"}, "inference has no int8 weights"),
    ],
)
def test_checks_later_steps_before_the_first(
    parent: Bundle, tmp_path: Path, recipe: Any, sentence: str
) -> None:
    values = recipe if isinstance(recipe, dict) else {"steps": recipe}
    values = {**values, "steps": ["fine_tune", *values["steps"]]}
    steps: list[JobProgress] = []
    with pytest.raises(CompressionError, match=sentence):
        compress(parent, values, tmp_path / "made", data=[GOOD], listener=steps.append)
    assert not steps


def test_checks_layers_before_the_first_step(parent: Bundle, tmp_path: Path) -> None:
    steps: list[JobProgress] = []
    recipe = ["fine_tune", {"step": "quantize", "keep": ["nose"]}]
    with pytest.raises(CompressionError, match="Step 2, quantize, .* no layer 'nose'"):
        compress(parent, recipe, tmp_path / "made", data=[GOOD], listener=steps.append)
    assert [each.step.en for each in steps if each.step] == ["export"]


@pytest.mark.parametrize(
    ("inputs", "truth", "sentence"),
    [
        ([pictures_of(2)], [0, 1], "The truth contains 0, which is not a label of pictures"),
        ([pictures_of(2)], ["a", "e"], "The truth contains 'e', which is not a label"),
        (None, [0] * 4, "The truth contains 0, which is not a label"),
        ([pictures_of(2)], "ab", "The truth is 'ab', and not a list"),
        ([pictures_of(2)], ["a"], "2 inputs and 1 of truth"),
        ([pictures_of(2) * np.inf], None, "held-out inputs for x contain NaN or infinity"),
        ("ab", None, "held-out inputs do not fit: Expected a list of inputs, got str"),
    ],
)
def test_checks_held_out_inputs_before_the_first_step(
    parent: Bundle, tmp_path: Path, inputs: Any, truth: Any, sentence: str
) -> None:
    steps: list[JobProgress] = []
    with pytest.raises(CompressionError, match=sentence):
        compress(
            parent,
            ["prune"],
            tmp_path / "made",
            inputs=inputs,
            truth=truth,
            listener=steps.append,
        )
    assert not steps


def test_full_disk_at_the_end_loses_nothing(
    parent: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "full" / "made"
    copyfile = shutil.copyfile

    def fill_the_disk(source: Any, target: Any, **options: Any) -> Any:
        if place.parent in Path(target).parents:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return copyfile(source, target, **options)

    monkeypatch.setattr(shutil, "copyfile", fill_the_disk)
    with pytest.raises(StorageError, match="The disk is full") as caught:
        compress(parent, ["prune"], place, measure=False)
    kept = Path(re.findall(r"is kept in (.*); copy it", caught.value.hint)[0])
    try:
        assert Bundle(kept).predict(GOOD).label
    finally:
        shutil.rmtree(kept.parent)
    assert not place.exists()


def test_checks_its_place_before_the_first_step(parent: Bundle, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    steps: list[JobProgress] = []
    with pytest.raises(StorageError, match="file"):
        compress(parent, ["prune"], tmp_path / "file" / "made", listener=steps.append)
    assert not steps


def test_leaves_what_is_at_its_place(parent: Bundle, tmp_path: Path) -> None:
    steps: list[JobProgress] = []
    with pytest.raises(BundleError, match="is the bundle itself"):
        compress(parent, ["prune"], parent.path, measure=False, listener=steps.append)
    with pytest.raises(BundleError, match="lies in the bundle pictures"):
        compress(parent, ["prune"], parent.path / "made", measure=False, listener=steps.append)
    recipe = [{"step": "distil", "student": str(parent.path)}]
    copy = tmp_path / "copy"
    shutil.copytree(parent.path, copy)
    with pytest.raises(CompressionError, match="Step 1, distil, .* is the bundle itself"):
        compress(Bundle(copy), recipe, parent.path, data=[GOOD], listener=steps.append)
    (tmp_path / "notes").mkdir()
    with pytest.raises(BundleError, match="is not a bundle"):
        compress(parent, ["prune"], tmp_path / "notes", measure=False, listener=steps.append)
    assert steps == []


def test_names_what_cannot_be_measured_before_the_first_step(
    parent: Bundle, tmp_path: Path
) -> None:
    steps: list[JobProgress] = []
    with pytest.raises(BundleError, match="threads=0 is not a positive whole number"):
        compress(
            parent,
            ["prune"],
            tmp_path / "made",
            inputs=[pictures_of(8, seed=300)],
            listener=steps.append,
            threads=0,
        )
    assert [each.step.en for each in steps if each.step] == ["export"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "meant"), [("budjet_s", "budget_s"), ("dta", "data")])
def test_names_a_misspelt_option(parent: Bundle, tmp_path: Path, name: str, meant: str) -> None:
    with pytest.raises(CompressionError, match=f"compress has no option '{name}'") as error:
        compress(parent, ["prune"], tmp_path / "made", measure=False, **{name: 1})  # type: ignore[arg-type]
    assert meant in error.value.hint


def test_command(parent: Bundle, tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", x=pictures_of(32, seed=200))
    recipe = tmp_path / "recipe.yml"
    recipe.write_text("steps: [quantize]\ndata: data.npz\n", "utf-8")
    arguments = [str(parent.path), str(recipe), "-o", str(tmp_path / "made"), "--budget", "0.01"]
    done = CliRunner().invoke(command, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    assert [each["name"] for each in json.loads(done.stdout)["variants"]] == [
        "original", "1 quantize",
    ]  # fmt: skip
    assert Bundle(tmp_path / "made").record.targets["onnx"].weights == "int8"
