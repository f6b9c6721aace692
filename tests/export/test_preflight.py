"""What a target refuses, aborts on, or gets wrong is found before anything is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from paddle_workbench.cli.export import command
from paddle_workbench.errors import ExportError
from paddle_workbench.export.bundle import Bundle

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


def test_abort_on_an_edge_case_is_a_warning(tmp_path: Path) -> None:
    from .networks import Recurrent

    result = bundle_of(tmp_path, Recurrent("LSTM"), [None, 5, 4]).preflight("onnx")
    assert result.is_accepted
    (warning,) = result
    assert (warning.code, warning.severity) == ("PW-X104", "warning")
    assert "“no rows” it was killed by" in warning.message


def test_pass_that_overwrites_a_value_is_found(tmp_path: Path) -> None:
    from .networks import Waves

    bundle = bundle_of(tmp_path, Waves(), [None, 4], X[:, 0])
    assert [finding.code for finding in bundle.preflight("onednn")][:2] == ["PW-X206", "PW-X103"]
    assert bundle.preflight("inference").is_accepted


def test_loop_that_depends_on_data_is_explained(tmp_path: Path) -> None:
    from .networks import Endless

    bundle = bundle_of(tmp_path, Endless(), [None, 4], X[:, 0])
    assert [finding.code for finding in bundle.preflight("onnx")][:1] == ["PW-X203"]
