"""The grammar that jsonschema imports is loaded at its first use."""

from __future__ import annotations

import subprocess
import sys

import pytest


def answer(code: str) -> str:
    """Run code in an interpreter of this environment, in which the hook is installed."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def answers_with_grammar() -> list[str]:
    """What one interpreter prints that loads the grammar, which takes a second."""
    code = """
import jsonschema
checker = jsonschema.FormatChecker()
print(checker.conforms("http://例子.cn/x", "iri"), checker.conforms("no iri", "iri"))
from rfc3987_syntax import RFC3987_SYNTAX_PARSER_TYPE
print(RFC3987_SYNTAX_PARSER_TYPE)
"""
    return answer(code).splitlines()


def test_jsonschema_does_not_load_the_grammar() -> None:
    assert answer("import sys, jsonschema; print('lark' in sys.modules)") == "False"


def test_format_checks_still_work(answers_with_grammar: list[str]) -> None:
    assert answers_with_grammar[0] == "True False"


def test_other_names_of_the_module_exist(answers_with_grammar: list[str]) -> None:
    assert answers_with_grammar[1] == "earley"
