"""Costs compared with counts by hand, and memory plans with one drawn on paper."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_workbench.program.cost import Sizes, costs_of
from paddle_workbench.program.formats.assembly import Numbering, assemble
from paddle_workbench.program.formats.pir_text import read_program
from paddle_workbench.program.memory import memory_plan
from paddle_workbench.program.model.capture import Capture, OpCost, Program


def program(*lines: str) -> Program:
    return assemble(read_program("\n".join(["{", *lines, "}"])), Numbering())


def cost(result: Capture, kind: str) -> OpCost:
    assert result.program is not None
    (op,) = [op for op in result.program.walk() if op.kind == kind]
    return result.costs[op.id]


def test_convolution_and_matrix_product(convolutional: Capture) -> None:
    # One picture: 8 channels of 8 x 8, each from 3 channels of 3 x 3.
    assert cost(convolutional, "conv2d").flops == 2 * 8 * 64 * 27
    assert cost(convolutional, "conv2d").bytes_read == 4 * (3 * 64 + 8 * 27)
    assert cost(convolutional, "conv2d").bytes_written == 4 * 8 * 64
    assert cost(convolutional, "matmul").flops == 2 * 128 * 4
    assert cost(convolutional, "batch_norm_").flops == 2 * 8 * 64
    assert cost(convolutional, "pool2d").flops == 8 * 16 * 4
    assert cost(convolutional, "flatten").flops == 0


def test_cost_grows_with_the_batch(convolutional: Capture) -> None:
    assert convolutional.program is not None
    of_many = costs_of(convolutional.program, Sizes(batch=16))
    for number, one in convolutional.costs.items():
        kind = convolutional.program.by_id()[number].kind
        if kind in ("conv2d", "relu", "softmax"):
            assert one.flops is not None
            assert of_many[number].flops == 16 * one.flops


def test_unknown_cost_is_none_not_zero() -> None:
    unknown = program(
        '(%0) = "pd_op.data" () {name:"x"} : () -> tensor<-1x-1xf32>',
        '(%1) = "pd_op.relu" (%0) {} : (tensor<-1x-1xf32>) -> tensor<-1x-1xf32>',
        '(%2) = "pd_op.nobody_knows" (%0) {} : (tensor<-1x-1xf32>) -> tensor<2xf32>',
    )
    relu, other = costs_of(unknown).values()
    assert relu == OpCost(None, None, None)
    assert (other.flops, other.bytes_written) == (None, 8)
    relu, _ = costs_of(unknown, Sizes(batch=2, other=5)).values()
    assert relu == OpCost(10, 40, 40)


def test_lookup_reads_only_requested_rows(branching: Capture) -> None:
    assert branching.program is not None
    (number,) = [op.id for op in branching.program.walk() if op.kind == "embedding"]
    lookup = costs_of(branching.program, Sizes(batch=2, other=3))[number]
    assert lookup == OpCost(0, 2 * 3 * 8 + 2 * 3 * 8 * 4, 2 * 3 * 8 * 4)


# Four values of 100 floats: a is needed until the end, b and c one after the other.
CHAIN = (
    '(%0) = "pd_op.data" () {name:"a"} : () -> tensor<100xf32>',
    '(%1) = "pd_op.exp" (%0) {} : (tensor<100xf32>) -> tensor<100xf32>',
    '(%2) = "pd_op.KIND" (%1) {} : (tensor<100xf32>) -> tensor<100xf32>',
    '(%3) = "pd_op.add" (%2, %0) {} : (tensor<100xf32>, tensor<100xf32>) -> tensor<100xf32>',
    '() = "builtin.shadow_output" (%3) {output_name:"y"} : (tensor<100xf32>) -> ',
)


@pytest.mark.parametrize(
    ("kind", "live", "inplace", "total", "reuse"),
    [
        ("relu", [400, 800, 1200, 1200, 400], 0, 1600, 400),
        ("relu_", [400, 800, 800, 1200, 400], 0, 1200, 0),
    ],
)
def test_memory_plan(kind: str, live: list[int], inplace: int, total: int, reuse: int) -> None:
    plan = memory_plan(program(*(line.replace("KIND", kind) for line in CHAIN)))
    assert list(plan.live_bytes) == live
    assert (plan.peak_bytes, plan.total_bytes) == (max(live), total)
    assert (plan.inplace_saved_bytes, plan.reuse_saved_bytes) == (inplace, reuse)


def test_work_in_place_lowers_the_peak() -> None:
    plan = memory_plan(
        program(
            '(%0) = "pd_op.data" () {name:"a"} : () -> tensor<100xf32>',
            '(%1) = "pd_op.relu_" (%0) {} : (tensor<100xf32>) -> tensor<100xf32>',
            '() = "builtin.shadow_output" (%1) {output_name:"y"} : (tensor<100xf32>) -> ',
        )
    )
    assert (plan.peak_bytes, plan.inplace_saved_bytes, plan.total_bytes) == (400, 400, 400)


def test_values_that_a_loop_needs_live_until_its_end(branching: Capture) -> None:
    """A value from outside that the body reads must live through every iteration."""
    assert branching.program is not None
    plan = branching.memory
    assert plan is not None
    assert len(plan.steps) == len(plan.live_bytes)
    assert plan.peak_bytes == max(plan.live_bytes)
    assert plan.parameter_bytes == sum(p.bytes for p in branching.parameters)
    assert plan.unknown  # batch times length is unknown
    sized_plan: Any = memory_plan(branching.program, Sizes(batch=2, other=3))
    assert sized_plan.unknown == 0


def test_later_stages_need_less_memory(convolutional: Capture) -> None:
    first, last = convolutional.memory, convolutional.stages[-1].memory
    assert first is not None
    assert last is not None
    assert last.total_bytes < first.total_bytes
    assert last.parameter_bytes < first.parameter_bytes  # the convolution absorbed the norm
