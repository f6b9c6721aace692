"""Every finding and error has a code, and every code a page in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import paddle_workbench
from paddle_workbench.codes import COACH, DOCTOR, LANGUAGES, Page, all_codes, page
from paddle_workbench.codes.page import FOLDER, parse
from paddle_workbench.environment.doctor.examination import _ORDER
from paddle_workbench.environment.doctor.findings import Observation
from paddle_workbench.errors import BundleError, CodeNotFoundError
from paddle_workbench.program.coach.explanations import RULES

PACKAGE = Path(paddle_workbench.__file__).parent
CODE = re.compile(r"PW-[A-Z]\d{3}")


def trees(folder: Path, *words: str) -> Iterator[tuple[Path, ast.Module]]:
    """Yield the modules in a folder whose source contains one of the words."""
    for path in sorted(folder.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if any(word in source for word in words):
            yield path, ast.parse(source)


def calls(folder: Path, *names: str) -> Iterator[tuple[str, dict[str, ast.expr]]]:
    """Yield the place and the keywords of each call of a class in a folder."""
    for path, tree in trees(folder, *names):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names:
                keywords = {each.arg: each.value for each in node.keywords if each.arg}
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", keywords


def test_every_code_of_the_package_has_a_page_and_every_page_a_code() -> None:
    literals = {
        node.value
        for _, tree in trees(PACKAGE, "PW-")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert {text for text in literals if CODE.fullmatch(text)} == set(all_codes())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_page_in_each_language(language: str) -> None:
    assert sorted(path.stem for path in (FOLDER / language).iterdir()) == list(all_codes())


def test_every_error_of_export_has_a_code() -> None:
    without = [
        place
        for place, keywords in calls(PACKAGE, "BundleError", "ExportError")
        if "code" not in keywords
    ]
    assert not without
    # What is raised for a file that cannot be read.
    assert BundleError("Not JSON.").code in all_codes()
    assert str(BundleError("Not JSON.", "Copy it.")) == "PW-X300 Not JSON.\nCopy it."


def test_table_of_findings_has_every_code_of_a_finding_of_export() -> None:
    path = PACKAGE.parents[1] / "docs" / "export.md"
    table = re.findall(r"^\| (PW-X\d{3}) \|", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert table == [code for code in all_codes() if code.startswith(("PW-X1", "PW-X2"))]


def test_every_explanation_of_the_coach_has_a_code() -> None:
    kinds = set(RULES)
    for place, keywords in calls(PACKAGE / "program", "Explanation"):
        kind = keywords.get("kind")
        if isinstance(kind, ast.Constant):
            kinds.add(str(kind.value))
        else:  # a rule's, or a stored one
            assert place.startswith(("program/coach/explanations", "program/model/archive"))
    assert kinds == set(COACH)


def test_every_check_of_the_doctor_has_a_code() -> None:
    # Both states of ERNIE are fine.
    assert set(_ORDER) - {"ernie"} == set(DOCTOR)
    names = {
        node.args[0].value
        for path in (PACKAGE / "environment" / "doctor").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == Observation.__name__
        and isinstance(node.args[0], ast.Constant)
    }
    assert names == set(_ORDER)


@pytest.mark.parametrize("code", all_codes())
def test_pages_of_a_code_say_the_same(code: str) -> None:
    english, chinese = page(code, "en"), page(code, "zh")
    assert english.code == chinese.code == code
    assert (english.shows, english.repaired) == (chinese.shows, chinese.repaired)
    # Both cells, or a sentence at the top that says why there are none.
    for each in (english, chinese):
        assert bool(each.shows) == bool(each.repaired) == (not each.exception)
        _check_words(each)


def _check_words(each: Page) -> None:
    prose = " ".join((each.title, each.exception, each.cause, each.repair))
    assert bool(re.search("[一-鿿]", prose)) == (each.language == "zh")
    assert set(CODE.findall(each.markdown)) <= set(all_codes())
    assert "```python shows" not in each.markdown


def test_unknown_code_is_an_error() -> None:
    with pytest.raises(CodeNotFoundError, match="There is no code '../en/PW-X101'"):
        page("../en/PW-X101", "en")


def test_page_without_a_part_is_rejected() -> None:
    with pytest.raises(ValueError, match="Not the page of a code"):
        parse("# PW-X101 A title\n\n## Cause\n\nNone.\n", "en")
