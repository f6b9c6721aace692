"""A bundle of a changed program keeps everything else, and names the bundle that it came from."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from paddle_workbench.contract import LabelledBox
from paddle_workbench.errors import BundleError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.deriving import derive

from .sentiment import create

BOX = {"label": "盒子", "score": 0.5, "corners": [0.0, 0.0, 1.0, 1.0]}


@pytest.fixture(scope="module")
def parent(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("parent")
    return create(folder / "sentiment", held_out=["还会住", "房间小"], version="3")


@pytest.fixture(scope="module")
def other(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle with another program."""
    return create(tmp_path_factory.mktemp("other") / "sentiment", seed=1)


def test_keeps_everything_but_the_program(parent: Bundle, other: Bundle, tmp_path: Path) -> None:
    child = derive(parent, tmp_path / "smaller", other.folder / "inference")
    kept = {"task", "labels", "preprocessing", "postprocessing", "licence", "version", "inputs"}
    assert child.record.model_dump(include=kept) == parent.record.model_dump(include=kept)
    assert child.record.name == "smaller"
    assert not child.record.metrics
    assert child.examples == parent.examples
    assert child.record.parent is not None
    assert child.record.parent.model_dump(exclude={"steps"}) == {
        "name": "sentiment",
        "version": "3",
        "sha256": hashlib.sha256((parent.folder / "bundle.json").read_bytes()).hexdigest(),
    }
    for mine, its in zip(child.samples, parent.samples, strict=True):
        assert mine.name == its.name
        assert mine.is_held_out == its.is_held_out
        np.testing.assert_array_equal(mine.inputs[0], its.inputs[0])
    (prediction,) = other.predict(["房间很干净"])
    assert child.predict("房间很干净") == prediction
    assert child.predict("房间很干净") != parent.predict("房间很干净")
    assert child.export("onnx").is_accepted


def test_without_a_program_adds_files(parent: Bundle, tmp_path: Path) -> None:
    child = derive(parent, tmp_path / "same", files={"inference/plan.json": LabelledBox(**BOX)})
    assert json.loads((child.folder / "inference" / "plan.json").read_text()) == BOX
    assert "inference/plan.json" in child.record.files
    assert child.predict("很小") == parent.predict("很小")
    assert child.record.samples == parent.record.samples
    assert child.record.samples_from == "eager"


def test_a_derived_bundle_is_a_parent_too(parent: Bundle, other: Bundle, tmp_path: Path) -> None:
    child = derive(parent, tmp_path / "one", other.folder / "inference")
    again = derive(child, tmp_path / "two", other.folder / "inference")
    assert again.record.parent is not None
    assert again.record.parent.name == "one"
    np.testing.assert_array_equal(again.samples[0].outputs, child.samples[0].outputs)


def test_rejects_a_program_with_other_outputs(parent: Bundle, tmp_path: Path) -> None:
    import paddle
    from paddle.static import InputSpec

    class Two(paddle.nn.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = paddle.nn.Embedding(20, 2)

        def forward(self, ids):  # type: ignore[no-untyped-def]
            return self.embedding(ids), ids

    spec = [InputSpec([None, None], "int64", "ids")]
    paddle.jit.save(Two(), str(tmp_path / "two" / "inference"), input_spec=spec)
    with pytest.raises(BundleError, match="has 2 outputs, and that of sentiment has 1"):
        derive(parent, tmp_path / "smaller", tmp_path / "two")
    assert not (tmp_path / "smaller").exists()


def test_leaves_a_folder_that_is_not_a_bundle(parent: Bundle, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    with pytest.raises(BundleError, match="is not a bundle"):
        derive(parent, tmp_path / "notes")
    assert list(tmp_path.iterdir()) == [tmp_path / "notes"]


def test_replaces_a_bundle_that_was_there(parent: Bundle, other: Bundle, tmp_path: Path) -> None:
    shutil.copytree(other.folder, tmp_path / "sentiment")
    child = derive(parent, tmp_path / "sentiment")
    assert child.record.version == "3"
    assert child.record.parent is not None
