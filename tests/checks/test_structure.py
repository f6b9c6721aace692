"""The rules that are checked without running a lesson."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from paddle_workbench.checks.structure import check_code, check_structure
from paddle_workbench.notebooks import Notebook

from .conftest import LessonMaker, code, result, stream

Change = Callable[[nbformat.NotebookNode], Any]


def rules(path: Path) -> list[tuple[str, str | None]]:
    return [(finding.rule, finding.cell) for finding in check_structure(Notebook.read(path))]


def test_right_lesson_has_no_findings(lesson: LessonMaker) -> None:
    path = lesson(
        code("train-1", "x = '这是一行中文'\nx", result("'这是一行中文'")),
        code("struct", "name = '/ErnieModel/Linear_3/'; fd = '/proc/self/fd/3'"),
    )
    assert rules(path) == []


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        (code("a1b2c3d4", "1"), "cell_id"),
        (code("Train", "1"), "cell_id"),
        (code("train", "1", tags=["slow"]), "tag"),
        (code("train", "x = 1  # " + "a" * 80), "width"),
        (code("train", "x = '" + "中" * 45 + "'"), "width"),
        (code("train", "open('/home/anna/data.txt')"), "absolute_path"),
        (code("train", "open('~/data.txt')"), "absolute_path"),
        (code("train", r"open('C:\data.txt')"), "absolute_path"),
        (code("train", "print(1)", stream("/home/anna/x.py:3\n")), "absolute_path"),
        (code("train", "!pip install jieba"), "install"),
        (code("train", "%pip install jieba"), "install"),
        (code("train", "1/0", nbformat.v4.new_output("error", ename="E", evalue="")),
         "stored_error"),
    ],
)  # fmt: skip
def test_finds_forbidden_cell_contents(
    lesson: LessonMaker, cell: nbformat.NotebookNode, rule: str
) -> None:
    assert rules(lesson(cell)) == [(rule, cell.id)]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda notebook: notebook.metadata.pop("paddle_workbench"), "metadata"),
        (lambda notebook: notebook.metadata.paddle_workbench.update(minutes=0), "metadata"),
        (lambda notebook: notebook.metadata.kernelspec.update(name="python3"), "kernel"),
        (lambda notebook: notebook.cells[0].metadata.pop("tags"), "parameters"),
        (lambda notebook: notebook.cells.reverse(), "parameters"),
        (lambda notebook: notebook.cells[1].metadata.update(tags=["parameters"]), "parameters"),
    ],
)
def test_finds_missing_notebook_parts(lesson: LessonMaker, change: Change, rule: str) -> None:
    path = lesson(code("train", "1", result("1")))
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    nbformat.write(notebook, path)
    assert [finding for finding, _cell in rules(path)] == [rule]


@pytest.mark.filterwarnings("ignore::nbformat.warnings.DuplicateCellId")
@pytest.mark.filterwarnings("ignore::nbformat.warnings.MissingIDFieldWarning")
def test_finds_missing_and_double_ids(lesson: LessonMaker) -> None:
    path = lesson(code("train", "1"), code("test", "2"))
    content = json.loads(path.read_text(encoding="utf-8"))
    content["cells"][2]["id"] = "train"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert rules(path) == [("cell_id", "train")]
    del content["cells"][2]["id"]
    path.write_text(json.dumps(content), encoding="utf-8")
    assert rules(path) == [("cell_id", None)]


CHECK = code("double-check", "points = exercises.check('double', double)")


def solution(name: str, source: str) -> nbformat.NotebookNode:
    cell = code(name, source)
    cell.metadata["nbgrader"] = {"grade_id": name, "solution": True}
    return cell


@pytest.mark.parametrize(
    "source",
    [
        "double(1)",
        "x = [double(i) for i in range(3)]",
        "def twice(x):\n    return double(x)\ntwice(2)",
        "class Net:\n    def forward(self, x):\n        return double(x)\nNet()",
        "if points:\n    y = double(1)\ny",
        "if points:\n    pass\nelse:\n    double(1)",
        "if points or True:\n    double(1)",
        "for i in range(3):\n    double(i)",
        "%time double(1)\ndouble(2)",
        "double = double",
    ],
)
def test_finds_use_of_unsolved_exercise(lesson: LessonMaker, source: str) -> None:
    cells = solution("double", "def double(x):\n    return 2 * x"), CHECK, code("use", source)
    assert rules(lesson(*cells)) == [("unsolved_exercise", "use")]


@pytest.mark.parametrize(
    "source",
    [
        "if points:\n    y = double(1)\n    print(y)",
        "if points and 1 < 2:\n    double(1)",
        "for i in range(3):\n    if points:\n        double(i)",
        "def twice(x):\n    return double(x)",
        "class Net:\n    def forward(self, x):\n        return double(x)\nif points:\n    Net()",
        "for double in range(3):\n    print(double)",
        "print([double for double in range(3)])",
        "double = abs\ndouble(1)",
        "print('double')",
        "%%bash\ndouble 1",
        "exercises.check('double', lambda x: double(x))",
        "if points:\n    y = double(1)\ny = 1\ny",
    ],
)
def test_allows_use_of_solved_exercise(lesson: LessonMaker, source: str) -> None:
    cells = solution("double", "def double(x):\n    return 2 * x"), CHECK, code("use", source)
    assert rules(lesson(*cells)) == []


def test_code_of_any_notebook_is_checked(lesson: LessonMaker) -> None:
    path = lesson(
        code("open", "ocr = PaddleOCR()"),
        code("ask", "ThreadPoolExecutor(2).map(ocr.predict, ['a.png'])"),
    )
    (finding,) = check_code(Notebook.read(path))
    assert (finding.rule, finding.cell) == ("shared_predictor", "ask")
    assert "PW-S101 Line 1: `ThreadPoolExecutor(2).map(…)`" in finding.message
