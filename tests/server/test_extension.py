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
from .conftest import wait_for_job


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


async def test_unknown_paths_are_not_found(jp_fetch: Any) -> None:
    for path in ("courses", "course/open/x", "environment", "Course"):
        with pytest.raises(HTTPClientError) as caught:
            await jp_fetch(PREFIX, path)
        assert caught.value.code == 404


def test_start_loads_neither_pydantic_nor_the_contract() -> None:
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


def test_server_process_does_not_import_paddle() -> None:
    script = (
        "import sys, paddle_workbench.server.extension, paddle_workbench.server.launch\n"
        "print(*(name for name in ('paddle', 'paddlenlp', 'paddleocr', 'ipywidgets')"
        " if name in sys.modules))"
    )
    output = subprocess.check_output([sys.executable, "-c", script], text=True)
    assert output.strip() == ""


async def run_doctor(jp_fetch: Any, jp_ws_fetch: Any) -> Job:
    answer = await jp_fetch(PREFIX, "environment", "doctor", method="POST", body="{}")
    return await wait_for_job(jp_ws_fetch, Job.model_validate_json(answer.body).id)


@pytest.mark.paddle
async def test_doctor_runs_in_a_child_process_and_reports(
    jp_fetch: Any, jp_ws_fetch: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(plant(home))
    job = await run_doctor(jp_fetch, jp_ws_fetch)
    assert job.progress.done == job.progress.total > 10
    assert job.progress.step is not None
    answer = await jp_fetch(PREFIX, "jobs", "result", params={"id": job.id})
    report = DoctorReport.model_validate_json(answer.body)
    assert {"paddle", "fonts"} <= {finding.check for finding in report.findings}
    assert imported_from(home) == []


async def test_stops_doctor_at_its_time_limit(
    jp_fetch: Any, jp_ws_fetch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paddle_workbench.server.environment.LIMITS", Limits(time_s=0.1))
    error = (await run_doctor(jp_fetch, jp_ws_fetch)).error
    assert error is not None
    assert error.message == "The doctor did not finish within 0.1 s."
    assert error.hint == "Run `workbench doctor` in a terminal to see where it hangs."


async def test_reports_crash_of_the_doctor(
    jp_fetch: Any, jp_ws_fetch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "click.py").write_text("raise OSError('no click here')")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    error = (await run_doctor(jp_fetch, jp_ws_fetch)).error
    assert error is not None
    assert error.message == "The doctor failed: OSError: no click here"


async def test_error_for_another_root_explains_how_to_start(
    jp_fetch: Any, home: Path, tmp_path: Path, jp_serverapp: Any
) -> None:
    # Its name starts with that of the home.
    elsewhere = tmp_path / "home-elsewhere"
    elsewhere.mkdir()
    # Before the first request, which reads it.
    jp_serverapp.web_app.settings["server_root_dir"] = str(elsewhere)
    with pytest.raises(HTTPClientError) as caught:
        body = json.dumps({"lesson": "basics/sums"})
        await jp_fetch(PREFIX, "course", "open", method="POST", body=body)
    error = ErrorMessage.model_validate_json(caught.value.response.body)
    assert caught.value.code == 503
    assert "workbench lab" in error.hint
    assert not list(home.rglob("*.ipynb"))


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Configure the extension in an environment without variables of the workbench."""
    for variable in os.environ:
        if variable.startswith("PADDLE_WORKBENCH_"):
            # So that monkeypatch removes, at the end, what the extension sets.
            monkeypatch.setenv(variable, "")
            monkeypatch.delenv(variable)

    def configure_traits(**traits: object) -> None:
        extension = WorkbenchExtension(**traits)
        extension._export_traits()

    return configure_traits


def test_exports_traits_to_kernels_and_child_processes(
    configure: Callable[..., Any], tmp_path: Path, small_course: Path
) -> None:
    configure(home=str(tmp_path / "anna"), course=str(small_course), cell_output_mb=3.5, jobs=1)
    script = (
        "from paddle_workbench.settings import output_limits, settings\n"
        "print(settings().home, settings().course, output_limits().cell_bytes, sep='\\n')"
    )
    output = subprocess.check_output([sys.executable, "-c", script], text=True)
    assert output.split() == [str(tmp_path / "anna"), str(small_course), "3500000"]


def test_variable_takes_precedence_over_trait(
    configure: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADDLE_WORKBENCH_HOME", str(tmp_path / "mine"))
    configure(home=str(tmp_path / "anna"))
    assert os.environ["PADDLE_WORKBENCH_HOME"] == str(tmp_path / "mine")


def test_rejects_invalid_trait(configure: Callable[..., Any]) -> None:
    with pytest.raises(TraitError, match="jobs"):
        configure(jobs=0)
