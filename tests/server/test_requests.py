"""Whatever a request contains, the server answers with the reason, not with an internal error."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from paddle_workbench.child_process import Limits
from paddle_workbench.contract import ErrorMessage
from paddle_workbench.server.base import MAX_BODY_BYTES
from paddle_workbench.server.extension import PREFIX
from paddle_workbench.server.openapi import openapi
from paddle_workbench.server.routes import ROUTES, Route

Sender = Callable[[Any], Any]

PLAIN = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
EXAMPLES = 20
# Each starts a process.
SLOW_EXAMPLES = 6
SLOW_ROUTES = ("checks", "export/bundle", "program")


@cache
def document() -> dict[str, Any]:
    return openapi()


@pytest.fixture
def call(
    http_server: Any, http_server_port: Any, jp_base_url: str, jp_auth_header: dict[str, str]
) -> Sender:
    """Send a generated request to the server."""
    url = f"http://127.0.0.1:{http_server_port[-1]}{jp_base_url}"

    def send(case: Any) -> Any:
        return case.call(base_url=url, headers=jp_auth_header, timeout=60)

    return send


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_answers_generated_requests(
    call: Sender,
    route: Route,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Imported here because every worker collects this module, and schemathesis is slow to import.
    import hypothesis.configuration
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, strategies
    from schemathesis import GenerationMode

    monkeypatch.setattr("paddle_workbench.server.environment.LIMITS", Limits(time_s=0.1))
    hypothesis.configuration.set_hypothesis_home_dir(tmp_path / "hypothesis")
    # Without authentication, which it would try to get around.
    schema = schemathesis.openapi.from_dict(document() | {"security": []})
    operation = schema[f"/{PREFIX}/{route.path}"][route.method]
    cases = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]

    @hypothesis.settings(
        max_examples=SLOW_EXAMPLES if route.path in SLOW_ROUTES else EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    @given(case=strategies.one_of(cases))
    def send(case: Any) -> None:
        response = call(case)
        assert response.status_code < 500, response.text
        # Tornado itself rejects what is not HTTP, with an empty body.
        if response.status_code != 200 and response.content:
            ErrorMessage.model_validate_json(response.text)

    await asyncio.to_thread(send)


async def rejection(jp_fetch: Any, path: str, body: str) -> tuple[int, str]:
    with pytest.raises(HTTPClientError) as caught:
        await jp_fetch(PREFIX, *path.split("/"), method="POST", body=body)
    answer = ErrorMessage.model_validate_json(caught.value.response.body)
    return caught.value.code, answer.message


@pytest.mark.parametrize("route", ["checks", "program", "runs/form"])
@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        ("a\0b", 400, "path: String should match pattern"),
        ("", 400, "path: String should have at least 1 character"),
        ("x" * 200_000, 400, "path: String should have at most 4096 characters"),
        ("x" * 300, 422, "File name too long"),
        ("file/x", 422, "Not a directory"),
        ("loop.ipynb", 403, "its links lead in a circle"),
        ("one/x.ipynb", 403, "its links lead in a circle"),
        ("../x.ipynb", 403, "is outside the root folder"),
        ("\ud800", 400, "JSON"),
    ],
)
async def test_rejects_odd_paths(
    jp_fetch: Any, home: Path, route: str, path: str, status: int, reason: str
) -> None:
    (home / "file").touch()
    (home / "loop.ipynb").symlink_to("loop.ipynb")
    (home / "one").symlink_to("other")
    (home / "other").symlink_to("one")
    code, message = await rejection(jp_fetch, route, json.dumps({"path": path}))
    assert (code, reason in message) == (status, True), message
    assert len(message) < 600


@pytest.mark.parametrize("body", ["", "{", "null", "[" * 100_000, '{"path": "100 %", "a": 1}'])
async def test_rejects_odd_bodies(jp_fetch: Any, body: str) -> None:
    code, message = await rejection(jp_fetch, "checks", body)
    assert code == 400
    assert "%%" not in message


async def test_rejects_large_body_before_parsing_it(jp_fetch: Any) -> None:
    code, message = await rejection(jp_fetch, "checks", "[" + "1," * MAX_BODY_BYTES)
    assert code == 413
    assert message == f"The body has {2 * MAX_BODY_BYTES + 1} bytes; the limit is {MAX_BODY_BYTES}."


async def test_rejects_ordinary_notebook(jp_fetch: Any, home: Path) -> None:
    (home / "plain.ipynb").write_text(PLAIN)
    code, message = await rejection(jp_fetch, "checks", '{"path": "plain.ipynb"}')
    assert code == 422
    assert message == "plain.ipynb has no metadata `paddle_workbench`."
