"""Columns contain the same as the capture."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from paddle_workbench.program.model.capture import Capture, OpCost
from paddle_workbench.program.model.columns import MAGIC, comparable_columns, to_columns
from paddle_workbench.program.model.structure import Op, Program, Region, Value

from ..synthetic import regular_capture


class Columns:
    """Reads columns as the front end does."""

    def __init__(self, content: bytes) -> None:
        assert content[:4] == MAGIC
        (length,) = struct.unpack_from("<I", content, 4)
        self.header: dict[str, Any] = json.loads(content[8 : 8 + length])
        self._arrays = content[-(-(8 + length) // 8) * 8 :]

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        kind, offset, length = self.header["arrays"][name]
        assert offset % 8 == 0
        return np.frombuffer(self._arrays, kind, length, offset)

    def text(self, column: str, row: int) -> str:
        return str(self.header["strings"][self[column][row]])

    def names(self, stage: int) -> list[str]:
        header = self.header["stages"][stage]
        rows = self[f"rows_{header.get('same_as', stage)}"]
        return [self.text("op_name", row) for row in rows]


@pytest.fixture
def capture() -> Capture:
    return regular_capture(40)


def test_contains_every_op_of_every_stage_in_order(capture: Capture) -> None:
    columns = Columns(to_columns(capture))
    assert capture.program is not None
    assert columns.names(0) == [op.name for op in capture.program.ops]
    for at, stage in enumerate(capture.stages, start=1):
        assert columns.names(at) == [op.name for op in stage.program.ops]


def retimed(capture: Capture, time_ms: float) -> Capture:
    """The same capture, measured on another machine."""
    *stages, last = capture.stages
    first, *ops = last.program.ops
    folded = replace(first, attributes={"name": f"constant_folding@_{int(time_ms * 1e9)}"})
    last = replace(last, program=replace(last.program, ops=(folded, *ops)))
    op_id = first.id
    costs = {**last.costs, op_id: OpCost(1, 1, 1, measured_ms=time_ms)}
    return replace(capture, stages=(*stages, replace(last, duration_ms=time_ms, costs=costs)))


def test_two_measurements_of_a_network_are_comparable(capture: Capture) -> None:
    quick, slow = (to_columns(retimed(capture, time_ms)) for time_ms in (0.5, 1234.5678))
    assert quick != slow
    (one, count), (other, again) = comparable_columns(quick), comparable_columns(slow)
    assert one == other
    assert count == again
    assert count >= 2
    assert Columns(one).names(1) == Columns(quick).names(1)
    assert comparable_columns(one) == (one, 0)


def test_stores_kept_ops_once(capture: Capture) -> None:
    columns = Columns(to_columns(capture))
    assert len(columns["op_id"]) == 40 + len(capture.stages[0].added)
    assert columns.header["stages"][2]["same_as"] == 1


def test_op_has_its_values_line_and_layer(capture: Capture) -> None:
    columns = Columns(to_columns(capture))
    assert columns.text("op_layer", 7) == "blocks.0.feed"
    assert (columns.text("op_file", 15), columns["op_line"][15]) == ("net.py", 3)
    inputs = columns["inputs"][columns["inputs_start"][9] : columns["inputs_start"][10]]
    assert [columns["value_id"][value] for value in inputs] == [8, 0]
    assert columns.text("value_shape", 0) == "?×64×128"


def test_lineage_marks_certain_origins(capture: Capture) -> None:
    columns = Columns(to_columns(capture))
    triples = columns["lineage_1"].reshape(-1, 3).tolist()
    first = capture.stages[0].added[0]
    assert [triple for triple in triples if triple[0] == first] == [[first, 0, 1], [first, 1, 0]]


def test_fused_op_is_in_the_common_layer_of_its_origins(capture: Capture) -> None:
    columns = Columns(to_columns(capture))
    rows = [row for row in columns["rows_1"] if columns.text("op_name", row) == "pd_op.fc"]
    assert [columns.text("op_layer", row) for row in rows[:2]] == ["blocks.0.attention"] * 2


def test_unknown_costs_are_nan(capture: Capture) -> None:
    assert np.isnan(Columns(to_columns(capture))["flops"]).all()


def test_ops_in_a_branch_refer_to_the_enclosing_op() -> None:
    inner = Op(id=5, name="pd_op.add", inputs=(1, None), outputs=(2,))
    branch = Op(id=4, name="pd_op.if", inputs=(1,), outputs=(3,), regions=(Region((), (inner,)),))
    program = Program((branch,), {at: Value(at, (), "bool") for at in (1, 2, 3)})
    columns = Columns(to_columns(Capture(1, "f", program=program)))
    assert columns["op_parent"].tolist() == [-1, 4]
    assert columns["op_region"].tolist() == [-1, 0]
    assert columns["inputs"].tolist() == [0, 0, -1]
    assert columns.text("value_shape", 0) == "()"


@pytest.mark.parametrize("name", ["<img src=x>", "名字", "\ud800", "a\u2028b"])
def test_accepts_any_name_as_text(capture: Capture, name: str) -> None:
    columns = Columns(to_columns(replace(capture, name=name)))
    assert columns.header["name"] == name.encode("utf-8", "replace").decode()


def test_cuts_long_attributes() -> None:
    op = Op(id=0, name="pd_op.assign_value", attributes={"values": list(range(5000)), "axis": 1})
    columns = Columns(to_columns(Capture(1, "f", program=Program((op,), {}))))
    attributes = json.loads(columns.text("op_attributes", 0))
    assert attributes["axis"] == "1"
    assert attributes["values"].endswith("…")
    assert len(attributes["values"]) < 500


def test_capture_without_a_program_has_no_stages() -> None:
    columns = Columns(to_columns(Capture(1, "f")))
    assert columns.header["stages"] == []


def test_file_names_are_unique_and_without_folders(capture: Capture) -> None:
    def moved(op: Op) -> Op:
        lines = [
            replace(line, file=f"/home/me/{'abc'[op.id % 2]}/net.py") for line in (op.stack or ())
        ]
        line = replace(op.line, file=f"/home/me/{'abc'[op.id % 2]}/net.py") if op.line else None
        return replace(op, line=line, stack=tuple(lines))

    assert capture.program is not None
    program = replace(capture.program, ops=tuple(map(moved, capture.program.ops)))
    columns = Columns(to_columns(replace(capture, program=program, sources=(), stages=())))
    names = {columns.text("op_file", row) for row in range(len(columns["op_id"]))} - {""}
    assert names == {"net.py", "b/net.py"}
    assert "/home/me" not in str(columns.header)
