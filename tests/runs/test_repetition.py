"""The command that repeats a run can be pasted, and gives the same parameters."""

from __future__ import annotations

import subprocess
from typing import Any

import nbformat

from paddle_workbench.runs.parameters.declarations import read_parameters
from paddle_workbench.runs.parameters.given import as_json, parse_values
from paddle_workbench.runs.reports.repetition import repeat_command

from .folders import make_record, notebook_of


def pasted(**changes: Any) -> list[str]:
    """Return the words that a shell makes of the command."""
    command = repeat_command(make_record(**changes))
    script = f"workbench() {{ printf '%s\\0' \"$@\"; }}; {command}"
    printed = subprocess.run(["bash", "-c", script], check=True, capture_output=True).stdout
    return printed.decode().split("\0")[:-1]


def test_has_the_values_that_were_given() -> None:
    words = pasted(parameters={"lr": 0.1, "seed": 0}, given=["lr"], kernel="paddle", timeout_s=60.0)
    assert words == [
        *("run", "basics/sums.ipynb", "-p", "lr", "0.1"),
        *("--kernel", "paddle", "--timeout", "60"),
    ]


def test_older_records_have_all_values() -> None:
    assert pasted()[2:] == ["-p", "lr", "0.1", "-p", "seed", "0"]


def test_quotes_every_value() -> None:
    values = {
        "text": 'it\'s $HOME; rm -rf `x` "y"',
        "lines": "a\nb\x1b[31m'\\中",
        "empty": "",
        "negative": -1,
        "flag": True,
        "nothing": None,
        "list": [1, "中文", None],
        "infinite": "-inf",
    }
    words = pasted(parameters=values)
    assert dict(zip(words[3::3], words[4::3], strict=True)) == {
        "text": values["text"],
        "lines": values["lines"],
        "empty": "",
        "negative": "-1",
        "flag": "true",
        "nothing": "None",
        "list": '[1, "中文", null]',
        "infinite": "-inf",
    }
    assert "\x1b" not in repeat_command(make_record(parameters=values))


def test_the_shell_finds_the_home_and_a_path_is_not_an_option() -> None:
    assert not pasted(notebook="~/my notes/a.ipynb")[1].startswith("~")
    assert pasted(notebook="-p.ipynb")[1] == "./-p.ipynb"


def test_values_of_every_type_come_back_as_they_were() -> None:
    source = """
whole, ignored = 1, 2
number = 0.5
flag = True
text = "x"
items = [1, 2]
pair = (1, 2)
table = {"a": [1, None]}
nothing = None
maybe: int | None = None
limit: float = 1
"""
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]})
    declared = read_parameters(notebook_of(cell))
    texts = {
        "number": "-inf",
        "flag": "false",
        "text": "it's\n中",
        "items": "[3]",
        "pair": "[5, 6]",
        "table": '{"b": -1}',
        "nothing": "7",
        "maybe": "None",
        "limit": "-1e-3",
    }
    values = parse_values(declared, texts)
    words = pasted(parameters=as_json(values), given=list(values))
    again = parse_values(declared, dict(zip(words[3::3], words[4::3], strict=True)))
    assert again == values
    assert type(again["pair"]) is tuple


def test_a_run_on_a_cluster_is_repeated_there() -> None:
    words = pasted(parameters={}, backend="ray", address="ray://10.0.0.1:10001")
    assert words[2:] == ["--backend", "ray", "--address", "ray://10.0.0.1:10001"]


def test_secrets_are_named_without_values() -> None:
    assert pasted(parameters={}, secrets=["api_key"])[2:] == ["--secret", "api_key"]
