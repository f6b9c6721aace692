"""Planted mismatches between a bundle and what was deployed: each is named rightly."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from paddle_workbench import trace_difference
from paddle_workbench.cli.trace import command
from paddle_workbench.errors import BundleError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.differences.cut_search import first_wrong_op
from paddle_workbench.export.differences.difference import Difference, Step
from paddle_workbench.export.differences.programs import run_program
from paddle_workbench.export.processing import postprocess, preprocess

from .conftest import CHARACTERS, DEVIATION, MEAN

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]

X = np.random.default_rng(0).random((2, 5, 4), dtype=np.float32)


def kinds(step: Step | None) -> list[str]:
    return [] if step is None else [cause.kind for cause in step.causes if cause.is_proven]


def source_line(step: Step) -> str:
    from .. import networks as others
    from . import networks

    assert step.line is not None
    name = "differences/networks.py"
    module = networks if step.line.file.endswith(name) else others
    lines = Path(module.__file__).read_text(encoding="utf-8").splitlines()
    return lines[step.line.line - 1]


def only(difference: Difference, name: str) -> Step:
    """Return the one step that differs."""
    wrong = [step for step in difference.steps if not step.is_equal]
    assert [step.name for step in wrong] == [name]
    assert difference.first is wrong[0]
    return wrong[0]


def edited(bundle: Bundle, path: Path, edit: Callable[[Any], None]) -> Path:
    """Write the ONNX model of a bundle with a mistake."""
    import onnx

    model = onnx.load(str(bundle.folder / bundle.record.targets["onnx"].folder / "model.onnx"))
    edit(model)
    onnx.save(model, str(path))
    return path


def node_of(model: Any, kind: str) -> Any:
    return next(node for node in model.graph.node if node.op_type == kind)


def set_attribute(node: Any, name: str, value: Any) -> None:
    import onnx

    for attribute in list(node.attribute):
        if attribute.name == name:
            node.attribute.remove(attribute)
    node.attribute.append(onnx.helper.make_attribute(name, value))


def quantise_input(model: Any, kind: str, scale: float) -> None:
    """Put QuantizeLinear and DequantizeLinear before the first input of a node."""
    import onnx

    node = node_of(model, kind)
    at = list(model.graph.node).index(node)
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.float32(scale), "scale"))
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.int8(0), "zero"))
    source, node.input[0] = node.input[0], "restored"
    pair = [
        onnx.helper.make_node("QuantizeLinear", [source, "scale", "zero"], ["quantised"]),
        onnx.helper.make_node("DequantizeLinear", ["quantised", "scale", "zero"], ["restored"]),
    ]
    for new in reversed(pair):
        model.graph.node.insert(at, new)


def normalised(picture: NDArray[np.uint8], mean: tuple[float, ...]) -> NDArray[np.float32]:
    """Return what someone else's code makes of a picture."""
    from PIL import Image

    small = Image.fromarray(picture).resize((16, 16), Image.Resampling.BILINEAR)
    scaled = np.asarray(small).astype(np.float32) / 255
    return ((scaled - np.float32(mean)) / np.float32(DEVIATION)).transpose(2, 0, 1)


def test_equal_pair_is_equal(pictures: Bundle, picture: NDArray[np.uint8]) -> None:
    import paddle

    from .networks import Pictures

    paddle.seed(7)
    network = Pictures()
    network.eval()
    difference = trace_difference(
        pictures,
        picture,
        "onnx",
        network=network,
        preprocess=lambda picture: normalised(picture, MEAN),
        postprocess=lambda outputs: postprocess(
            outputs, pictures.record.postprocessing, pictures.record.labels
        ),
        labels=["box", "bottle", "can"],
    )
    assert difference.is_equal
    assert difference.first is None
    assert [step.name for step in difference.steps] == [
        "preprocessing", "network", "ONNX", "postprocessing",
    ]  # fmt: skip
    assert "are equal" in difference.verdict


def test_bgr_for_rgb(pictures: Bundle, picture: NDArray[np.uint8]) -> None:
    difference = trace_difference(
        pictures, picture, preprocess=lambda picture: normalised(picture[..., ::-1], MEAN)
    )
    step = only(difference, "preprocessing")
    assert kinds(step) == ["channel order"]
    assert "BGR instead of RGB" in difference.verdict


def test_wrong_mean(pictures: Bundle, picture: NDArray[np.uint8]) -> None:
    difference = trace_difference(
        pictures, picture, preprocess=lambda picture: normalised(picture, (0.5, 0.456, 0.406))
    )
    assert kinds(only(difference, "preprocessing")) == ["mean"]
    assert "The mean is (0.5, 0.456, 0.406) instead of (0.485, 0.456, 0.406)" in difference.verdict


