"""Jobs run a limited number at a time, can be cancelled, and are kept on disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from paddle_workbench.contract import Job, KernelReport, Text
from paddle_workbench.errors import BundleError, JobNotFoundError, StorageError, WorkbenchError
from paddle_workbench.jobs import EventLog, JobControl, Jobs
from paddle_workbench.jobs import jobs as jobs_module

# Any model of the contract can be a result.
RESULT = KernelReport(paddle="3.2.2", device="cpu", python="3.11", warm=True)
LIMIT_S = 60


@pytest.fixture
def events() -> EventLog:
    return EventLog()


@pytest.fixture
def jobs(tmp_path: Path, events: EventLog) -> Iterator[Jobs]:
    jobs = Jobs(tmp_path / "jobs", events, workers=1)
    yield jobs
    jobs.close()


@pytest.fixture
def wait(jobs: Jobs, events: EventLog) -> Callable[[str, str], Job]:
    """Wait until a job is in a state, and return it."""

    def wait(job_id: str, state: str) -> Job:
        change = threading.Event()
        unsubscribe = events.subscribe(change.set)
        try:
            while jobs.get(job_id).state != state:
                assert change.wait(LIMIT_S), f"{job_id} is {jobs.get(job_id).state}"
                change.clear()
        finally:
            unsubscribe()
        return jobs.get(job_id)

    return wait


Wait = Callable[[str, str], Job]


class BlockedWork:
    """Work that waits until it is released."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.release = threading.Event()

    def __call__(self, job: JobControl) -> KernelReport:
        self.started.set()
        assert self.release.wait(LIMIT_S)
        job.check()
        return RESULT


def test_keeps_result_and_state_on_disk(jobs: Jobs, wait: Wait, tmp_path: Path) -> None:
    work = BlockedWork()
    job = jobs.start("check", "a.ipynb", work)
    assert (job.kind, job.subject, job.is_active) == ("check", "a.ipynb", True)
    wait(job.id, "running")
    with pytest.raises(JobNotFoundError):
        jobs.result(job.id)
    work.release.set()
    job = wait(job.id, "succeeded")
    assert job.started_at is not None
    assert job.finished_at is not None
    assert KernelReport.model_validate_json(jobs.result(job.id)) == RESULT
    # Another server with this home finds it.
    again = Jobs(tmp_path / "jobs", EventLog())
    assert again.get(job.id).state == "succeeded"
    assert KernelReport.model_validate_json(again.result(job.id)) == RESULT


def test_second_start_returns_the_active_job(jobs: Jobs, wait: Wait) -> None:
    work = BlockedWork()
    first = jobs.start("check", "a.ipynb", work)
    assert jobs.start("check", "a.ipynb", work).id == first.id
    other = jobs.start("check", "b.ipynb", work)
    assert other.id != first.id
    work.release.set()
    wait(first.id, "succeeded")
    wait(other.id, "succeeded")
    assert jobs.start("check", "a.ipynb", work).id != first.id


def test_jobs_wait_for_a_free_worker(jobs: Jobs, wait: Wait) -> None:
    first, second = BlockedWork(), BlockedWork()
    one = jobs.start("check", "a.ipynb", first)
    two = jobs.start("check", "b.ipynb", second)
    wait(one.id, "running")
    assert jobs.get(two.id).state == "queued"
    first.release.set()
    second.release.set()
    wait(two.id, "succeeded")
    assert [job.id for job in jobs.find("check")] == [two.id, one.id]
    assert [job.id for job in jobs.find("check", "a.ipynb")] == [one.id]
    assert jobs.find("doctor") == []


def test_publishes_progress(jobs: Jobs, events: EventLog, wait: Wait) -> None:
    work = BlockedWork()
    step = Text(zh="导入", en="Imports")

    def advance(job: JobControl) -> KernelReport:
        job.advance(3, 17, step)
        return work(job)

    job = jobs.start("doctor", "", advance)
    assert work.started.wait(LIMIT_S)
    progress = jobs.get(job.id).progress
    assert (progress.done, progress.total, progress.step) == (3, 17, step)
    (event,) = events.after("")
    assert event.job == jobs.get(job.id)
    work.release.set()
    wait(job.id, "succeeded")


