"""Runs and checks of notebooks use warm kernels by default."""

from __future__ import annotations

from pathlib import Path

import nbformat
from click.testing import CliRunner

from paddle_workbench.cli import check, run
from paddle_workbench.kernels import client

from .conftest import start
from .sessions import Session, wait_until

IS_WARM = "import sys; 'paddle_workbench.kernels.warm_kernel' in sys.modules"


def notebook(path: Path, expected: str) -> Path:
    """Write a notebook whose output shows whether its kernel is warm."""
    new = nbformat.v4
    cells = [
        new.new_code_cell("n = 1", id="parameters", metadata={"tags": ["parameters"]}),
        new.new_code_cell(
            IS_WARM,
            id="warm",
            execution_count=2,
            outputs=[new.new_output("execute_result", {"text/plain": expected}, execution_count=2)],
        ),
    ]
    kernel = {"name": "paddle", "display_name": "Paddle (Python 3)", "language": "python"}
    lesson = {
        "schema_version": 1,
        "lesson": "basics/warm",
        "title": {"zh": "热", "en": "Warm"},
        "objectives": {"zh": ["看"], "en": ["Look"]},
        "minutes": 1,
        "device": "any",
        "requires": [],
        "article": [],
    }
    metadata = {"kernelspec": kernel, "paddle_workbench": lesson}
    nbformat.write(new.new_notebook(cells=cells, metadata=metadata), path)
    return path


def test_papermill_gets_a_warm_kernel(
    light_server: dict[str, object], home: Path, small_course: Path, tmp_path: Path
) -> None:
    path = notebook(tmp_path / "warm.ipynb", "True")
    done = CliRunner().invoke(run.command, [str(path), "--output-dir", str(tmp_path / "runs")])
    assert done.exit_code == 0, (done.output, light_server)
    [output] = (tmp_path / "runs").rglob("output.ipynb")
    cells = nbformat.read(output, as_version=4).cells
    assert cells[-1].outputs[0].data["text/plain"] == "True"


def test_nbval_gets_a_warm_kernel(
    light_server: dict[str, object], home: Path, small_course: Path, tmp_path: Path
) -> None:
    right = notebook(tmp_path / "right.ipynb", "True")
    done = CliRunner().invoke(check.command, [str(right)])
    assert done.exit_code == 0, (done.output, light_server)
    wrong = notebook(tmp_path / "wrong.ipynb", "False")
    assert CliRunner().invoke(check.command, [str(wrong)]).exit_code == 1


def test_first_kernel_starts_the_fork_server(directory: Path) -> None:
    with Session.several() as make:
        assert not make().is_warm
        wait_until(lambda: (client.read_status() or {}).get("state") == "ready", limit_s=120)
        assert make().is_warm
    pid = client.read_status()["pid"]
    variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    # Not that of the kernel, which has ended.
    assert not [each for each in variables if each.startswith(b"TMPDIR=") and b"-kernel-" in each]
    assert start("json")["state"] == "ready"
