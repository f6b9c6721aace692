"""Calls of the routes of runs, and runs that are there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from paddle_workbench.contract import (
    ErrorMessage,
    Model,
    RunList,
)
from paddle_workbench.runs.store.records import write_record
from paddle_workbench.server.extension import PREFIX

from ..runs.test_records import record


class Client:
    """Calls the routes of runs."""

    def __init__(self, fetch: Any) -> None:
        self._fetch = fetch

    async def list(self) -> RunList:
        answer = await self._fetch(PREFIX, "runs")
        return RunList.model_validate_json(answer.body)

    async def post(self, route: str, **fields: Any) -> bytes:
        body = json.dumps(fields)
        answer = await self._fetch(PREFIX, *route.split("/"), method="POST", body=body)
        content: bytes = answer.body
        return content

    async def report(self, run_id: str) -> Any:
        return await self._fetch(PREFIX, "runs", "report", params={"id": run_id})


def add_run(home: Path, name: str, **fields: Any) -> Path:
    folder = home / "runs" / name
    folder.mkdir(parents=True)
    write_record(folder, record(folder, **fields))
    return folder


async def rejection(answer: Any) -> tuple[int, str]:
    with pytest.raises(HTTPClientError) as caught:
        await answer
    error = ErrorMessage.model_validate_json(caught.value.response.body)
    return caught.value.code, error.message


def parsed(model: type[Model], content: bytes) -> Any:
    return model.model_validate_json(content)
