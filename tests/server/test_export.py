"""Bundles in JupyterLab: shown, checked and exported in child processes."""

from __future__ import annotations

import base64
import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from tornado.httpclient import HTTPClientError

from paddle_workbench.contract import BundlePicture, ErrorMessage, ExportReport, Job, PageShell
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.targets.registry import TARGETS
from paddle_workbench.widgets.converted_widgets import VIEW_MIME_TYPE

from ..export.records import change_record, write_bundle
from ..export.sentiment import create
from .conftest import find_jobs, next_event, wait_for_job


async def show(jp_fetch: Any, path: str) -> BundlePicture:
    body = json.dumps({"path": path})
    answer = await jp_fetch("paddle-workbench", "export", "bundle", method="POST", body=body)
    return BundlePicture.model_validate_json(answer.body)


async def rejection(jp_fetch: Any, path: str) -> tuple[int, ErrorMessage]:
    with pytest.raises(HTTPClientError) as caught:
        await show(jp_fetch, path)
    return caught.value.code, ErrorMessage.model_validate_json(caught.value.response.body)


async def start(jp_fetch: Any, path: str, target: str, *route: str) -> Job:
    body = json.dumps({"path": path, "target": target})
    answer = await jp_fetch("paddle-workbench", "export", *route, method="POST", body=body)
    return Job.model_validate_json(answer.body)


async def report_of(jp_fetch: Any, jp_ws_fetch: Any, job: Job) -> ExportReport:
    job = await wait_for_job(jp_ws_fetch, job.id)
    assert job.state == "succeeded", job.error
    answer = await jp_fetch("paddle-workbench", "jobs", "result", params={"id": job.id})
    return ExportReport.model_validate_json(answer.body)


async def test_shows_a_bundle_with_every_target(jp_fetch: Any, home: Path) -> None:
    record = write_bundle(home / "small")
    picture = await show(jp_fetch, "small")
    assert (picture.path, picture.problem, picture.is_packed) == ("small", None, False)
    assert picture.record == record
    assert [(each.name, each.title) for each in picture.targets] == [
        (name, target.title) for name, target in TARGETS.items()
    ]
    programs = {each.name: each.program for each in picture.targets}
    assert programs["inference"] == "inference/inference.json"
    assert programs["onnx"] == ""
    assert await show(jp_fetch, "small/bundle.json") == picture


async def test_shows_a_changed_bundle_with_the_reason(jp_fetch: Any, home: Path) -> None:
    write_bundle(home / "small")
    (home / "small" / "vocabulary.json").write_text('["b"]', encoding="utf-8")
    problem = (await show(jp_fetch, "small")).problem
    assert problem is not None
    assert "vocabulary.json" in problem.message
    assert str(home) not in problem.message


async def test_shows_a_zip_file(jp_fetch: Any, home: Path) -> None:
    write_bundle(home / "small")
    Bundle(home / "small").pack(home / "small.bundle.zip")
    picture = await show(jp_fetch, "small.bundle.zip")
    assert (picture.path, picture.is_packed) == ("small.bundle.zip", True)
    # Nothing opens files in a zip file.
    assert {each.program for each in picture.targets} == {""}


async def test_rejects_what_is_not_a_bundle(jp_fetch: Any, home: Path) -> None:
    (home / "plain").mkdir()
    (home / "plain.zip").write_bytes(b"PK")
    for path, code in (("plain", "PW-X301"), ("plain.zip", "PW-X303"), ("missing", "PW-X301")):
        status, error = await rejection(jp_fetch, path)
        assert status == 422
        assert error.message.startswith(f"{code} {path} ")
        assert str(home) not in error.message
    write_bundle(home / "newer")
    change_record(home / "newer", schema_version=99)
    assert (await rejection(jp_fetch, "newer"))[0] == 409
    assert (await rejection(jp_fetch, "../outside"))[0] == 403


async def test_unknown_target_is_a_sentence(jp_fetch: Any, jp_ws_fetch: Any, home: Path) -> None:
    write_bundle(home / "small")
    job = await start(jp_fetch, "small", "phone")
    job = await wait_for_job(jp_ws_fetch, job.id)
    assert job.state == "failed"
    assert job.error is not None
    assert "'phone'" in job.error.message
    assert "onnx" in job.error.hint


