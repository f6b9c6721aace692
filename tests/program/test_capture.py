"""Source, transformed code and traced program of a capture."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from paddle_workbench import capture
from paddle_workbench.errors import CaptureError
from paddle_workbench.program.model.capture import Capture, Op
from paddle_workbench.program.model.structure import computes


def line_of(function: Any, text: str) -> int:
    """Return the line number, in the file, of this text in a function."""
    lines, first = inspect.getsourcelines(function)
    return first + next(index for index, line in enumerate(lines) if text in line)


def ops_on(result: Capture, function: Any, text: str) -> list[Op]:
    number = line_of(function, text)
    assert result.program is not None
    return [op for op in result.program.walk() if op.line and op.line.line == number]


def test_every_computing_op_has_a_certain_line(branching: Capture) -> None:
    assert branching.program is not None
    for op in branching.program.walk():
        if computes(op):
            assert op.line is not None, op
            assert op.line.certain, op


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("self.embedding(ids)", {"embedding", "data"}),
        ("if x.sum() > 0", {"sum", "full", "full_int_array", "greater_than", "if", "yield"}),
        ("x = x * 2", {"full", "scale"}),
        ("while i < 3", {"full", "less_than", "while", "yield"}),
        ("return self.fc(x)", {"matmul", "add"}),
    ],
)
def test_ops_have_the_line_that_made_them(branching: Capture, text: str, kinds: set[str]) -> None:
    from .networks import Branching

    assert {op.kind for op in ops_on(branching, Branching.forward, text)} == kinds


def test_stack_leads_from_the_outermost_line_to_the_innermost(branching: Capture) -> None:
    from .networks import Block, Branching, twice_positive

    (relu, *_) = [
        op
        for op in ops_on(branching, twice_positive, "relu(x)")
        if op.kind == "relu" and op.layer == "blocks.1"
    ]
    assert [line.line for line in relu.stack][-3:] == [
        line_of(Branching.forward, "x = block(x)"),
        line_of(Block.forward, "return twice"),
        line_of(twice_positive, "relu(x)"),
    ]


def test_layer_path_is_that_of_named_sublayers(branching: Capture) -> None:
    assert branching.program is not None
    layers = {op.layer for op in branching.program.walk() if op.kind == "matmul"}
    assert layers == {
        "blocks.0.fc", "blocks.0.inner.0", "blocks.1.fc", "blocks.1.inner.0", "fc",
    }  # fmt: skip


def test_parameters_have_the_names_of_the_network(branching: Capture) -> None:
    sizes = {parameter.name: parameter.bytes for parameter in branching.parameters}
    assert sizes["embedding.weight"] == 50 * 8 * 4
    assert sizes["blocks.1.inner.0.bias"] == 8 * 4


def test_regions_hold_branches_and_loop_variables(branching: Capture) -> None:
    assert branching.program is not None
    ops = {op.kind: op for op in branching.program.ops}
    yes, no = ops["if"].regions
    assert [op.kind for op in yes.ops] == [op.kind for op in no.ops] == ["full", "scale", "yield"]
    (body,) = ops["while"].regions
    values = branching.program.values
    assert [values[number].dtype for number in body.arguments] == ["int64", "float32"]
    assert [values[number].shape for number in ops["while"].outputs] == [(1,), (-1, 8)]
    # The body uses its own arguments, not the values outside.
    operands = {number for op in body.ops for number in op.inputs}
    assert operands & set(body.arguments)


def test_transformed_code_leads_back_to_the_source(branching: Capture) -> None:
    from .networks import Branching, twice_positive

    names = [text.name for text in branching.transformed]
    assert names == ["Branching.forward", "Block.forward", "twice_positive"]
    first = branching.transformed[0]
    lines = first.text.splitlines()
    (call,) = [n for n, line in enumerate(lines, 1) if line.strip().startswith("_jst.IfElse")]
    assert first.lines[call] == line_of(Branching.forward, "if x.sum() > 0")
    assert branching.sources[2].text == inspect.getsource(twice_positive)
    assert branching.sources[0].first_line == line_of(Branching.forward, "def forward")


def test_does_not_change_the_network(spec: Any) -> None:
    import paddle

    from .networks import Convolutional

    net = Convolutional()
    net.train()
    net.norm.eval()
    before = net.forward
    capture(net, input_spec=[spec([None, 3, 8, 8], "float32", "image")], pipeline=None)
    assert net.forward == before
    assert net.training
    assert not net.norm.training
    assert not any(part._forward_pre_hooks for part in net.sublayers(include_self=True))
    assert isinstance(net(paddle.ones([1, 3, 8, 8])), paddle.Tensor)


def test_captures_functions_methods_and_static_networks(spec: Any) -> None:
    import numpy as np
    from paddle.jit import to_static

    from .networks import Block, tail

    input_spec = [spec([None, 8], "float32", "x")]
    block = Block()
    targets = [tail, block, block.forward, to_static(tail)]
    names = [capture(target, input_spec=input_spec, pipeline=None).name for target in targets]
    assert names == ["tail", "Block", "Block", "tail"]
    static = to_static(Block(), input_spec=input_spec, full_graph=True)
    assert capture(static, pipeline=None).program is not None
    # An array stands for its shape and dtype.
    program = capture(tail, input_spec=[np.zeros((2, 3), "float32")], pipeline=None).program
    assert program is not None
    assert program.values[program.inputs[0]].shape == (2, 3)
    assert program.values[program.outputs[0]].shape == (2, 3)


@pytest.mark.parametrize("target", [3, "net", None])
@pytest.mark.usefixtures("imported_paddle")
def test_rejects_non_network(target: Any) -> None:
    with pytest.raises(CaptureError, match="neither a network nor a function"):
        capture(target, pipeline=None)


def test_functions_with_the_same_text_have_their_own_lines(spec: Any) -> None:
    from paddle_workbench.program.coach.explanations import function_of

    text = "def f(x):\n    return x * 2 + 1\n"
    for name, above in (("first", ""), ("second", "one = 1\ntwo = 2\n")):
        function = function_of(above + text, name)
        result = capture(function, input_spec=[spec([3], "float32", "x")], pipeline=None)
        assert result.program is not None
        lines = {(op.line.file, op.line.line) for op in result.program.walk() if op.line}
        file = f"paddle-workbench-example-{name}.py"
        assert lines == {(file, above.count("\n") + 2)}


def test_ignores_lines_of_functions_that_replace_paddles(
    spec: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import paddle

    from .networks import Branching

    paddles = paddle.nn.functional.linear

    # As importing paddlenlp does, and then another package.
    def first(*arguments: Any, **options: Any) -> Any:
        return paddles(*arguments, **options)

    def second(*arguments: Any, **options: Any) -> Any:
        return first(*arguments, **options)

    input_spec = [spec([None, None], "int64", "ids")]
    for stand_in in (first, second):
        monkeypatch.setattr(paddle.nn.functional, "linear", stand_in)
        result = capture(Branching(), input_spec=input_spec, pipeline=None)
        kinds = {op.kind for op in ops_on(result, Branching.forward, "return self.fc(x)")}
        assert kinds == {"matmul", "add"}


def test_ops_of_a_container_have_the_line_of_their_layer(spec: Any) -> None:
    from paddle import nn

    from .networks import Block

    net = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), Block(), nn.Sequential(nn.Linear(8, 2)))
    result = capture(net, input_spec=[spec([None, 8], "float32", "x")], pipeline=None)
    structure = result.sources[0]
    assert structure.text == f"{net!r}\n"
    assert result.program is not None
    computing = [op for op in result.program.walk() if computes(op)]
    assert all(op.line is not None and op.line.certain for op in computing)
    lines = structure.text.splitlines()
    labels = [lines[op.stack[0].line - 1].split()[0] for op in computing]
    assert labels == (
        ["(0):"] * 2
        + ["(1):"]
        + ["(fc):"] * 2
        + ["(0):"] * 2
        + ["(1):"]
        + ["(2):"] * 2
        + ["(0):"] * 2
    )
    # The learner's own code inside a container keeps its lines.
    relus = [op for op in computing if op.layer == "2.inner.1"]
    assert [op.line.line for op in relus if op.line] == [line_of(Block.forward, "return")]
    assert not result.explanations


def test_does_not_look_for_traps_in_paddles_own_code(spec: Any) -> None:
    from paddle import nn

    layer = nn.TransformerEncoderLayer(8, 2, 16)
    result = capture(layer, input_spec=[spec([None, 5, 8], "float32", "x")], pipeline=None)
    assert result.program is not None
    assert not result.explanations


def test_stack_of_sizes_has_the_line_of_the_shape(spec: Any) -> None:
    import paddle

    def reshaped(x: Any) -> Any:
        batch, length = x.shape[0], x.shape[1]
        zeros = paddle.zeros([batch, length])
        return x.reshape([batch, length, 2, 2]) + zeros.unsqueeze([2, 3])

    result = capture(reshaped, input_spec=[spec([None, None, 4], "float32", "x")], pipeline=None)
    assert result.program is not None
    lines = [op.line for op in result.program.walk() if op.kind == "stack"]
    assert [line.line for line in lines if line is not None and line.certain] == [
        line_of(reshaped, "zeros = "),
        line_of(reshaped, "return"),
    ]


@pytest.mark.filterwarnings("ignore:\\s*Non compatible API", "ignore:To copy construct")
def test_variables_of_quantised_layers_are_not_inputs(spec: Any) -> None:
    import paddle
    from paddle.quantization import PTQ, QuantConfig
    from paddle.quantization.observers import AbsmaxObserver

    network = paddle.nn.Sequential(paddle.nn.Linear(4, 3))
    network.eval()
    calibration = PTQ(QuantConfig(activation=AbsmaxObserver(), weight=AbsmaxObserver()))
    observed = calibration.quantize(network)
    observed(paddle.ones([2, 4]))
    converted = calibration.convert(observed)
    result = capture(converted, input_spec=[spec([2, 4], "float32", "x")], pipeline=None)
    assert result.program is not None
    # Paddle's program also has the variables quant_out_0, quant_out_1, …
    assert [result.program.values[value].name for value in result.program.inputs] == ["x"]
