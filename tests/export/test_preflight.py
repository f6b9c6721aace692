"""What a target refuses, aborts on, or gets wrong is found before anything is written."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from paddle_workbench.cli.export import command
from paddle_workbench.errors import BundleError, ExportError, StorageError
from paddle_workbench.export import saving
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.description import describe
from paddle_workbench.export.forecast import missing_dtypes
from paddle_workbench.export.opening import preflight
from paddle_workbench.export.rules import explain
from paddle_workbench.export.targets.registry import TARGETS
from paddle_workbench.program.formats.assembly import Numbering
from paddle_workbench.program.model.structure import Program
from paddle_workbench.program.passes.saving import save_program
from paddle_workbench.program.tracing.trace import trace

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]

X = np.random.default_rng(0).random((2, 5, 4), dtype=np.float32)


def bundle_of(folder: Path, network: Any, shape: list[int | None], example: Any = X) -> Bundle:
    from paddle.static import InputSpec

    spec = [InputSpec(shape, "float32", "x")]
    return Bundle.create(folder / "bundle", network, input_spec=spec, examples=[example])


def test_invalid_file_is_explained_with_its_line(tmp_path: Path) -> None:
    from . import networks

    bundle = bundle_of(tmp_path, networks.Recurrent("SimpleRNN"), [None, 5, 4])
    before = sorted(bundle.folder.rglob("*"))
    with pytest.raises(ExportError, match="SimpleRNN") as error:
        bundle.export("onnx")
    cause, result = error.value.preflight
    assert (cause.code, cause.op, result.code) == ("PW-X201", "rnn", "PW-X101")
    assert cause.line is not None
    assert cause.line.file.endswith("networks.py")
    source = Path(networks.__file__).read_text(encoding="utf-8").splitlines()
    assert "self.rnn(x)" in source[cause.line.line - 1]
    assert sorted(bundle.folder.rglob("*")) == before
    shown = CliRunner().invoke(command, [str(bundle.path), "--to", "onnx", "--json"])
    answer = json.loads(shown.stdout)
    assert (shown.exit_code, answer["is_accepted"], len(answer["findings"])) == (1, False, 2)


def test_wrong_result_is_explained(tmp_path: Path) -> None:
    from .networks import Lengths

    codes = [each.code for each in bundle_of(tmp_path, Lengths(), [2, 5, 4]).preflight("onnx")]
    assert codes[:2] == ["PW-X202", "PW-X103"]


def test_abort_of_the_converter_is_a_finding(tmp_path: Path) -> None:
    from .networks import Mean

    cause, result = bundle_of(tmp_path, Mean(), [None, 5, 4]).preflight("onnx")
    assert (cause.code, result.code) == ("PW-X204", "PW-X101")
    assert "was killed by SIGABRT" in result.message


def test_mean_over_an_axis_is_not_a_cause(tmp_path: Path) -> None:
    from .networks import RowMeans

    bundle = bundle_of(tmp_path, RowMeans(), [None, 5, 4])
    assert list(explain(bundle.program, "onnx")) == []


def test_abort_on_an_edge_case_is_a_warning(tmp_path: Path) -> None:
    from .networks import Recurrent

    result = bundle_of(tmp_path, Recurrent("LSTM"), [None, 5, 4]).preflight("onnx")
    assert result.is_accepted
    (warning,) = result
    assert (warning.code, warning.severity) == ("PW-X104", "warning")
    assert "“no rows” it was killed by" in warning.message


def test_guilty_pass_is_found_and_left_out(tmp_path: Path) -> None:
    from . import networks

    bundle = bundle_of(tmp_path, networks.Waves(), [None, 4], X[:, 0])
    cause, result, *_ = bundle.preflight("onednn")
    assert (cause.code, result.code) == ("PW-X206", "PW-X103")
    assert cause.message.startswith("inplace_pass changes the result: without it")
    assert cause.hint.endswith('bundle.export("onednn", without=["inplace_pass"])')
    assert cause.line is not None
    source = Path(networks.__file__).read_text(encoding="utf-8").splitlines()
    assert "square.sin(), square.cos()" in source[cause.line.line - 1]
    arguments = [str(bundle.path), "--to", "onednn", "--without-pass"]
    unknown = CliRunner().invoke(command, [*arguments, "inplace_pas"])
    assert (unknown.exit_code, "Paddle has no pass 'inplace_pas'" in unknown.output) == (1, True)
    repaired = CliRunner().invoke(command, [*arguments, "inplace_pass"])
    assert (repaired.exit_code, repaired.output[:13]) == (0, "onednn: equal")
    again = Bundle(bundle.path)
    assert again.record.targets["onednn"].without_passes == ("inplace_pass",)
    assert describe(again.record).splitlines()[-1].endswith("bytes, without inplace_pass")
    _, cosine = again.predict([X[:, 0]], target="onednn")
    np.testing.assert_allclose(cosine, np.cos(X[:, 0] ** 2), rtol=1e-5)
    assert bundle.preflight("inference").is_accepted
    with pytest.raises(BundleError, match="ONNX has no passes that can be left out"):
        bundle.export("onnx", without=["inplace_pass"])


def test_loop_that_depends_on_data_is_explained(tmp_path: Path) -> None:
    from .networks import Endless

    bundle = bundle_of(tmp_path, Endless(), [None, 4], X[:, 0])
    assert [finding.code for finding in bundle.preflight("onnx")][:1] == ["PW-X203"]


def test_op_without_a_converter_is_named(tmp_path: Path) -> None:
    from . import networks

    bundle = bundle_of(tmp_path, networks.Product(), [None, 4], X[:, 0])
    shown = CliRunner().invoke(command, [str(bundle.path), "--to", "onnx", "--no-run"])
    first, second, *_ = shown.output.splitlines()
    assert "an ONNX file of op set 17" in first
    assert first.endswith("Sizes that may change: x axis 0.")
    assert second.startswith("! PW-X208 ")
    assert shown.exit_code == 1
    cause, result, *_ = preflight(str(bundle.path), "onnx")
    assert (cause.code, cause.op, result.code) == ("PW-X208", "cumprod", "PW-X101")
    assert cause.line is not None
    assert cause.line.file.endswith("networks.py")


def test_network_has_the_findings_of_its_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from paddle.static import InputSpec

    from . import networks

    network = networks.Recurrent("SimpleRNN")
    network.train()
    network.rnn.eval()
    spec = [InputSpec([None, 5, 4], "float32", "x")]
    before = {name: value.numpy() for name, value in network.state_dict().items()}
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    result = preflight(network, "onnx", input_spec=spec, examples=[X])
    assert (network.training, network.rnn.training) == (True, False)
    assert [path.name for path in tmp_path.rglob("*")] == ["temporary"]
    after = network.state_dict()
    assert all(np.array_equal(value, after[name].numpy()) for name, value in before.items())
    bundle = bundle_of(tmp_path, network, [None, 5, 4])
    assert result.findings == bundle.preflight("onnx").findings
    looked_at = preflight(network, "onnx", input_spec=spec, examples=[X], run=False)
    assert str(looked_at) == str(bundle.preflight("onnx", run=False))
    assert preflight(network, "inference", input_spec=spec, examples=[X]).is_accepted


def test_static_network_knows_its_inputs() -> None:
    import paddle
    from paddle.static import InputSpec

    from .networks import RowMeans

    spec = [InputSpec([None, 5, 4], "float32", "x")]
    network = paddle.jit.to_static(RowMeans(), input_spec=spec, full_graph=True)
    for each in (network, network.forward):
        assert preflight(each, "inference", examples=[X]).is_accepted


def test_network_with_processing() -> None:
    from paddle.static import InputSpec

    from paddle_workbench.contract import CharacterIds

    from .networks import Classifier

    result = preflight(
        Classifier(),
        "inference",
        input_spec=[InputSpec([None, 8], "int64", "ids")],
        examples=["ab", "b"],
        task="text-classification",
        labels=["bad", "good"],
        preprocessing=[CharacterIds(vocabulary="vocabulary.json", length=8)],
        files={"vocabulary.json": ["<pad>", "<unk>", "a", "b"]},
    )
    assert result.is_accepted
    assert result.parity is not None
    assert result.parity.decisions


@pytest.mark.filterwarnings("ignore:\\s*Non compatible API", "ignore:To copy construct")
def test_converted_quantisation_is_named(tmp_path: Path) -> None:
    import paddle
    from paddle import nn
    from paddle.quantization import PTQ, QuantConfig
    from paddle.quantization.observers import AbsmaxObserver
    from paddle.static import InputSpec

    example = X[:, 0]
    original = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    original.eval()
    calibration = PTQ(QuantConfig(activation=AbsmaxObserver(), weight=AbsmaxObserver()))
    observed = calibration.quantize(original)
    observed(paddle.to_tensor(example))
    converted = calibration.convert(observed)
    for rows in (2, None):  # with None it cannot even be traced
        spec = [InputSpec([rows, 4], "float32", "x")]
        (finding,) = preflight(converted, "inference", input_spec=spec, examples=[example])
        assert (finding.code, finding.severity) == ("PW-X410", "error")
        assert "computes dequantize_linear as quantize_linear" in finding.message
        with pytest.raises(BundleError, match="Sequential is quantised, and no target") as caught:
            Bundle.create(tmp_path / "q", converted, input_spec=spec, examples=[example])
        assert caught.value.code == "PW-X410"
        for network in (original, observed):
            kinds = {"input_spec": spec, "examples": [example]}
            assert preflight(network, "mnn", weights="int8", **kinds).is_accepted
    prefix = str(tmp_path / "saved")
    paddle.jit.save(converted, prefix, input_spec=[InputSpec([2, 4], "float32", "x")])
    loaded = paddle.jit.load(prefix)
    gap = loaded(paddle.to_tensor(example)) - converted(paddle.to_tensor(example))
    assert float(gap.abs().max()) > 10
    with pytest.raises(BundleError, match="saved is quantised, and no target returns"):
        Bundle.from_program(tmp_path / "q", prefix, examples=[example])


def test_full_folder_for_temporary_files_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from paddle import nn
    from paddle.static import InputSpec

    kinds: dict[str, Any] = {
        "input_spec": [InputSpec([None, 4], "float32", "x")],
        "examples": [X[:, 0]],
    }

    def save_a_part(*arguments: Any, **options: Any) -> None:
        save_program(*arguments, **options)
        (arguments[2] / "inference.pdiparams").write_bytes(b"")

    monkeypatch.setattr(saving, "save_program", save_a_part)
    (finding,) = preflight(nn.Linear(4, 2), "onnx", **kinds)
    assert "Paddle wrote 0 of 40 bytes of its weights" in finding.message
    assert finding.hint == "Free some space, or set TMPDIR to a folder on another disk."
    monkeypatch.undo()
    write_bytes = Path.write_bytes

    def write_but_no_legacy_program(path: Path, content: bytes) -> int:
        if path.name == "inference.pdmodel" and "-preflight-" in str(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write_bytes(path, content)

    monkeypatch.setattr(Path, "write_bytes", write_but_no_legacy_program)
    with pytest.raises(StorageError, match="The disk is full: .*-preflight-") as caught:
        preflight(nn.Linear(4, 2), "onnx", **kinds)
    assert "set TMPDIR" in caught.value.hint


def test_network_that_cannot_be_saved_is_a_finding() -> None:
    from paddle.static import InputSpec

    from .networks import Listed, NotANumber

    spec = [InputSpec([2, 4], "float32", "x")]
    for network, text in ((Listed(), "do not belong to the network"), (NotANumber(), "NaN")):
        result = preflight(network, "onnx", input_spec=spec, examples=[X[:, 0]])
        (finding,) = result
        assert (finding.code, text in finding.message) == ("PW-X406", True)
        assert not result.is_accepted


def test_names_what_a_network_lacks(tmp_path: Path) -> None:
    from paddle.static import InputSpec

    from .networks import RowMeans

    spec = [InputSpec([None, 5, 4], "float32", "x")]
    network = RowMeans()
    with pytest.raises(BundleError, match="Which inputs RowMeans takes is not known: input_spec"):
        preflight(network, "onnx", examples=[X])
    with pytest.raises(BundleError, match="input_spec is 3, and not a list"):
        preflight(network, "onnx", input_spec=3, examples=[X])  # type: ignore[arg-type]
    with pytest.raises(BundleError, match="RowMeans can be run: examples are missing"):
        preflight(network, "onnx", input_spec=spec)
    with pytest.raises(BundleError, match="Expected a paddle.nn.Layer, got function"):
        preflight(bundle_of, "onnx")
    with pytest.raises(BundleError, match="no target 'onx'"):
        preflight(network, "onx")
    with pytest.raises(TypeError, match="unexpected keyword argument 'lables'"):
        preflight(network, "onnx", input_spec=spec, examples=[X], lables=["a"])
    bundle = bundle_of(tmp_path, network, [None, 5, 4])
    with pytest.raises(BundleError, match="examples was passed for the bundle bundle"):
        preflight(bundle, "onnx", examples=[X])


def traced(network: Any, shape: list[int | None]) -> Program:
    from paddle.static import InputSpec

    spec = [InputSpec(shape, "float32", "x")]
    return trace(network, spec, training=False, numbering=Numbering()).program


def test_rules_are_only_about_what_fails() -> None:
    from paddle import nn

    from .networks import Calls

    cases: list[tuple[Any, str, list[str]]] = [
        (nn.AdaptiveAvgPool2D(2), "onnx", []),
        (nn.AdaptiveAvgPool2D(7), "onnx", ["PW-X220"]),
        (nn.AdaptiveMaxPool2D(2), "onnx", []),
        (nn.MaxPool2D(2, return_mask=True), "onnx", ["PW-X218"]),
        (Calls(lambda x: [x.exp()] * 2), "onnx", ["PW-X216"]),
        (Calls(lambda x: [x.exp()] * 2), "legacy", []),
        (Calls(lambda x: x.sum()), "legacy", []),
        (Calls(lambda x: x.sum()), "lite", ["PW-X219"]),
        (Calls(lambda x: nn.functional.layer_norm(x, 4)), "lite", ["PW-X224"]),
        (nn.LayerNorm(4), "lite", []),
    ]
    for network, target, codes in cases:
        program = traced(network, [None, 3, 4, 4])
        assert [each.code for each in explain(program, target)] == codes, (network, target)


def test_float64_is_not_for_paddle_lite() -> None:
    from .networks import Calls

    program = traced(Calls(lambda x: x.astype("float64") / 3), [2, 4])
    counts = {name: len(list(missing_dtypes(program, TARGETS[name]))) for name in TARGETS}
    assert counts == dict.fromkeys(TARGETS, 0) | {"lite": 1}


def test_random_numbers_are_named(tmp_path: Path) -> None:
    from .networks import Noise

    cause, result, *_ = bundle_of(tmp_path, Noise(), [2, 4], X[:, 0]).preflight("inference")
    assert (cause.code, result.code) == ("PW-X209", "PW-X103")


def test_dropout_in_evaluation_mode_is_named(tmp_path: Path) -> None:
    from .networks import AlwaysDropping

    cause, result, *_ = bundle_of(tmp_path, AlwaysDropping(), [2, 4], X[:, 0]).preflight("onnx")
    assert (cause.code, cause.op, result.code) == ("PW-X209", "dropout", "PW-X103")
    assert "training=self.training" in cause.hint
    assert cause.line is not None


def test_forecast_names_control_flow_and_dtypes(tmp_path: Path) -> None:
    from .networks import Endless, Halved

    loop = bundle_of(tmp_path, Endless(), [None, 4], X[:, 0]).preflight("onnx", run=False)
    assert loop.outlook.endswith("Control flow: while.")
    assert [each.code for each in loop] == ["PW-X203"]
    assert not loop.is_accepted
    half = bundle_of(tmp_path, Halved(), [2, 4], X[:, 0])
    (finding,) = half.preflight("inference", run=False)
    assert (finding.code, finding.severity) == ("PW-X214", "warning")
    assert "in float16" in finding.message
    assert len(half.preflight("onnx", run=False)) == 0
