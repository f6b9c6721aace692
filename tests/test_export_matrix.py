"""docs/export-matrix.md is that of the stored results; `make bench ONLY=export` measures them."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from paddle_workbench.child_process import Limits
from paddle_workbench.contract import ExportFinding

from .benchmarks import export, export_page, export_trial

EQUAL = {"verdict": "equal", "difference": 1e-7, "warnings": [], "forecast": []}
REFUSED = {"verdict": "refused", "codes": ["PW-X204", "PW-X101"], "forecast": ["PW-X204"]}
CRASHING = """
import json, os, pathlib, signal
from paddle_workbench.child_process import write_answer

wanted = json.loads(pathlib.Path("request.json").read_text())
results = {}
for name, targets in wanted.items():
    write_answer({"name": name, "target": "", "results": results})
    if name == "no bundle":
        os._exit(3)
    results[name] = {}
    for target in targets:
        write_answer({"name": name, "target": target, "results": results})
        if target == "crashing":
            os.abort()
        if target == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        results[name][target] = {"verdict": "equal"}
write_answer({"results": results})
"""


def matrix() -> dict[str, Any]:
    return json.loads(export.RESULTS.read_text("utf-8"))


def test_page_is_that_of_the_stored_results() -> None:
    assert export.PAGE.read_text("utf-8") == export_page.page(matrix())


@pytest.mark.paddle
@pytest.mark.usefixtures("imported_paddle")
def test_every_network_has_its_row() -> None:
    assert matrix() == export.stored()


def test_preflight_was_right_about_every_network() -> None:
    assert not list(export_page.disagreements(matrix()))


def test_counts_what_was_accepted_and_wrong_and_what_was_refused_and_equal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = {
        "right": {"onnx": EQUAL, "mnn": REFUSED},
        "wrong": {"onnx": EQUAL | {"verdict": "failed"}, "mnn": EQUAL},
        "equal": {"onnx": REFUSED | {"verdict": "refused wrongly"}},
        "slow": {"mnn": REFUSED | {"verdict": "killed"}},
    }
    count = export.print_summary({"targets": ["onnx", "mnn"], "networks": {"all": rows}})
    assert count == 3
    printed = capsys.readouterr().out
    assert "Equal: onnx 1 of 3, mnn 1 of 3" in printed
    assert "1 accepted by preflight, and then wrong: wrong to onnx" in printed
    assert "1 refused by preflight, although it is equal: equal to onnx" in printed
    assert "1 not known, since the trial was killed: slow to mnn" in printed


def test_page_mentions_empty_cells_only_if_there_are_some() -> None:
    def page(row: dict[str, Any]) -> str:
        return export_page.page({"targets": ["onnx", "mnn"], "networks": {"all": {"net": row}}})

    sentence = "An empty cell has not been measured."
    full, partial = page({"onnx": EQUAL, "mnn": REFUSED}), page({"onnx": EQUAL})
    assert sentence not in full
    assert sentence in partial
    assert "| net | 1e-07 |  |" in partial


def test_a_network_that_ends_its_process_is_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "crashing.py").write_text(CRASHING, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(export, "MODULE", "crashing")
    rows: dict[str, dict[str, str]] = {}

    def keep(name: str, results: dict[str, dict[str, Any]]) -> None:
        verdicts = {target: result["verdict"] for target, result in results.items()}
        rows[name] = rows.get(name, {}) | verdicts

    targets = ["onnx", "crashing", "mnn", "killed"]
    export.Measuring({"first": targets, "no bundle": ["onnx"], "last": ["mnn"]}, keep).run()
    assert rows == {
        "first": {"onnx": "equal", "crashing": "failed", "mnn": "equal", "killed": "killed"},
        "no bundle": {"onnx": "failed"},
        "last": {"mnn": "equal"},
    }


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("print('x' * 2_000_000)", "killed"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "killed"),
        ("raise OSError(28, os.strerror(28))", "killed"),
        ("import os; os.abort()", "refused"),
        ("raise ValueError", "refused"),
        ("write_answer({'problem': 'it differs'})", "refused"),
        ("write_answer({'problem': ''})", "refused wrongly"),
    ],
)
def test_trial_that_was_killed_neither_refuses_nor_is_equal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, verdict: str
) -> None:
    _make_second_trial(tmp_path, monkeypatch, code)
    monkeypatch.setattr(export_trial, "LIMITS", Limits(output_bytes=1_000_000))
    finding = ExportFinding(code="PW-X204", severity="error", message="It has no such op.", hint="")
    bundle: Any = SimpleNamespace(path=tmp_path)
    assert export_trial.refusal([finding], bundle, "onnx")["verdict"] == verdict


@pytest.mark.parametrize(("cause", "verdict"), [("PW-X210", "refused"), ("PW-X203", "killed")])
def test_trial_without_an_end_confirms_only_an_endless_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cause: str, verdict: str
) -> None:
    _make_second_trial(tmp_path, monkeypatch, "import time; time.sleep(3600)")
    monkeypatch.setattr(export_trial, "LIMITS", Limits(time_s=0.2))
    monkeypatch.setattr(export_trial, "ENDLESS_LIMITS", Limits(time_s=0.2))
    finding = ExportFinding(code=cause, severity="error", message="A loop.", hint="")
    bundle: Any = SimpleNamespace(path=tmp_path)
    assert export_trial.refusal([finding], bundle, "inference")["verdict"] == verdict


def _make_second_trial(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    head = "import os\nfrom paddle_workbench.child_process import write_answer\n"
    (folder / "second_trial.py").write_text(head + code, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=":")
    monkeypatch.setattr(export_trial, "MODULE", "second_trial")


def test_results_of_other_code_are_measured_again() -> None:
    row = {"onnx": {"code": "1"}, "mnn": {"code": "0"}}
    assert export.outdated(row, {"onnx": "1", "mnn": "1", "lite": "1"}) == ["mnn", "lite"]


@pytest.mark.parametrize(
    ("output", "dtype", "is_equal"),
    [
        ([1.0, 2.001], "float32", True),
        ([1.0, 2.1], "float32", False),
        ([1.0, 2.05], "float16", True),
        ([1.0, np.nan], "float32", False),
        ([1.0, 2.001], "int64", False),
        ([[1.0, 2.0]], "float32", False),
    ],
)
def test_outputs_agree_up_to_rounding(output: list[Any], dtype: str, is_equal: bool) -> None:
    expected = np.array([1.0, 2.0])
    assert export_trial.agree([np.array(output)], [expected], [dtype]) is is_equal
