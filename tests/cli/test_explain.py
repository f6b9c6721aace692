"""`workbench explain` prints pages and the list of codes."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from paddle_workbench.cli.explain import command
from paddle_workbench.codes import all_codes
from paddle_workbench.errors import CodeNotFoundError


def explain(monkeypatch: pytest.MonkeyPatch, *arguments: str, language: str = "en") -> str:
    monkeypatch.setenv("PADDLE_WORKBENCH_LANG", language)
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_prints_the_page_of_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    text = explain(monkeypatch, "pw-x204")
    assert text.startswith("# PW-X204 ONNX: a mean without an axis\n")
    assert "x.mean(axis=[0, 1, 2])" in text
    assert explain(monkeypatch, "PW-X204", language="zh").startswith("# PW-X204 ONNX：")
    page = json.loads(explain(monkeypatch, "PW-X204", "--json"))
    assert (page["code"], page["language"], page["markdown"]) == ("PW-X204", "en", text)


def test_finds_the_page_of_an_error_by_its_message(monkeypatch: pytest.MonkeyPatch) -> None:
    message = (
        "RuntimeError: (PreconditionNotMet) Tensor holds no memory. Call mutable_data firstly."
    )
    assert explain(monkeypatch, message) == explain(monkeypatch, "PW-S102")


def test_lists_all_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = explain(monkeypatch).splitlines()
    assert [line.split()[0] for line in lines] == list(all_codes())
    assert list(json.loads(explain(monkeypatch, "--json"))) == list(all_codes())


def test_unknown_code_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CodeNotFoundError, match="There is no code 'PW-X999'"):
        explain(monkeypatch, "PW-X999")
