"""Parameters are parsed as Python, and values are converted to their declared types."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest

from paddle_workbench.contract import Parameter
from paddle_workbench.errors import ParameterError
from paddle_workbench.runs.parameters import parse_sweep, parse_values, read_parameters

SOURCE = """
# What the experiment is about.
preset = "quick"  # quick or full
num_epochs = 3
lr: float = 1  # step size, = 0.1 is too much
shuffle = True
layers = [64, 32]
options: dict[str, int] = {"a": 1}
separator = "#"  # between sentences
limit: int | None = None
note = None
num_steps = num_epochs * 10
"""


def parameters(source: str = SOURCE) -> list[Parameter]:
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]})
    return read_parameters(nbformat.v4.new_notebook(cells=[cell]))


def test_reads_names_types_defaults_and_help() -> None:
    by_name = {parameter.name: parameter for parameter in parameters()}
    assert {name: parameter.type for name, parameter in by_name.items()} == {
        "preset": "str",
        "num_epochs": "int",
        "lr": "float",
        "shuffle": "bool",
        "layers": "list",
        "options": "dict",
        "separator": "str",
        "limit": "int",
        "note": "none",
    }
    assert by_name["lr"].help == "step size, = 0.1 is too much"
    assert by_name["separator"].default == "#"
    assert by_name["separator"].help == "between sentences"
    assert by_name["num_epochs"].help == ""


def test_ignores_parameters_computed_from_others() -> None:
    assert "num_steps" not in {parameter.name for parameter in parameters()}


def test_notebook_without_parameters_cell_has_none() -> None:
    assert read_parameters(nbformat.v4.new_notebook()) == []


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("num_epochs", "5", 5),
        ("num_epochs", "-1", -1),
        ("lr", "1e-3", 0.001),
        ("lr", "2", 2.0),
        ("shuffle", "false", False),
        ("shuffle", "True", True),
        ("layers", "[1, 2]", [1, 2]),
        ("options", '{"b": 2}', {"b": 2}),
        ("preset", "full", "full"),
        ("preset", " 3 ", " 3 "),
        ("limit", "10", 10),
        ("limit", "None", None),
        ("note", "hello", "hello"),
    ],
)
def test_parses_value_of_the_declared_type(name: str, text: str, value: Any) -> None:
    parameter = parse_values(parameters(), {name: text})[name]
    assert parameter == value
    assert type(parameter) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("num_epochs", "3.5"),
        ("num_epochs", "many"),
        ("lr", "nan"),
        ("lr", "inf"),
        ("shuffle", "yes please"),
        ("layers", "1, 2"),
        ("layers", '{"a": 1}'),
        ("options", "[1]"),
    ],
)
def test_rejects_value_of_another_type(name: str, text: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parse_values(parameters(), {name: text})
    assert name in caught.value.message
    assert repr(text) in caught.value.message
    assert "num_epochs: int = 3" in caught.value.hint


def test_rejects_unknown_name_and_suggests_a_similar_one() -> None:
    with pytest.raises(ParameterError) as caught:
        parse_values(parameters(), {"num_epoch": "3"})
    assert "Did you mean num_epochs?" in caught.value.message
    assert "lr: float = 1  # step size" in caught.value.hint


def test_rejects_parameters_cell_that_is_not_python() -> None:
    with pytest.raises(ParameterError, match="line 1"):
        parameters("num_epochs = = 3")


def test_sweep_runs_every_combination() -> None:
    axes = {"num_epochs": "1,2", "layers": "[1,2],[3]"}
    assert parse_sweep(parameters(), axes) == [
        {"num_epochs": 1, "layers": [1, 2]},
        {"num_epochs": 1, "layers": [3]},
        {"num_epochs": 2, "layers": [1, 2]},
        {"num_epochs": 2, "layers": [3]},
    ]
    assert parse_sweep(parameters(), {}) == [{}]
