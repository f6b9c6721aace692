"""Plots have labels, and say if there is nothing to draw."""

from __future__ import annotations

from pathlib import Path

import pytest

from paddle_workbench.contract import RunComparison, RunGroup
from paddle_workbench.errors import ParameterError, StorageError
from paddle_workbench.runs.results.comparison import compare_runs
from paddle_workbench.runs.results.groups import group_table
from paddle_workbench.runs.results.plots import comparison_figure, group_figure, save_figure

from .folders import code, make_record, write_run


@pytest.fixture
def comparison(tmp_path: Path) -> RunComparison:
    folders = [
        write_run(
            tmp_path,
            make_record(
                id=f"run{lr}",
                parameters={"lr": lr, "名字": "中文"},
                metrics={"loss": lr, "准确率": 0.9 - lr, "note": "text"},
            ),
            code("a"),
            metrics=[(i, "loss", lr / (i + 1)) for i in range(5)],
        )
        for lr in (0.1, 0.2)
    ]
    return compare_runs(folders)


def test_draws_series_and_last_values_with_direct_labels(
    comparison: RunComparison, tmp_path: Path
) -> None:
    figure = comparison_figure(comparison)
    over_time, values = figure.axes
    assert over_time.get_xlabel() == "time since the start (s)"
    assert over_time.get_ylabel() == "loss"
    assert [text.get_text() for text in over_time.texts] == ["lr=0.1", "lr=0.2"]
    assert values.get_xlabel() == "准确率"
    path = tmp_path / "plot.svg"
    save_figure(figure, path)
    assert "<svg" in path.read_text(encoding="utf-8")


def test_draws_a_sweep_with_means_and_intervals(tmp_path: Path) -> None:
    group = RunGroup(id="g", axes=["lr", "kind", "seed"], size=12)
    records = [
        make_record(
            id=f"{lr}{kind}{seed}",
            group=group,
            parameters={"lr": lr, "kind": kind, "seed": seed},
            metrics={"accuracy": 0.5 + lr + seed / 100},
        )
        for lr in (0.001, 0.01, 0.1)
        for kind in ("cnn", "rnn")
        for seed in (1, 2)
    ]
    figure = group_figure(group_table(records))
    against_lr, against_kind = figure.axes
    assert (against_lr.get_xlabel(), against_lr.get_ylabel()) == ("lr", "accuracy")
    assert against_lr.get_xscale() == "log"
    assert [text.get_text() for text in against_lr.texts] == ["kind=cnn", "kind=rnn"]
    assert [text.get_text() for text in against_kind.get_xticklabels()] == ["cnn", "rnn"]
    save_figure(figure, tmp_path / "plot.png")


def test_says_if_there_is_nothing_to_draw(comparison: RunComparison) -> None:
    runs = [run.model_copy(update={"metrics": {"note": "text"}}) for run in comparison.runs]
    empty = comparison.model_copy(update={"runs": runs, "series": {}})
    with pytest.raises(ParameterError, match="nothing to draw"):
        comparison_figure(empty)


def test_rejects_files_that_it_cannot_write(comparison: RunComparison, tmp_path: Path) -> None:
    figure = comparison_figure(comparison)
    with pytest.raises(ParameterError, match="no known format"):
        save_figure(figure, tmp_path / "plot.txt")
    with pytest.raises(StorageError):
        save_figure(figure, tmp_path / "missing" / "plot.svg")
