"""The event stream is authenticated, and resumes with the current states."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from paddle_workbench.contract import ErrorMessage, KernelReport
from paddle_workbench.course.workspace import Workspace
from paddle_workbench.jobs import JobControl
from paddle_workbench.server.extension import PREFIX
from paddle_workbench.server.services import Services
from paddle_workbench.settings import settings

from .conftest import find_jobs, next_event, wait_for_job

RESULT = KernelReport(paddle=None, device=None, python="3.11", warm=False)


async def services_of(jp_fetch: Any, jp_serverapp: Any) -> Services:
    await jp_fetch(PREFIX, "course")  # the first request creates them
    (extension,) = jp_serverapp.extension_manager.extension_apps["paddle_workbench"]
    services: Services = extension._router.services
    return services


async def test_stream_demands_authentication(jp_ws_fetch: Any, jp_fetch: Any) -> None:
    with pytest.raises(HTTPClientError) as caught:
        await jp_ws_fetch(PREFIX, "events", headers={"Authorization": "token wrong"})
    assert caught.value.code == 403


async def test_reconnected_client_receives_the_end_of_the_job(
    jp_serverapp: Any, jp_fetch: Any, jp_ws_fetch: Any
) -> None:
    services = await services_of(jp_fetch, jp_serverapp)
    proceed = threading.Event()

    def work(job: JobControl) -> KernelReport:
        job.advance(1, 2)
        assert proceed.wait(60)
        job.advance(2, 2)
        return RESULT

    socket = await jp_ws_fetch(PREFIX, "events")
    job = services.jobs.start("doctor", "", work)
    event = await next_event(socket)
    while event.job is None or event.job.progress.done != 1:
        event = await next_event(socket)
    socket.close()
    proceed.set()
    assert (await wait_for_job(jp_ws_fetch, job.id)).state == "succeeded"
    again = await jp_ws_fetch(PREFIX, "events", params={"after": event.id})
    event = await next_event(again)
    # One event, although the job has changed several times.
    assert event.job is not None
    assert (event.job.state, event.job.progress.done) == ("succeeded", 2)
    services.events.publish("course", "course")
    assert (await next_event(again)).topic == "course"
    again.close()


async def test_reports_changes_of_the_course_by_other_servers(
    jp_serverapp: Any, jp_fetch: Any, jp_ws_fetch: Any
) -> None:
    await services_of(jp_fetch, jp_serverapp)
    socket = await jp_ws_fetch(PREFIX, "events")
    # As another server with the same home does.
    Workspace(settings()).open("basics/sums", "zh")
    event = await next_event(socket)
    assert event.topic == "course"
    socket.close()
    # Changes while no browser is connected are reported too.
    Workspace(settings()).open("basics/products", "zh")
    again = await jp_ws_fetch(PREFIX, "events", params={"after": event.id})
    assert (await next_event(again)).topic == "course"
    again.close()


async def test_lists_jobs_and_returns_results(
    jp_serverapp: Any, jp_fetch: Any, jp_ws_fetch: Any, home: Path
) -> None:
    services = await services_of(jp_fetch, jp_serverapp)
    job = services.jobs.start("doctor", "", lambda _job: RESULT)
    await wait_for_job(jp_ws_fetch, job.id)
    answer = await jp_fetch(PREFIX, "jobs", "result", params={"id": job.id})
    assert KernelReport.model_validate_json(answer.body) == RESULT
    assert [each.id for each in await find_jobs(jp_fetch, kind="doctor")] == [job.id]
    assert await find_jobs(jp_fetch, kind="check") == []
    body = json.dumps({"id": "20261123-091530-check-3f2a"})
    with pytest.raises(HTTPClientError) as caught:
        await jp_fetch(PREFIX, "jobs", "cancel", method="POST", body=body)
    assert caught.value.code == 404
    error = ErrorMessage.model_validate_json(caught.value.response.body)
    assert "20261123-091530-check-3f2a" in error.message
