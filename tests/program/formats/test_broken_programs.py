"""Files that are not programs, or only nearly, and programs with unknown parts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from paddle_workbench.cli.program import command
from paddle_workbench.errors import ProgramError
from paddle_workbench.program.formats import saved
from paddle_workbench.program.formats.saved import read
from paddle_workbench.program.model import structure

from ...broken_files import NOT_JSON, NOT_REGULAR, Maker
from ..pdmodel_file import write_chain, write_legacy
from .program_files import broken, onnx_model


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
@pytest.mark.parametrize("kind", ["pir", "pdmodel", "onnx"])
def test_rejects_truncated_file(kind: str, cut: int, pir: Path, tmp_path: Path) -> None:
    source = {"pir": lambda: pir, "pdmodel": lambda: write_legacy(tmp_path / "net.pdmodel"),
              "onnx": lambda: onnx_model(tmp_path)}[kind]()  # fmt: skip
    path = tmp_path / f"part{source.suffix}"
    path.write_bytes(source.read_bytes()[:cut])
    with pytest.raises(ProgramError, match="part"):
        read(path)


@pytest.mark.parametrize(
    "text", ["[]", "{}", '"x"', "3", '{"base_code": 1}', '{"program": {}}', "[" * 100_000]
)
def test_rejects_foreign_json(text: str, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProgramError, match=r"other\.json"):
        read(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.update(program=None),
        lambda data: data["program"].update(regions=[]),
        lambda data: data["program"]["regions"][0].pop("blocks"),
        lambda data: data["program"]["regions"][0]["blocks"][0]["ops"].append(3),
        lambda data: data["program"]["regions"][0]["blocks"][0]["ops"][0].pop("#"),
    ],
)
def test_rejects_broken_program(change: Any, pir: Path, tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="is not a saved program: "):
        read(broken(pir, tmp_path, change))


# A folder has a different error, which names the program in it.
@pytest.mark.parametrize(
    ("make", "reason"),
    [each for each in [*NOT_REGULAR, *NOT_JSON] if each.id not in ("folder", "list")],
)
def test_rejects_unreadable_file(tmp_path: Path, make: Maker, reason: str) -> None:
    path = tmp_path / "net.json"
    make(path)
    with pytest.raises(ProgramError) as caught:
        read(path)
    assert str(path) in caught.value.message
    assert reason in caught.value.message
    result = CliRunner().invoke(command, [str(path)])
    assert str(result.exception) == str(caught.value)


@pytest.mark.parametrize("size", [2**63, -2, 1.5, "4", None, [2], True])
def test_rejects_invalid_dimension(pir: Path, tmp_path: Path, size: object) -> None:
    def change(data: Any) -> None:
        ops = data["program"]["regions"][0]["blocks"][0]["ops"]
        typed = next(op for op in ops if isinstance(op["O"], list) and op["O"])
        typed["O"][0]["TT"] = {"#": "0.t_dtensor", "D": [{"#": "0.t_f32"}, [4, size], "NCHW"]}

    with pytest.raises(ProgramError, match=re.escape(f"{size!r} is not a dimension")):
        read(broken(pir, tmp_path, change))


def first_typed_op(data: Any) -> Any:
    ops = data["program"]["regions"][0]["blocks"][0]["ops"]
    return next(op for op in ops if isinstance(op["O"], list) and op["O"])


def test_rejects_tensor_with_too_many_elements(pir: Path, tmp_path: Path) -> None:
    def change(data: Any) -> None:
        first_typed_op(data)["O"][0]["TT"] = {
            "#": "0.t_dtensor",
            "D": [{"#": "0.t_f32"}, [2**62] * 40, "NCHW"],
        }

    with pytest.raises(ProgramError, match=r"is not a saved program: %\d+ has the shape \[46116"):
        read(broken(pir, tmp_path, change))


@pytest.mark.parametrize("value", [3, "x", None, [], {}, [3], {"%": {}}, [[]], True])
@pytest.mark.parametrize("name", ["#", "O", "I", "A", "regions"])
def test_rejects_or_reads_any_type(pir: Path, tmp_path: Path, name: str, value: object) -> None:
    def change(data: Any) -> None:
        first_typed_op(data)[name] = value

    path = broken(pir, tmp_path, change)
    result = CliRunner().invoke(command, [str(path)])
    # Some values are right in their place, such as no regions.
    if result.exception is not None:
        assert isinstance(result.exception, ProgramError)
        assert "is not a saved program: " in result.exception.message
        assert "\n" not in result.exception.message


def test_rejects_infinite_dimension(pir: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    text = pir.read_text(encoding="utf-8")
    assert "[-1,-1]" in text
    for number in ("Infinity", "1" + "0" * 4000):
        path.write_text(text.replace("[-1,-1]", f"[-1,{number}]"), encoding="utf-8")
        with pytest.raises(ProgramError, match="is not a saved program: "):
            read(path)


def test_rejects_too_deeply_nested_regions(pir: Path, tmp_path: Path) -> None:
    before = '{"blocks": [{"args": [], "ops": [{"#": "2.if", "regions": ['
    path = tmp_path / "net.json"
    path.write_text(
        '{"base_code": {"magic": "pir", "version": 3}, "program": {"regions": ['
        + before * 3000
        + "]}]}]}" * 3000
        + "]}}",
        encoding="utf-8",
    )
    with pytest.raises(ProgramError, match="it is nested too deeply"):
        read(path)


def test_keeps_an_object_as_attribute_name_as_text(pir: Path, tmp_path: Path) -> None:
    def change(data: Any) -> None:
        ops = data["program"]["regions"][0]["blocks"][0]["ops"]
        next(op for op in ops if op["#"] != "p").setdefault("A", []).append(
            {"N": {"a": 1}, "AT": {"#": "0.a_i32", "D": 3}}
        )

    program = read(broken(pir, tmp_path, change)).program
    assert any(op.attributes.get("{'a': 1}") == 3 for op in program.walk())


@pytest.mark.parametrize(
    ("blocks", "calls", "reason"),
    [
        (28, 2, "its blocks or functions, .* have more than 2,000 ops"),
        (300, 1, "its blocks are nested more than 64 deep"),
    ],
)
def test_rejects_old_program_that_grows_when_read(
    blocks: int, calls: int, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(structure, "MAX_REPEATED_OPS", 2000)
    path = write_chain(tmp_path / "net.pdmodel", blocks=blocks, calls=calls)
    with pytest.raises(ProgramError, match=f"net.pdmodel is not a saved program: {reason}"):
        read(path)


def test_reads_block_that_many_ops_refer_to(tmp_path: Path) -> None:
    program = read(write_chain(tmp_path / "net.pdmodel", blocks=3, calls=5)).program
    assert len(list(program.walk())) == 5 + 25


def test_reads_old_program_with_nested_blocks(tmp_path: Path) -> None:
    program = read(write_chain(tmp_path / "net.pdmodel", blocks=20, calls=1)).program
    assert len(list(program.walk())) == 19


def test_keeps_unknown_ops_and_types_by_name(pir: Path, tmp_path: Path) -> None:
    def change(data: Any) -> None:
        ops = data["program"]["regions"][0]["blocks"][0]["ops"]
        ops[-1]["#"] = "77.<img src=x onerror=alert(1)>"
        ops[-2]["O"][0]["TT"] = {"#": "9.t_unheard_of", "D": 3}

    program = read(broken(pir, tmp_path, change)).program
    last = program.ops[-1]
    assert last.name == "77.<img src=x onerror=alert(1)>"
    assert program.values[program.ops[-2].outputs[0]].dtype == "t_unheard_of"


def test_rejects_too_large_file(pir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(300 * 1024 * 1024)  # 300 MB that take no space on the disk
    with pytest.raises(ProgramError, match="has 300 MB; the limit for a saved program is 200 MB"):
        read(path)
    monkeypatch.setattr(saved, "MAX_BYTES", 10)
    with pytest.raises(ProgramError, match="the limit for a saved program is 10 bytes"):
        read(pir)


def test_hint_for_a_bundle_names_its_program_and_not_its_record(tmp_path: Path) -> None:
    (tmp_path / "bundle.json").touch()
    (tmp_path / "inference").mkdir()
    (tmp_path / "inference" / "inference.json").touch()
    with pytest.raises(ProgramError, match="is a folder") as caught:
        read(tmp_path)
    assert caught.value.hint == f"Use the program in it: {tmp_path}/inference/inference.json"


@pytest.mark.parametrize(
    ("name", "message"),
    [("none.json", "no saved program"), ("x.txt", "not a saved program"), ("", "folder")],
)
def test_explains_invalid_path(name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("x", encoding="utf-8")
    with pytest.raises(ProgramError, match=message):
        read(tmp_path / name)
