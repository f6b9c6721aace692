from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from paddle_workbench.contract import FindingState, Text
from paddle_workbench.environment.doctor import EXAMINATIONS, Examination, examine
from paddle_workbench.environment.doctor.findings import Observation
from paddle_workbench.errors import CourseError

HERE = Text(zh="这里", en="here")


def observe(name: str, state: FindingState, detail: str = "seen") -> Observation:
    repair = "" if state == "ok" else f"fix {detail}"
    return Observation(name, HERE, state, Text(zh=f"{detail}(中)", en=detail), repair)


def examination(*observations: Observation, error: Exception | None = None) -> Examination:
    def look() -> Iterator[Observation]:
        yield from observations
        if error is not None:
            raise error

    return Examination("look", HERE, look)


def test_worst_comes_first_then_from_the_ground_up() -> None:
    report = examine(
        examinations=[
            examination(observe("space", "ok"), observe("kernel", "broken")),
            examination(
                observe("python", "ok"), observe("gpu", "warning"), observe("paddle", "broken")
            ),
        ]
    )
    assert [finding.check for finding in report.findings] == [
        "paddle",
        "kernel",
        "gpu",
        "python",
        "space",
    ]
    assert report.summary.en.startswith("5 checks: 2 ok, 1 warnings, 2 broken. Paddle 3.2.2, ")
    assert report.summary.zh.startswith("5 项检查：2 项正常，1 项警告，2 项故障。Paddle 3.2.2, ")


@pytest.mark.parametrize(
    ("error", "detail", "repair"),
    [
        (KeyError("_build"), "The check itself failed: KeyError: '_build'", "--force-reinstall"),
        (CourseError("No course.", "unset IT"), "The check itself failed: No course.", "unset IT"),
    ],
)
def test_check_that_fails_is_a_finding_and_hides_no_other(
    error: Exception, detail: str, repair: str
) -> None:
    report = examine(
        language="en", examinations=[examination(error=error), examination(observe("python", "ok"))]
    )
    broken, fine = report.findings
    assert (broken.check, broken.state, broken.detail) == ("look", "broken", detail)
    assert repair in broken.repair
    assert fine.check == "python"


@pytest.mark.parametrize(("language", "detail"), [("zh", "seen(中)"), ("en", "seen")])
def test_details_are_in_the_language_that_is_set(
    language: str, detail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADDLE_WORKBENCH_LANG", language)
    (finding,) = examine(examinations=[examination(observe("python", "ok"))]).findings
    assert finding.detail == detail


def test_report_names_neither_home_nor_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/xiaoming")
    monkeypatch.setenv("LOGNAME", "xiaoming")
    seen = observe("home", "broken", "/home/xiaoming/work and /tmp/of-xiaoming")
    (finding,) = examine(language="en", examinations=[examination(seen)]).findings
    assert finding.detail == "~/work and /tmp/of-<user>"
    assert finding.repair == "fix ~/work and /tmp/of-<user>"


def test_reports_progress_after_each_check() -> None:
    steps: list[tuple[int, int, Text]] = []
    examine(
        lambda *step: steps.append(step), examinations=[examination(), examination(), examination()]
    )
    assert steps == [(1, 3, HERE), (2, 3, HERE), (3, 3, HERE)]


def test_error_in_progress_ends_the_examination() -> None:
    def stop(done: int, total: int, title: Text) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        examine(stop, examinations=[examination() for _ in range(5)])


def test_finding_with_a_fault_and_no_repair_is_refused() -> None:
    with pytest.raises(ValueError, match="broken cannot have the repair ''"):
        Observation("python", HERE, "broken", HERE)


def test_every_check_is_documented_in_both_languages() -> None:
    assert all(item.title.zh and item.title.en and item.look.__doc__ for item in EXAMINATIONS)


def test_room_imports_no_paddle() -> None:
    room = Path(__file__).parents[3] / "workbench" / "paddle_workbench" / "environment"
    heads = [line for file in room.rglob("*.py") for line in file.read_text("utf-8").splitlines()]
    # At the start of a line, so outside of every function.
    assert not [line for line in heads if line.startswith(("import paddle", "from paddle"))]
