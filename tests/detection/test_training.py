from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.detection.anchors import find_anchors
from paddle_workbench.detection.checkpoints import read_checkpoint
from paddle_workbench.detection.dataset import Dataset, Picture
from paddle_workbench.detection.history import EvaluationRecord, StepRecord
from paddle_workbench.detection.recipe import Recipe
from paddle_workbench.detection.training import CHECKPOINT, train
from paddle_workbench.errors import (
    DetectionError,
    StorageError,
    TrainingError,
)
from paddle_workbench.program.progress import ProgressBar

from .conftest import CLASSES, make_dataset
from .networks import small_net
from .small_trainings import RECIPE, assert_equal, scripted, weights

pytestmark = pytest.mark.paddle


def test_learns_two_pictures(imported_paddle: None) -> None:
    """The whole way: the loss falls, and mAP50 rises from nothing."""
    pictures = make_dataset(2, seed=1)
    anchors = find_anchors(make_dataset(8, seed=1), input_size=64)
    net = small_net(anchors=anchors)
    recipe = Recipe(input_size=64, batch_size=2, steps=60, peak_rate=2e-2, flip=0)
    history = train(net, pictures, replace(recipe, evaluate_every=30), validation=pictures)
    losses = history.losses()
    assert list(losses.columns) == ["rate", "loss", "centre", "size", "objectness", "classes"]
    assert losses["loss"].iloc[-5:].mean() < losses["loss"].iloc[:5].mean() / 2
    assert [each.steps for each in history.evaluations] == [30, 60]
    best = history.best
    assert best is not None
    assert best.map50 > 0.5
    assert not net.training


def test_frozen_backbone_does_not_change(imported_paddle: None, dataset: Dataset) -> None:
    net = small_net()
    before = weights(net)
    train(net, dataset, replace(RECIPE, steps=2, frozen_steps=2))
    after = weights(net)
    changed = {name.split(".")[0] for name in after if (after[name] != before[name]).any()}
    assert changed == {"blocks", "transitions", "tips", "heads"}
    assert_only_weights_learn(net)


def assert_only_weights_learn(net: Any) -> None:
    """Check that the running statistics are none of what an optimiser would change."""
    learned = {name for name, each in net.named_parameters() if not each.stop_gradient}
    statistics = {name for name in weights(net) if name.endswith(("._mean", "._variance"))}
    assert learned == weights(net).keys() - statistics


def test_running_statistics_are_not_learned(
    imported_paddle: None, dataset: Dataset, tmp_path: Path
) -> None:
    net = small_net()
    assert_only_weights_learn(net)
    train(net, dataset, replace(RECIPE, steps=1), folder=tmp_path)
    assert_only_weights_learn(net)
    moments = {name.rpartition("/")[0] for name in read_checkpoint(tmp_path / CHECKPOINT).adam}
    assert moments == {name for name, each in net.named_parameters() if not each.stop_gradient}


def test_clipped_gradients_give_smaller_first_moments(
    imported_paddle: None, dataset: Dataset, tmp_path: Path
) -> None:
    lengths = []
    for number, norm in enumerate((None, 0.1)):
        folder = tmp_path / str(number)
        train(small_net(), dataset, replace(RECIPE, steps=1, clip_norm=norm), folder=folder)
        moments = read_checkpoint(folder / CHECKPOINT).adam
        squares = [(each**2).sum() for name, each in moments.items() if name.endswith("/moment1")]
        lengths.append(float(np.sqrt(sum(squares))) / (1 - 0.9))
    assert lengths[0] > 1
    assert lengths[1] == pytest.approx(0.1, rel=1e-3)


def test_average_is_the_result(imported_paddle: None, dataset: Dataset, tmp_path: Path) -> None:
    net = small_net()
    before = weights(net)
    train(net, dataset, replace(RECIPE, steps=1, average_decay=0.9), folder=tmp_path)
    last = read_checkpoint(tmp_path / CHECKPOINT).net
    for name, value in weights(net).items():
        # In the first step a tenth of the old average remains.
        expected = 0.1 * before[name] + 0.9 * last[name]
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6, err_msg=name)


