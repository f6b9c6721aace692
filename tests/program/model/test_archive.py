"""Captures in files: complete, versioned, and rejected if broken."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paddle_workbench.errors import ProgramError, SchemaVersionError, StorageError
from paddle_workbench.program import load, save
from paddle_workbench.program.model import archive
from paddle_workbench.program.model.capture import Capture

from ...broken_files import NOT_JSON, NOT_REGULAR, Maker


@pytest.fixture
def file(convolutional: Capture, tmp_path: Path) -> Path:
    return save(convolutional, tmp_path / "net.capture")


def rewritten(file: Path, change: object) -> None:
    data = json.loads(gzip.decompress(file.read_bytes()))
    assert callable(change)
    change(data)
    file.write_bytes(gzip.compress(json.dumps(data).encode()))


@pytest.mark.parametrize("name", ["convolutional", "branching"])
@pytest.mark.usefixtures("imported_paddle")
def test_loads_saved_program(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    original: Capture = request.getfixturevalue(name)
    copy = load(save(original, tmp_path / "net.capture"))
    assert copy == original
    # Stages that changed nothing share their program in the copy as well.
    pairs = zip(original.stages, original.stages[1:], strict=False)
    sharing = [one.program is other.program for one, other in pairs]
    pairs = zip(copy.stages, copy.stages[1:], strict=False)
    assert [one.program is other.program for one, other in pairs] == sharing


def test_saves_the_same_capture_as_the_same_file(convolutional: Capture, file: Path) -> None:
    assert save(convolutional, file.with_name("again")).read_bytes() == file.read_bytes()


def test_rejects_newer_schema(file: Path) -> None:
    rewritten(file, lambda data: data.update(schema_version=99))
    with pytest.raises(SchemaVersionError, match="99"):
        load(file)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.pop("tables"),
        lambda data: data["tables"]["ops"].pop(),
        lambda data: data["tables"]["ops"].__setitem__(0, 3),
        lambda data: data.update(program=10**6),
        lambda data: data["stages"][0].pop("lineage"),
        lambda data: data["stages"][0].update(unheard_of=1),
        lambda data: data.update(schema_version=None),
        lambda data: data.update(program=-1),
        lambda data: data.update(difference="large"),
        lambda data: data.update(costs=[["x", 1, 1, 1, 1.0]]),
        lambda data: data["parameters"][0].update(bytes="many"),
        lambda data: data["tables"]["ops"][0].__setitem__(1, ["relu"]),
        lambda data: data["tables"]["ops"][0].__setitem__(0, 2**31),
        lambda data: data["tables"]["ops"][0].__setitem__(4, 3),
        lambda data: data["tables"]["values"][0].__setitem__(1, ["a"]),
        lambda data: data["tables"]["values"][0].__setitem__(1, [2**63]),
        lambda data: data["tables"]["programs"][0].update(inputs=[10**6]),
        lambda data: data["stages"][0].update(removed=[None]),
        lambda data: data["stages"][0]["memory"].update(live_bytes=[{}]),
    ],
)
def test_rejects_broken_capture(file: Path, change: object) -> None:
    rewritten(file, change)
    with pytest.raises(ProgramError, match=r"net\.capture is not a capture: ") as caught:
        load(file)
    assert "\n" not in caught.value.message


def named_by_the_next(times: int, count: int) -> Callable[[dict[str, Any]], None]:
    """Replace the ops by some of which each contains the previous one several times."""

    def change(data: dict[str, Any]) -> None:
        rows = [
            [
                10_000 + place,
                "cf.if",
                [],
                [],
                {},
                "",
                None,
                [[[], [place - 1] * times]] if place else [],
                [],
            ]
            for place in range(count)
        ]
        data["tables"]["ops"] = rows
        data["tables"]["programs"] = [
            {"ops": [count - 1], "values": [], "inputs": [], "outputs": [], "parameters": []}
        ]
        data.update(program=0, stages=[], explanations=[], breaks=[], guards=[], subgraphs=[])

    return change


@pytest.mark.parametrize(
    ("times", "count", "reason"),
    [(2, 39, r"549,755,813,887 ops; at most 1,000,000 are read"), (1, 3000, "more than 64 deep")],
)
def test_rejects_ops_that_grow_when_read(file: Path, times: int, count: int, reason: str) -> None:
    rewritten(file, named_by_the_next(times, count))
    with pytest.raises(ProgramError, match=f"is not a capture: ValueError: .*{reason}"):
        load(file)


def test_rejects_many_stages_of_large_programs(file: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        stage = {**data["stages"][0], "memory": None, "costs": [], "lineage": []}
        named_by_the_next(2, 19)(data)
        data["tables"]["programs"] *= 2
        data["stages"] = [{**stage, "program": number % 2} for number in range(30)]

    rewritten(file, change)
    with pytest.raises(ProgramError, match=r"its stages have 15,728,610 ops; at most 10,000,000"):
        load(file)


def test_reads_nested_ops(file: Path) -> None:
    rewritten(file, named_by_the_next(2, 10))
    program = load(file).program
    assert program is not None
    assert len(list(program.walk())) == 2**10 - 1


# Files that are not gzip have a different error.
@pytest.mark.parametrize(
    ("make", "reason"), [each for each in NOT_REGULAR if each.id != "encoding"]
)
def test_rejects_non_regular_file(file: Path, make: Maker, reason: str) -> None:
    make(file)
    with pytest.raises(ProgramError) as caught:
        load(file)
    assert str(file) in caught.value.message
    assert reason in caught.value.message


@pytest.mark.parametrize(("make", "reason"), [each for each in NOT_JSON if each.id != "list"])
def test_rejects_malicious_json(file: Path, make: Maker, reason: str) -> None:
    make(file)
    file.write_bytes(gzip.compress(file.read_bytes()))
    with pytest.raises(ProgramError) as caught:
        load(file)
    assert f"{file} is not a capture: {reason}" in caught.value.message


def test_rejects_truncated_file(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ProgramError, match="is not a capture: Compressed file ended"):
        load(file)


@pytest.mark.parametrize(
    "content", [b"", b"no gzip", gzip.compress(b"[]", mtime=0), gzip.compress(b"{", mtime=0)]
)
def test_rejects_non_capture(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.capture"
    path.write_bytes(content)
    with pytest.raises(ProgramError, match=r"x\.capture is not a capture: "):
        load(path)


def test_rejects_too_large_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_BYTES", file.stat().st_size)
    with pytest.raises(ProgramError, match="unpacks to more"):
        load(file)
    monkeypatch.setattr(archive, "MAX_BYTES", 10)
    with pytest.raises(ProgramError, match="the limit for a capture is 10 bytes"):
        load(file)


def test_reports_unwritable_folder(convolutional: Capture, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StorageError):
        save(convolutional, tmp_path / "file" / "net.capture")


def test_reports_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="none.capture"):
        load(tmp_path / "none.capture")
