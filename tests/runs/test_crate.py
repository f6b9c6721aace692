"""An exported run is a valid Workflow Run RO-Crate, with everything that the folder has."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest

from paddle_workbench.contract import ErrorMessage
from paddle_workbench.errors import StorageError, WorkbenchError
from paddle_workbench.runs.reports.report import write_report
from paddle_workbench.runs.results.crate import export_crate

from ..locked_packages import locked_packages
from .folders import code, make_record, notebook_of, printed, write_run
from .test_comparison import PROVENANCE

SESSION = Path(__file__).with_name("crate_session.py")
CONTEXT = Path(__file__).with_name("crate_context.json")
METADATA = "ro-crate-metadata.json"


def make_run(tmp_path: Path, **changes: Any) -> Path:
    record = make_record(
        **{
            "parameters": {"lr": 0.1, "size": [1, 2], "名字": "文字", "nothing": None},
            "metrics": {"loss": 0.5, "准确率": 0.9, "note": "text"},
            "secrets": ["api_key"],
            "provenance": PROVENANCE,
        }
        | changes
    )
    folder = write_run(tmp_path / "runs", record, code("train", "", printed("1")))
    write_report(folder)
    (folder / "work" / "assets").mkdir(parents=True)
    (folder / "work" / "assets" / "reviews.csv").write_text("1", encoding="utf-8")
    (folder / "work" / ".unfinished").write_text("1", encoding="utf-8")
    (folder / "work" / "link").symlink_to("/etc/hostname")
    cell = nbformat.v4.new_code_cell("lr = 0.5  # learning rate", metadata={"tags": ["parameters"]})
    nbformat.write(notebook_of(cell), folder / "work" / "sums.ipynb")
    return folder


def entities(path: Path) -> dict[str, dict[str, Any]]:
    with zipfile.ZipFile(path) as file:
        graph = json.loads(file.read(METADATA))["@graph"]
    return {entity["@id"]: entity for entity in graph}


def test_has_files_parameters_and_results(tmp_path: Path) -> None:
    target = tmp_path / "run.zip"
    assert export_crate(make_run(tmp_path), target, author="Anna") == target
    with zipfile.ZipFile(target) as file:
        assert sorted(file.namelist()) == [
            *("events.jsonl", "output.ipynb", "report.html", METADATA, "run.json"),
            *("work/assets/reviews.csv", "work/sums.ipynb"),
        ]
    graph = entities(target)
    assert graph["./"]["mainEntity"] == {"@id": "work/sums.ipynb"}
    action = graph["#a"]
    assert action["instrument"] == {"@id": "work/sums.ipynb"}
    assert action["agent"] == {"@id": "#author"}
    assert action["startTime"] == "2026-11-23T09:15:30+00:00"
    assert action["actionStatus"] == "http://schema.org/CompletedActionStatus"
    objects = [graph[each["@id"]] for each in action["object"]]
    assert [each.get("value") for each in objects] == [0.1, "[1, 2]", "文字", "null", None]
    results = [graph[each["@id"]] for each in action["result"]]
    assert [each.get("value", each["@id"]) for each in results] == [
        *(0.5, 0.9, "text", "output.ipynb", "report.html")
    ]
    slot = graph["#parameter-lr"]
    assert (slot["defaultValue"], slot["description"]) == (0.5, "learning rate")
    assert "value" not in graph["#parameter-api_key"]
    assert not list(tmp_path.glob(".run-*"))


@pytest.fixture(scope="module")
def packages() -> Path:
    try:
        return locked_packages("crate")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"The validator of RO-Crates is installed from PyPI: {error}")


def problems(packages: Path, crate: Path) -> dict[str, list[str]]:
    printed = subprocess.run(
        [sys.executable, "-I", "-S", SESSION, packages, CONTEXT, crate],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    answer: dict[str, list[str]] = json.loads(printed)
    return answer


def test_is_valid_by_the_validator(tmp_path: Path, packages: Path) -> None:
    target = tmp_path / "run.zip"
    error = ErrorMessage(message="KeyError", hint="See the report.")
    export_crate(make_run(tmp_path, state="failed", error=error), target)
    profiles = ("ro-crate-1.1", "process-run-crate", "workflow-run-crate")
    assert problems(packages, target) == {profile: [] for profile in profiles}


def test_the_validator_finds_what_is_missing(tmp_path: Path, packages: Path) -> None:
    target = tmp_path / "run.zip"
    export_crate(make_run(tmp_path), target)
    broken = tmp_path / "broken"
    with zipfile.ZipFile(target) as file:
        file.extractall(broken)
    metadata = json.loads((broken / METADATA).read_text(encoding="utf-8"))
    for entity in metadata["@graph"]:
        if entity["@id"] == "#a":
            del entity["instrument"]
    (broken / METADATA).write_text(json.dumps(metadata), encoding="utf-8")
    assert problems(packages, broken)["workflow-run-crate"]


def test_refuses_other_formats_and_missing_folders(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    with pytest.raises(StorageError, match="not the name of a ZIP file"):
        export_crate(folder, tmp_path / "run.tar")
    with pytest.raises(StorageError):
        export_crate(folder, tmp_path / "missing" / "run.zip")
    assert not list(tmp_path.glob("*.zip"))


def test_without_a_copy_the_executed_notebook_is_the_workflow(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    (folder / "work" / "sums.ipynb").unlink()
    target = tmp_path / "run.zip"
    export_crate(folder, target, licence="https://spdx.org/licenses/MIT")
    graph = entities(target)
    assert graph["./"]["mainEntity"] == {"@id": "output.ipynb"}
    assert graph["./"]["license"] == {"@id": "https://spdx.org/licenses/MIT"}
    (folder / "output.ipynb").unlink()
    with pytest.raises(WorkbenchError, match="contains no notebook"):
        export_crate(folder, target)
