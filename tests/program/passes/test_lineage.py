"""Ops that passes keep, change, merge, fuse or fold, compared with Paddle's own ids."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_workbench.program.formats.assembly import Numbering, assemble
from paddle_workbench.program.formats.pir_text import read_program
from paddle_workbench.program.model.capture import Capture, Program, Stage
from paddle_workbench.program.model.structure import computes
from paddle_workbench.program.passes.graph_matching import Graph, match_programs
from paddle_workbench.program.passes.lineage import next_stage, unchanged_stage


def stage(capture: Capture, name: str) -> Stage:
    return next(item for item in capture.stages if item.name == name)


def kinds(program: Program | None, numbers: Any) -> list[str]:
    assert program is not None
    ops = program.by_id()
    return [ops[number].kind for number in numbers]


def before(capture: Capture, name: str) -> Program:
    index = [item.name for item in capture.stages].index(name)
    program = capture.stages[index - 1].program if index else capture.program
    assert program is not None
    return program


def test_first_stage_is_saving(branching: Capture) -> None:
    assert [item.name for item in branching.stages] == [
        "jit.save",
        "common_subexpression_elimination_pass",
        "matmul_add_act_fuse_pass",
        "dead_code_elimination_pass",
    ]


def test_equal_ops_are_merged_into_the_first(branching: Capture) -> None:
    elimination = stage(branching, "common_subexpression_elimination_pass")
    assert elimination.matches
    assert not elimination.added
    assert elimination.removed
    origin_ids = {origin.op_id for origins in elimination.lineage.values() for origin in origins}
    assert origin_ids >= set(elimination.removed)


def test_fused_op_comes_from_the_ops_of_its_layer(branching: Capture) -> None:
    fusion = stage(branching, "matmul_add_act_fuse_pass")
    old = before(branching, "matmul_add_act_fuse_pass")
    new = fusion.program.by_id()
    kinds_by_layer = {
        new[number].layer: kinds(old, [origin.op_id for origin in fusion.origins(number)])
        for number in fusion.added
    }
    assert kinds_by_layer == {
        "blocks.0.fc": ["matmul", "add"],
        "blocks.0.inner": ["matmul", "add", "relu"],
        "blocks.1.fc": ["matmul", "add"],
        "blocks.1.inner": ["matmul", "add", "relu"],
        "fc": ["matmul", "add"],
    }
    assert all(o.certain for number in fusion.added for o in fusion.origins(number))


def test_kept_op_keeps_its_id_and_its_line(branching: Capture) -> None:
    assert branching.program is not None
    first, last = branching.program.by_id(), branching.stages[-1].program.by_id()
    shared_ids = set(first) & set(last)
    assert len(shared_ids) > 20
    for number in shared_ids:
        assert first[number].name == last[number].name
        assert first[number].line == last[number].line
        assert first[number].layer == last[number].layer


def test_unchanged_stage_has_the_same_program(branching: Capture) -> None:
    last = branching.stages[-1]
    assert last.program is branching.stages[-2].program
    assert (last.added, last.removed, last.changed, last.moved) == ((), (), (), ())


def test_unchanged_stage_is_that_of_a_comparison(branching: Capture) -> None:
    assert branching.program is not None
    for program in (branching.program, branching.stages[-1].program):
        same = {op.id: op.id for op in program.walk()}
        compared = next_stage("x", program, program, Numbering(), known_pairs=same)
        assert unchanged_stage("x", program) == compared


def test_matches_the_same_pairs_without_ids(branching: Capture) -> None:
    """Matching without Paddle's ids finds the same pairs."""
    previous = branching.program
    for item in branching.stages:
        assert previous is not None
        match = match_programs(Graph.of(previous), Graph.of(item.program))
        shared_ids = {op for op in item.program.by_id() if op in previous.by_id()}
        assert dict(match.before) == {op: op for op in shared_ids}
        previous = item.program