def test_cancelled_job_ends_at_its_next_step(jobs: Jobs, wait: Wait) -> None:
    running, waiting = BlockedWork(), BlockedWork()
    one = jobs.start("check", "a.ipynb", running)
    two = jobs.start("check", "b.ipynb", waiting)
    assert running.started.wait(LIMIT_S)
    assert jobs.cancel(two.id).state == "cancelled"
    assert jobs.cancel(one.id).state == "running"
    running.release.set()
    assert wait(one.id, "cancelled").error is None
    assert jobs.cancel(one.id).state == "cancelled"
    assert not waiting.started.is_set()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (WorkbenchError("There is no lesson.", "Open one."), "There is no lesson."),
        (ZeroDivisionError("division"), "An unexpected error occurred in the server."),
        (BundleError("No program.", "Make it.", code="PW-X304"), "PW-X304 No program."),
    ],
)
def test_failure_has_a_message(error: Exception, message: str, jobs: Jobs, wait: Wait) -> None:
    def fail(_job: JobControl) -> KernelReport:
        raise error

    job = wait(jobs.start("check", "a.ipynb", fail).id, "failed")
    assert job.error is not None
    assert job.error.message == message
    assert job.error.hint


SERVER = """
import sys, threading
from pathlib import Path
from paddle_workbench.jobs import EventLog, Jobs

jobs = Jobs(Path(sys.argv[1]), EventLog())
jobs.start("check", "a.ipynb", lambda job: threading.Event().wait())
print("started", flush=True)
threading.Event().wait()
"""


def test_job_of_a_killed_server_is_lost(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"started\n"
        assert Jobs(tmp_path, EventLog()).find() == []
        process.kill()
    (path,) = tmp_path.glob("*/job.json")
    # A later process has the same id, and the clock was set forward meanwhile.
    later = {"process_id": os.getpid(), "created_at": "2100-01-01T00:00:00Z"}
    path.write_text(json.dumps(json.loads(path.read_text()) | later))
    (lost,) = Jobs(tmp_path, EventLog()).find()
    assert lost.state == "lost"
    assert lost.error is not None
    assert json.loads(path.read_text())["state"] == "lost"


def test_active_job_of_another_server_is_left_to_it(jobs: Jobs, tmp_path: Path) -> None:
    work = BlockedWork()
    job = jobs.start("check", "a.ipynb", work)
    assert work.started.wait(LIMIT_S)
    path = tmp_path / "jobs" / job.id / "job.json"
    content = path.read_bytes()
    # It cannot follow or cancel the job, so it starts its own.
    other = Jobs(tmp_path / "jobs", EventLog())
    assert other.find() == []
    assert other.start("check", "a.ipynb", lambda _job: RESULT).id != job.id
    other.close()
    assert path.read_bytes() == content
    work.release.set()


def test_job_in_the_folder_of_another_is_ignored(jobs: Jobs, wait: Wait, tmp_path: Path) -> None:
    job = jobs.start("check", "a.ipynb", lambda _job: RESULT)
    wait(job.id, "succeeded")
    for name in ("../../outside", job.id):
        folder = tmp_path / "jobs" / f"{job.id[:-4]}0000"
        folder.mkdir(exist_ok=True)
        content = json.loads(job.model_dump_json()) | {"id": name, "process_id": 2**31 - 1}
        (folder / "job.json").write_text(json.dumps(content))
        assert [each.id for each in Jobs(tmp_path / "jobs", EventLog()).find()] == [job.id]
    assert not (tmp_path / "outside").exists()


def test_broken_files_do_not_hide_other_jobs(jobs: Jobs, wait: Wait, tmp_path: Path) -> None:
    job = jobs.start("check", "a.ipynb", lambda _job: RESULT)
    wait(job.id, "succeeded")
    for name, content in (("a", ""), ("b", "[" * 5000), ("c", '{"schema_version": 9}')):
        (tmp_path / "jobs" / name).mkdir()
        (tmp_path / "jobs" / name / "job.json").write_text(content)
    assert [each.id for each in Jobs(tmp_path / "jobs", EventLog()).find()] == [job.id]


def test_deletes_old_jobs(
    jobs: Jobs, wait: Wait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "MAX_FINISHED", 2)
    for number in range(5):
        wait(jobs.start("check", str(number), lambda _job: RESULT).id, "succeeded")
    assert [job.subject for job in jobs.find()] == ["4", "3", "2"]
    assert len(list((tmp_path / "jobs").iterdir())) == 3


def test_rejects_job_if_the_home_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    jobs = Jobs(tmp_path / "file" / "jobs", EventLog())
    with pytest.raises(StorageError):
        jobs.start("check", "a.ipynb", lambda _job: RESULT)
    assert jobs.find() == []


@pytest.mark.parametrize("job_id", ["../..", "20261123-091530-check-3f2a", ""])
def test_unknown_jobs_are_not_found(job_id: str, jobs: Jobs) -> None:
    for function in (jobs.get, jobs.result, jobs.cancel):
        with pytest.raises(JobNotFoundError):
            function(job_id)
