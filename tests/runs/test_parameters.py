"""Parameters are parsed as Python, and values are converted to their declared types."""

from __future__ import annotations

import json
import math
from typing import Any

import nbformat
import pytest

from paddle_workbench.contract import Parameter
from paddle_workbench.errors import ParameterError
from paddle_workbench.runs.declarations import computed_from, read_parameters
from paddle_workbench.runs.parameters import (
    as_json,
    changed_values,
    defaults,
    parse_sweep,
    parse_values,
)

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


def notebook(source: str, injected: str = "") -> nbformat.NotebookNode:
    sources = {"parameters": source, "injected-parameters": injected}
    cells = [
        nbformat.v4.new_code_cell(text, metadata={"tags": [tag]})
        for tag, text in sources.items()
        if text
    ]
    return nbformat.v4.new_notebook(cells=cells)


def parameters(source: str = SOURCE) -> list[Parameter]:
    return read_parameters(notebook(source))


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
        ("lr", "inf", math.inf),
        ("lr", "-Infinity", -math.inf),
        ("note", "[1]", [1]),
        ("note", "NaN", "NaN"),
        ("note", "1e999", "1e999"),
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
        ("num_epochs", "inf"),
        ("layers", "[Infinity]"),
        ("layers", "[1e999]"),
        ("layers", "[" * 5000),
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
    assert repr(text)[:80] in caught.value.message
    assert len(caught.value.message) < 200
    assert "num_epochs: int = 3" in caught.value.hint


def test_rejects_unknown_name_and_suggests_a_similar_one() -> None:
    with pytest.raises(ParameterError) as caught:
        parse_values(parameters(), {"num_epoch": "3"})
    assert "Did you mean num_epochs?" in caught.value.message
    assert "lr: float = 1  # step size" in caught.value.hint


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("num_epochs = = 3", "line 1: invalid syntax"),
        ("%matplotlib inline\nlr = = 3", "line 2: invalid syntax"),
        ("lr = 1\0", "null bytes"),
        ("lr = " + "-" * 100_000 + "1", "The parameters cell is not Python: "),
    ],
)
def test_rejects_parameters_cell_that_is_not_python(source: str, reason: str) -> None:
    with pytest.raises(ParameterError, match=reason):
        parameters(source)


@pytest.mark.parametrize(
    "source",
    [
        "%matplotlib inline\nlr = 0.1  # step size",
        "!echo\nlr = 0.1  # step size",
        "files = !ls\nlr = 0.1  # step size",
        "lr = 0.1  # step size\nlr?",
        "%%time\nlr = 0.1  # step size",
        'text = f"""\n%matplotlib inline\n"""\n%time\nlr = 0.1  # step size',
    ],
)
def test_reads_cells_with_magics(source: str) -> None:
    assert parameters(source) == [
        Parameter(name="lr", type="float", default=0.1, help="step size"),
    ]


def test_cells_in_another_language_have_no_parameters() -> None:
    assert parameters("%%bash\nlr=0.1") == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('float("inf")', math.inf),
        ("-float('Infinity')", -math.inf),
        ("math.inf", math.inf),
        ("-np.inf", -math.inf),
        ("1e999", math.inf),
        ("float(1)", 1.0),
    ],
)
def test_infinity_is_a_default(text: str, value: float) -> None:
    assert parameters(f"limit = {text}") == [Parameter(name="limit", type="float", default=value)]


def test_nan_is_a_default() -> None:
    for text in ('float("nan")', "numpy.nan"):
        (parameter,) = parameters(f"limit = {text}")
        assert parameter.type == "float"
        assert math.isnan(parameter.default)


def test_ignores_other_calls_and_invalid_annotations() -> None:
    source = 'a = float("many")\nb = int("1")\nc = {[]: 1}\nd: "not a type" = 1\ne = np.pi'
    assert parameters(source) == [Parameter(name="d", type="int", default=1)]


def test_defaults_of_an_output_are_what_its_run_was_given() -> None:
    again = notebook("a = 1  # one\nb = 2", injected="# Parameters\na = float('inf')\nc = 3\n")
    assert read_parameters(again) == [
        Parameter(name="a", type="int", default=math.inf, help="one"),
        Parameter(name="b", type="int", default=2),
    ]


def test_finds_names_computed_from_parameters_that_are_set() -> None:
    source = """
root = "/data"
path = root + "/x.csv"
paths: list[str] = [path]
other = path.upper()
n = 3
def show():
    return root
"""
    assert computed_from(notebook(source), ["root", "other"]) == {"path": "root", "paths": "root"}
    assert computed_from(notebook(source), ["n"]) == {}
    assert computed_from(notebook(""), ["n"]) == {}


def test_values_without_a_place_in_json_are_recorded_as_texts() -> None:
    values = {"a": math.inf, "b": [-math.inf, (1, True)], "c": {1: None}, "d": 10**400, "e": b"x"}
    recorded = as_json(values)
    assert recorded["a"] == "inf"
    assert recorded["b"] == ["-inf", [1, True]]
    assert recorded["c"] == {"1": None}
    assert recorded["d"] == str(10**400)
    json.dumps(recorded, allow_nan=False)


def test_repeats_only_values_that_differ_from_the_defaults() -> None:
    declared = parameters('size = (1, 2)\nkinds = {1: "a"}\nk = 3\nlimit = 1.0\nx = 1.0')
    recorded = as_json(defaults(declared)) | {"k": 4, "limit": "-inf", "x": 1, "gone": 5}
    assert changed_values(declared, recorded) == {"k": 4, "limit": -math.inf, "x": 1, "gone": 5}
    with pytest.raises(ParameterError, match="takes a whole number, not 'many'"):
        changed_values(declared, {"k": "many"})
    with pytest.raises(ParameterError, match="which is not a name"):
        changed_values(declared, {"k = 1; import os; k": 1})


def test_sweep_runs_every_combination() -> None:
    axes = {"num_epochs": "1,2", "layers": "[1,2],[3]"}
    assert parse_sweep(parameters(), axes) == [
        {"num_epochs": 1, "layers": [1, 2]},
        {"num_epochs": 1, "layers": [3]},
        {"num_epochs": 2, "layers": [1, 2]},
        {"num_epochs": 2, "layers": [3]},
    ]
    assert parse_sweep(parameters(), {}) == [{}]