@pytest.mark.paddle
async def test_checks_then_exports(
    jp_fetch: Any, jp_ws_fetch: Any, home: Path, imported_paddle: None
) -> None:
    create(home / "sentiment")
    before = {path: path.stat().st_mtime_ns for path in (home / "sentiment").rglob("*")}
    job = await start(jp_fetch, "sentiment/bundle.json", "onnx", "preflight")
    assert (job.kind, job.subject) == ("preflight", "sentiment#onnx")
    report = await report_of(jp_fetch, jp_ws_fetch, job)
    assert report.is_accepted
    assert {path: path.stat().st_mtime_ns for path in (home / "sentiment").rglob("*")} == before

    report = await report_of(jp_fetch, jp_ws_fetch, await start(jp_fetch, "sentiment", "onnx"))
    assert report.parity is not None
    assert report.parity.is_equal
    picture = await show(jp_fetch, "sentiment")
    assert picture.record.created_at == report.bundle_created_at
    (onnx,) = [each for each in picture.targets if each.name == "onnx"]
    assert onnx.exported is not None
    assert onnx.exported.parity == report.parity
    assert onnx.program == "onnx/model.onnx"
    (job,) = await find_jobs(jp_fetch, kind="export", subject="sentiment#onnx")
    assert job.progress.done == job.progress.total > report.parity.samples


@pytest.mark.paddle
async def test_refusal_names_a_line_that_opens(
    jp_fetch: Any, jp_ws_fetch: Any, home: Path, imported_paddle: None
) -> None:
    bundle = create(home / "sentiment")
    source = home / "net.py"
    shutil.copyfile(Path(__file__).parent.parent / "export" / "networks.py", source)
    namespace: dict[str, Any] = {}
    exec(compile(source.read_text("utf-8"), str(source), "exec"), namespace)  # noqa: S102
    from paddle.static import InputSpec

    Bundle.create(
        bundle.path,
        namespace["Recurrent"]("SimpleRNN"),
        input_spec=[InputSpec([None, 5, 4], "float32", "x")],
        examples=[np.ones((2, 5, 4), np.float32)],
    )
    job = await start(jp_fetch, "sentiment", "onnx", "preflight")
    report = await report_of(jp_fetch, jp_ws_fetch, job)
    assert not report.is_accepted
    assert report.findings[0].code == "PW-X201"
    assert report.findings[0].line is not None
    assert report.sources == {"net.py": "net.py"}


@pytest.mark.paddle
async def test_cancelled_export_leaves_the_bundle_as_it_was(
    jp_fetch: Any,
    jp_ws_fetch: Any,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    imported_paddle: None,
) -> None:
    create(home / "sentiment")
    # A converter that never ends.
    (tmp_path / "paddle2onnx.py").write_text("import time\nwhile True: time.sleep(1)\n", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    before = sorted((home / "sentiment").rglob("*"))
    job = await start(jp_fetch, "sentiment", "onnx")
    assert (await start(jp_fetch, "sentiment", "onnx")).id == job.id
    socket = await jp_ws_fetch("paddle-workbench", "events")
    while True:
        event = await next_event(socket)
        step = event.job and event.job.progress.step
        if step and step.en == "Writing the files":
            break
    socket.close()
    body = json.dumps({"id": job.id})
    await jp_fetch("paddle-workbench", "jobs", "cancel", method="POST", body=body)
    assert (await wait_for_job(jp_ws_fetch, job.id)).state == "cancelled"
    assert sorted((home / "sentiment").rglob("*")) == before


async def test_serves_the_page_without_a_bundle(jp_fetch: Any) -> None:
    answer = await jp_fetch("paddle-workbench", "export", "page")
    page = PageShell.model_validate_json(answer.body)
    assert 'id="pw-root"' in page.document
    assert 'id="pw-model"' not in page.document
    assert gzip.decompress(base64.b64decode(page.runtime)).startswith(b"\0asm")


async def test_converts_widgets_to_html(jp_fetch: Any, jp_root_dir: Path) -> None:
    data = {VIEW_MIME_TYPE: {"model_id": "1"}, "text/html": "<p>90 % positive</p>"}
    new = nbformat.v4
    cell = new.new_code_cell("lens", outputs=[new.new_output("display_data", data=data)])
    nbformat.write(new.new_notebook(cells=[cell]), jp_root_dir / "lens.ipynb")
    answer = await jp_fetch("nbconvert", "html", "lens.ipynb")
    assert "<p>90 % positive</p>" in answer.body.decode()
