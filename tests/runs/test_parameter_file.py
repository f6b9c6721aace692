"""Parameters in a YAML file."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from paddle_workbench.errors import ParameterError
from paddle_workbench.runs.parameters.parameter_file import read_parameter_file

from .conftest import declared_in

PARAMETERS = declared_in("""
lr = 0.1  # 0 < lr <= 1
n = 3
flag = True
text = "x"
size = (1, 2)
rates = [0.1]
options = {}
limit: int | None = 3
token = ""
""")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "parameters.yml"


def test_reads_typed_values(file: Path) -> None:
    file.write_text(
        """\ufeff# What to try
lr: 1e-3
n: 5
flag: no
text: 2024-01-01
size: [3, 4]
rates: [.inf, -1]
options: {a: {b: [null, 中文, ""]}}
limit: ~
""",
        encoding="utf-8",
    )
    assert read_parameter_file(file, PARAMETERS) == {
        "lr": 0.001,
        "n": 5,
        "flag": False,
        "text": "2024-01-01",
        "size": (3, 4),
        "rates": [math.inf, -1],
        "options": {"a": {"b": [None, "中文", ""]}},
        "limit": None,
    }
    file.write_text("", encoding="utf-8")
    assert read_parameter_file(file, PARAMETERS) == {}


def test_reads_aliases_and_merges(file: Path) -> None:
    file.write_text("options: &o {a: [1, 2]}\n<<: {n: 4, lr: 0.5}\nn: 5\n", encoding="utf-8")
    values = {"options": {"a": [1, 2]}, "n": 5, "lr": 0.5}
    assert read_parameter_file(file, PARAMETERS) == values


def test_a_notebook_that_declares_nothing_takes_any_name(file: Path) -> None:
    file.write_text("a: 1.5\nb: [x]\n", encoding="utf-8")
    assert read_parameter_file(file, []) == {"a": 1.5, "b": ["x"]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n: 1\nlrr: 3", "line 2: The notebook has no parameter 'lrr'. Did you mean lr?"),
        ("\nn: 3.5", "n takes a whole number, not '3.5' ({file}, line 2)."),
        ("lr: 2", "lr takes a number greater than 0 and at most 1, not '2' ({file}, line 1)."),
        ("text: 1.10", "text takes a text, not '1.10' ({file}, line 1)."),
        ("flag: 1", "flag takes true or false, not '1'"),
        ("options: {1: a}", "options takes a dict"),
        ("options: {a: !!binary aGk=}", "options takes a dict"),
        ("options: {a: 1, a: 2}", "line 1 is not YAML: the field 'a' occurs twice."),
        ("n: 1\nn: 2", "line 2: 'n' is set twice."),
        ("n: !!python/object/apply:os.getcwd []", "line 1 is not YAML: could not determine"),
        ("options: &o {a: *o}", "line 1 is not YAML: the alias *o is inside of its own value"),
        ("a: &a [1]\n" + "".join(
            f"{new}: &{new} [{', '.join([f'*{old}'] * 20)}]\n"
            for old, new in ("ab", "bc", "cd", "de")
        ), "has more than 100,000 values."),
        ("[" * 5000, "it is nested too deeply."),
        ("n: 1\n---\nn: 2", "is not YAML"),
        ("- n", "has no names of parameters."),
        ("? [n]\n: 1", "line 1: The notebook has no parameter"),
        ("n: 1\x01", "is not YAML: it contains special characters."),
        (f"n: {'9' * 5000}", "cannot be read"),
    ],
)  # fmt: skip
def test_rejects(file: Path, text: str, message: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError) as caught:
        read_parameter_file(file, PARAMETERS)
    assert message.replace("{file}", str(file)) in caught.value.message


def test_hints_at_quotes_and_hides_secrets(file: Path) -> None:
    file.write_text("text: 010", encoding="utf-8")
    with pytest.raises(ParameterError) as caught:
        read_parameter_file(file, PARAMETERS)
    assert caught.value.hint == "Write it in quotes: text: '010'"
    file.write_text("token: 1234", encoding="utf-8")
    with pytest.raises(ParameterError) as caught:
        read_parameter_file(file, PARAMETERS)
    assert "1234" not in f"{caught.value.message} {caught.value.hint}"


def test_rejects_missing_file_and_folder(file: Path) -> None:
    with pytest.raises(ParameterError, match="parameters.yml"):
        read_parameter_file(file, PARAMETERS)
    with pytest.raises(ParameterError, match="is a folder"):
        read_parameter_file(file.parent, PARAMETERS)
