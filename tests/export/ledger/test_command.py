"""The command `workbench ledger`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from paddle_workbench.cli.ledger import command
from paddle_workbench.errors import BundleError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.ledger.ledger import Ledger
from paddle_workbench.export.ledger.variants import Variant

from .small import measure, single_rows


def test_command_shows_what_was_measured(ledger: Ledger) -> None:
    runner, path = CliRunner(), str(ledger.bundle.path)
    empty = runner.invoke(command, [path, "--show"])
    assert isinstance(empty.exception, BundleError)
    measure(ledger, "same")
    shown = runner.invoke(command, [path, "--show"])
    assert (shown.exit_code, shown.stdout) == (0, f"{ledger}\n")
    answer = json.loads(runner.invoke(command, [path, "--show", "--json"]).stdout)
    assert answer["rows"][0]["variant"] == "same"
    ledger.add(Variant("single", run=single_rows))
    measure(ledger, "single", batch=2)
    assert runner.invoke(command, [path, "--show"]).exit_code == 1


@pytest.mark.parametrize("value", ["", "a", "1,,2", "0", "-1"])
def test_command_rejects_wrong_numbers(ledger: Ledger, value: str) -> None:
    result = CliRunner().invoke(command, [str(ledger.bundle.path), "--batch", value])
    assert result.exit_code == 2
    assert "is not a list of positive numbers" in result.stderr


@pytest.mark.paddle
@pytest.mark.usefixtures("imported_paddle")
def test_command_measures(tmp_path: Path) -> None:
    import paddle
    from paddle.static import InputSpec

    spec = [InputSpec([None, 4], "float32", "x")]
    Bundle.create(
        tmp_path / "b", paddle.nn.Linear(4, 2), input_spec=spec, examples=[np.ones((2, 4), "f4")]
    )
    options = ["--variant", "inference", "--batch", "1,3", "--threads", "1", "--budget", "0.01"]
    result = CliRunner().invoke(command, [str(tmp_path / "b"), *options])
    assert (result.exit_code, result.stderr) == (0, "")
    assert "inference        1      3" in result.stdout