def test_stops_early_with_the_best_weights(
    imported_paddle: None, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted([0.1, 0.3, 0.2, 0.3, 0.9], monkeypatch)
    net = small_net()
    snapshots = {}

    def listener(record: StepRecord | EvaluationRecord) -> None:
        if isinstance(record, EvaluationRecord):
            snapshots[record.steps] = weights(net)

    recipe = replace(RECIPE, steps=9, evaluate_every=1, patience=2)
    history = train(net, dataset, recipe, validation=dataset, folder=tmp_path, listener=listener)
    assert history.ending == "stopped early"
    assert len(history.steps) == 4
    assert [each.is_best for each in history.evaluations] == [True, True, False, False]
    assert_equal(weights(net), snapshots[2])
    again = small_net(seed=1)
    resumed = train(again, dataset, recipe, validation=dataset, folder=tmp_path, resume=True)
    assert resumed == history
    assert_equal(weights(again), weights(net))


def test_listener_hears_of_steps_and_evaluations(imported_paddle: None, dataset: Dataset) -> None:
    records: list[StepRecord | EvaluationRecord] = []
    recipe = replace(RECIPE, steps=2, evaluate_every=2)
    train(small_net(), dataset, recipe, validation=dataset, listener=records.append)
    kinds = [type(record).__name__ for record in records]
    assert kinds == ["StepRecord", "StepRecord", "EvaluationRecord"]
    first = records[0]
    assert isinstance(first, StepRecord)
    assert first.parts.total > first.parts.objectness > 0


def test_bar_shows_the_losses_by_part(
    imported_paddle: None, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: list[str] = []
    monkeypatch.setattr(ProgressBar, "advance", lambda _, share, detail: texts.append(detail))
    recipe = replace(RECIPE, steps=2, evaluate_every=1)
    train(small_net(), dataset, recipe, validation=dataset)
    number = r"\d+\.\d"
    parts = f"centre {number}, size {number}, objectness {number}, classes {number}"
    assert re.fullmatch(rf"step 1 of 2, loss {number} \({parts}\)", texts[0])
    assert re.fullmatch(rf"step 2 of 2, loss {number} \({parts}\), mAP50 0\.\d+", texts[-1])


def test_stops_at_a_broken_batch(imported_paddle: None, tmp_path: Path) -> None:
    # A picture does not accept such boxes; an array may be changed later.
    pictures = make_dataset(6)
    pictures.pictures[3].boxes.flags.writeable = True
    pictures.pictures[3].boxes[0, 0] = np.nan
    recipe = replace(RECIPE, steps=9, batch_size=1, checkpoint_every=1)
    net = small_net()
    with pytest.raises(TrainingError) as caught:
        train(net, pictures, recipe, folder=tmp_path)
    error = caught.value
    assert error.batch.names == ("shelf-3.png",)
    assert "shelf-3.png" in error.message
    assert "true boxes" in error.message
    assert all(np.isfinite(value).all() for value in weights(net).values())
    if error.batch.step:
        assert f"contains the first {error.batch.step} steps" in error.message


def test_blames_the_batch_that_broke_the_weights(imported_paddle: None, dataset: Dataset) -> None:
    """Weights that become infinite in one step show in the loss of the next."""
    recipe = replace(RECIPE, steps=9, peak_rate=1e38, warm_up=0)
    with pytest.raises(TrainingError) as caught:
        train(small_net(), dataset, recipe)
    error = caught.value
    assert "have not been finite since" in error.message or "outputs are not" in error.message
    assert error.batch.names
    assert "peak_rate (now 1e+38)" in error.hint
    assert "no folder was passed" in error.message


def test_rejects_what_is_neither_network_nor_recipe_nor_listener(
    imported_paddle: None, dataset: Dataset
) -> None:
    wrong: Any = {"steps": 2}
    with pytest.raises(DetectionError, match="The network is a dict, and not a YOLOv3"):
        train(wrong, dataset, RECIPE)
    with pytest.raises(DetectionError, match="The listener is 5, which cannot be called"):
        train(small_net(), dataset, RECIPE, listener=5)  # type: ignore[arg-type]
    with pytest.raises(StorageError, match="5 is not a path"):
        train(small_net(), dataset, RECIPE, folder=5)  # type: ignore[arg-type]
    with pytest.raises(DetectionError, match="The recipe is a dict, and not a Recipe"):
        train(small_net(), dataset, wrong)


def test_evaluations_need_a_validation_set(imported_paddle: None, dataset: Dataset) -> None:
    recipe = replace(RECIPE, evaluate_every=2)
    with pytest.raises(DetectionError, match="evaluate_every=2, and there is no validation set"):
        train(small_net(), dataset, recipe)


def test_trains_on_pictures_without_boxes_and_names_with_markup(imported_paddle: None) -> None:
    classes = ("<b>可乐</b>", '"><script>alert(1)</script>')
    pixels = np.zeros((40, 60, 3), np.uint8)
    pictures = [
        Picture("<i>.png", pixels, [[1, 1, 9, 9]], [1]),
        Picture("空.png", pixels, [], []),
    ]
    net = small_net(classes=classes)
    recipe = replace(RECIPE, batch_size=1, steps=2)
    history = train(net, Dataset(classes, pictures), recipe)
    assert all(np.isfinite(step.parts.total) for step in history.steps)


@pytest.mark.parametrize("value", ["goods", [1], Path("goods")])
def test_rejects_what_is_not_a_data_set(imported_paddle: None, value: Any) -> None:
    with pytest.raises(DetectionError, match="A data set is a .*, and not a Dataset"):
        train(small_net(), value, RECIPE)


def test_rejects_data_of_other_classes(imported_paddle: None, dataset: Dataset) -> None:
    other = Dataset(("盒", "签"), dataset.pictures)
    with pytest.raises(DetectionError, match="the classes"):
        train(small_net(), other, RECIPE)
    with pytest.raises(DetectionError, match="the classes"):
        train(small_net(), dataset, RECIPE, validation=other)
    with pytest.raises(DetectionError, match="validation set has no pictures"):
        train(small_net(), dataset, RECIPE, validation=Dataset(CLASSES, []))
    empty = Picture("empty", np.zeros((8, 8, 3), np.uint8), [], [])
    with pytest.raises(DetectionError, match="validation set has no boxes"):
        train(small_net(), dataset, RECIPE, validation=Dataset(CLASSES, [empty]))
