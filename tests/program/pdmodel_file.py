"""Programs in the format of Paddle 2, written with its own protobuf classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from paddle_workbench.program.formats.pdmodel import _framework

BLOCK = 8


def write_legacy(path: Path, *, version: int = 2006000) -> Path:
    """Write a program as Paddle 2.6 did, in which one name is assigned twice."""
    framework = _framework()
    program = framework.ProgramDesc()
    program.version.version = version
    block = program.blocks.add(idx=0, parent_idx=-1)
    for name, sizes, persistable in (
        ("x", [-1, 4], False), ("w", [4, 2], True), ("y", [-1, 2], False),
    ):  # fmt: skip
        variable = block.vars.add(name=name, persistable=persistable)
        variable.type.type = 7
        tensor = variable.type.dense_tensor.tensor
        tensor.data_type = 5
        tensor.dims.extend(sizes)

    def op(kind: str, input_names: list[str], output_names: list[str]) -> Any:
        new = block.ops.add(type=kind)
        for group, names in ((new.inputs, input_names), (new.outputs, output_names)):
            if names:
                group.add(parameter="X", arguments=names)
        return new

    op("feed", ["feed"], ["x"])
    matmul = op("matmul_v2", ["x", "w"], ["y"])
    matmul.attrs.add(name="trans_x", type=6, b=False)
    op("relu", ["y"], ["y"])
    op("fetch", ["y"], ["fetch"])
    path.write_bytes(program.SerializeToString())
    return path


def write_columns(path: Path) -> Path:
    """Write a program that feeds and fetches two variables in the reverse of their order."""
    program = _framework().ProgramDesc()
    block = program.blocks.add(idx=0, parent_idx=-1)
    for kind in ("feed", "fetch"):
        for column, name in ((1, "second"), (0, "first")):
            op = block.ops.add(type=kind)
            groups = op.outputs if kind == "feed" else op.inputs
            groups.add(parameter="X", arguments=[name])
            op.attrs.add(name="col", type=0, i=column)
    path.write_bytes(program.SerializeToString())
    return path


def write_chain(path: Path, *, blocks: int, calls: int) -> Path:
    """Write a program in which every block contains the next one, `calls` times."""
    program = _framework().ProgramDesc()
    for number in range(blocks):
        block = program.blocks.add(idx=number, parent_idx=number - 1)
        for _ in range(calls if number + 1 < blocks else 0):
            op = block.ops.add(type="conditional_block")
            op.attrs.add(name="sub_block", type=BLOCK, block_idx=number + 1)
    path.write_bytes(program.SerializeToString())
    return path