def test_convolution_norm_and_relu_become_one_op(convolutional: Capture) -> None:
    last = convolutional.stages[-1].program
    (conv,) = [op for op in last.walk() if op.kind == "fused_conv2d"]
    origins = convolutional.origins(conv.id)
    assert kinds(convolutional.program, [origin.op_id for origin in origins]) == [
        "conv2d", "add", "batch_norm_", "relu",
    ]  # fmt: skip
    assert all(origin.certain for origin in origins)


def test_every_computing_op_has_descendants(convolutional: Capture) -> None:
    assert convolutional.program is not None
    descendants = convolutional.descendants()
    for op in convolutional.program.walk():
        if computes(op):
            assert descendants.get(op.id), op


def test_folded_constant_has_its_sources_as_origins(convolutional: Capture) -> None:
    folding = stage(convolutional, "constant_folding_pass")
    weights = [number for number in folding.added if len(folding.origins(number)) > 3]
    assert weights
    source = convolutional.stages.index(folding)
    for number in weights:
        traced = {origin.op_id for origin in convolutional.origins(number, stage=source)}
        assert "batch_norm_" in kinds(convolutional.program, traced)


def test_changed_dialect_is_the_same_op(convolutional: Capture) -> None:
    placement = stage(convolutional, "onednn_placement_pass")
    old, new = before(convolutional, "onednn_placement_pass").by_id(), placement.program.by_id()
    assert placement.changed
    assert {old[number].name.split(".")[0] for number in placement.changed} == {"pd_op"}
    assert {new[number].name.split(".")[0] for number in placement.changed} == {"onednn_op"}


def test_ids_are_unique_across_stages(convolutional: Capture) -> None:
    stage_names: dict[int, str] = {}
    for item in convolutional.stages:
        ops = [op.id for op in item.program.walk()]
        assert len(ops) == len(set(ops))
        for number in item.added:
            assert number not in stage_names
            stage_names[number] = item.name


def printed(*lines: str) -> Program:
    return assemble(read_program("\n".join(["{", *lines, "}"])), Numbering())


def test_origin_of_an_inserted_op_is_not_certain() -> None:
    data = '(%0) = "pd_op.data" () {name:"x"} : () -> tensor<2xf32>'
    old = printed(
        data,
        '(%1) = "pd_op.relu" (%0) {} : (tensor<2xf32>) -> tensor<2xf32>',
        '(%2) = "pd_op.exp" (%1) {} : (tensor<2xf32>) -> tensor<2xf32>',
    )
    new = printed(
        data,
        '(%1) = "pd_op.relu" (%0) {} : (tensor<2xf32>) -> tensor<2xf32>',
        '(%2) = "pd_op.transpose" (%1) {} : (tensor<2xf32>) -> tensor<2xf32>',
        '(%3) = "pd_op.exp" (%2) {} : (tensor<2xf32>) -> tensor<2xf32>',
    )
    ids = iter(range(100, 200))
    numbering = Numbering(ids.__next__, ids.__next__)
    result = next_stage("layout", old, new, numbering)
    (transpose,) = result.added
    assert transpose >= 100
    assert [(kinds(old, [o.op_id]), o.certain) for o in result.origins(transpose)] == [
        (["exp"], False)
    ]
    assert not result.removed


def test_reordered_op_is_moved() -> None:
    head = [
        '(%0) = "pd_op.data" () {name:"x"} : () -> tensor<2xf32>',
        '(%1) = "pd_op.data" () {name:"y"} : () -> tensor<2xf32>',
    ]
    relu = '(%2) = "pd_op.relu" (%0) {} : (tensor<2xf32>) -> tensor<2xf32>'
    exp = '(%3) = "pd_op.exp" (%1) {} : (tensor<2xf32>) -> tensor<2xf32>'
    add = '(%4) = "pd_op.add" (%2, %3) {} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>'
    old, new = printed(*head, relu, exp, add), printed(*head, exp, relu, add)
    result = next_stage("order", old, new, Numbering())
    assert len(result.moved) == 1
    assert (result.added, result.removed) == ((), ())


