"""A wrong notebook does not pass: defects planted in real lessons, and lessons as they are."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from paddle_workbench.checks.comparison.options import check_options
from paddle_workbench.checks.comparison.outputs import compare_outputs
from paddle_workbench.checks.report import report_lines
from paddle_workbench.checks.results import CheckReport
from paddle_workbench.checks.session import check_notebooks
from paddle_workbench.cli.check import command
from paddle_workbench.contract import CheckDifference
from paddle_workbench.course.catalog import read_lessons

from .defects import DEFECTS, ENVIRONMENT, TO_STATIC, Defect

COURSE = Path(__file__).parents[2] / "notebooks"
# In the source of a lesson: cell, old text and new text. All at once, so that one run shows all of
# them; none changes what another cell shows.
IN_SOURCE = {
    ENVIRONMENT: {
        "first-op": ("x @ x", "x * x"),
        "versions": ('"版本"][["内容"]]', '"版本"][["内容"]].iloc[1:]'),
        "timeline": ('"C1"', '"C3"'),
        "lock": ('"numpy", "tokenizers"', '"tokenizers", "numpy"'),
        "lock-differences": ("len(different))\n", "len(different) + 1)\n"),
        "clash": ("packages =", "warnings.warn('late')\npackages ="),
        "shim": ("导入成功", "导入了"),
        "experiment-spec": ("~=1.26.0", "~=1.25.0"),
    },
    TO_STATIC: {
        "branch-ops": (".ops]", ".ops[1:]]"),
        "fixed-length": ("paddle.ones([1, 5])", "paddle.ones([1, 6])"),
        "side-effects": ("x * 2", "x * 2.0 if calls.append('again') else x * 2"),
        "numpy-trap": ("type(value).__name__", "type(value).__qualname__.lower()"),
    },
}


@cache
def lesson_paths() -> dict[str, Path]:
    return {lesson.metadata.lesson: lesson.notebook for lesson in read_lessons(COURSE)}


@cache
def lesson_notebook(lesson: str) -> nbformat.NotebookNode:
    return nbformat.read(lesson_paths()[lesson], as_version=4)


def differences_after(
    defect: Defect, change: Callable[[list[nbformat.NotebookNode]], object]
) -> list[CheckDifference]:
    """Compare the stored outputs of a cell with a changed copy, as a check does."""
    (cell,) = [cell for cell in lesson_notebook(defect.lesson).cells if cell.id == defect.cell]
    outputs = copy.deepcopy(cell.outputs)
    change(outputs)
    return compare_outputs(cell.outputs, outputs, check_options(cell)).differences


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_planted_defect_is_caught(
    defect: Defect, record_property: Callable[[str, object], None]
) -> None:
    assert differences_after(defect, lambda _outputs: None) == []
    differences = differences_after(defect, defect.plant)
    message = differences[0].message if differences else "PASSED"
    record_property("planted defect", [defect.name, defect.lesson, defect.cell, message])
    assert differences


def test_there_are_enough_kinds() -> None:
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS) >= 40
    assert {defect.lesson for defect in DEFECTS} <= set(lesson_paths())
    assert len({defect.lesson for defect in DEFECTS}) == 4


@pytest.mark.parametrize("lesson", IN_SOURCE)
@pytest.mark.kernel
def test_defect_in_the_source_of_a_lesson_is_caught(
    lesson: str, tmp_path: Path, home: Path, record_property: Callable[[str, object], None]
) -> None:
    source = lesson_paths()[lesson]
    notebook = nbformat.read(source, as_version=4)
    for cell in notebook.cells:
        old, new = IN_SOURCE[lesson].get(cell.id, ("", ""))
        assert old in cell.source, cell.id
        cell.source = cell.source.replace(old, new) if old else cell.source
    copied = tmp_path / source.name
    nbformat.write(notebook, copied)
    checkers = source.with_name(f"{source.stem}_exercises.py")
    copied.with_name(checkers.name).write_bytes(checkers.read_bytes())
    report = tmp_path / "report.json"
    completed = CliRunner().invoke(command, ["--no-cache", "--json", str(report), str(copied)])
    assert completed.exit_code == 1, completed.output
    (checked,) = json.loads(report.read_text(encoding="utf-8"))["notebooks"]
    wrong = {cell["cell"]: cell for cell in checked["cells"] if cell["outcome"] == "differs"}
    for name, cell in wrong.items():
        message = cell["differences"][0]["message"]
        record_property("planted defect", ["in the source", lesson, name, message])
    assert set(wrong) == set(IN_SOURCE[lesson]), completed.output


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.kernel
def test_clean_lesson_passes_on_any_number_of_threads(threads: int, home: Path) -> None:
    # `make bench ONLY=clean_runs` does so with the whole course, twenty times.
    (checked,) = check_notebooks([lesson_paths()[TO_STATIC]], threads=threads)
    assert checked.report.passed, list(report_lines(CheckReport(notebooks=[checked.report])))
