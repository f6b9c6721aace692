"""The legacy format: traced when a bundle is created, with the weights of the new one."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.errors import ExportError
from paddle_workbench.export import legacy_program
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.guilty_pass import blame_legacy_pass
from paddle_workbench.export.legacy_program import legacy_problem
from paddle_workbench.export.rules import explain

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


def test_fork_that_waits_for_a_lock_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from .networks import Calls

    monkeypatch.setattr(legacy_program, "STALL_S", 0.5)
    parent, lock = os.getpid(), threading.Lock()

    def wait(x: Any) -> Any:
        if os.getpid() != parent:
            lock.acquire()
        return x + 1

    with lock:
        bundle = create(tmp_path / "waits", Calls(wait), X, batch=2)
    problem = legacy_problem(bundle.record)
    assert problem is not None
    assert "waits for a lock" in problem.message


def test_network_without_weights(tmp_path: Path) -> None:
    from .networks import Mean

    assert create(tmp_path / "mean", Mean(), X).export("legacy").is_accepted


def test_many_linear_layers_need_a_pass_left_out(tmp_path: Path) -> None:
    from paddle import nn

    def layers(count: int) -> Bundle:
        network = nn.Sequential(*[nn.Sequential(nn.Linear(4, 4), nn.ReLU()) for _ in range(count)])
        return create(tmp_path / f"{count} layers", network, X[:, 0])

    assert list(explain(layers(10).program, "legacy")) == []
    bundle = layers(12)
    # The pass uses memory that it has freed, so it mostly ends the process.
    (cause,) = explain(bundle.program, "legacy")
    assert (cause.code, cause.op) == ("PW-X222", "relu")
    name = "repeated_fc_relu_fuse_pass"
    assert cause.hint.endswith(f'bundle.export("legacy", without=["{name}"])')
    *_, unknown = bundle.preflight("legacy", without=[name[:-1]])
    assert "legacy programs have no pass 'repeated_fc_relu_fuse_pas'" in unknown.message
    assert bundle.export("legacy", without=[name]).is_accepted
    again = Bundle(bundle.path)
    (result,), (expected,) = (
        again.predict([X[:, 0]], target=each) for each in ("legacy", "inference")
    )
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-6)


def test_pass_that_ends_the_process_is_named(tmp_path: Path) -> None:
    from paddle import nn

    # Paddle removes the dropouts first, and then has a chain that no rule sees in the program.
    parts = [nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Dropout(0.5)) for _ in range(12)]
    bundle = create(tmp_path / "dropouts", nn.Sequential(*parts), X[:, 0])
    assert list(explain(bundle.program, "legacy")) == []
    cause, result, *_ = bundle.preflight("legacy")
    assert (cause.code, result.code) == ("PW-X206", "PW-X102")
    name = "repeated_fc_relu_fuse_pass"
    assert cause.message.startswith(f"{name} spoils the legacy program: without it the difference")
    assert cause.hint == f'Leave the pass out: bundle.export("legacy", without=["{name}"])'
    assert bundle.export("legacy", without=[name]).is_accepted
    # It may be any pass, also one that is left out already.
    assert [each.code for each in bundle.preflight("legacy", without=["fc_gru_fuse_pass"])] == [
        "PW-X102"
    ]


def test_no_pass_is_blamed_for_what_is_wrong_without_passes(tmp_path: Path) -> None:
    from .networks import Calls

    network = Calls(lambda x: x * 2)
    bundle = create(tmp_path / "b", network, X)
    doubled = [replace(each, outputs=(2 * each.outputs[0],)) for each in bundle.samples[:1]]
    bundle.__dict__["samples"] = doubled
    (cause,) = blame_legacy_pass(bundle)
    assert (cause.code, "even without any pass" in cause.message) == ("PW-X207", True)


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
