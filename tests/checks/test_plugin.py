"""`pytest --workbench`: loaded everywhere, idle without its option, as strict as nbval."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

from paddle_workbench.settings import WARM_VARIABLE

from .comparison.conftest import png
from .conftest import Cell, code, result, stream

pytestmark = pytest.mark.kernel

PASSED, FAILED = "passed", "failed"
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABXvMqOgAAAABJRU5ErkJg"
)


def error(name: str, message: str) -> Cell:
    return nbformat.v4.new_output("error", ename=name, evalue=message, traceback=["a frame"])


def unrun(name: str, source: str, *outputs: Cell) -> Cell:
    cell = code(name, source, *outputs)
    cell.execution_count = None
    return cell


# The kinds of nbval's own samples, each with nbval's verdict; `test_agrees_with_nbval` asks
# nbval again.
CELLS: list[tuple[Cell, str]] = [
    (code("sum", "1 + 1", result("2")), PASSED),
    (code("sum-wrong", "1 + 1", result("3")), FAILED),
    (code("text", "print('a b')", stream("a b\n")), PASSED),
    (code("text-wrong", "print('a b')", stream("a  b\n")), FAILED),
    (code("stderr", "import sys; print('a', file=sys.stderr)", stream("a\n", "stderr")), PASSED),
    (code("stderr-moved", "print('a')", stream("a\n", "stderr")), FAILED),
    (code("streams", "print(1)\nprint(2)", stream("1\n"), stream("2\n")), PASSED),
    (code("silent", "x = 1"), PASSED),
    (code("missing", "x = 1", result("1")), FAILED),
    (code("extra", "1"), FAILED),
    (code("two", "display(1)\ndisplay(2)", *(result(n) for n in "12")), PASSED),
    (code("two-swapped", "display(2)\ndisplay(1)", *(result(n) for n in "12")), FAILED),
    (code("one-of-two", "display(1)", *(result(n) for n in "12")), FAILED),
    (code("carriage", "print('1%\\r2%')", stream("2%\n")), PASSED),
    (code("ignored", "import os; os.getpid()", result("1"), tags=["nbval-ignore-output"]), PASSED),
    (code("ignored-comment", "# NBVAL_IGNORE_OUTPUT\n7", result("8")), PASSED),
    (code("skipped", "1 / 0", result("1"), tags=["nbval-skip"]), "skipped"),
    (code("skipped-comment", "# NBVAL_SKIP\n1 / 0"), "skipped"),
    (code("ignored-old", "# PYTEST_VALIDATE_IGNORE_OUTPUT\n7", result("8")), PASSED),
    (code("held", "7", result("8"), tags=["nbval-check-output"]), FAILED),
    (
        code("comment-before-tag", "# NBVAL_CHECK_OUTPUT\n7", result("8"),
             tags=["nbval-ignore-output"]),
        FAILED,
    ),
    (
        code("raises-tag", "1 / 0", error("ZeroDivisionError", "division by zero"),
             tags=["nbval-raises-exception"]),
        PASSED,
    ),
    (
        code("raises", "1 / 0", error("ZeroDivisionError", "division by zero"),
             tags=["raises-exception"]),
        PASSED,
    ),
    (
        code("raises-comment", "# NBVAL_RAISES_EXCEPTION\n1 / 0",
             error("ZeroDivisionError", "division by zero")),
        PASSED,
    ),
    (
        code("raises-other", "{}[1]", error("ZeroDivisionError", "division by zero"),
             tags=["raises-exception"]),
        FAILED,
    ),
    (
        code("raises-differently", "1 / 0", error("ZeroDivisionError", "by zero"),
             tags=["raises-exception"]),
        FAILED,
    ),
    (code("html", "display({'text/html': '<b>a</b>'}, raw=True)",
          nbformat.v4.new_output("display_data", {"text/html": "<b>a</b>"})), PASSED),
    (code("html-wrong", "display({'text/html': '<b>a</b>'}, raw=True)",
          nbformat.v4.new_output("display_data", {"text/html": "<b>b</b>"})), FAILED),
    (code("latex", "display({'text/latex': '$x$'}, raw=True)",
          nbformat.v4.new_output("display_data", {"text/latex": "$x$"})), PASSED),
    (code("json", "display({'application/json': {'a': [1, 2]}}, raw=True)",
          nbformat.v4.new_output("display_data", {"application/json": {"a": [1, 2]}})), PASSED),
    (code("json-wrong", "display({'application/json': {'a': [1, 2]}}, raw=True)",
          nbformat.v4.new_output("display_data", {"application/json": {"a": [2, 1]}})), FAILED),
    (code("picture", f"display({{'image/png': '{PIXEL}'}}, raw=True)",
          nbformat.v4.new_output("display_data", {"image/png": PIXEL})), PASSED),
    (unrun("unrun-silent", "x = 1"), PASSED),
    (unrun("unrun-with-output", "1", result("1")), FAILED),
]  # fmt: skip
# Where a tolerance applies, or where the workbench is stricter on purpose: nbval, workbench.
STRICTER: list[tuple[Cell, str, str]] = [
    (code("rounded", "0.50000001", result("0.5")), FAILED, PASSED),
    (code("time", "print('Wall time: 1.5 ms')", stream("Wall time: 9.5 ms\n")), FAILED, PASSED),
    (unrun("unrun-and-unchecked", "1"), PASSED, FAILED),
    (code("raises-nothing", "x = 1", tags=["raises-exception"]), PASSED, FAILED),
    (
        code("picture-wrong", f"display({{'image/png': '{PIXEL}'}}, raw=True)",
             nbformat.v4.new_output("display_data", {"image/png": png(np.zeros((3, 3, 3)))})),
        PASSED,
        FAILED,
    ),
]  # fmt: skip


def write(folder: Path, cells: list[Cell], name: str = "sample") -> Path:
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "paddle", "display_name": "", "language": "python"}
    path = folder / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path


def pytest_verdicts(folder: Path, *options: str, cells: list[Cell]) -> dict[str, str]:
    """Run pytest as anybody would, and return what it says of each cell."""
    completed = run_pytest(folder, *options, "--junit-xml", str(folder / "junit.xml"))
    cases = ET.parse(folder / "junit.xml").getroot().iter("testcase")  # noqa: S314 - just written
    verdicts = []
    for case in cases:
        kinds = {child.tag for child in case}
        wrong = kinds & {"failure", "error"}
        verdicts.append(FAILED if wrong else "skipped" if "skipped" in kinds else PASSED)
    assert len(verdicts) == len(cells), completed.stdout
    return {cell.id: verdict for cell, verdict in zip(cells, verdicts, strict=True)}


def run_pytest(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    environment = {n: v for n, v in os.environ.items() if not n.startswith("PYTEST_")}
    # Cold, but its ports are kept for it: others start kernels at the same time.
    environment[WARM_VARIABLE] = "0"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, str(folder)]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_agrees_with_nbval(tmp_path: Path) -> None:
    both = [cell for cell, _ in CELLS] + [cell for cell, _, _ in STRICTER]
    write(tmp_path, both)
    nbval = pytest_verdicts(tmp_path, "--nbval", cells=both)
    workbench = pytest_verdicts(tmp_path, "--workbench", cells=both)
    assert {cell.id: nbval[cell.id] for cell, _ in CELLS} == {
        cell.id: verdict for cell, verdict in CELLS
    }
    assert {cell.id: workbench[cell.id] for cell, _ in CELLS} == {
        cell.id: verdict for cell, verdict in CELLS
    }
    assert {cell.id: (nbval[cell.id], workbench[cell.id]) for cell, _, _ in STRICTER} == {
        cell.id: (theirs, ours) for cell, theirs, ours in STRICTER
    }


def test_does_nothing_without_its_option(tmp_path: Path) -> None:
    write(tmp_path, [code("wrong", "1", result("2"))])
    idle = run_pytest(tmp_path)
    assert "no tests ran" in idle.stdout
    script = (
        "import sys, paddle_workbench.checks.plugin\n"
        "print([n for n in ('nbformat', 'nbclient', 'pydantic', 'nbval') if n in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"


def test_leaves_nothing_next_to_the_notebook(tmp_path: Path) -> None:
    path = write(tmp_path, [code("right", "1 + 1", result("2"))])
    content = path.read_bytes()
    assert run_pytest(tmp_path, "--workbench").returncode == 0
    assert {file.name for file in tmp_path.iterdir()} == {path.name, "pytest.ini"}
    assert path.read_bytes() == content


def test_failure_names_the_difference(tmp_path: Path) -> None:
    write(tmp_path, [code("loss", "print('loss', 0.505)", stream("loss 0.5\n"))])
    completed = run_pytest(tmp_path, "--workbench")
    assert completed.returncode == 1
    assert "stdout: 0.505 instead of 0.5 (1 % more)." in completed.stdout


@pytest.mark.parametrize("workers", [["-n", "2", "--dist", "loadfile"], ["--workbench-jobs", "2"]])
def test_notebooks_run_side_by_side(tmp_path: Path, workers: list[str]) -> None:
    for name in ("a", "b", "c"):
        cells = [code("set", f"x = {name!r}"), code("get", "x", result(f"'{name}'"))]
        write(tmp_path, cells, name)
    completed = run_pytest(tmp_path, "--workbench", *workers)
    assert completed.returncode == 0, completed.stdout
    assert "6 passed" in completed.stdout


def test_longest_notebooks_start_first(tmp_path: Path) -> None:
    minutes: dict[str, Any] = {"a": 2, "b": 30, "c": 5, "d": None}
    for name, value in minutes.items():
        path = write(tmp_path, [code("one", "1", result("1"))], name)
        notebook = nbformat.read(path, as_version=4)
        if value is not None:
            notebook.metadata["paddle_workbench"] = {"minutes": value}
        nbformat.write(notebook, path)
    listing = run_pytest(tmp_path, "--workbench", "--collect-only", "-q").stdout
    order = [line.split(".ipynb")[0] for line in listing.splitlines() if "::" in line]
    # A notebook that does not say how long it takes is taken for ten minutes.
    assert order == ["b", "d", "c", "a"]


def test_rejects_the_option_of_nbval(tmp_path: Path) -> None:
    write(tmp_path, [code("one", "1", result("1"))])
    completed = run_pytest(tmp_path, "--workbench", "--nbval")
    assert completed.returncode == 4
    assert "use only one of them" in completed.stderr
