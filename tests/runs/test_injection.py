"""The cell that sets parameters, and warnings where a run does something else than they say."""

from __future__ import annotations

import math

import nbformat
import pytest

from paddle_workbench.runs.parameters.declarations import injected_values
from paddle_workbench.runs.parameters.injection import injected_source, injection_warnings

from .conftest import notebook_with


@pytest.mark.parametrize(
    "value",
    [
        (1, 2), (1,), (), [], {}, {1: (2,)}, {"a": [None, True, -1]}, "", "中文\n\"'\\", -0.5,
        math.inf, -math.inf, [math.inf, (-math.inf,)], None, 10**30, 1e-300,
    ],
)  # fmt: skip
def test_code_gives_the_same_value(value: object) -> None:
    source = injected_source({"x": value})
    namespace: dict[str, object] = {}
    exec(source, namespace)  # noqa: S102 - written here
    assert repr(namespace["x"]) == repr(value)
    # It is read again as a literal.
    assert repr(injected_values(notebook_with("", injected=source))) == repr({"x": value})


def test_says_that_a_notebook_declares_nothing() -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(lr)")])
    (warning,) = injection_warnings(notebook, ["lr"])
    assert "No cell has the tag `parameters`" in warning
    assert injection_warnings(notebook, []) == []


def test_names_values_that_go_stale() -> None:
    notebook = notebook_with("root = '/data'\npath = root + '/x.csv'")
    (warning,) = injection_warnings(notebook, ["root"])
    assert warning.startswith("path keeps its default value: the parameters cell computes it from")
    assert injection_warnings(notebook, []) == []
    # Also if an earlier run set it.
    again = notebook_with("root = '/data'\npath = root + '/x.csv'", "root = '/srv'")
    assert any(warning.startswith("path keeps") for warning in injection_warnings(again, []))


def test_names_parameters_that_are_set_again() -> None:
    second = nbformat.v4.new_code_cell("k = 5", id="second", metadata={"tags": ["parameters"]})
    notebook = notebook_with(
        "k = 3\nlr = 0.1", "", "lr = lr / 2\nif k:\n    k = 4", "%time 1\nlr = 1"
    )
    notebook.cells.append(second)
    assert injection_warnings(notebook, ["k", "lr"]) == [
        "lr is set again in a later cell `later-1`; its value counts only before.",
        "k is set again in a later cell `second`; its value counts only before.",
    ]


def test_names_the_values_of_an_earlier_run() -> None:
    notebook = notebook_with("a = 1\nb = 2\ntoken = ''", "a = 99\nb = 3\ntoken = 'mine'")
    (warning,) = injection_warnings(notebook, ["b"])
    assert warning == (
        "The notebook is the output of an earlier run, whose values stay: a = 99, token = …."
    )


def test_says_that_parameters_in_another_language_are_not_checked() -> None:
    notebook = notebook_with("lr <- 0.1")
    notebook.metadata["kernelspec"] = {"name": "ir", "language": "R"}
    (warning,) = injection_warnings(notebook, ["lr"])
    assert warning == "The parameters are in R, so whether there is lr was not checked."
