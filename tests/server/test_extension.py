import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate
from tornado.httpclient import HTTPClientError
from traitlets import TraitError

from paddle_workbench.child_process import Limits
from paddle_workbench.contract import DoctorReport, ErrorMessage, Job
from paddle_workbench.server.extension import PREFIX, WorkbenchExtension
from paddle_workbench.server.openapi import openapi
from paddle_workbench.server.routes import ROUTES

from ..planted import imported_from, plant
from .conftest import ended_job


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


async def examined(jp_fetch: Any, jp_ws_fetch: Any) -> Job:
    answer = await jp_fetch(PREFIX, "environment", "doctor", method="POST", body="{}")
    return await ended_job(jp_ws_fetch, Job.model_validate_json(answer.body).id)


@pytest.mark.paddle
async def test_doctor_runs_in_its_own_process_and_reports(
    jp_fetch: Any, jp_ws_fetch: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(plant(home))
    job = await examined(jp_fetch, jp_ws_fetch)
    assert job.progress.done == job.progress.total > 10
    assert job.progress.step is not None
    answer = await jp_fetch(PREFIX, "jobs", "result", params={"id": job.id})
    report = DoctorReport.model_validate_json(answer.body)
    assert {"paddle", "fonts"} <= {finding.check for finding in report.findings}
    assert imported_from(home) == []


async def test_doctor_that_takes_too_long_is_ended(
    jp_fetch: Any, jp_ws_fetch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paddle_workbench.server.environment.LIMITS", Limits(time_s=0.1))
    error = (await examined(jp_fetch, jp_ws_fetch)).error
    assert error is not None
    assert error.message == "The doctor did not finish within 0.1 s."
    assert error.hint == "Run `workbench doctor` in a terminal to see where it hangs."


async def test_doctor_that_prints_no_report_failed(
    jp_fetch: Any, jp_ws_fetch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "click.py").write_text("raise OSError('no click here')")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    error = (await examined(jp_fetch, jp_ws_fetch)).error
    assert error is not None
    assert error.message == "The doctor failed: OSError: no click here"


async def test_server_rooted_elsewhere_explains_how_to_start(
    jp_fetch: Any, home: Path, tmp_path: Path, jp_serverapp: Any
) -> None:
    # Before the first request, which reads it.
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


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Configure the extension as an administrator does, in an environment without variables."""
    for variable in os.environ:
        if variable.startswith("PADDLE_WORKBENCH_"):
            # Also takes away, at the end, what the extension sets.
            monkeypatch.setenv(variable, "")
            monkeypatch.delenv(variable)

    def configure(**traits: object) -> None:
        extension = WorkbenchExtension(**traits)
        extension._export_traits()

    return configure


def test_traits_reach_kernels_and_children(
    configured: Callable[..., Any], tmp_path: Path, small_course: Path
) -> None:
    configured(home=str(tmp_path / "anna"), course=str(small_course), cell_output_mb=3.5, jobs=1)
    script = (
        "from paddle_workbench.settings import output_limits, settings\n"
        "print(settings().home, settings().course, output_limits().cell_bytes, sep='\\n')"
    )
    output = subprocess.check_output([sys.executable, "-c", script], text=True)
    assert output.split() == [str(tmp_path / "anna"), str(small_course), "3500000"]


def test_variable_wins_over_a_trait(
    configured: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADDLE_WORKBENCH_HOME", str(tmp_path / "mine"))
    configured(home=str(tmp_path / "anna"))
    assert os.environ["PADDLE_WORKBENCH_HOME"] == str(tmp_path / "mine")


def test_rejects_traits_that_make_no_sense(configured: Callable[..., Any]) -> None:
    with pytest.raises(TraitError, match="jobs"):
        configured(jobs=0)
