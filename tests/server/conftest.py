import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_jupyter.jupyter_core import jp_asyncio_loop
from pytest_jupyter.jupyter_server import jp_server_cleanup

from paddle_workbench.contract import Job, JobList, ServerEvent
from paddle_workbench.runs.queue.slots import dispatcher_lock

from ..runs.conftest import make_notebook
from .run_routes import Client

__all__ = ["find_jobs", "jp_asyncio_loop", "jp_server_cleanup", "next_event", "wait_for_job"]

LIMIT_S = 120.0


@pytest.fixture
def jp_server_config(home: Path, small_course: Path) -> dict[str, object]:
    return {"ServerApp": {"jpserver_extensions": {"paddle_workbench": True}}}


@pytest.fixture
def jp_root_dir(home: Path) -> Path:
    return home


async def next_event(socket: Any) -> ServerEvent:
    message = await asyncio.wait_for(socket.read_message(), LIMIT_S)
    assert message is not None, "The server closed the stream."
    return ServerEvent.model_validate_json(message)


async def wait_for_job(jp_ws_fetch: Any, job_id: str) -> Job:
    """Follow the event stream until a job has ended, and return the job."""
    socket = await jp_ws_fetch("paddle-workbench", "events")
    try:
        while True:
            job = (await next_event(socket)).job
            if job is not None and job.id == job_id and not job.is_active:
                return job
    finally:
        socket.close()


async def find_jobs(jp_fetch: Any, **query: str) -> list[Job]:
    answer = await jp_fetch("paddle-workbench", "jobs", params=query)
    return JobList.model_validate_json(answer.body).jobs


@pytest.fixture
def client(jp_fetch: Any) -> Client:
    return Client(jp_fetch)


@pytest.fixture
def notebook(home: Path) -> Path:
    return make_notebook(home / "01_training.ipynb", [("train", 'record("loss", lr)')])


@pytest.fixture
def no_dispatcher(home: Path) -> Iterator[None]:
    """Keep the server from starting the runs that wait."""
    lock = dispatcher_lock(home / "runs")
    assert lock is not None
    yield
    os.close(lock)
