"""Planted mistakes in the files of every target: each is named, from the values of that target."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from paddle_workbench import trace_difference
from paddle_workbench.errors import BundleError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.targets import mnn

from .test_tracing import edited, kinds, node_of, only, set_attribute, source_line

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]


def wrong_axis(model: Any) -> None:
    set_attribute(node_of(model, "Softmax"), "axis", 0)


def converted(bundle: Bundle, folder: Path, weights: str = "fp32") -> Path:
    """Write the files of MNN for a bundle, which does not change."""
    folder.mkdir()
    mnn.write(bundle.folder / "inference", folder, weights=weights)
    return folder


def edited_mnn(bundle: Bundle, folder: Path, edit: Callable[[Any], None]) -> Path:
    """Write the files of MNN from an ONNX model with a mistake."""
    import _tools as converter

    model = edited(bundle, folder.with_suffix(".onnx"), edit)
    path = converted(bundle, folder) / mnn.MODEL
    options = ("-f", "ONNX", "--modelFile", model, "--MNNModel", path, "--bizCode", "workbench")
    converter.mnnconvert(["mnnconvert", *map(str, options)])
    return folder


def large_weight(path: Path) -> Bundle:
    import paddle
    from paddle.static import InputSpec

    from .networks import OneLargeWeight

    paddle.seed(3)
    x = np.random.default_rng(0).random((2, 8), dtype=np.float32)
    x[:, 0] = 0
    spec = [InputSpec([None, 8], "float32", "x")]
    return Bundle.create(path, OneLargeWeight(), input_spec=spec, examples=[x])


@pytest.mark.parametrize("target", ["mnn", "browser"])
def test_equal_pair_is_equal(pictures: Bundle, picture: NDArray[np.uint8], target: str) -> None:
    difference = trace_difference(pictures, picture, target)
    assert difference.is_equal
    assert all((step.difference or 0.0) < 1e-5 for step in difference.steps)


def test_op_that_an_mnn_file_gets_wrong(
    pictures: Bundle, picture: NDArray[np.uint8], tmp_path: Path
) -> None:
    files = edited_mnn(pictures, tmp_path / "mnn", wrong_axis)
    step = only(trace_difference(pictures, picture, "mnn", files=files), "MNN")
    assert step.op == "softmax"
    assert "Softmax" in step.node
    assert "F.softmax(x, axis=-1)" in source_line(step)
    assert step.before < 1e-5 < (step.after or 0.0)
    assert not step.problem


def test_op_that_a_page_gets_wrong(
    pictures: Bundle, picture: NDArray[np.uint8], tmp_path: Path
) -> None:
    files = edited(pictures, tmp_path / "page.onnx", wrong_axis)
    difference = trace_difference(pictures, picture, "browser", files=files)
    step = only(difference, "ONNX Runtime Web")
    assert (step.op, step.node, kinds(step)) == ("softmax", "Softmax", ["axis"])
    assert "F.softmax(x, axis=-1)" in source_line(step)


@pytest.mark.parametrize("target", ["mnn", "browser"])
def test_lengths_that_a_converter_drops(tmp_path: Path, target: str) -> None:
    from paddle.static import InputSpec

    from ..networks import Lengths

    x = np.random.default_rng(0).random((2, 5, 4), dtype=np.float32)
    spec = [InputSpec([2, 5, 4], "float32", "x")]
    bundle = Bundle.create(tmp_path / "lengths", Lengths(), input_spec=spec, examples=[x])
    difference = trace_difference(bundle, [x], target)
    step = difference.first
    assert step is not None
    assert (step.op, step.layer) == ("rnn", "rnn")
    assert step.node.count(",") < 6
    assert "drops the sequence_length" in difference.verdict


def test_mnn_file_that_was_converted_elsewhere(
    pictures: Bundle, picture: NDArray[np.uint8], tmp_path: Path
) -> None:
    path = tmp_path / "phone.mnn"
    converted(pictures, tmp_path / "int8", "int8").joinpath(mnn.MODEL).rename(path)
    difference = trace_difference(pictures, picture, "mnn", files=path)
    assert difference.is_equal
    assert "MNN int8" in [step.name for step in difference.steps]
    with pytest.raises(BundleError, match=r"contains no model\.mnn"):
        trace_difference(pictures, picture, "mnn", files=tmp_path / "int8")


def test_recurrent_layer_is_named(tmp_path: Path) -> None:
    from paddle.static import InputSpec

    from ..networks import Recurrent

    x = np.random.default_rng(0).random((2, 5, 4), dtype=np.float32)
    spec = [InputSpec([None, 5, 4], "float32", "x")]
    bundle = Bundle.create(tmp_path / "lstm", Recurrent("LSTM"), input_spec=spec, examples=[x])
    files = converted(bundle, tmp_path / "int8", "int8")
    difference = trace_difference(bundle, [x], "mnn", files=files)
    assert difference.is_equal
    step = next(step for step in difference.steps if step.name == "MNN int8")
    assert (step.op, step.layer) == ("rnn", "rnn")


def test_layer_that_loses_most_by_int8_weights(tmp_path: Path) -> None:
    bundle = large_weight(tmp_path / "bundle")
    assert trace_difference(bundle, "examples", "mnn").is_equal
    files = converted(bundle, tmp_path / "int8", "int8")
    difference = trace_difference(bundle, "examples", "mnn", files=files)
    step = only(difference, "MNN int8")
    assert (step.op, step.layer, kinds(step)) == ("matmul", "first", ["rounded weights"])
    assert "self.first(x)" in source_line(step)
    assert step.before < 1e-5
    assert (step.after or 0.0) > 0.1
    assert "With int8 weights this layer alone changes its result by" in difference.verdict


def test_rounded_weights_are_equal_but_are_named(
    pictures: Bundle, picture: NDArray[np.uint8], tmp_path: Path
) -> None:
    files = converted(pictures, tmp_path / "int8", "int8")
    difference = trace_difference(pictures, picture, "mnn", files=files)
    assert difference.is_equal
    step = next(step for step in difference.steps if step.name == "MNN int8")
    assert (step.layer, kinds(step)) == ("conv", ["rounded weights"])
    assert 1e-3 < (step.after or 0.0) < 0.1
    shutil.rmtree(files)
    fp16 = trace_difference(
        pictures, picture, "mnn", files=converted(pictures, tmp_path / "fp16", "fp16")
    )
    assert fp16.is_equal
    assert "MNN fp16" in [step.name for step in fp16.steps]
