"""Paddle Lite, run by a CPython 3.10: equal, or refused with the cause."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench import trace_difference
from paddle_workbench.contract import ExportFinding
from paddle_workbench.errors import BundleError, ExportError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.targets import lite

from .python310 import LOCK, python_with_paddle_lite

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]

PICTURES = np.random.default_rng(0).random((2, 3, 8, 8), dtype=np.float32)
X = np.random.default_rng(0).random((2, 5, 4), dtype=np.float32)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A CPython 3.10 with Paddle Lite, in the home as `uv venv` puts it there."""
    try:
        python = python_with_paddle_lite()
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        pytest.skip(f"CPython 3.10 is assembled from packages of PyPI and npm: {error}")
    home = tmp_path_factory.mktemp("home")
    (home / "lite" / "bin").mkdir(parents=True)
    (home / "lite" / "bin" / "python").symlink_to(python)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PADDLE_WORKBENCH_HOME", str(home))
        yield home / "lite" / "bin" / "python"


def create(path: Path, network: Any, example: Any, shape: list[int | None]) -> Bundle:
    from paddle.static import InputSpec

    spec = [InputSpec(shape, "float32", "x")]
    return Bundle.create(path, network, input_spec=spec, examples=[example])


def products(x: Any) -> Any:
    import paddle

    return paddle.einsum("bij,bkj->bik", x, x)


def products_of_rows(x: Any) -> Any:
    import paddle

    rows = x.flatten(1)
    return paddle.einsum("ij,kj->ik", rows, rows)


def is_positive(x: Any) -> Any:
    return (x > 0).astype("float32")


def with_zeros(x: Any) -> Any:
    y = x * 1
    y[:, 0] = 0.0
    return y


def findings(bundle: Bundle) -> tuple[ExportFinding, ...]:
    with pytest.raises(ExportError) as error:
        bundle.export("lite")
    assert "lite" not in Bundle(bundle.path).record.targets
    return error.value.preflight.findings


def test_equal_in_every_size(python: Path, tmp_path: Path) -> None:
    from .networks import Picture

    bundle = create(tmp_path / "picture", Picture(), PICTURES, [None, 3, None, None])
    parity = bundle.export("lite").parity
    assert parity is not None
    assert (parity.is_equal, parity.samples) == (True, 7)
    assert bundle.record.targets["lite"].versions["paddlelite"] == lite.VERSION
    for size in (8, 6, 12, 8):
        pictures = np.resize(PICTURES, (1, 3, size, size))
        (result,), (expected,) = (
            bundle.predict([pictures], target=target) for target in ("lite", "inference")
        )
        np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-5)


def test_inputs_in_a_different_order_from_their_use(python: Path, tmp_path: Path) -> None:
    from paddle.static import InputSpec

    from .networks import Difference

    spec = [InputSpec([2, 5, 4], "float32", name) for name in ("x", "y")]
    bundle = Bundle.create(tmp_path / "two", Difference(), input_spec=spec, examples=[X, X + 1])
    for target in ("legacy", "lite"):
        assert bundle.export(target).is_accepted
        (result,) = bundle.predict([X, X + 1], target=target)
        np.testing.assert_allclose(result, X - 2 * (X + 1), rtol=1e-5)


def test_use_continues_after_its_process_was_killed(python: Path, tmp_path: Path) -> None:
    from .networks import Picture

    bundle = create(tmp_path / "picture", Picture(), PICTURES, [None, 3, 8, 8])
    bundle.export("lite")
    (before,) = bundle.predict([PICTURES], target="lite")
    with pytest.raises(RuntimeError, match="Paddle Lite was killed by SIGABRT: Check failed"):
        bundle.predict([PICTURES[:0]], target="lite")
    (after,) = bundle.predict([PICTURES], target="lite")
    np.testing.assert_array_equal(after, before)


def test_outputs_that_only_training_uses_are_kept(python: Path, tmp_path: Path) -> None:
    from paddle import nn

    from .networks import Flat

    network = nn.Sequential(nn.InstanceNorm2D(3), Flat())
    assert create(tmp_path / "flat", network, PICTURES, [None, 3, 8, 8]).export("lite").is_accepted


def test_recurrent_layers_need_a_fixed_batch(python: Path, tmp_path: Path) -> None:
    from .networks import Recurrent

    assert create(tmp_path / "gru", Recurrent("GRU"), X, [2, None, 4]).export("lite").is_accepted
    simple = create(tmp_path / "rnn", Recurrent("SimpleRNN"), X, [2, 5, 4])
    cause, result, *_ = findings(simple)
    assert (cause.code, result.code) == ("PW-X212", "PW-X102")
    assert "Paddle Lite does not run the program" in result.message


def test_input_whose_first_op_is_removed(python: Path, tmp_path: Path) -> None:
    from .networks import Calls

    bundle = create(tmp_path / "once", Calls(lambda x: (x * 1).tanh()), X, [None, 5, 4])
    assert bundle.export("lite").is_accepted
    (result,) = Bundle(bundle.path).predict([X], target="lite")
    np.testing.assert_allclose(result, np.tanh(X), rtol=1e-5)


