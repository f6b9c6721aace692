"""A bundle of a program that was saved elsewhere, without its network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from paddle_workbench.errors import BundleError, ProgramError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.description import describe

EXAMPLES = [np.random.default_rng(0).random((2, 4), dtype=np.float32)]


@pytest.mark.paddle
@pytest.mark.usefixtures("imported_paddle")
def test_program_becomes_a_bundle(tmp_path: Path) -> None:
    import paddle
    from paddle.static import InputSpec

    paddle.seed(0)
    network = paddle.nn.Sequential(paddle.nn.Linear(4, 3), paddle.nn.Softmax())
    spec = [InputSpec([None, 4], "float32", "x")]
    paddle.jit.save(network, str(tmp_path / "saved" / "model"), input_spec=spec)
    bundle = Bundle.from_program(
        tmp_path / "small", tmp_path / "saved" / "model.json", examples=EXAMPLES, licence="MIT"
    )
    record = bundle.record
    assert (record.samples_from, record.licence) == ("predictor", "MIT")
    assert [(each.name, each.shape) for each in record.inputs] == [("x", (None, 4))]
    assert record.outputs[0].shape == (None, 3)
    network.eval()
    (outputs,) = bundle.predict(EXAMPLES)
    np.testing.assert_allclose(outputs, network(paddle.to_tensor(EXAMPLES[0])).numpy(), rtol=1e-5)
    result = bundle.export("onnx")
    assert result.parity is not None
    assert result.parity.reference == "predictor"
    assert "equal to the Predictor on 3 samples" in describe(bundle.record)


@pytest.mark.paddle
@pytest.mark.usefixtures("imported_paddle")
def test_prefix_is_that_of_jit_save(tmp_path: Path) -> None:
    import paddle
    from paddle.static import InputSpec

    prefix = tmp_path / "saved" / "model.v2"
    spec = [InputSpec([None, 4], "float32", "x")]
    paddle.jit.save(paddle.nn.Linear(4, 3), str(prefix), input_spec=spec)
    bundle = Bundle.from_program(tmp_path / "small", prefix, examples=EXAMPLES)
    assert bundle.predict(EXAMPLES)[0].shape == (2, 3)


@pytest.mark.parametrize(
    ("files", "path", "message"),
    [
        ([], "", "There is no program"),
        (["inference.json"], "", "There is no program .*inference.pdiparams"),
        (["model.json"], "other.json", "There is no program .*other.json"),
        (["inference.pdmodel", "inference.pdiparams"], "", "in the format of Paddle 2"),
        (["m.pdmodel", "m.pdiparams"], "m.pdmodel", "in the format of Paddle 2"),
    ],
)
def test_names_what_is_missing(tmp_path: Path, files: list[str], path: str, message: str) -> None:
    source = tmp_path / "saved"
    source.mkdir()
    for name in files:
        (source / name).write_text("{}", encoding="utf-8")
    with pytest.raises(BundleError, match=message):
        Bundle.from_program(tmp_path / "small", source / path, examples=EXAMPLES)
    assert [each.name for each in tmp_path.iterdir()] == ["saved"]


def test_rejects_what_is_not_a_program(tmp_path: Path) -> None:
    for name in ("inference.json", "inference.pdiparams"):
        (tmp_path / name).write_text("[1", encoding="utf-8")
    with pytest.raises(ProgramError):
        Bundle.from_program(tmp_path / "small", tmp_path, examples=EXAMPLES)
    assert not (tmp_path / "small").exists()
