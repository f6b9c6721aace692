"""No command prints control characters that come from files, records or names."""

from __future__ import annotations

import ast
import io
import json
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest
from click.testing import CliRunner

import paddle_workbench.cli
from paddle_workbench.cli import course, kernels, printing, program, runs
from paddle_workbench.contract import ErrorMessage, RunRecord
from paddle_workbench.errors import StorageError
from paddle_workbench.kernels.runtime_paths import RuntimePaths, runtime_paths
from paddle_workbench.kernels.status import ServerStatus
from paddle_workbench.settings import KERNELS_VARIABLE

from ..test_terminal_text import HOSTILE

MODULES = sorted(Path(paddle_workbench.cli.__file__).parent.glob("*.py"))
# What records can hold: JSON in UTF-8 has no half surrogate pairs.
TEXT = HOSTILE[:-1] + "\n✓ all passed"


def output_of(command: object, *arguments: str) -> str:
    result = CliRunner().invoke(command, list(arguments))  # type: ignore[arg-type]
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert set("\x1b\x07\x9b\r\x7f\u202e").isdisjoint(result.output), repr(result.output)
    return result.output


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_only_one_module_prints(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }
    expected = {"echo", "style"} if path.name == "printing.py" else set()
    assert names & {"echo", "secho", "style", "print"} == expected


class Terminal(io.TextIOWrapper):
    """Stdout with an encoding."""

    def __init__(self, encoding: str) -> None:
        super().__init__(io.BytesIO(), encoding=encoding)

    def content(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode(self.encoding)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("encoding", "expected"), [("gbk", "\\u2717 差评"), ("latin-1", "\\u2717 \\u5dee\\u8bc4")]
)
def test_prints_characters_that_the_terminal_lacks_in_another_way(
    monkeypatch: pytest.MonkeyPatch, encoding: str, expected: str
) -> None:
    terminal = Terminal(encoding)
    monkeypatch.setattr(sys, "stdout", terminal)
    printing.print_text("✗ 差评")
    assert terminal.content() == f"{expected}\n"


def test_json_is_json_in_every_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal("gbk")
    monkeypatch.setattr(sys, "stdout", terminal)
    printing.print_json('{"a": "✗ 😀"}')
    assert json.loads(terminal.content()) == {"a": "✗ 😀"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
def test_output_that_cannot_be_written_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    full = open("/dev/full", "w", encoding="utf-8")  # noqa: PTH123, SIM115 - closed below
    monkeypatch.setattr(sys, "stdout", full)
    with pytest.raises(StorageError, match="The output cannot be written: No space left"):
        printing.print_text("text")
    with pytest.raises(OSError, match="No space left"):
        full.close()


@pytest.fixture
def hostile_runs(home: Path) -> list[str]:
    """Two runs with control characters wherever a record holds a text."""
    for number in (1, 2):
        record = RunRecord(
            id=f"run{number}{TEXT}",
            notebook=f"{TEXT}.ipynb",
            state="failed",
            parameters={f"p{TEXT}": f"{number}{TEXT}"},
            metrics={f"m{TEXT}": f"{number}{TEXT}"},
            error=ErrorMessage(message=f"E: {TEXT}", hint=TEXT),
            failed_cell=TEXT,
            created_at=datetime(2026, 11, 23, tzinfo=timezone.utc),
        )
        folder = home / "runs" / f"run{number}"
        folder.mkdir(parents=True)
        (folder / "run.json").write_text(record.model_dump_json(), encoding="utf-8")
    return ["run1", "run2"]


def test_shows_records_of_runs(hostile_runs: list[str]) -> None:
    for options in ([], ["--json"]):
        output_of(runs.command, "list", *options)
        output_of(runs.command, "show", hostile_runs[0], *options)
        output_of(runs.command, "compare", *hostile_runs, *options)
    # No value can pass for a line of its own.
    assert "\n✓" not in output_of(runs.command, "list")
    assert "\n✓" not in output_of(runs.command, "compare", *hostile_runs)
    record = json.loads(output_of(runs.command, "show", hostile_runs[0], "--json"))
    assert record["error"]["hint"] == TEXT


def test_shows_the_names_in_a_program(tmp_path: Path) -> None:
    op = {"#": f"1.{TEXT}", "A": [], "I": [], "O": []}
    content = {"base_code": {"magic": "pir", "version": 1}}
    content["program"] = {"regions": [{"#": "r", "blocks": [{"#": "b", "args": [], "ops": [op]}]}]}
    path = tmp_path / "program.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    for options in ([], ["--json"]):
        output_of(program.command, str(path), *options)


def test_shows_the_modules_of_the_fork_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KERNELS_VARIABLE, str(tmp_path / "k"))
    paths: RuntimePaths = runtime_paths()
    paths.make()
    ServerStatus(paths.status, waiting=[TEXT], problem=TEXT).write()
    assert "\n✓" not in output_of(kernels.command, "status")
    output_of(kernels.command, "status", "--json")


def test_shows_lessons_and_errors(small_course: Path, home: Path) -> None:
    notebook = next(small_course.rglob("*.ipynb"))
    content = json.loads(notebook.read_text(encoding="utf-8"))
    content["metadata"]["paddle_workbench"]["title"] = {"zh": TEXT, "en": TEXT}
    notebook.write_text(json.dumps(content), encoding="utf-8")
    for options in ([], ["--json"]):
        assert "\n✓" not in output_of(course.command, "list", *options)
