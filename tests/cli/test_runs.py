"""`workbench runs` shows what is in run folders, without running anything."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from paddle_workbench.cli.runs import command
from paddle_workbench.contract import RunComparison, RunGroup, RunGroupTable
from paddle_workbench.errors import RunNotFoundError

from ..runs.folders import code, make_record, printed, write_run

GROUP = RunGroup(id="20261123-091530-sums-3f2a", axes=["lr", "seed"], size=4)


@pytest.fixture
def runs(home: Path) -> Path:
    """Three of four runs of a sweep, which differ in a metric and an output."""
    parent = home / "runs"
    for lr, seed, loss in ((0.1, 1, 0.5), (0.1, 2, 0.3), (0.01, 1, 0.75)):
        record = make_record(
            id=f"run-{lr}-{seed}",
            group=GROUP,
            parameters={"lr": lr, "seed": seed},
            metrics={"loss": loss, "steps": 10},
        )
        write_run(parent, record, code("train", "", printed(f"first\nloss {loss}\nlast\n")))
    return parent


def runs_command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments], catch_exceptions=False)


def test_compares_records_and_outputs(runs: Path) -> None:
    text = runs_command("compare", "run-0.1-1", "run-0.1-2").stdout
    assert "parameter    seed   1          2" in text
    assert "metric       loss   0.5        0.3" in text
    assert "same metric  steps  10         10" in text
    assert "The output of cell train differs between run-0.1-1 and run-0.1-2:" in text
    assert "  -loss 0.5\n  +loss 0.3\n" in text


def test_says_if_nothing_differs(runs: Path) -> None:
    text = runs_command("compare", "run-0.1-1", "run-0.1-1").stdout
    assert "The records of the runs do not differ." in text
    assert "The outputs of the cells do not differ." in text


def test_prints_a_comparison_as_json_and_draws_it(runs: Path, tmp_path: Path) -> None:
    plot = tmp_path / "plot.svg"
    result = runs_command("compare", "run-0.1-1", "run-0.01-1", "--json", "--plot", plot)
    comparison = RunComparison.model_validate_json(result.stdout)
    assert [each.name for each in comparison.differences] == ["lr", "loss"]
    assert plot.read_text(encoding="utf-8").startswith("<?xml")


def test_shows_the_table_of_a_sweep(runs: Path, tmp_path: Path) -> None:
    plot = tmp_path / "plot.png"
    text = runs_command("show", GROUP.id, "--plot", plot).stdout
    assert "4 runs: 3 succeeded, 1 missing" in text
    assert "0.01  1 of 1  0.75        -" in text
    assert "0.1   2 of 2  0.4 ± 0.14  -0.8706 … 1.671" in text
    assert "over seed" in text
    assert plot.is_file()


def test_shows_the_table_of_a_sweep_as_json(runs: Path) -> None:
    table = RunGroupTable.model_validate_json(runs_command("show", "20261123", "--json").stdout)
    assert [row.parameters for row in table.rows] == [{"lr": 0.01}, {"lr": 0.1}]


def test_shows_a_run_of_a_sweep(runs: Path) -> None:
    record = json.loads(runs_command("show", "run-0.01-1", "--json").stdout)
    assert record["group"]["id"] == GROUP.id
    refusal = runs_command("show", "run-0.01-1", "--plot", "plot.svg")
    assert refusal.exit_code == 2
    assert "--plot is for sweeps" in refusal.output


def test_exports_a_run(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert runs_command("export", "run-0.1-1").stdout.strip() == "run-0.1-1.zip"
    assert (tmp_path / "run-0.1-1.zip").is_file()
    target = tmp_path / "elsewhere.zip"
    result = runs_command("export", "run-0.1-1", "--output", target, "--json")
    assert json.loads(result.stdout) == {"path": str(target)}


def test_list_has_the_parameters_that_were_set_and_the_sweeps(runs: Path) -> None:
    record = make_record(id="run-x", given=["text"], parameters={"text": "long " * 50, "lr": 1})
    write_run(runs, record)
    text = runs_command("list").stdout
    assert "text=long long" in text
    assert "long…" in text
    assert "lr=1" not in text
    assert f"Sweep: workbench runs show {GROUP.id}" in text


def test_reports_deletes_and_restores_a_sweep(runs: Path) -> None:
    assert runs_command("report", GROUP.id).stdout.strip() == str(runs / f"{GROUP.id}.html")
    assert f"All runs of {GROUP.id} have already ended." in runs_command("cancel", GROUP.id).stdout
    assert runs_command("delete", "run-0.01-1", GROUP.id).stdout.count("was deleted") == 3
    assert "No runs yet" in runs_command("list").stdout
    assert runs_command("restore", GROUP.id).stdout.split() == [
        str(runs / f"run-{lr}-{seed}") for lr, seed in ((0.01, 1), (0.1, 1), (0.1, 2))
    ]


def test_the_beginning_of_several_runs_is_not_a_sweep(runs: Path) -> None:
    write_run(runs, make_record(id="20261123-091530-other-0000"))
    write_run(runs, make_record(id="20261123-091531-other-0001"))
    with pytest.raises(RunNotFoundError, match="2 runs start with '20261123'"):
        runs_command("delete", "20261123")
    assert runs_command("list").stdout.count("succeeded") == 5


def test_restores_a_run_elsewhere_as_delete_says(runs: Path, tmp_path: Path) -> None:
    folder = write_run(tmp_path / "other runs", make_record(id="run-far"))
    command = runs_command("delete", folder).stdout.partition("workbench runs restore ")[2]
    assert not folder.exists()
    assert runs_command("restore", *shlex.split(command)).stdout.strip() == str(folder)
    assert folder.is_dir()


def test_restores_by_the_beginning_of_an_id(runs: Path) -> None:
    runs_command("delete", "run-0.1-1", "run-0.1-2")
    for name, message in (("run-0.1", "2 deleted runs start with"), ("x", "run-0.1-1, run-0.1-2")):
        with pytest.raises(RunNotFoundError) as caught:
            runs_command("restore", name)
        assert message in str(caught.value)
    assert runs_command("restore", "run-0.1-1").stdout.strip() == str(runs / "run-0.1-1")
