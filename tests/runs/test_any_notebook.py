"""Notebooks that are not lessons: files next to them, odd parameters cells, no kernel named."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from paddle_workbench.checks.session import check_notebooks
from paddle_workbench.contract import RunEvent, RunRecord
from paddle_workbench.execution import kernel_for
from paddle_workbench.runs.reports.description import metrics_hint
from paddle_workbench.runs.running.runner import Plan, plan_rerun, run_notebook

pytestmark = pytest.mark.kernel

SOURCES = {
    "imports": "import json, tools\nrows = open('data/rows.txt').read().split()",
    "parameters": "%matplotlib inline\nsize = (1, 2)\nn = 1  # 1 to 5\nfile = 'more.txt'",
    "more": "k = 3",
    "show": "print(json.dumps([tools.twice(n), rows, size == (1, 2), {size: k}[size], "
    "open(file).read()]))",
}
TAGS = {"parameters": ["parameters"], "more": ["parameters"]}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A notebook that reads files next to it, whose parameters cell is its second, of two."""
    folder = tmp_path / "project"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "rows.txt").write_text("a b", encoding="utf-8")
    (folder / "more.txt").write_text("more", encoding="utf-8")
    (folder / "other.txt").write_text("other", encoding="utf-8")
    (folder / "tools.py").write_text("def twice(n):\n    return 2 * n\n", encoding="utf-8")
    cells = [
        nbformat.v4.new_code_cell(code, id=name, metadata={"tags": TAGS.get(name, [])})
        for name, code in SOURCES.items()
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "any.ipynb")
    return folder / "any.ipynb"


def ignore(_event: RunEvent, _record: RunRecord) -> None:
    """Ignore the event."""


def printed(folder: Path) -> object:
    cells = nbformat.read(folder / "output.ipynb", as_version=4).cells
    assert cells[-1].outputs, cells
    return json.loads(cells[-1].outputs[0].text)


def test_runs_and_repeats_it(source: Path, runs: Path) -> None:
    values = {"n": 5, "file": "other.txt"}
    folder, record = run_notebook(Plan(source, values, runs), ignore)
    assert record.state == "succeeded", record.error
    assert record.kernel == "paddle"
    assert printed(folder) == [10, ["a", "b"], True, 3, "other"]
    assert "record(" in metrics_hint(nbformat.read(source, as_version=4), record)
    again, record = run_notebook(plan_rerun(folder, parent=runs, anyway=False), ignore)
    assert record.state == "succeeded", record.error
    assert printed(again) == printed(folder)


def test_gives_a_tuple(source: Path, runs: Path) -> None:
    folder, record = run_notebook(Plan(source, {"size": (3, 4)}, runs), ignore)
    assert record.state == "succeeded", record.error
    assert printed(folder) == [2, ["a", "b"], False, 3, "more"]
    assert record.parameters["size"] == [3, 4]
    assert plan_rerun(folder, parent=runs, anyway=False).parameters == {"size": (3, 4)}


def test_output_of_a_run_with_a_secret_runs_without_it(tmp_path: Path, runs: Path) -> None:
    cells = [
        nbformat.v4.new_code_cell(
            "n = 1\ntoken = 'in-the-cell'", metadata={"tags": ["parameters"]}
        ),
        nbformat.v4.new_code_cell("import json\nprint(json.dumps([n, len(token)]))"),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "secret.ipynb")
    plan = Plan(tmp_path / "secret.ipynb", {"n": 2}, runs, secrets={"token": "mine"})
    folder, record = run_notebook(plan, ignore)
    assert printed(folder) == [2, 4]
    assert record.parameters == {"n": 2}
    again, record = run_notebook(Plan(folder / "output.ipynb", {}, runs), ignore)
    assert record.state == "succeeded", record.error
    assert printed(again) == [2, 11]
    assert record.parameters == {"n": 2}  # without the default of a secret


def test_checks_it(source: Path, home: Path) -> None:
    notebook = nbformat.read(source, as_version=4)
    notebook.cells[-1].execution_count = 1
    text = '[2, ["a", "b"], true, 3, "more"]\n'
    notebook.cells[-1].outputs = [nbformat.v4.new_output("stream", text=text)]
    nbformat.write(notebook, source)
    (checked,) = check_notebooks([source])
    assert [cell.outcome for cell in checked.report.cells] == ["compared"] * 4
    assert checked.report.findings == []


def test_chooses_a_kernel_of_the_language() -> None:
    notebook = nbformat.v4.new_notebook()
    assert kernel_for(notebook) == "paddle"
    notebook.metadata["language_info"] = {"name": "no-such-language"}
    assert kernel_for(notebook) is None
    notebook.metadata["kernelspec"] = {"name": "mine"}
    assert kernel_for(notebook) == "mine"


def test_hints_at_metrics_only_where_one_is_missing() -> None:
    notebook = nbformat.v4.new_notebook()
    fields = {"id": "a", "notebook": "a", "parameters": {}, "created_at": "2026-11-30T00:00:00Z"}
    record = RunRecord.model_validate(fields | {"state": "succeeded"})
    assert metrics_hint(notebook, record)
    assert not metrics_hint(notebook, record.model_copy(update={"metrics": {"loss": 1}}))
    assert not metrics_hint(notebook, record.model_copy(update={"state": "failed"}))
    notebook.metadata["paddle_workbench"] = {}
    assert not metrics_hint(notebook, record)
