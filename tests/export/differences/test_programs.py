"""Planted mistakes in programs of Paddle: deployed ones, quantised ones, and the legacy format."""

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
from paddle_workbench.export.differences.difference import Difference
from paddle_workbench.export.processing import preprocess

from .test_tracing import kinds, only, source_line

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]


def saved(network: Any, folder: Path) -> Path:
    """Save the program of a network as it is deployed."""
    import paddle
    from paddle.static import InputSpec

    network.eval()
    spec = [InputSpec([None, 3, 16, 16], "float32", "x")]
    paddle.jit.save(network, str(folder / "inference"), input_spec=spec)
    return folder


def built(kind: str = "Pictures") -> Any:
    """Return a network with the weights of the bundle, under the same names."""
    import paddle
    from paddle.utils import unique_name

    from . import networks

    paddle.seed(7)
    with unique_name.guard():
        return getattr(networks, kind)()


def quantised(inputs: NDArray[np.float32]) -> Any:
    """Return the network with quantisation-aware layers that have seen some inputs."""
    import paddle
    from paddle.quantization import QAT, QuantConfig
    from paddle.quantization.quanters import FakeQuanterWithAbsMaxObserver

    quanter = FakeQuanterWithAbsMaxObserver(moving_rate=0.1)
    config = QuantConfig(activation=None, weight=None)
    layers = [paddle.nn.Conv2D, paddle.nn.Linear]
    config.add_type_config(layers, activation=quanter, weight=quanter)
    network = built()
    network.train()
    for part in network.sublayers():
        if isinstance(part, (paddle.nn.BatchNorm2D, paddle.nn.Dropout)):
            part.eval()
    network = QAT(config).quantize(network)
    for _ in range(10):
        network(paddle.to_tensor(inputs))
    network.eval()
    return network


def saturate(network: Any) -> None:
    """Let the first layer keep a fiftieth of the range of its inputs."""
    scale = network.conv.activation_quanter._scale
    scale.set_value(scale * 0.02)


def edit_legacy(folder: Path, edit: Callable[[Any], None]) -> None:
    """Change the ops of a program in the legacy format."""
    import paddle
    from paddle.pir_utils import OldIrGuard
    from paddle.static import io

    path = folder / "inference.pdmodel"
    paddle.enable_static()
    try:
        with OldIrGuard():
            program = io.deserialize_program(path.read_bytes())
            edit(program)
            path.write_bytes(io._serialize_program(program))
    finally:
        paddle.disable_static()


