"""Trainings that are stopped, and go on from their checkpoints."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.detection.checkpoints import read_checkpoint, write_checkpoint
from paddle_workbench.detection.dataset import Dataset
from paddle_workbench.detection.history import EvaluationRecord, StepRecord
from paddle_workbench.detection.recipe import Recipe
from paddle_workbench.detection.training import CHECKPOINT, train
from paddle_workbench.errors import (
    DetectionError,
    FileBrokenError,
    FileMissingError,
    StorageError,
)

from .conftest import make_dataset
from .networks import ANCHORS, network, small_net
from .small_trainings import RECIPE, assert_equal, scripted, stop_at, weights

pytestmark = pytest.mark.paddle


@pytest.mark.parametrize(
    "recipe",
    [
        replace(RECIPE, checkpoint_every=2),
        # The break is before the backbone thaws.
        replace(
            RECIPE,
            checkpoint_every=2,
            frozen_steps=3,
            average_decay=0.9,
            clip_norm=1.0,
            schedule="cosine",
            crop=0.5,
            colour=0.5,
            mosaic=0.5,
        ),
        # It thaws after the break, with the first step.
        replace(RECIPE, checkpoint_every=2, frozen_steps=2),
    ],
    ids=["plain", "everything", "thawing"],
)
def test_resumed_training_continues_exactly(
    imported_paddle: None, dataset: Dataset, tmp_path: Path, recipe: Recipe
) -> None:
    whole = small_net()
    history = train(whole, dataset, recipe)
    first = small_net()
    with pytest.raises(KeyboardInterrupt, match=r"Stopped in step 3\. .* first 2 steps"):
        train(first, dataset, recipe, folder=tmp_path, listener=stop_at(2))
    second = small_net(seed=7)  # with other weights and other names of Paddle's
    resumed = train(second, dataset, recipe, folder=tmp_path, resume=True)
    assert_equal(weights(second), weights(whole))
    assert resumed == history
    assert [each.step for each in resumed.steps] == [0, 1, 2, 3]
    assert [path.name for path in tmp_path.iterdir()] == [CHECKPOINT]


def test_resuming_a_completed_training_changes_nothing(
    imported_paddle: None, dataset: Dataset, tmp_path: Path
) -> None:
    net = small_net()
    recipe = replace(RECIPE, steps=2, evaluate_every=1)
    history = train(net, dataset, recipe, validation=dataset, folder=tmp_path)
    again = small_net(seed=1)
    assert (
        train(again, dataset, recipe, validation=dataset, folder=tmp_path, resume=True) == history
    )
    assert_equal(weights(again), weights(net))


def test_best_weights_survive_a_break(
    imported_paddle: None, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(RECIPE, evaluate_every=1, checkpoint_every=2)
    scripted([0.5, 0.1, 0.1, 0.1], monkeypatch)
    whole = small_net()
    train(whole, dataset, recipe, validation=dataset)
    scripted([0.5, 0.1, 0.1], monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        train(
            small_net(),
            dataset,
            recipe,
            validation=dataset,
            folder=tmp_path,
            listener=stop_at(2),
        )
    scripted([0.1, 0.1], monkeypatch)
    net = small_net(seed=1)
    history = train(net, dataset, recipe, validation=dataset, folder=tmp_path, resume=True)
    assert history.best is not None
    assert history.best.steps == 1
    assert_equal(weights(net), weights(whole))


def test_stopping_before_a_checkpoint_says_so(
    imported_paddle: None, dataset: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt, match="There is no checkpoint yet"):
        train(small_net(), dataset, RECIPE, folder=tmp_path, listener=stop_at(0))
    assert list(tmp_path.iterdir()) == []


def test_stop_while_a_checkpoint_is_written_keeps_the_last(
    imported_paddle: None, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = np.save
    is_stopped = False

    def listener(record: StepRecord | EvaluationRecord) -> None:
        nonlocal is_stopped
        is_stopped = isinstance(record, StepRecord) and record.step == 2

    def save(file: Any, array: Any, **arguments: Any) -> None:
        real(file, array, **arguments)
        if is_stopped:
            raise KeyboardInterrupt

    monkeypatch.setattr(np, "save", save)
    recipe = replace(RECIPE, checkpoint_every=1)
    with pytest.raises(KeyboardInterrupt, match="the first 2 steps"):
        train(small_net(), dataset, recipe, folder=tmp_path, listener=listener)
    assert [path.name for path in tmp_path.iterdir()] == [CHECKPOINT]
    assert len(read_checkpoint(tmp_path / CHECKPOINT).record.history.steps) == 2


def test_leftovers_of_killed_processes_are_removed(
    imported_paddle: None, dataset: Dataset, tmp_path: Path
) -> None:
    code = (
        "import sys, time; from pathlib import Path; "
        "from paddle_workbench.scratch import locked_neighbour; folder = Path(sys.argv[1])\n"
        f"with locked_neighbour(folder / {CHECKPOINT!r}) as draft: "
        "(draft / 'part').write_bytes(b'x'); print(flush=True); time.sleep(999)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        train(small_net(), dataset, replace(RECIPE, steps=1), folder=tmp_path)
        # That of a process that is still writing stays.
        assert len(list(tmp_path.iterdir())) == 2
        process.kill()
    train(small_net(), dataset, replace(RECIPE, steps=1), folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [CHECKPOINT]


@pytest.fixture(scope="module")
def trained(
    imported_paddle: None, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    train(small_net(), dataset, replace(RECIPE, steps=1), folder=folder)
    return folder


def test_rejects_a_checkpoint_of_another_recipe(trained: Path, dataset: Dataset) -> None:
    recipe = replace(RECIPE, steps=1, peak_rate=0.5)
    with pytest.raises(DetectionError, match=r"peak_rate=0\.001, and the recipe has 0\.5"):
        train(small_net(), dataset, recipe, folder=trained, resume=True)


def test_rejects_a_checkpoint_of_other_pictures(trained: Path) -> None:
    with pytest.raises(DetectionError, match="other pictures"):
        train(
            small_net(),
            make_dataset(6, seed=5),
            replace(RECIPE, steps=1),
            folder=trained,
            resume=True,
        )


def test_rejects_a_checkpoint_of_another_network(trained: Path, dataset: Dataset) -> None:
    net = network(anchors=(ANCHORS[0], ANCHORS[0]), backbone="resnet34-quarter", neck=16)
    with pytest.raises(DetectionError, match="network with the anchors"):
        train(net, dataset, replace(RECIPE, steps=1), folder=trained, resume=True)


def test_rejects_a_checkpoint_of_other_layers(trained: Path, dataset: Dataset) -> None:
    net = network(backbone="resnet34-quarter", neck=16)
    with pytest.raises(DetectionError, match="other layers, .* such as backbone"):
        train(net, dataset, replace(RECIPE, steps=1), folder=trained, resume=True)


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x05\x06" + bytes(18)])
def test_rejects_a_broken_checkpoint(
    imported_paddle: None, dataset: Dataset, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / CHECKPOINT).write_bytes(content)
    with pytest.raises(FileBrokenError, match="checkpoint"):
        train(small_net(), dataset, RECIPE, folder=tmp_path, resume=True)


@pytest.mark.parametrize("part", ["net", "adam", "best"])
def test_rejects_a_checkpoint_with_arrays_missing_and_changes_nothing(
    dataset: Dataset, tmp_path: Path, trained: Path, part: str
) -> None:
    checkpoint = read_checkpoint(trained / CHECKPOINT)
    arrays = {"net": checkpoint.net, "adam": checkpoint.adam, "best": dict(checkpoint.net)}[part]
    name = next(each for each in arrays if each.startswith("heads.0.weight"))
    del arrays[name]
    write_checkpoint(tmp_path / CHECKPOINT, replace(checkpoint, **{part: arrays}))
    net = small_net(seed=1)
    before = weights(net)
    with pytest.raises(DetectionError, match=rf"not complete: 1 entries such as {name}"):
        train(net, dataset, replace(RECIPE, steps=1), folder=tmp_path, resume=True)
    assert_equal(weights(net), before)


def test_an_entry_that_seems_encrypted_is_a_broken_checkpoint(
    trained: Path, tmp_path: Path
) -> None:
    content = bytearray((trained / CHECKPOINT).read_bytes())
    # The flags of the first entry in the table at the end of the file.
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    (tmp_path / CHECKPOINT).write_bytes(content)
    with pytest.raises(FileBrokenError, match="is not a checkpoint"):
        read_checkpoint(tmp_path / CHECKPOINT)


def test_a_folder_that_cannot_be_made_shows_before_the_first_step(
    imported_paddle: None, dataset: Dataset, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    records: list[StepRecord | EvaluationRecord] = []
    with pytest.raises(StorageError, match="file"):
        train(small_net(), dataset, RECIPE, folder=tmp_path / "file", listener=records.append)
    assert not records


def test_rejects_to_resume_from_nothing(
    imported_paddle: None, dataset: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(FileMissingError, match="no checkpoint"):
        train(small_net(), dataset, RECIPE, folder=tmp_path, resume=True)
    with pytest.raises(DetectionError, match="without a folder"):
        train(small_net(), dataset, RECIPE, resume=True)
