"""The legacy format: traced when a bundle is created, with the weights of the new one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.errors import ExportError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.legacy_program import legacy_problem

from .records import record_with

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]

X = np.random.default_rng(0).random((2, 5, 4), dtype=np.float32)


def create(path: Path, network: Any, *examples: Any, batch: int | None = None) -> Bundle:
    from paddle.static import InputSpec

    spec = [
        InputSpec([batch, *array.shape[1:]], str(array.dtype), f"x{number}")
        for number, array in enumerate(examples)
    ]
    return Bundle.create(path, network, input_spec=spec, examples=examples)


def test_runs_after_the_network_is_gone(tmp_path: Path) -> None:
    import paddle

    from .networks import Recurrent

    network = Recurrent("LSTM")
    network.train()
    folder = create(tmp_path / "lstm", network, X).folder
    assert network.training
    assert paddle.framework.in_pir_mode() or paddle.base.framework.use_pir_api()
    bundle = Bundle(folder)
    assert bundle.export("legacy").is_accepted
    (result,), (expected,) = (bundle.predict([X], target=each) for each in ("legacy", "inference"))
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-6)
    content = (bundle.folder / "inference" / "inference.pdmodel").read_bytes()
    assert b"networks.py" not in content  # paths of the machine that made it


def test_network_without_weights(tmp_path: Path) -> None:
    from .networks import Mean

    assert create(tmp_path / "mean", Mean(), X).export("legacy").is_accepted


@pytest.mark.parametrize(
    ("name", "op", "line"),
    [
        ("Branches", "logical_not", "x.sum() > 1"),
        ("Transformer", "matmul", "self.encoder(x)"),
        ("Waves", "sin", "square.sin()"),
        ("Boxes", "multiclass_nms3", "paddle._C_ops.multiclass_nms3"),
    ],
)
def test_names_the_line_that_it_cannot_trace(tmp_path: Path, name: str, op: str, line: str) -> None:
    from . import networks

    boxes = np.random.default_rng(0).random((1, 5, 4), dtype=np.float32)
    examples = [boxes, np.ones((1, 2, 5), np.float32)] if name == "Boxes" else [X]
    batch = 1 if name == "Boxes" else None
    bundle = create(tmp_path / "b", getattr(networks, name)(), *examples, batch=batch)
    with pytest.raises(ExportError, match=f"Paddle 3 builds {op} only") as error:
        Bundle(bundle.path).export("legacy")
    (finding,) = error.value.preflight
    assert (finding.code, finding.op) == ("PW-X106", op)
    assert finding.line is not None
    source = Path(finding.line.file).read_text(encoding="utf-8").splitlines()
    assert line in source[finding.line.line - 1]


def test_bundle_without_a_legacy_program_has_to_be_made_again() -> None:
    finding = legacy_problem(record_with({}))
    assert finding is not None
    assert "which only its network can give" in finding.message
    assert finding.hint == "Make it again from the network: Bundle.create(…)."