def test_match_among_several_candidates_is_unsure() -> None:
    """Two ReLUs after a removed op can only be told apart by their order."""
    head = '(%0) = "pd_op.data" () {name:"x"} : () -> tensor<2xf32>'
    old = printed(
        head,
        '(%1) = "pd_op.sin" (%0) {} : (tensor<2xf32>) -> tensor<2xf32>',
        '(%2) = "pd_op.relu" (%1) {} : (tensor<2xf32>) -> tensor<2xf32>',
        '(%3) = "pd_op.relu" (%1) {} : (tensor<2xf32>) -> tensor<2xf32>',
        '(%4) = "pd_op.add" (%2, %3) {} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>',
    )
    new = printed(
        head,
        '(%1) = "pd_op.cos" (%0) {} : (tensor<2xf32>) -> tensor<2xf32>',
        '(%2) = "pd_op.relu" (%1) {} : (tensor<2xf32>) -> tensor<2xf32>',
        '(%3) = "pd_op.relu" (%1) {} : (tensor<2xf32>) -> tensor<2xf32>',
        '(%4) = "pd_op.multiply" (%2, %3) {} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>',
    )
    match = match_programs(Graph.of(old), Graph.of(new))
    assert len(match.before) in (1, 3)
    ops = {op.id: op.kind for op in new.walk()}
    assert all(ops[number] == "relu" for number in match.unsure)
    assert not [op for op in match.before if ops[op] in ("cos", "multiply")]


@pytest.mark.parametrize("name", ["inference", "onednn"])
def test_origins_of_every_stage_are_ops_of_the_traced_program(
    name: str, convolutional: Capture, branching: Capture
) -> None:
    capture = convolutional if name == "onednn" else branching
    assert capture.program is not None
    traced_ids = set(capture.program.by_id())
    for index, item in enumerate(capture.stages):
        for op in item.program.walk():
            assert {origin.op_id for origin in capture.origins(op.id, stage=index)} <= traced_ids


def test_op_on_an_input_is_an_origin_of_its_replacement() -> None:
    head = (
        '(%0) = "pd_op.data" () {name:"x"} : () -> tensor<2x3xf32>',
        '(%1) = "pd_op.data" () {name:"y"} : () -> tensor<2x3xf32>',
    )
    tail = '() = "builtin.shadow_output" (%9) {output_name:"z"} : (tensor<2x2xf32>) -> '
    old = printed(
        *head,
        '(%2) = "pd_op.transpose" (%1) {perm:[1,0]} : (tensor<2x3xf32>) -> tensor<3x2xf32>',
        '(%9) = "onednn_op.fused_matmul" (%0, %2) {trans_y:false} : () -> tensor<2x2xf32>',
        tail,
    )
    new = printed(
        *head,
        '(%9) = "onednn_op.fused_matmul" (%0, %1) {trans_y:true} : () -> tensor<2x2xf32>',
        tail,
    )
    result = next_stage("fuse", old, new, Numbering())
    (product,) = result.changed
    origins = result.origins(product)
    assert kinds(old, [o.op_id for o in origins]) == ["transpose", "fused_matmul"]
    assert all(origin.certain for origin in origins)
    assert kinds(old, result.removed) == ["transpose"]


