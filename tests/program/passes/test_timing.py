"""Times of ops: assigned from the profile, and left out if the op is not certain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from paddle_workbench.program import load, save
from paddle_workbench.program.formats.assembly import Numbering, assemble
from paddle_workbench.program.formats.pir_text import read_program
from paddle_workbench.program.model.capture import Capture, Program
from paddle_workbench.program.model.columns import to_columns
from paddle_workbench.program.model.structure import computes
from paddle_workbench.program.passes.timing import measured_ms, runs_in

from ..model.test_columns import Columns


def chain(*kinds: str) -> Program:
    lines = ['(%0) = "pd_op.data" () {name:"x"} : () -> tensor<2xf32>']
    lines += [
        f'(%{at + 1}) = "pd_op.{kind}" (%{at}) {{}} : (tensor<2xf32>) -> tensor<2xf32>'
        for at, kind in enumerate(kinds)
    ]
    return assemble(read_program("\n".join(["{", *lines, "}"])), Numbering())


def event(name: str, start: float, length: float, kind: str = "Operator") -> dict[str, Any]:
    return {"ph": "X", "cat": kind, "name": f"{name}[{length} us]", "ts": start, "dur": length}


def test_each_step_is_a_run_without_nested_ops() -> None:
    events = [
        event("ProfileStep#1", 100, 100, "ProfileStep"),
        event("ProfileStep#0", 0, 100, "ProfileStep"),
        event("pd_op.while", 10, 50),
        event("pd_op.add", 20, 10),
        event("pd_op.relu", 70, 5),
        event("relu kernel launch", 71, 3, "StaticKernelLaunch"),
        event("pd_op.relu", 110, 7),
        {"ph": "M", "name": "process_name"},
    ]
    assert runs_in(events) == [
        [("pd_op.while", 0.05), ("pd_op.relu", 0.005)],
        [("pd_op.relu", 0.007)],
    ]


def test_time_is_the_mean_of_the_runs() -> None:
    program = chain("relu", "exp", "relu")
    runs = [
        [("pd_op.relu", first), ("combine", 9.0), ("pd_op.exp", 4.0), ("pd_op.relu", 8.0)]
        for first in (1.0, 2.0)
    ]
    relu, exp, last = (op.id for op in program.ops[1:])
    assert measured_ms(program, runs) == {relu: 1.5, exp: 4.0, last: 8.0}


@pytest.mark.parametrize(
    "run",
    [
        [("pd_op.exp", 1.0), ("pd_op.relu", 2.0), ("pd_op.relu", 3.0)],  # in a different order
        [("pd_op.relu", 2.0), ("pd_op.exp", 1.0)],  # one was not recorded
    ],
)
def test_ops_with_the_same_name_have_no_time_unless_in_program_order(run: Any) -> None:
    program = chain("relu", "exp", "relu")
    assert measured_ms(program, [run]) == {program.ops[2].id: 1.0}
    assert measured_ms(program, []) == {}


def test_last_stage_has_times_with_check_with(convolutional: Capture) -> None:
    last = convolutional.stages[-1]
    ops = [op for op in last.program.walk() if computes(op)]
    times = {op.kind: last.costs[op.id].measured_ms for op in ops}
    assert all(ms is not None and ms > 0 for ms in times.values()), times
    assert "fused_conv2d" in times
    for item in convolutional.stages[:-1]:
        assert all(cost.measured_ms is None for cost in item.costs.values())


def test_measures_nothing_without_inputs(branching: Capture) -> None:
    assert all(
        cost.measured_ms is None for item in branching.stages for cost in item.costs.values()
    )


def test_saves_and_sends_times(convolutional: Capture, tmp_path: Any) -> None:
    assert load(save(convolutional, tmp_path / "net.capture")) == convolutional
    times = Columns(to_columns(convolutional))["measured_ms"]
    sent_times = times[~np.isnan(times)]
    costs = convolutional.stages[-1].costs.values()
    saved_times = [cost.measured_ms for cost in costs if cost.measured_ms is not None]
    assert sorted(sent_times) == sorted(saved_times)
