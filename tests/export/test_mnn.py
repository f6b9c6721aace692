"""MNN: the same results from a file with weights of any precision, and nothing else happens."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from paddle_workbench.cli.export import command
from paddle_workbench.errors import BundleError, ExportError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.description import describe

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]

IDS = np.arange(10).reshape(2, 5)
X = np.random.default_rng(0).random((2, 5, 4), dtype=np.float32)
MASK = np.array([[True] * 5, [True, True, False, False, False]])


@pytest.fixture(scope="module")
def bundle(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A network with three inputs and two outputs of different dtypes, exported to MNN."""
    from paddle.static import InputSpec

    from .networks import Mixed

    spec = [
        InputSpec([None, None], "int64", "ids"),
        InputSpec([None, None, 4], "float32", "x"),
        InputSpec([None, None], "bool", "mask"),
    ]
    path = tmp_path_factory.mktemp("mnn") / "mixed"
    bundle = Bundle.create(path, Mixed(), input_spec=spec, examples=[IDS, X, MASK])
    assert bundle.export("mnn").is_accepted
    return bundle


def _bytes(bundle: Bundle) -> int:
    folder = bundle.record.targets["mnn"].folder
    return bundle.record.files[f"{folder}/model.mnn"].bytes


def test_dtypes_that_mnn_lacks_are_converted(bundle: Bundle) -> None:
    places, values = bundle.predict([IDS, X, MASK], target="mnn")
    expected_places, expected = bundle.samples[0].outputs or ()
    np.testing.assert_allclose(values, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(places, expected_places)
    assert (values.dtype, places.dtype) == (np.float32, np.int64)
    longer = [np.tile(array, (1, 3) + (1,) * (array.ndim - 2)) for array in (IDS, X, MASK)]
    for result, eager in zip(
        bundle.predict(longer, target="mnn"), bundle.predict(longer), strict=True
    ):
        np.testing.assert_allclose(result, eager, rtol=1e-5, atol=1e-6)


def test_bicubic_interpolation_is_named(tmp_path: Path) -> None:
    from paddle import nn
    from paddle.static import InputSpec

    pictures = np.random.default_rng(0).random((1, 1, 4, 4), dtype=np.float32)
    spec = [InputSpec([1, 1, 4, 4], "float32", "x")]
    network = nn.Upsample(scale_factor=2, mode="bicubic")
    bundle = Bundle.create(tmp_path / "cubic", network, input_spec=spec, examples=[pictures])
    cause, result, *_ = bundle.preflight("mnn")
    assert (cause.code, cause.op, result.code) == ("PW-X223", "bicubic_interp", "PW-X103")


def test_use_prints_nothing(bundle: Bundle) -> None:
    code = (
        "import sys, numpy as np; from paddle_workbench import Bundle\n"
        "x = [np.zeros((1, 1), int), np.zeros((1, 1, 4), 'float32'), np.ones((1, 1), bool)]\n"
        "print(len(Bundle(sys.argv[1]).predict(x, target='mnn')), 'MNN.tools' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(bundle.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "2 False\n"


def test_runs_on_the_given_number_of_threads(bundle: Bundle) -> None:
    code = """
import sys
from pathlib import Path
import numpy as np
import psutil
from MNN import nn
from paddle_workbench.export.targets.mnn import MNN

arrays = [np.zeros((1, 1), int), np.zeros((1, 1, 4), "float32"), np.ones((1, 1), bool)]
process = psutil.Process()
before = process.num_threads()
for threads in (1, 2):
    MNN.load(Path(sys.argv[1]), threads).run(arrays)
    print("threads:", process.num_threads() - before + 1)
"""
    folder = bundle.path / bundle.record.targets["mnn"].folder
    command = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    counts = [line for line in done.stdout.splitlines() if line.startswith("threads:")]
    assert counts == ["threads: 1", "threads: 2"]


def test_smaller_weights_make_smaller_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import paddle
    from paddle.static import InputSpec

    from .networks import Wide

    # MNN's own command installs a package with the first pip on PATH.
    (tmp_path / "bin").mkdir()
    pip = tmp_path / "bin" / "pip"
    pip.write_text(f"#!/bin/sh\ntouch {tmp_path}/called\n")
    pip.chmod(0o755)
    monkeypatch.setenv("PATH", str(pip.parent), prepend=":")
    paddle.seed(0)
    spec = [InputSpec([None, 64], "float32", "x")]
    examples = [np.random.default_rng(0).random((8, 64), dtype=np.float32)]
    options: Any = {"task": "text-classification", "labels": list("abcd"), "postprocessing": ()}
    bundle = Bundle.create(tmp_path / "wide", Wide(), input_spec=spec, examples=examples, **options)
    sizes = []
    for weights in ("fp32", "fp16", "int8"):
        result = CliRunner().invoke(
            command, [str(bundle.path), "--to", "mnn", "--weights", weights]
        )
        assert result.exit_code == 0, result.output
        bundle = Bundle(bundle.path)
        target = bundle.record.targets["mnn"]
        assert target.weights == weights
        assert f"{weights} weights, " in describe(bundle.record)
        sizes.append(_bytes(bundle))
    assert target.parity.tolerance is None  # the decisions count
    assert target.parity.changed_decisions <= 0.02 * target.parity.decisions
    assert 0.45 < sizes[1] / sizes[0] < 0.6
    assert 0.2 < sizes[2] / sizes[0] < 0.35
    assert not (tmp_path / "called").exists()


def test_half_precision_is_the_nearest(tmp_path: Path) -> None:
    """Also where a batch norm is folded into the weights; MNN itself would cut bits off."""
    import paddle
    from paddle import nn
    from paddle.static import InputSpec

    paddle.seed(0)
    layers = nn.Conv2D(3, 8, 3), nn.BatchNorm2D(8), nn.Flatten(), nn.Linear(8 * 16, 4)
    convolution, norm, _, linear = layers
    network = nn.Sequential(*layers)
    norm._mean.set_value(paddle.rand([8]))
    norm._variance.set_value(paddle.rand([8]) + 0.5)
    pictures = np.random.default_rng(0).random((2, 3, 6, 6), dtype=np.float32)
    spec = [InputSpec([None, 3, 6, 6], "float32", "x")]
    bundle = Bundle.create(tmp_path / "pictures", network, input_spec=spec, examples=[pictures])
    bundle.export("mnn", weights="fp16")
    factors = 1 / paddle.sqrt(norm._variance + 1e-5)
    convolution.bias.set_value((convolution.bias - norm._mean) * factors)
    for layer, factor in ((convolution, factors.reshape([8, 1, 1, 1])), (linear, 1.0)):
        layer.weight.set_value((layer.weight * factor).astype("float16").astype("float32"))
    expected = linear(convolution(paddle.to_tensor(pictures)).flatten(1)).numpy()
    (outputs,) = bundle.predict([pictures], target="mnn")
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def test_refuses_what_its_converter_gets_wrong(tmp_path: Path) -> None:
    from paddle.static import InputSpec

    from .networks import Recurrent

    bundle = Bundle.create(
        tmp_path / "rnn",
        Recurrent("SimpleRNN"),
        input_spec=[InputSpec([None, 5, 4], "float32", "x")],
        examples=[X],
    )
    with pytest.raises(ExportError, match="SimpleRNN") as error:
        bundle.export("mnn")
    assert [finding.code for finding in error.value.preflight] == ["PW-X201", "PW-X101"]


def test_names_the_weights_that_a_target_has(bundle: Bundle) -> None:
    with pytest.raises(BundleError, match="ONNX has no fp16 weights"):
        bundle.export("onnx", weights="fp16")
    with pytest.raises(BundleError, match="MNN has no int4 weights") as error:
        bundle.preflight("mnn", weights="int4")  # type: ignore[arg-type]
    assert error.value.hint == "Use one of these: fp32, fp16, int8."
