"""Sweeps: every combination, or some of them at random."""

from __future__ import annotations

import pytest

from paddle_workbench.errors import ParameterError
from paddle_workbench.runs.parameters.sweeps import combinations, parse_axes

from .conftest import declared_in

PARAMETERS = declared_in("""
lr = 0.1  # 0 < lr <= 1
n = 3
big = 1
layers = [64]
size = (1, 2)
name = "a"
token = ""
choice = 1  # one of 1, 4
""")


def test_runs_every_combination() -> None:
    axes = {"n": "1, 2", "layers": '[1,2],["],"]', "size": "(1,2)"}
    assert combinations(PARAMETERS, axes) == [
        {"n": 1, "layers": [1, 2], "size": (1, 2)},
        {"n": 1, "layers": ["],"], "size": (1, 2)},
        {"n": 2, "layers": [1, 2], "size": (1, 2)},
        {"n": 2, "layers": ["],"], "size": (1, 2)},
    ]
    assert combinations(PARAMETERS, {}) == [{}]
    assert combinations(PARAMETERS, {"name": "../a,b..c"}) == [{"name": "../a"}, {"name": "b..c"}]


def test_draws_from_a_grid_without_replacement() -> None:
    axes = {"n": "1..5", "name": "a,b"}
    drawn = combinations(PARAMETERS, axes, samples=7, seed=3)
    assert len({tuple(values.values()) for values in drawn}) == 7
    assert drawn == combinations(PARAMETERS, axes, samples=7, seed=3)
    assert drawn != combinations(PARAMETERS, axes, samples=7, seed=4)
    whole = combinations(PARAMETERS, axes, samples=100)
    assert len(whole) == 10
    assert {values["n"] for values in whole} == {1, 2, 3, 4, 5}


def test_draws_from_ranges() -> None:
    axes = {"lr": "1e-4..1e-1:log", "n": "2,4", "big": "1..1000:log"}
    drawn = combinations(PARAMETERS, axes, samples=300)
    assert len(drawn) == 300
    assert all(1e-4 <= values["lr"] <= 1e-1 for values in drawn)
    assert {values["n"] for values in drawn} == {2, 4}
    assert all(type(values["big"]) is int for values in drawn)
    # Uniform in the logarithm: a third in each power of ten, and not nine tenths in the last.
    assert 60 < sum(values["lr"] < 1e-3 for values in drawn) < 140
    uniform = combinations(PARAMETERS, {"lr": "0.5..1"}, samples=50)
    assert all(0.5 <= values["lr"] <= 1 for values in uniform)


def test_draws_from_more_combinations_than_can_be_counted() -> None:
    axes = {"n": f"1..{10**15}", "big": f"1..{10**15}"}
    assert len(combinations(PARAMETERS, axes, samples=3)) == 3


@pytest.mark.parametrize(
    ("axes", "samples", "message"),
    [
        ({"n": "1..5"}, None, "n=1..5 is a range"),
        ({"n": "1,,2"}, None, "has an empty value"),
        ({"n": ""}, None, "has an empty value"),
        ({"n": "5..1"}, 3, "does not end above its start"),
        ({"n": "0..5:log"}, 3, "starts at or below 0"),
        ({"lr": "0.1..1e999"}, 3, "lr takes a number"),
        ({"choice": "1..4"}, 3, "choice takes one of 1, 4, not '1..4'"),
        ({"n": "1,2..3"}, 3, "has values and a range"),
        ({"lr": "0..1"}, 3, "lr takes a number greater than 0 and at most 1, not '0'"),
        ({"lr": "0.1,2"}, None, "lr takes a number greater than 0 and at most 1, not '2'"),
        ({"lrr": "1"}, None, "Did you mean lr?"),
        ({"token": "a,b"}, None, "token is a secret"),
        ({"n": ",".join("1" * 101), "big": ",".join("1" * 101)}, None, "10,201 combinations"),
        ({}, 3, "no sweep"),
        ({"n": "1,2"}, 0, "0 samples"),
    ],
)
def test_rejects(axes: dict[str, str], samples: int | None, message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        combinations(PARAMETERS, axes, samples=samples)
    assert message in caught.value.message


def test_rejects_axis_without_values_or_twice() -> None:
    assert parse_axes(["lr=0.1,0.2", "name=a=b"]) == {"lr": "0.1,0.2", "name": "a=b"}
    with pytest.raises(ParameterError, match="'lr' has no values"):
        parse_axes(["lr"])
    with pytest.raises(ParameterError, match="lr is swept twice"):
        parse_axes(["lr=1", "lr=2"])
