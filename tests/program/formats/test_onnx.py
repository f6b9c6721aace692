"""ONNX: bodies, functions, types and names, and every model of ONNX's own backend tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from paddle_workbench.cli.program import command
from paddle_workbench.errors import ProgramError
from paddle_workbench.program import load, save
from paddle_workbench.program.formats.onnx_model import _description
from paddle_workbench.program.formats.saved import read
from paddle_workbench.program.model import structure
from paddle_workbench.program.model.columns import to_columns
from paddle_workbench.program.model.structure import Op, Program
from paddle_workbench.program.sender import capture_of

FLOAT, INT64, INT4 = 1, 7, 22
GRAPH = 5


def backend_models() -> list[Path]:
    spec = importlib.util.find_spec("onnx")
    assert spec is not None
    assert spec.origin is not None
    return sorted((Path(spec.origin).parent / "backend/test/data").rglob("*.onnx"))


def tensor(values: Any, name: str, sizes: list[str | int] | None, dtype: int = FLOAT) -> None:
    """Add a value with a type; without sizes its rank is unknown."""
    kind = values.add(name=name).type.tensor_type
    kind.elem_type = dtype
    if sizes is not None:
        kind.shape.SetInParent()
    for size in sizes or ():
        kind.shape.dim.add(**{"dim_param" if isinstance(size, str) else "dim_value": size})


@pytest.fixture
def model() -> Any:
    model = _description().ModelProto(ir_version=10)
    model.opset_import.add(version=21)
    tensor(model.graph.input, "x", ["batch", 4])
    tensor(model.graph.output, "y", None)
    return model


def program_of(model: Any, tmp_path: Path) -> Program:
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    return read(path).program


def names(program: Program, numbers: Any) -> list[str]:
    return [program.values[number].name for number in numbers]


def expected_sizes(kind: Any) -> tuple[str, ...]:
    return tuple(str(d.dim_value) if d.HasField("dim_value") else d.dim_param or "?"
                 for d in kind.tensor_type.shape.dim)  # fmt: skip


def test_reads_every_model_of_the_backend_tests() -> None:
    files = backend_models()
    assert len(files) > 1000
    for file in files:
        model = _description().ModelProto()
        model.ParseFromString(file.read_bytes())
        program = read(file).program
        weights = {weight.name for weight in model.graph.initializer}
        weights |= {weight.values.name for weight in model.graph.sparse_initializer}
        items = [item for item in model.graph.input if item.name not in weights]
        assert names(program, program.inputs) == [item.name for item in items], file
        assert names(program, program.outputs) == [item.name for item in model.graph.output], file
        for item, number in zip(items, program.inputs, strict=True):
            assert program.values[number].sizes() == expected_sizes(item.type), file
            is_ranked = item.type.tensor_type.HasField("shape")
            assert (program.values[number].shape is not None) == is_ranked, file
        assert not [op for op in program.walk() if op.name == "builtin.undefined"], file


def test_inputs_of_a_body_belong_to_the_body(model: Any, tmp_path: Path) -> None:
    loop = model.graph.node.add(op_type="Loop", input=["", "", "x"], output=["y"])
    body = loop.attribute.add(name="body", type=GRAPH).g
    tensor(body.input, "i", [], INT64)
    tensor(body.input, "go", [], 9)
    tensor(body.input, "state", ["batch", 4])
    body.node.add(op_type="Add", input=["state", "x"], output=["next"])
    tensor(body.output, "go", [], 9)
    tensor(body.output, "next", ["batch", 4])
    program = program_of(model, tmp_path)
    assert names(program, program.inputs) == ["x"]
    assert names(program, program.outputs) == ["y"]
    (op,) = [op for op in program.ops if op.kind == "Loop"]
    (region,) = op.regions
    assert [program.values[number].dtype for number in region.arguments] == [
        "int64", "bool", "float32",
    ]  # fmt: skip
    add, returned = region.ops
    assert add.inputs == (region.arguments[2], program.inputs[0])
    assert returned.inputs == (region.arguments[1], add.outputs[0])
    assert program.values[program.outputs[0]].shape is None
    assert program.values[program.outputs[0]].dtype == "float32"


def with_function(model: Any, *, chain: int = 1) -> None:
    """Add functions of which each calls the next one twice."""
    model.graph.node.add(op_type="f0", domain="own", input=["x"], output=["y"])
    for number in range(chain):
        function = model.functions.add(name=f"f{number}", domain="own")
        function.input.append("a")
        function.output.append("b")
        last = number + 1 == chain
        kind, domain = ("Relu", "") if last else (f"f{number + 1}", "own")
        function.node.add(op_type=kind, domain=domain, input=["a"], output=["c"])
        function.node.add(op_type=kind, domain=domain, input=["c"], output=["b"])


def test_opens_functions(model: Any, tmp_path: Path) -> None:
    with_function(model)
    program = program_of(model, tmp_path)
    (call,) = [op for op in program.ops if op.name == "own.f0"]
    (region,) = call.regions
    first, second, _ = region.ops
    assert [first.kind, second.kind] == ["Relu", "Relu"]
    assert first.inputs == region.arguments
    assert program.values[region.arguments[0]].sizes() == ("batch", "4")
    assert second.inputs == first.outputs


def test_rejects_functions_that_grow_when_opened(
    model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(structure, "MAX_REPEATED_OPS", 2000)
    with_function(model, chain=30)
    with pytest.raises(ProgramError, match="its blocks or functions, .* more than 2,000 ops"):
        program_of(model, tmp_path)


def test_function_that_calls_itself_is_opened_once(model: Any, tmp_path: Path) -> None:
    with_function(model)
    model.functions[0].node[0].op_type = "f0"
    model.functions[0].node[0].domain = "own"
    program = program_of(model, tmp_path)
    assert [op.kind for op in program.walk() if op.name == "own.f0"] == ["f0", "f0"]


@pytest.mark.parametrize(
    ("dtype", "sizes", "expected"),
    [(INT4, [3, 5], 8), (FLOAT, [3], 12), (12, [2], 8), (17, [4], 4), (8, [4], 0)],
)
def test_counts_bytes_of_weights(
    dtype: int, sizes: list[int], expected: int, model: Any, tmp_path: Path
) -> None:
    model.graph.initializer.add(name="w", data_type=dtype, dims=sizes)
    model.graph.node.add(op_type="Cast", input=["w"], output=["y"])
    (weight,) = program_of(model, tmp_path).parameters
    assert (weight.name, weight.shape, weight.bytes) == ("w", tuple(sizes), expected)


def test_reads_sparse_weights(model: Any, tmp_path: Path) -> None:
    sparse = model.graph.sparse_initializer.add(dims=[100, 100])
    sparse.values.name = "w"
    sparse.values.data_type, sparse.indices.data_type = FLOAT, INT64
    sparse.values.dims.append(3)
    sparse.indices.dims.append(3)
    model.graph.node.add(op_type="MatMul", input=["x", "w"], output=["y"])
    program = program_of(model, tmp_path)
    (weight,) = program.parameters
    assert (weight.name, weight.shape, weight.bytes) == ("w", (100, 100), 3 * 4 + 3 * 8)
    assert names(program, program.inputs) == ["x"]


def test_shows_undefined_inputs(model: Any, tmp_path: Path) -> None:
    model.graph.node.add(op_type="Clip", input=["x", "", "high"], output=["y"])
    program = program_of(model, tmp_path)
    ops: dict[str, Op] = {op.kind: op for op in program.ops}
    assert ops["undefined"].attributes == {"name": "high"}
    assert ops["Clip"].inputs == (program.inputs[0], None, *ops["undefined"].outputs)


def test_saves_and_sends_names_of_sizes(model: Any, tmp_path: Path) -> None:
    clip = model.graph.node.add(op_type="Clip", input=["x"], output=["y"])
    clip.attribute.add(name="max", type=1, f=float("inf"))
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    original = capture_of(read(path))
    assert load(save(original, tmp_path / "net.capture")) == original
    assert "batch×4".encode() in to_columns(original)
    result = CliRunner().invoke(command, [str(path)])
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    assert "input x (batch, 4) float32" in lines
    assert "output y float32" in lines