@pytest.mark.parametrize(
    ("function", "codes", "op"),
    [
        (products, ["PW-X208", "PW-X101"], "einsum"),
        (is_positive, ["PW-X221", "PW-X102"], "full"),
        (with_zeros, ["PW-X224", "PW-X103"], "set_value_"),
    ],
)
def test_op_is_named(
    python: Path, tmp_path: Path, function: Any, codes: list[str], op: str
) -> None:
    from .networks import Calls

    cause, result, *_ = findings(create(tmp_path / "b", Calls(function), X, [None, 5, 4]))
    assert ([cause.code, result.code], cause.op) == (codes, op)
    assert cause.line is not None
    assert cause.line.file.endswith("test_lite.py")


@pytest.mark.parametrize(
    ("kind", "shape", "codes"),
    [
        ("GRU", [2, 5, 4], []),
        ("LSTM", [2, 5, 4], []),
        ("GRU", [None, 5, 4], ["PW-X212"]),
        ("LSTM", [2, None, 4], []),
        ("SimpleRNN", [2, 5, 4], ["PW-X212"]),
    ],
)
def test_forecast_names_recurrent_layers_that_fail(
    tmp_path: Path, kind: str, shape: list[int | None], codes: list[str]
) -> None:
    from .networks import Recurrent

    bundle = create(tmp_path / "rnn", Recurrent(kind), X, shape)
    forecast = bundle.preflight("lite", run=False)
    # Other findings may be about the same program, or about this machine.
    assert [each.code for each in forecast if each.code == "PW-X212"] == codes


def test_forecast_names_lengths(tmp_path: Path) -> None:
    from .networks import Lengths

    forecast = create(tmp_path / "rnn", Lengths(), X, [2, 5, 4]).preflight("lite", run=False)
    assert "PW-X212" in {each.code for each in forecast}


def test_rejects_program_without_a_legacy_form(python: Path, tmp_path: Path) -> None:
    from .networks import Branches

    (finding,) = findings(create(tmp_path / "branches", Branches(), X, [None, 5, 4]))
    assert (finding.code, finding.op) == ("PW-X106", "logical_not")


def test_trace_names_the_op_or_compares_files_as_a_whole(python: Path, tmp_path: Path) -> None:
    from .networks import Calls, Picture

    equal = create(tmp_path / "equal", Picture(), PICTURES, [None, 3, 8, 8])
    other = create(tmp_path / "other", Picture(), PICTURES, [None, 3, 8, 8])
    assert trace_difference(equal, [PICTURES], "lite").is_equal
    other.export("lite")
    step = trace_difference(equal, [PICTURES], "lite", files=other.folder / "lite").first
    assert step is not None
    assert (step.name, step.op) == ("Paddle Lite", "")
    assert "they were compared as a whole" in step.problem
    # What comes before the op is cut out of the program with the outputs that Paddle Lite needs.
    late = create(tmp_path / "late", Calls(products_of_rows), X, [None, 5, 4])
    step = trace_difference(late, [X], "lite").first
    assert step is not None
    assert (step.name, step.op) == ("Paddle Lite", "einsum")
    assert "Opt" in step.problem, step.problem


def test_trace_needs_a_program_in_the_legacy_format(python: Path, tmp_path: Path) -> None:
    from .networks import Branches

    bundle = create(tmp_path / "branches", Branches(), X, [None, 5, 4])
    with pytest.raises(BundleError, match="cannot trace the network in its legacy format"):
        trace_difference(bundle, [X], "lite")


def test_missing_python_is_a_finding_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from .networks import Picture

    monkeypatch.setenv("PADDLE_WORKBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path))
    bundle = create(tmp_path / "picture", Picture(), PICTURES, [None, 3, 8, 8])
    (finding,) = findings(bundle)
    assert finding.code == "PW-X105"
    assert list(bundle.preflight("lite", run=False)) == [finding]
    assert "needs a Python from 3.8 to 3.10" in finding.message
    folder = tmp_path / "home" / "lite"
    first, second = finding.hint.split(" && ")
    assert first == f"uv venv --python 3.10 {folder}"
    command, *packages = second.split(f" --python {folder} ")
    assert command == "uv pip install"
    pins = LOCK.with_suffix(".in").read_text(encoding="utf-8").splitlines()
    assert packages[0].split() == [pin for pin in pins if not pin.startswith("#")]
    with pytest.raises(BundleError, match="needs a Python from 3.8 to 3.10"):
        trace_difference(bundle, [PICTURES], "lite")
    with pytest.raises(BundleError, match="was not exported to 'lite'"):
        bundle.predict([PICTURES], target="lite")


def test_program_is_looked_at_without_a_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from .networks import Calls

    monkeypatch.setenv("PADDLE_WORKBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path))
    bundle = create(tmp_path / "positive", Calls(is_positive), X, [None, 5, 4])
    missing, forecast = bundle.preflight("lite", run=False)
    assert (missing.code, missing.severity) == ("PW-X105", "error")
    assert (forecast.code, forecast.severity, forecast.op) == ("PW-X221", "warning", "full")


def test_python_that_does_not_answer_is_not_called_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "lite" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nexec sleep 600\n", encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.setenv("PADDLE_WORKBENCH_HOME", str(tmp_path))
    monkeypatch.setattr(lite, "PROBE_LIMIT_S", 0.5)
    with pytest.raises(BundleError, match=r"did not say within 0\.5 s") as caught:
        lite.check()
    assert (caught.value.code, "Try again" in caught.value.hint) == ("PW-X105", True)
