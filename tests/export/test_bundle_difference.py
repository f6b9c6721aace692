"""The programs and weights of bundles and their targets, compared on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from paddle_workbench.cli.bundle import command as bundle_command
from paddle_workbench.cli.program import command as program_command
from paddle_workbench.errors import BundleError, ProgramError
from paddle_workbench.export.bundle import Bundle

from .sentiment import create

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]


@pytest.fixture(scope="module")
def bundle(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle that was exported to ONNX."""
    made = create(tmp_path_factory.mktemp("bundles") / "sentiment")
    made.export("onnx")
    return made


def run(command: Any, *arguments: object) -> Result:
    return CliRunner().invoke(command, [*map(str, arguments)])


def test_weights_with_other_values(bundle: Bundle, tmp_path: Path) -> None:
    # Paddle counts the names of weights up; they are paired nevertheless.
    other = create(tmp_path / "other", seed=1)
    result = run(bundle_command, "diff", bundle.path, other.path, "--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["is_same"]) == (1, False)
    assert (answer["added_ops"], answer["removed_ops"], answer["changed_ops"]) == ([], [], [])
    # Both biases are zeros.
    assert answer["equal_weights"] == 1
    differences = [each["largest_difference"] for each in answer["changed_weights"]]
    assert len(differences) == 2
    assert all(0 < each < 10 for each in differences)


def test_same_weights_are_the_same(bundle: Bundle, tmp_path: Path) -> None:
    twin = create(tmp_path / "twin")
    result = run(bundle_command, "diff", bundle.path, twin.path)
    assert result.exit_code == 0
    assert result.stdout == "The programs are the same, and so are 3 weights.\n"


def test_two_targets(bundle: Bundle) -> None:
    result = run(bundle_command, "diff", bundle.path, "inference", "onnx")
    assert result.exit_code == 1
    assert "- pd_op.embedding\n+ onnx.Gather\n" in result.stdout
    assert "0 changed, 3 the same." in result.stdout
    assert run(bundle_command, "diff", bundle.path, "inference", "onednn").exit_code == 0


def test_target_without_a_program_is_a_sentence(bundle: Bundle, tmp_path: Path) -> None:
    bare = create(tmp_path / "bare")
    error = run(bundle_command, "diff", bare.path, "inference", "onnx").exception
    assert isinstance(error, BundleError)
    assert error.hint == f"Export it: workbench export {bare.path} --to onnx"
    assert run(bundle_command, "diff", bare.path, "inference", "onednn", "onnx").exit_code == 2


def test_program_files(bundle: Bundle, tmp_path: Path) -> None:
    program = bundle.folder / "inference" / "inference.json"
    assert run(program_command, "diff", program, program).exit_code == 0
    # Without `diff` a program is shown.
    assert "pd_op.embedding" in run(program_command, program).stdout
    (tmp_path / "inference.json").write_bytes(program.read_bytes())
    result = run(program_command, "diff", program, tmp_path / "inference.json")
    assert result.exit_code == 0
    assert "Weights were not compared: inference.json is saved without them." in result.stdout


@pytest.mark.parametrize("length", [0, 10, 30, -1, None])
def test_broken_weights_are_a_sentence(bundle: Bundle, tmp_path: Path, length: int | None) -> None:
    for name in ("inference.json", "inference.pdiparams"):
        (tmp_path / name).write_bytes((bundle.folder / "inference" / name).read_bytes())
    weights = tmp_path / "inference.pdiparams"
    content = weights.read_bytes()
    weights.write_bytes(content + b"more" if length is None else content[:length])
    program = tmp_path / "inference.json"
    error = run(program_command, "diff", program, program).exception
    assert isinstance(error, ProgramError)
    assert str(weights) in error.message