def test_training_mode(pictures: Bundle, picture: NDArray[np.uint8]) -> None:
    import paddle

    from .networks import Pictures

    paddle.seed(7)
    network = Pictures()
    before = {name: value.numpy() for name, value in network.state_dict().items()}
    difference = trace_difference(pictures, picture, network=network)
    step = only(difference, "network")
    assert kinds(step) == ["training mode"]
    assert (step.op, step.layer) == ("batch_norm_", "batch_norm")
    assert step.before < 1e-5 < (step.after or 0.0)
    assert "self.batch_norm(" in source_line(step)
    assert network.training
    for name, value in network.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), before[name])


def test_weights_that_were_not_loaded(pictures: Bundle, picture: NDArray[np.uint8]) -> None:
    import paddle

    from .networks import Pictures

    paddle.seed(8)
    network = Pictures()
    step = only(trace_difference(pictures, picture, network=network), "network")
    assert kinds(step) == ["training mode", "weights"]
    assert (step.op, step.layer) == ("add", "conv")
    network.eval()
    assert kinds(trace_difference(pictures, picture, network=network).first) == ["weights"]


def test_swapped_label(texts: Bundle) -> None:
    difference = trace_difference(texts, "房间很干净", "inference", labels=["good", "bad"])
    step = only(difference, "postprocessing")
    assert kinds(step) == ["label order"]
    assert "'good' instead of 'bad'" in difference.verdict


def test_shifted_vocabulary(texts: Bundle) -> None:
    numbers = {character: number for number, character in enumerate(CHARACTERS[1:])}

    def encode(text: str) -> NDArray[np.int64]:
        ids = np.zeros(8, np.int64)
        ids[: len(text)] = [numbers.get(character, 0) for character in text]
        return ids

    difference = trace_difference(texts, "房间很干净", "inference", preprocess=encode)
    assert kinds(only(difference, "preprocessing")) == ["vocabulary"]
    assert "shifted by -1" in difference.verdict


def test_wrong_axis(pictures: Bundle, picture: NDArray[np.uint8], tmp_path: Path) -> None:
    files = edited(
        pictures,
        tmp_path / "deployed.onnx",
        lambda model: set_attribute(node_of(model, "Softmax"), "axis", 0),
    )
    difference = trace_difference(pictures, picture, files=files)
    step = only(difference, "ONNX")
    assert (step.op, step.node, kinds(step)) == ("softmax", "Softmax", ["axis"])
    assert "F.softmax(x, axis=-1)" in source_line(step)
    assert "axis is 0 instead of -1" in difference.verdict


def test_changed_epsilon(pictures: Bundle, picture: NDArray[np.uint8], tmp_path: Path) -> None:
    files = edited(
        pictures,
        tmp_path / "deployed.onnx",
        lambda model: set_attribute(node_of(model, "LayerNormalization"), "epsilon", 0.05),
    )
    step = only(trace_difference(pictures, picture, files=files), "ONNX")
    assert (step.op, step.layer, kinds(step)) == ("layer_norm", "layer_norm", ["epsilon"])
    assert "epsilon is 0.05 instead of 1e-05." in step.causes[0].message


def test_weights_of_another_checkpoint(
    pictures: Bundle, picture: NDArray[np.uint8], tmp_path: Path
) -> None:
    def change(model: Any) -> None:
        from onnx import numpy_helper

        node = next(node for node in model.graph.node if re.match(r"linear_\d+\.w", node.output[0]))
        tensor = node.attribute[0].t
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) * np.float32(1.1)))

    files = edited(pictures, tmp_path / "m.onnx", change)
    difference = trace_difference(pictures, picture, files=files)
    step = only(difference, "ONNX")
    assert (step.op, step.layer, kinds(step)) == ("matmul", "fc", ["weights"])
    assert "1 of 10 weights are not those of the bundle: fc.weight." in difference.verdict


def test_op_is_found_if_no_name_helps(
    pictures: Bundle, picture: NDArray[np.uint8], tmp_path: Path
) -> None:
    def rename(model: Any) -> None:
        set_attribute(node_of(model, "Softmax"), "axis", 0)
        for node in model.graph.node:
            for names in (node.input, node.output):
                for at, name in enumerate(names):
                    names[at] = name.replace("p2o.", "torch.")

    step = only(
        trace_difference(pictures, picture, files=edited(pictures, tmp_path / "m.onnx", rename)),
        "ONNX",
    )
    assert (step.op, kinds(step)) == ("softmax", ["axis"])


def test_pass_that_overwrites_a_value(tmp_path: Path) -> None:
    from paddle.static import InputSpec

    from ..networks import Waves

    bundle = Bundle.create(
        tmp_path / "waves",
        Waves(),
        input_spec=[InputSpec([None, 4], "float32", "x")],
        examples=[X[:, 0]],
    )
    step = only(trace_difference(bundle, [X[:, 0]], "onednn"), "passes")
    assert (step.op, kinds(step)) == ("inplace_pass", ["overwritten value"])
    assert "square.sin(), square.cos()" in source_line(step)
    assert step.before < 1e-5 < (step.after or 0.0)
    assert trace_difference(bundle, "examples", "inference").is_equal


