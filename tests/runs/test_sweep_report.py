"""The command that repeats a sweep."""

from __future__ import annotations

from paddle_workbench.contract import RunGroup, RunRecord
from paddle_workbench.runs.reports.sweep_report import sweep_command

from .folders import make_record


def records(pairs: list[tuple[float, int]]) -> list[RunRecord]:
    group = RunGroup(id="sums-3f2a", axes=["lr", "width"], size=len(pairs))
    return [
        make_record(group=group, given=["lr", "width"], parameters={"lr": lr, "width": width})
        for lr, width in pairs
    ]


def test_repeats_all_combinations() -> None:
    command = sweep_command(records([(0.1, 1), (0.1, 2), (0.2, 1), (0.2, 2)]))
    assert command == "workbench run basics/sums.ipynb --sweep lr=0.1,0.2 --sweep width=1,2"


def test_repeats_only_the_combinations_that_were_drawn() -> None:
    assert sweep_command(records([(0.1, 1), (0.2, 2)])).splitlines() == [
        "workbench run basics/sums.ipynb -p lr 0.1 -p width 1",
        "workbench run basics/sums.ipynb -p lr 0.2 -p width 2",
    ]


def test_repeats_texts_that_a_sweep_would_take_apart() -> None:
    group = RunGroup(id="sums-3f2a", axes=["text"], size=2)
    runs = [
        make_record(group=group, given=["text"], parameters={"text": text}) for text in ("a,b", "c")
    ]
    assert sweep_command(runs).splitlines() == [
        "workbench run basics/sums.ipynb -p text a,b",
        "workbench run basics/sums.ipynb -p text c",
    ]
