"""Two programs: which ops were added, removed or changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from paddle_workbench.program.difference import ProgramDifference, difference
from paddle_workbench.program.formats.saved import SavedProgram, read
from paddle_workbench.program.model.structure import Op, Program, Value

from .onnx_file import onnx_bytes


def saved(
    *ops: tuple[str, tuple[int, ...], dict[str, Any]], shape: tuple[int, ...]
) -> SavedProgram:
    """Return a program of ops, each with its name, the ids of its inputs, and its attributes."""
    data = Op(0, "pd_op.data", outputs=(0,), attributes={"name": "x"})
    others = [
        Op(at, f"pd_op.{name}", inputs=inputs, outputs=(at,), attributes=attributes)
        for at, (name, inputs, attributes) in enumerate(ops, 1)
    ]
    values = {at: Value(at, shape, "float32") for at in range(len(ops) + 1)}
    values[0] = Value(0, (2, 3), "float32", "x")
    program = Program((data, *others), values, inputs=(0,), outputs=(len(ops),))
    return SavedProgram(Path("program.capture"), "capture", "1", program)


def between(*ops: tuple[str, tuple[int, ...], dict[str, Any]], **options: Any) -> ProgramDifference:
    """Return the difference between a fixed program and one of other ops."""
    before = saved(
        ("relu", (0,), {}),
        ("softmax", (1,), {"axis": -1}),
        ("tanh", (2,), {}),
        ("add", (1, 3), {}),
        shape=(2, 3),
    )
    return difference(before, saved(*ops, **{"shape": (2, 3), **options}))


def test_a_program_is_the_same_as_itself() -> None:
    result = between(
        ("relu", (0,), {}), ("softmax", (1,), {"axis": -1}), ("tanh", (2,), {}), ("add", (1, 3), {})
    )
    assert result.is_same
    assert str(result).startswith("The programs are the same.")
    assert [note.partition(":")[0] for note in result.notes] == ["Weights were not compared"] * 2


def test_order_of_ops_is_not_a_difference() -> None:
    one = saved(("relu", (0,), {}), ("tanh", (0,), {}), ("add", (1, 2), {}), shape=(2, 3))
    other = saved(("tanh", (0,), {}), ("relu", (0,), {}), ("add", (2, 1), {}), shape=(2, 3))
    assert difference(one, other).is_same


def test_added_and_removed_ops() -> None:
    result = between(
        ("relu", (0,), {}), ("softmax", (1,), {"axis": -1}), ("exp", (2,), {}), ("add", (1, 3), {})
    )
    assert [op.kind for op in result.removed] == ["tanh"]
    assert [op.kind for op in result.added] == ["exp"]
    assert result.changed == ()
    assert "- pd_op.tanh" in str(result)
    assert result.to_json()["added_ops"] == [{"id": 3, "name": "pd_op.exp", "attributes": {}}]


def test_changed_attribute() -> None:
    (change,) = between(
        ("relu", (0,), {}), ("softmax", (1,), {"axis": 0}), ("tanh", (2,), {}), ("add", (1, 3), {})
    ).changed
    assert (change.after.kind, change.changes) == ("softmax", ("axis: -1 → 0",))


def test_changed_connection() -> None:
    before, after = (
        saved(("relu", (0,), {}), ("exp", (0,), {}), ("concat", inputs, {}), shape=(2, 3))
        for inputs in ((0, 1, 2), (0, 2, 2))
    )
    (change,) = difference(before, after).changed
    assert (change.after.kind, change.changes) == ("concat", ("input 2: comes from another op",))


def test_changed_shapes() -> None:
    result = between(
        ("relu", (0,), {}),
        ("softmax", (1,), {"axis": -1}),
        ("tanh", (2,), {}),
        ("add", (1, 3), {}),
        shape=(4, 3),
    )
    assert result.signature == ("output 1: (2, 3) float32 → (4, 3) float32",)
    assert {change.after.kind for change in result.changed} == {"relu", "softmax", "tanh", "add"}
    assert (result.added, result.removed) == ((), ())


def test_formats_are_compared_by_kind(tmp_path: Path) -> None:
    nodes = [("Relu", "", ["x"], ["a"]), ("Erf", "", ["a"], ["b"]), ("Softmax", "", ["b"], ["c"])]
    (tmp_path / "net.onnx").write_bytes(onnx_bytes(nodes, ["x"], ["c"]))
    pir = saved(("relu", (0,), {}), ("softmax", (1,), {"axis": -1}), shape=(2, 3))
    result = difference(pir, read(tmp_path / "net.onnx"))
    assert [op.kind for op in result.added] == ["Erf"]
    assert result.removed == ()
    assert result.notes[0].startswith("Attributes and constants of ops were not compared")
