"""`workbench check`, and recording outputs with `--update`."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner, Result

from paddle_workbench.cli.check import command

from ..checks.conftest import code, make_lesson, result, stream

pytestmark = pytest.mark.kernel


def check(*arguments: object, answer: str | None = None) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments], input=answer)


@pytest.fixture
def lesson(tmp_path: Path, home: Path, small_course: Path) -> Path:
    """A lesson with a changed output, one that differs only in noise, and one that is a path."""
    return make_lesson(
        tmp_path / "lesson.ipynb",
        code("changed", "n * 2", result("5")),
        code("noise", "print('Wall time: 1.0 ms')", stream("Wall time: 7.7 ms\n")),
        code("where", "import json, os\nprint(json.__file__); print(os.getcwd())", stream("x\n")),
    )


def outputs(path: Path) -> dict[str, list[nbformat.NotebookNode]]:
    return {cell.id: cell.outputs for cell in nbformat.read(path, as_version=4).cells}


def test_update_shows_changes_asks_and_records(lesson: Path, tmp_path: Path) -> None:
    original = lesson.read_bytes()
    first = check(lesson, "--json", tmp_path / "r.json", "--junit", tmp_path / "r.xml")
    assert first.exit_code == 1
    assert "✗" in first.output
    assert "2 of" not in first.output.splitlines()[0]
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert [cell["outcome"] for cell in report["notebooks"][0]["cells"]] == [
        "compared", "differs", "compared", "differs",
    ]  # fmt: skip
    assert (tmp_path / "r.xml").read_text(encoding="utf-8").count("<failure") == 2

    rejection = check(lesson, "--update", answer="n\nn\n")
    assert "-5\n+6" in rejection.output
    assert "left unchanged" in rejection.output
    assert lesson.read_bytes() == original

    update = check(lesson, "--update", "--yes")
    assert update.exit_code == 0
    assert "2 of 2 cells recorded" in update.output
    new = outputs(lesson)
    assert new["changed"][0].data["text/plain"] == "6"
    # Noise alone does not change the stored output.
    assert new["noise"][0].text == "Wall time: 7.7 ms\n"
    assert new["where"][0].text == "…/python/json/__init__.py\n…/lesson\n"
    notebook = nbformat.read(lesson, as_version=4)
    assert [cell.execution_count for cell in notebook.cells] == [1, 2, 3, 4]
    assert all("execution" not in cell.metadata for cell in notebook.cells)

    again = check(lesson)
    assert again.exit_code == 0, again.output
    assert "4 of 4 cells compared" in again.output
    content = lesson.read_bytes()
    assert "unchanged" in check(lesson, "--update", "--yes").output
    assert lesson.read_bytes() == content


def test_update_rejects_unexpected_error(lesson: Path) -> None:
    notebook = nbformat.read(lesson, as_version=4)
    notebook.cells[1].source = "1 / 0"
    nbformat.write(notebook, lesson)
    original = lesson.read_bytes()
    update = check(lesson, "--update", "--yes")
    assert update.exit_code == 1
    assert "cell `changed`: ZeroDivisionError: division by zero; nothing recorded" in update.output
    assert "raises-exception" in update.output
    assert lesson.read_bytes() == original


def test_update_asks_cell_by_cell(lesson: Path) -> None:
    first = check(lesson, "--update", answer="y\nn\n")
    assert "1 of 2 cells recorded" in first.output
    new = outputs(lesson)
    assert new["changed"][0].data["text/plain"] == "6"
    assert new["where"][0].text == "x\n"
    second = check(lesson, "--update", answer="q\n")
    assert "left unchanged" in second.output
    rest = check(lesson, "--update", answer="a\n")
    assert "1 of 1 cells recorded" in rest.output


def test_update_needs_force_to_record_errors_and_missing_outputs(lesson: Path) -> None:
    notebook = nbformat.read(lesson, as_version=4)
    notebook.cells[1].source = "n = 6"
    notebook.cells[3].source = "1 / 0"
    nbformat.write(notebook, lesson)
    original = lesson.read_bytes()
    update = check(lesson, "--update", "--yes")
    assert update.exit_code == 1
    assert "cell `changed`: it had an output but no longer produces one" in update.output
    assert lesson.read_bytes() == original
    update = check(lesson, "--update", "--yes", "--force")
    assert update.exit_code == 0, update.output
    new = outputs(lesson)
    assert new["changed"] == []
    assert [output.get("ename") for output in new["where"]] == ["ZeroDivisionError"]


def test_caches_a_pass_and_explains_it(lesson: Path, tmp_path: Path) -> None:
    check(lesson, "--update", "--yes")
    first = check(lesson, "--explain")
    assert f"{lesson}: run, since it has not passed yet" in first.output
    again = check(lesson, "--explain", "--html", tmp_path / "report.html")
    assert f"{lesson}: not run, since nothing has changed since it passed" in again.output
    assert "package" in again.output
    assert "not run again, passed" in again.output
    assert "Everything that was compared" in (tmp_path / "report.html").read_text("utf-8")
    assert "run, since without a cache" in check(lesson, "--explain", "--no-cache").output


def test_rejects_yes_and_force_without_update(lesson: Path) -> None:
    assert check(lesson, "--yes").exit_code == 2
    assert check(lesson, "--force").exit_code == 2


def test_static_reads_without_running(lesson: Path) -> None:
    # Running it would report the changed outputs.
    assert check("--static", lesson).exit_code == 0
    notebook = nbformat.read(lesson, as_version=4)
    notebook.cells[-1].source = "x = 1  # " + "long " * 20
    nbformat.write(notebook, lesson)
    report = check("--static", lesson)
    assert report.exit_code == 1
    assert "columns" in report.output
    assert check("--static", "--update", lesson).exit_code == 2


def test_compares_recorded_widget(tmp_path: Path, home: Path) -> None:
    slider = "import ipywidgets\nipywidgets.IntSlider(value={})"
    path = make_lesson(tmp_path / "lesson.ipynb", code("slider", slider.format(3)))
    update = check(path, "--update", "--yes")
    assert update.exit_code == 0, update.output
    notebook = nbformat.read(path, as_version=4)
    assert "widgets" not in notebook.metadata
    digest = notebook.cells[1].outputs[0].metadata.paddle_workbench.widget
    assert digest.traits.value == 3
    assert check(path).exit_code == 0
    notebook.cells[1].source = slider.format(4)
    nbformat.write(notebook, path)
    report = check(path)
    assert report.exit_code == 1
    assert "traits.value: 4 instead of 3" in report.output


def test_reports_too_much_output_and_runs_the_others(tmp_path: Path, home: Path) -> None:
    flood = "for _ in range(200):\n    print('x' * 1_000_000)"
    lessons = [
        make_lesson(tmp_path / "a.ipynb", code("flood", flood)),
        make_lesson(tmp_path / "b.ipynb", code("fine", "n + 1", result("4"))),
    ]
    report = check(*lessons, "--jobs", "2")
    assert "cell `flood`: this cell has printed more than 20 MB" in report.output
    assert len(report.output) < 2000
    assert "1 of 2 notebooks passed" in report.output
