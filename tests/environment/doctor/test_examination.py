from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from functools import partial
from pathlib import Path

import pytest

from paddle_workbench.contract import Finding, FindingState, Text
from paddle_workbench.environment.doctor import EXAMINATIONS, Examination, examine
from paddle_workbench.environment.doctor.findings import Observation
from paddle_workbench.environment.doctor.paddle import examine_fonts
from paddle_workbench.errors import CourseError

from ..conftest import MakePackage

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


def test_orders_findings_by_state_and_then_by_part() -> None:
    report = examine(
        [
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
    assert report.summary.en.startswith("5 checks: 2 ok, 1 warning, 2 broken. Paddle 3.2.2, ")
    assert report.summary.zh.startswith("5 项检查：2 项正常，1 项警告，2 项故障。Paddle 3.2.2, ")


@pytest.mark.parametrize(
    ("error", "detail", "repair"),
    [
        (KeyError("_build"), "The check itself failed: KeyError: '_build'", "--force-reinstall"),
        (CourseError("No course.", "unset IT"), "The check itself failed: No course.", "unset IT"),
    ],
)
def test_failing_examination_is_a_finding_and_hides_no_other(
    error: Exception, detail: str, repair: str
) -> None:
    report = examine(
        [examination(error=error), examination(observe("python", "ok"))], language="en"
    )
    broken, fine = report.findings
    assert (broken.check, broken.state, broken.detail) == ("look", "broken", detail)
    assert repair in broken.repair
    assert fine.check == "python"


@pytest.mark.parametrize(("language", "detail"), [("zh", "seen(中)"), ("en", "seen")])
def test_details_are_in_the_chosen_language(
    language: str, detail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADDLE_WORKBENCH_LANG", language)
    (finding,) = examine([examination(observe("python", "ok"))]).findings
    assert finding.detail == detail


def test_redacts_home_and_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/xiaoming")
    monkeypatch.setenv("LOGNAME", "xiaoming")
    observation = observe("home", "broken", "/home/xiaoming/work and /tmp/of-xiaoming")
    (finding,) = examine([examination(observation)], language="en").findings
    assert finding.detail == "~/work and /tmp/of-<user>"
    assert finding.repair == "fix ~/work and /tmp/of-<user>"


def test_reports_progress_after_each_finding() -> None:
    progress: list[tuple[int, int, Finding]] = []
    report = examine(
        [
            examination(observe("python", "ok"), observe("gpu", "warning")),
            examination(),
            examination(observe("space", "ok")),
        ],
        listener=lambda *step: progress.append(step),
    )
    assert sorted(finding.check for _, _, finding in progress) == ["gpu", "python", "space"]
    assert {finding.check for _, _, finding in progress} == {
        finding.check for finding in report.findings
    }
    assert all(1 <= done <= total == 3 for done, total, _ in progress)
    numbers = [done for done, _, _ in progress]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) == 2


def test_error_in_listener_ends_the_examination() -> None:
    def interrupt(done: int, total: int, finding: Finding) -> None:
        raise KeyboardInterrupt

    stop = threading.Event()
    with pytest.raises(KeyboardInterrupt):
        examine(
            [examination(observe("python", "ok")) for _ in range(5)], listener=interrupt, stop=stop
        )
    assert stop.is_set()


def test_stop_ends_a_probe(make_package: MakePackage) -> None:
    make_package("matplotlib", "import time\nwhile True: time.sleep(1)")
    endless = Examination("fonts", HERE, partial(examine_fonts, timeout_s=3600), runs_probes=True)
    stop = threading.Event()
    findings: list[Finding] = []

    def stop_at_first(done: int, total: int, finding: Finding) -> None:
        findings.append(finding)
        stop.set()

    with pytest.raises(CancelledError):
        examine([endless, examination(observe("python", "ok"))], listener=stop_at_first, stop=stop)
    assert [finding.check for finding in findings] == ["python"]


def test_starts_nothing_after_stop() -> None:
    stop = threading.Event()
    stop.set()
    names: list[str] = []

    def look() -> Iterator[Observation]:
        names.append("look")
        yield from ()

    with pytest.raises(CancelledError):
        examine([Examination("look", HERE, look)], stop=stop)
    assert names == []


def test_rejects_fault_without_repair() -> None:
    with pytest.raises(ValueError, match="broken cannot have the repair ''"):
        Observation("python", HERE, "broken", HERE)


def test_every_examination_has_titles_and_a_docstring() -> None:
    assert all(item.title.zh and item.title.en and item.look.__doc__ for item in EXAMINATIONS)


def test_environment_does_not_import_paddle() -> None:
    room = Path(__file__).parents[3] / "workbench" / "paddle_workbench" / "environment"
    heads = [line for file in room.rglob("*.py") for line in file.read_text("utf-8").splitlines()]
    # At the start of a line: outside functions.
    assert not [line for line in heads if line.startswith(("import paddle", "from paddle"))]
