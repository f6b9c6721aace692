"""The route for saved programs, which reads them in a child process."""

from __future__ import annotations

import base64
import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from paddle_workbench.child_process import Limits
from paddle_workbench.contract import ErrorMessage, ProgramPicture
from paddle_workbench.program import save
from paddle_workbench.program.model.columns import MAGIC

from ..broken_files import NOT_JSON, NOT_REGULAR, Maker
from ..planted import imported_from, plant
from ..program.onnx_file import onnx_bytes
from ..program.synthetic import regular_capture


async def read_program(jp_fetch: Any, path: str) -> ProgramPicture:
    body = json.dumps({"path": path})
    answer = await jp_fetch("paddle-workbench", "program", method="POST", body=body)
    return ProgramPicture.model_validate_json(answer.body)


async def rejection(jp_fetch: Any, path: str) -> tuple[int, ErrorMessage]:
    with pytest.raises(HTTPClientError) as caught:
        await read_program(jp_fetch, path)
    return caught.value.code, ErrorMessage.model_validate_json(caught.value.response.body)


def header_of(picture: ProgramPicture) -> Any:
    columns = base64.b64decode(picture.columns)
    assert columns[:4] == MAGIC
    return json.loads(columns[8 : 8 + int.from_bytes(columns[4:8], "little")])


def write_onnx(path: Path, kind: str = "Relu") -> None:
    path.write_bytes(onnx_bytes([(kind, "<b>n</b>", ["x"], ["y"])], ["x"], ["y"]))


async def test_returns_onnx_as_columns(jp_fetch: Any, home: Path) -> None:
    write_onnx(home / "net.onnx")
    picture = await read_program(jp_fetch, "net.onnx")
    assert picture.format == "onnx"
    header = header_of(picture)
    assert header["name"] == "net.onnx"
    assert any("Relu" in text for text in header["strings"])


async def test_returns_unknown_op_with_its_name(jp_fetch: Any, home: Path) -> None:
    write_onnx(home / "odd.onnx", "Frobnicate")
    strings = header_of(await read_program(jp_fetch, "odd.onnx"))["strings"]
    assert any("Frobnicate" in text for text in strings)


async def test_returns_stages_of_a_capture(jp_fetch: Any, home: Path) -> None:
    save(regular_capture(20), home / "regular.capture")
    header = header_of(await read_program(jp_fetch, "regular.capture"))
    assert [stage["name"] for stage in header["stages"]] == [
        "",
        "matmul_add_fuse_pass",
        "identity_pass",
    ]


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": 1}', b'{"base_code": {"magic": "pir"}}'])
async def test_rejects_foreign_or_truncated_json(jp_fetch: Any, home: Path, content: bytes) -> None:
    (home / "some.json").write_bytes(content)
    status, error = await rejection(jp_fetch, "some.json")
    assert status == 422
    assert "some.json" in error.message
    assert str(home) not in error.message


@pytest.mark.parametrize(
    ("make", "reason"), [each for each in NOT_REGULAR if each.id != "device"] + NOT_JSON[2:8]
)
async def test_rejects_unreadable_file(jp_fetch: Any, home: Path, make: Maker, reason: str) -> None:
    make(home / "some.json")
    status, error = await rejection(jp_fetch, "some.json")
    assert status == 422
    assert "some.json" in error.message
    assert reason in error.message or "some.json is a folder" in error.message


async def test_rejects_values_of_a_wrong_type(jp_fetch: Any, home: Path) -> None:
    path = save(regular_capture(4), home / "odd.capture")
    data = json.loads(gzip.decompress(path.read_bytes()))
    data["tables"]["ops"][0][1] = {"a": 1}  # the name of an op
    path.write_bytes(gzip.compress(json.dumps(data).encode()))
    status, error = await rejection(jp_fetch, "odd.capture")
    assert status == 422
    assert "odd.capture is not a capture: field 'tables.ops.0.1': " in error.message


async def test_rejects_file_of_300_mb(jp_fetch: Any, home: Path) -> None:
    with (home / "large.json").open("wb") as file:
        file.truncate(300 * 1024 * 1024)
    status, error = await rejection(jp_fetch, "large.json")
    assert status == 422
    assert "300 MB" in error.message


@pytest.mark.parametrize(
    ("path", "status"), [("../outside.json", 403), ("/etc/passwd", 403), ("none.json", 422)]
)
async def test_rejects_paths_outside_the_root(
    jp_fetch: Any, home: Path, path: str, status: int
) -> None:
    (home.parent / "outside.json").write_text("{}")
    code, error = await rejection(jp_fetch, path)
    assert code == status
    assert path in error.message


async def test_rejects_link_out_of_the_root(jp_fetch: Any, home: Path) -> None:
    write_onnx(home.parent / "secret.onnx")
    (home / "link.onnx").symlink_to(home.parent / "secret.onnx")
    assert (await rejection(jp_fetch, "link.onnx"))[0] == 403


async def test_reader_imports_nothing_from_the_root(
    jp_fetch: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(plant(home))
    write_onnx(home / "net.onnx")
    assert (await read_program(jp_fetch, "net.onnx")).format == "onnx"
    assert imported_from(home) == []


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(time_s=0.01), "net.onnx was not read within 0.01 s."),
        (
            Limits(memory_bytes=64 << 20),
            "net.onnx cannot be read: its reader needed more than 64 MiB of memory.",
        ),
        (
            Limits(output_bytes=100),
            "net.onnx cannot be read: its reader printed more than 0 MiB.",
        ),
    ],
    ids=["time", "memory", "output"],
)
async def test_reader_has_limits(
    jp_fetch: Any, home: Path, monkeypatch: pytest.MonkeyPatch, limits: Limits, message: str
) -> None:
    monkeypatch.setattr("paddle_workbench.server.program.LIMITS", limits)
    write_onnx(home / "net.onnx")
    status, error = await rejection(jp_fetch, "net.onnx")
    assert (status, error.message) == (422, message)
    assert error.hint == "Try in a terminal: workbench program net.onnx"


async def test_reports_crash_of_the_reader(
    jp_fetch: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pydantic.py").write_text("raise OSError('no pydantic here')")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    write_onnx(home / "net.onnx")
    status, error = await rejection(jp_fetch, "net.onnx")
    assert (status, error.message) == (503, "net.onnx cannot be read: OSError: no pydantic here")


async def test_rejects_request_without_a_path(jp_fetch: Any) -> None:
    with pytest.raises(HTTPClientError) as caught:
        await jp_fetch("paddle-workbench", "program", method="POST", body="{}")
    assert caught.value.code == 400
