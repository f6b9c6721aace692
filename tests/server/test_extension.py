import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate
from tornado.httpclient import HTTPClientError

from paddle_workbench.child_process import Limits
from paddle_workbench.contract import DoctorReport, ErrorMessage
from paddle_workbench.server.extension import PREFIX
from paddle_workbench.server.openapi import openapi
from paddle_workbench.server.routes import ROUTES

from ..planted import imported_from, plant


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_every_route_demands_authentication(jp_fetch: Any, route: Any) -> None:
    with pytest.raises(HTTPClientError) as caught:
        await jp_fetch(
            PREFIX,
            *route.path.split("/"),
            method=route.method.upper(),
            body=None if route.method == "get" else "{}",
            headers={"Authorization": "token wrong"},
        )
    assert caught.value.code == 403


async def test_paths_outside_the_table_are_not_found(jp_fetch: Any) -> None:
    for path in ("courses", "course/open/x", "environment", "Course"):
        with pytest.raises(HTTPClientError) as caught:
            await jp_fetch(PREFIX, path)
        assert caught.value.code == 404


def test_starting_the_server_loads_neither_pydantic_nor_the_routes() -> None:
    script = (
        "import sys, paddle_workbench.server.extension\n"
        "print('paddle_workbench.contract' in sys.modules, 'pydantic.main' in sys.modules)"
    )
    output = subprocess.check_output([sys.executable, "-c", script], text=True)
    assert output.split() == ["False", "False"]


def test_openapi_document_is_valid_and_current(repository: Path) -> None:
    document = openapi()
    validate(document)
    shipped = repository / "workbench" / "paddle_workbench" / "server" / "openapi.json"
    assert json.loads(shipped.read_text(encoding="utf-8")) == document, "run: make build"


def test_server_process_imports_no_paddle() -> None:
    script = (
        "import sys, paddle_workbench.server.extension, paddle_workbench.server.launch\n"
        "print(*(name for name in ('paddle', 'paddlenlp', 'paddleocr', 'ipywidgets')"
        " if name in sys.modules))"
    )
    output = subprocess.check_output([sys.executable, "-c", script], text=True)
    assert output.strip() == ""


@pytest.mark.paddle
async def test_doctor_runs_in_its_own_process_and_reports(
    jp_fetch: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(plant(home))
    answer = await jp_fetch(PREFIX, "environment", "doctor", request_timeout=180)
    report = DoctorReport.model_validate_json(answer.body)
    assert {"paddle", "fonts"} <= {finding.check for finding in report.findings}
    assert imported_from(home) == []


async def test_doctor_that_takes_too_long_is_ended(
    jp_fetch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paddle_workbench.server.environment.LIMITS", Limits(time_s=0.1))
    with pytest.raises(HTTPClientError) as caught:
        await jp_fetch(PREFIX, "environment", "doctor")
    error = ErrorMessage.model_validate_json(caught.value.response.body)
    assert error.message == "The doctor did not finish within 0.1 s."
    assert error.hint == "Run `workbench doctor` in a terminal to see where it hangs."


async def test_doctor_that_prints_no_report_failed(
    jp_fetch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "click.py").write_text("raise OSError('no click here')")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    with pytest.raises(HTTPClientError) as caught:
        await jp_fetch(PREFIX, "environment", "doctor")
    error = ErrorMessage.model_validate_json(caught.value.response.body)
    assert error.message == "The doctor failed: OSError: no click here"


async def test_server_rooted_elsewhere_explains_how_to_start(
    jp_fetch: Any, home: Path, tmp_path: Path, jp_serverapp: Any
) -> None:
    elsewhere = tmp_path / "home-elsewhere"  # the same beginning as the home, another folder
    elsewhere.mkdir()
    jp_serverapp.web_app.settings["server_root_dir"] = str(elsewhere)
    with pytest.raises(HTTPClientError) as caught:
        body = json.dumps({"lesson": "basics/sums"})
        await jp_fetch(PREFIX, "course", "open", method="POST", body=body)
    error = ErrorMessage.model_validate_json(caught.value.response.body)
    assert caught.value.code == 503
    assert "workbench lab" in error.hint
    assert not list(home.rglob("*.ipynb"))