def test_relu_is_absorbed_by_the_convolution_before_it() -> None:
    """Two convolutions change in the same pass: each absorbs the ReLU after it."""
    shape = "tensor<1x8x8x8xf32>"
    head = [f'(%{n}) = "pd_op.data" () {{name:"{n}"}} : () -> {shape}' for n in range(3)]
    tail = f'() = "builtin.shadow_output" (%9) {{output_name:"z"}} : ({shape}) -> '

    def convolution(operand: int, result_name: int, weight: int, act: str) -> str:
        return (
            f'(%{result_name}) = "onednn_op.fused_conv2d" (%{operand}, %{weight})'
            f' {{fuse_activation:"{act}"}} : () -> {shape}'
        )

    old = printed(
        *head,
        convolution(0, 3, 1, ""),
        f'(%4) = "pd_op.relu" (%3) {{}} : ({shape}) -> {shape}',
        convolution(4, 5, 2, ""),
        f'(%9) = "pd_op.relu" (%5) {{}} : ({shape}) -> {shape}',
        tail,
    )
    new = printed(*head, convolution(0, 3, 1, "relu"), convolution(3, 9, 2, "relu"), tail)
    result = next_stage("activation", old, new, Numbering())
    convolutions = [op.id for op in old.ops if op.kind == "fused_conv2d"]
    relus = [op.id for op in old.ops if op.kind == "relu"]
    for convolution_id, relu in zip(convolutions, relus, strict=True):
        origins = result.origins(convolution_id)
        assert [(o.op_id, o.certain) for o in origins] == [(convolution_id, True), (relu, True)]


def test_origin_of_an_op_that_moved_past_another_is_not_certain() -> None:
    """concat(relu(a), relu(b)) replaced relu(concat(a, b)): nothing proves where the ReLU went."""
    shape = "tensor<2xf32>"
    head = f'(%0) = "pd_op.data" () {{name:"x"}} : () -> {shape}'
    tail = f'() = "builtin.shadow_output" (%9) {{output_name:"z"}} : ({shape}) -> '

    def halves(act: str) -> list[str]:
        return [
            f'(%{n}) = "onednn_op.{kind}" (%0) {{act:"{act}"}} : () -> {shape}'
            for n, kind in ((1, "fc"), (2, "fused_conv2d"))
        ]

    concat = '"pd_op.concat" (%1, %2) {} : () -> tensor<4xf32>'
    relu = f'(%9) = "pd_op.relu" (%3) {{}} : () -> {shape}'
    old = printed(head, *halves(""), f"(%3) = {concat}", relu, tail)
    new = printed(head, *halves("relu"), f"(%9) = {concat}", tail)
    result = next_stage("concat", old, new, Numbering())
    assert len(result.changed) == 2
    for op_id in result.changed:
        (_, origin) = result.origins(op_id)
        assert kinds(old, [origin.op_id]) == ["relu"]
        assert not origin.certain


def captured(net: Any, shape: list[int], spec: Any) -> Capture:
    import numpy as np
    import paddle

    from paddle_workbench import capture

    paddle.seed(0)
    x = np.random.default_rng(0).standard_normal([2, *shape[1:]], np.float32)
    input_spec = [spec([None, *shape[1:]], "float32", "x")]
    return capture(net, input_spec=input_spec, pipeline="onednn", check_with=[x])


def test_fused_convolutions_come_from_their_own_layers(spec: Any) -> None:
    from ..networks import InARow

    result = captured(InARow(), [2, 3, 10, 10], spec)
    assert result.program is not None
    ops = result.program.by_id()
    convolutions = [op for op in result.stages[-1].program.walk() if op.kind == "fused_conv2d"]
    assert len(convolutions) == 2
    for op, layer in zip(convolutions, ("first", "second"), strict=True):
        origins = result.origins(op.id)
        assert [(ops[o.op_id].kind, ops[o.op_id].layer.split(".")[0]) for o in origins] == [
            (kind, layer) for kind in ("conv2d", "add", "batch_norm_", "relu")
        ]
        assert all(origin.certain for origin in origins)
    assert result.difference is not None
    assert result.difference < 1e-5


def test_transpose_is_absorbed_by_the_matrix_product(spec: Any) -> None:
    from ..networks import Attention

    result = captured(Attention(), [2, 6, 16], spec)
    assert result.program is not None
    descendants = result.descendants()
    assert not [op for op in result.program.walk() if computes(op) and op.id not in descendants]
    last = result.stages[-1].program.by_id()
    targets = {
        last[later.op_id].kind
        for op in result.program.walk()
        if op.kind == "transpose"
        for later in descendants[op.id]
    }
    assert "fused_matmul" in targets