@pytest.fixture(scope="module")
def inputs(pictures: Bundle, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    (array,) = preprocess([picture], pictures.record.preprocessing, pictures.folder)
    return array


@pytest.fixture
def trace(pictures: Bundle, picture: NDArray[np.uint8]) -> Callable[..., Difference]:
    def traced(files: Path, target: str = "inference") -> Difference:
        return trace_difference(pictures, picture, target, files=files)

    return traced


def test_equal_program_is_equal(trace: Callable[..., Difference], tmp_path: Path) -> None:
    difference = trace(saved(built(), tmp_path))
    assert difference.is_equal
    assert [step.name for step in difference.steps] == [
        "preprocessing", "program", "deployed program", "passes", "postprocessing",
    ]  # fmt: skip


def test_wrong_axis_in_a_deployed_program(trace: Callable[..., Difference], tmp_path: Path) -> None:
    step = only(trace(saved(built("WrongAxis"), tmp_path)), "deployed program")
    assert (step.op, kinds(step)) == ("softmax", ["axis"])
    assert step.causes[0].message == "axis is 0 instead of -1."
    assert "F.softmax(x, axis=-1)" in source_line(step)
    assert step.before < 1e-5 < (step.after or 0.0)


def test_weights_of_a_deployed_program(trace: Callable[..., Difference], tmp_path: Path) -> None:
    import paddle

    paddle.nn.Linear(1, 1)  # so that Paddle numbers the next layers as in another process
    network = built()
    with paddle.no_grad():
        network.fc.weight.set_value(network.fc.weight * 1.1)
    step = only(trace(saved(network, tmp_path)), "deployed program")
    assert (step.op, step.layer, kinds(step)) == ("matmul", "fc", ["weights"])
    assert "1 of 10 weights are not those of the bundle: fc.weight." in step.causes[0].message


def test_saturating_layer_of_a_quantised_program(
    trace: Callable[..., Difference], inputs: NDArray[np.float32], tmp_path: Path
) -> None:
    network = quantised(inputs)
    equal = trace(saved(network, tmp_path / "equal"))
    step = next(step for step in equal.steps if step.name == "int8")
    assert step.is_equal
    saturate(network)
    difference = trace(saved(network, tmp_path / "saturated"))
    step = next(step for step in difference.steps if step.name == "int8")
    assert (step.op, step.layer) == ("conv2d", "conv")
    assert step.node.startswith("fake_quantize_dequantize_moving_average_abs_max")
    assert [cause.kind for cause in step.causes] == ["saturation"]
    assert step.before < 1e-5
    assert (step.after or 0.0) > 0.1
    assert "saturates" in difference.verdict
    # Paddle Inference folds the rounded weights, and fails.
    passes = difference.steps[-2]
    assert "failed with exit 1" in passes.problem
    assert "constant_folding_pass" in passes.causes[0].hint


def test_saturating_layer_of_a_quantised_bundle(
    inputs: NDArray[np.float32], tmp_path: Path
) -> None:
    from paddle.static import InputSpec

    spec = [InputSpec([None, 3, 16, 16], "float32", "x")]
    network, original = quantised(inputs), built()
    original.eval()
    equal = Bundle.create(tmp_path / "equal", network, input_spec=spec, examples=[inputs])
    passes = ["constant_folding_pass"]
    assert equal.export("inference", without=passes).is_accepted
    assert trace_difference(equal, [inputs], "inference", network=original).is_equal
    saturate(network)
    bundle = Bundle.create(tmp_path / "saturated", network, input_spec=spec, examples=[inputs])
    bundle.export("inference", without=passes)
    step = only(trace_difference(bundle, [inputs], "inference", network=original), "network")
    assert step.layer == "conv"
    assert [cause.kind for cause in step.causes] == ["saturation"]
    assert "The quantisation in conv.activation_quanter saturates" in step.causes[0].message


@pytest.mark.filterwarnings("ignore:\\s*Non compatible API", "ignore:To copy construct")
def test_converted_quantisation_is_wrong_in_a_program(
    trace: Callable[..., Difference], inputs: NDArray[np.float32], tmp_path: Path
) -> None:
    import paddle
    from paddle.quantization import PTQ, QuantConfig
    from paddle.quantization.observers import AbsmaxObserver
    from paddle.static import InputSpec

    config = QuantConfig(activation=None, weight=None)
    observer = AbsmaxObserver()
    config.add_type_config([paddle.nn.Linear], activation=observer, weight=observer)
    network = built()
    network.eval()
    calibration = PTQ(config)
    observed = calibration.quantize(network)
    observed(paddle.to_tensor(inputs))
    converted = calibration.convert(observed)
    converted.eval()
    spec = [InputSpec([1, 3, 16, 16], "float32", "x")]
    paddle.jit.save(converted, str(tmp_path / "inference"), input_spec=spec)
    step = next(step for step in trace(tmp_path).steps if step.name == "int8")
    assert (step.is_equal, step.layer) == (False, "fc")
    assert "computes dequantize_linear as quantize_linear" in step.causes[-1].message
    assert "saturation" not in [cause.kind for cause in step.causes]


def test_wrong_axis_in_the_legacy_format(
    pictures: Bundle, trace: Callable[..., Difference], tmp_path: Path
) -> None:
    files = shutil.copytree(pictures.folder / "inference", tmp_path / "legacy")
    assert trace(files, "legacy").is_equal

    def edit(program: Any) -> None:
        softmax = next(op for op in program.global_block().ops if op.type == "softmax")
        softmax._set_attr("axis", 0)

    edit_legacy(files, edit)
    step = only(trace(files, "legacy"), "Paddle's legacy format")
    assert (step.op, step.node, kinds(step)) == ("softmax", "softmax", ["axis"])
    assert "F.softmax(x, axis=-1)" in source_line(step)
    assert step.before < 1e-5 < (step.after or 0.0)


@pytest.mark.parametrize(
    ("target", "missing"),
    [("mnn", r"model\.mnn"), ("legacy", r"inference\.pdmodel"), ("onednn", r"inference\.json")],
)
def test_folder_without_the_files_of_a_target(
    trace: Callable[..., Difference], tmp_path: Path, target: str, missing: str
) -> None:
    with pytest.raises(BundleError, match=f"contains no {missing}"):
        trace(tmp_path, target)
