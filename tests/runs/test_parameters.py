"""Values are converted to the types that their parameters declare, and rejected if not allowed."""

from __future__ import annotations

import json
import math
from datetime import datetime, timezone
from typing import Any

import pytest

from paddle_workbench.contract import RunRecord
from paddle_workbench.errors import ParameterError
from paddle_workbench.runs.parameters.given import (
    as_json,
    changed_values,
    defaults,
    given_values,
    parse_values,
)

from .conftest import declared_in

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
    parameter = parse_values(declared_in(SOURCE), {name: text})[name]
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
        parse_values(declared_in(SOURCE), {name: text})
    assert name in caught.value.message
    assert repr(text)[:80] in caught.value.message
    assert len(caught.value.message) < 200
    assert "num_epochs: int = 3" in caught.value.hint


def test_rejects_unknown_name_and_suggests_a_similar_one() -> None:
    with pytest.raises(ParameterError) as caught:
        parse_values(declared_in(SOURCE), {"num_epoch": "3"})
    assert "Did you mean num_epochs?" in caught.value.message
    assert "lr: float = 1  # step size" in caught.value.hint


def test_values_without_a_place_in_json_are_recorded_as_texts() -> None:
    values = {"a": math.inf, "b": [-math.inf, (1, True)], "c": {1: None}, "d": 10**400, "e": b"x"}
    recorded = as_json(values)
    assert recorded["a"] == "inf"
    assert recorded["b"] == ["-inf", [1, True]]
    assert recorded["c"] == {"1": None}
    assert recorded["d"] == str(10**400)
    json.dumps(recorded, allow_nan=False)


def make_record(**fields: Any) -> RunRecord:
    now = datetime(2026, 11, 30, tzinfo=timezone.utc)
    return RunRecord(id="a", notebook="a.ipynb", state="succeeded", created_at=now, **fields)


CONSTRAINED = """
lr = 0.1  # 0 < lr <= 1
n = 3  # 1 to 10
width = 3.0  # at least 1
kind: Literal["a", "b"] = "a"
steps: Literal[1, "auto"] = 1
flag = True  # one of True, False
size = (1, 2)
shapes = ((1, 2), (3, 4))
names = {1: "a"}
rates = [0.1, 1.0]
options = {}
top: int | None = 3
mode: int | str = 3
text = "x"
token = "hidden"
"""


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("lr", "1", 1.0),
        ("n", "10", 10),
        ("kind", "b", "b"),
        ("steps", "auto", "auto"),
        ("steps", "1", 1),
        ("size", "[1, 2, 3]", (1, 2, 3)),
        ("size", "(1,)", (1,)),
        ("shapes", "[[1, 2], [3, 4], [5, 6]]", ((1, 2), (3, 4), (5, 6))),
        ("names", '{"2": "b"}', {2: "b"}),
        ("names", "{2: 'b'}", {2: "b"}),
        ("rates", "[-inf, 1, inf]", [-math.inf, 1, math.inf]),
        ("rates", "[-Infinity]", [-math.inf]),
        ("options", "{'a': [None, True, {'b': -1}], '键': ''}",
         {"a": [None, True, {"b": -1}], "键": ""}),
        ("top", "None", None),
        ("mode", "auto", "auto"),
        ("mode", "4", 4),
        ("text", "", ""),
        ("text", "None", "None"),
        ("text", "中文 \\ \"", '中文 \\ "'),
    ],
)  # fmt: skip
def test_value_survives_its_record(name: str, text: str, value: Any) -> None:
    """A rerun is given exactly what the run was given."""
    declared = declared_in(CONSTRAINED)
    first = parse_values(declared, {name: text})
    assert repr(first) == repr({name: value})
    recorded = json.loads(json.dumps(as_json(defaults(declared) | first), allow_nan=False))
    record = make_record(given=[name], parameters=recorded)
    assert repr(given_values(declared, record)) == repr(first)


@pytest.mark.parametrize(
    ("name", "text", "takes"),
    [
        ("lr", "0", "a number greater than 0 and at most 1, not '0'"),
        ("lr", "nan", "a number greater than 0 and at most 1, not 'nan'"),
        ("n", "11", "a whole number from 1 to 10, not '11'"),
        ("width", "0.5", "a number of at least 1, not '0.5'"),
        ("kind", "c", "one of 'a', 'b', not 'c'"),
        ("steps", "true", "one of 1, 'auto', not 'true'"),
        ("size", "3", "a tuple, for example (1, 2), not '3'"),
        ("size", "(1, b'x')", "a tuple, "),
        ("names", '{"b": "b"}', "a dict, "),
        ("options", "{2: 3}", "a dict, "),
        ("options", '{"a": 1e999}', "a dict, "),
        ("top", "x", "a whole number, or None, not 'x'"),
        ("text", "\udcff", "a text, not "),
    ],
)
def test_rejects_what_is_not_allowed(name: str, text: str, takes: str) -> None:
    with pytest.raises(ParameterError, match=f"^{name} takes ") as caught:
        parse_values(declared_in(CONSTRAINED), {name: text})
    assert takes in caught.value.message


def test_errors_do_not_show_secrets() -> None:
    declared = declared_in(CONSTRAINED + "\napi_key: Literal['a', 'b'] = 'a'")
    with pytest.raises(ParameterError) as caught:
        parse_values(declared, {"api_key": "mine"})
    assert "mine" not in f"{caught.value.message} {caught.value.hint}"
    assert "hidden" not in caught.value.hint
    assert caught.value.__suppress_context__


def test_a_notebook_that_declares_nothing_takes_any_name() -> None:
    texts = {"a": "1.5", "b": "[1]", "c": "None", "d": "True", "e": "x"}
    assert parse_values([], texts) == {"a": 1.5, "b": [1], "c": None, "d": True, "e": "x"}
    for name in ("a b", "class", "a = 1; b"):
        with pytest.raises(ParameterError, match="is not a name"):
            parse_values([], {name: "1"})


def test_repeats_only_what_was_given() -> None:
    declared = declared_in("size = (1, 2)\nk = 3\ntoken = ''")
    recorded = {"size": [1, 2], "k": 3, "gone": [1]}
    record = make_record(given=["k", "gone", "token"], parameters=recorded, secrets=["token"])
    assert given_values(declared, record) == {"k": 3, "gone": [1]}
    older = make_record(given=None, parameters=recorded | {"size": [3, 4]})
    assert given_values(declared, older) == {"size": (3, 4), "gone": [1]}
    outside = make_record(given=["k"], parameters={"k": "many"})
    with pytest.raises(ParameterError, match="k takes a whole number, not 'many'"):
        given_values(declared, outside)


def test_repeats_only_values_that_differ_from_the_defaults() -> None:
    declared = declared_in('size = (1, 2)\nkinds = {1: "a"}\nk = 3\nlimit = 1.0\nx = 1.0')
    recorded = as_json(defaults(declared)) | {"k": 4, "limit": "-inf", "x": 1, "gone": 5}
    assert changed_values(declared, recorded) == {"k": 4, "limit": -math.inf, "x": 1, "gone": 5}
    with pytest.raises(ParameterError, match="takes a whole number, not 'many'"):
        changed_values(declared, {"k": "many"})
    with pytest.raises(ParameterError, match="which is not a name"):
        changed_values(declared, {"k = 1; import os; k": 1})