def test_dropped_lengths(tmp_path: Path) -> None:
    from paddle.static import InputSpec

    from ..networks import Lengths

    bundle = Bundle.create(
        tmp_path / "lengths",
        Lengths(),
        input_spec=[InputSpec([2, 5, 4], "float32", "x")],
        examples=[X],
    )
    difference = trace_difference(bundle, [X])
    step = only(difference, "ONNX")
    assert (step.op, step.layer) == ("rnn", "rnn")
    assert "self.rnn(x, sequence_length=" in source_line(step)
    assert "drops the sequence_length" in difference.verdict


def test_op_on_which_the_converter_ends(tmp_path: Path) -> None:
    from paddle.static import InputSpec

    from .networks import LateMean

    bundle = Bundle.create(
        tmp_path / "mean",
        LateMean(),
        input_spec=[InputSpec([2, 4], "float32", "x")],
        examples=[X[:, 0]],
    )
    step = only(trace_difference(bundle, [X[:, 0]]), "ONNX")
    assert (step.op, step.difference) == ("mean", None)
    assert "mean = x.mean()" in source_line(step)
    assert "was killed by SIGABRT" in step.problem


def test_op_of_a_target_whose_values_cannot_be_read(tmp_path: Path) -> None:
    from paddle.static import InputSpec

    from ..networks import Lengths

    bundle = Bundle.create(
        tmp_path / "lengths",
        Lengths(),
        input_spec=[InputSpec([2, 5, 4], "float32", "x")],
        examples=[X],
    )
    run = run_program(bundle.folder / "inference", bundle.record, bundle.program, [X])
    request = {
        "target": "onnx",
        "source": str(bundle.folder / "inference"),
        "inputs": ["x"],
    }
    found = first_wrong_op(tmp_path, request, run, [X], 1.0)
    assert found is not None
    assert found.op.kind == "rnn"
    assert found.before < 1e-5 < found.after


def test_saturating_quantisation(
    pictures: Bundle, picture: NDArray[np.uint8], tmp_path: Path
) -> None:
    def quantised(scale: float) -> Difference:
        name = tmp_path / f"{scale}.onnx"
        files = edited(pictures, name, lambda model: quantise_input(model, "Conv", scale))
        return trace_difference(pictures, picture, files=files)

    (largest,) = preprocess([picture], pictures.record.preprocessing, pictures.folder)
    assert quantised(float(np.abs(largest).max()) / 127).is_equal
    difference = quantised(0.3 / 127)
    step = only(difference, "int8")
    assert (step.op, step.layer) == ("conv2d", "conv")
    assert step.node.startswith("QuantizeLinear, DequantizeLinear, Conv")
    assert [cause.kind for cause in step.causes] == ["saturation"]
    assert "saturates" in difference.verdict


def test_two_mistakes_are_both_reported(texts: Bundle) -> None:
    difference = trace_difference(
        texts,
        "房间很干净",
        "inference",
        preprocess=lambda text: np.zeros((1, 4), np.int64),
        labels=["good", "bad"],
    )
    assert [step.name for step in difference.steps if not step.is_equal] == [
        "preprocessing", "postprocessing",
    ]  # fmt: skip
    assert "length" in [cause.kind for cause in difference.steps[0].causes]


def test_result_as_text_json_and_table(texts: Bundle) -> None:
    difference = trace_difference(str(texts.path), "很小", "inference", labels=["good", "bad"])
    assert str(difference).splitlines()[0] == difference.verdict
    answer = json.loads(json.dumps(difference.to_json(), allow_nan=False))
    assert (answer["is_equal"], answer["first"]) == (False, "postprocessing")
    table = difference._repr_html_()
    assert table.count("<tr>") == 1 + len(difference.steps)
    assert "<script" not in table


def test_command_line(texts: Bundle, tmp_path: Path) -> None:
    arguments = [str(texts.path), "房间很干净", "--to", "inference"]
    equal = CliRunner().invoke(command, arguments)
    assert (equal.exit_code, "are equal" in equal.stdout) == (0, True)
    (tmp_path / "labels.txt").write_text("good\nbad\n", encoding="utf-8")
    other = CliRunner().invoke(
        command, [*arguments, "--labels", str(tmp_path / "labels.txt"), "--json"]
    )
    answer = json.loads(other.stdout)
    assert (other.exit_code, answer["first"]) == (1, "postprocessing")


def test_rejects_what_it_cannot_trace(
    texts: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BundleError, match="There is no target 'tensorrt'"):
        trace_difference(texts, "很小", "tensorrt")
    with pytest.raises(BundleError, match="takes texts"):
        trace_difference(texts, 3)
    monkeypatch.setenv("HOME", str(tmp_path))
    for path in (tmp_path / "missing.onnx", "~/missing.onnx"):
        with pytest.raises(BundleError, match=rf"{tmp_path}/missing\.onnx does not exist"):
            trace_difference(texts, "很小", files=path)
