"""Results of the last stage compared with the eager ones, whatever a network returns."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
import pytest

from paddle_workbench import capture
from paddle_workbench.errors import CaptureError
from paddle_workbench.program import load, save
from paddle_workbench.program.model.capture import Capture
from paddle_workbench.program.passes import predictor_process

X = np.array([[0.5, 1.0, 1.5, 2.0]], np.float32)


def kinds(result: Capture) -> list[str]:
    return [explanation.kind for explanation in result.explanations]


def of_many_kinds(x: Any, unused: Any, pair: Any) -> Any:
    import paddle

    offset = x + 1
    e = x * 2 + pair["a"] - pair["b"]
    return {
        "logits": e,
        "again": e,
        "extra": None,
        "count": 3,
        "input": x,
        "offset": offset,
        "bool": x > 1,
        "complex": paddle.fft.fft(x),
        "half": x.astype("bfloat16"),
        "nan": x.log() * 0 - paddle.log(x - 1),
        "sum": x.sum(),
    }


@pytest.fixture(scope="module")
def many_kinds(spec: Any) -> Capture:
    import paddle

    x, unused, a, b = (spec([None, 4], "float32", name) for name in ("x", "unused", "a", "b"))
    return capture(
        of_many_kinds,
        input_spec=[x, unused, {"b": b, "a": a}],
        # Lists of numbers and float64 are inputs, too.
        check_with=[X.tolist(), paddle.to_tensor(X), {"b": X.astype("float64"), "a": X * 3}],
    )


def test_compares_outputs_of_every_kind(many_kinds: Capture) -> None:
    assert many_kinds.stages[-1].name == "inplace_pass"
    assert many_kinds.difference is not None
    assert many_kinds.difference < 1e-5


def test_explains_what_saving_gets_wrong(many_kinds: Capture) -> None:
    assert kinds(many_kinds) == ["unused-input", "output-saved-as-input", "output-saved-as-input"]
    unused, itself, offset = many_kinds.explanations
    assert "the input unused" in unused.rule.en
    assert "saves x itself as output 5" in itself.rule.en + offset.rule.en
    source = many_kinds.sources[0]
    assert offset.line is not None
    assert "x + 1" in source.text.splitlines()[offset.line.line - source.first_line]


def test_proposed_copy_of_an_output_is_saved_right(spec: Any) -> None:
    import paddle

    def copied(x: Any) -> Any:
        return paddle.assign(x), paddle.assign(x + 1)

    result = capture(copied, input_spec=[spec([None, 4], "float32", "x")], pipeline=None)
    assert not result.explanations


def test_compares_recurrent_network(spec: Any) -> None:
    from paddle import nn

    class Reader(nn.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.GRU(4, 4)

        def forward(self, x: Any) -> Any:
            return self.rnn(x)[0]

    x = np.linspace(-1, 1, 24, dtype=np.float32).reshape(2, 3, 4)
    result = capture(Reader(), input_spec=[spec([None, 3, 4], "float32", "x")], check_with=[x])
    assert result.difference is not None
    assert result.difference < 1e-5


def test_stages_are_of_the_mode_that_was_traced(spec: Any) -> None:
    """Saving traced a network in training mode again, in this mode."""
    from paddle import nn

    class Doubling(nn.Layer):
        def forward(self, x: Any) -> Any:
            return x.sin() if self.training else x.exp()

    net = Doubling()
    net.train()
    result = capture(net, input_spec=[spec([None, 4], "float32", "x")], check_with=[X])
    assert "exp" in {op.kind for op in result.stages[-1].program.walk()}
    assert result.difference == 0.0


def test_keeps_stages_if_the_predictor_never_returns(
    spec: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from paddle import concat, nn, tanh

    class Cell(nn.RNNCellBase):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(8, 4)

        def forward(self, x: Any, states: Any) -> Any:
            states = tanh(self.fc(concat([x, states], -1)))
            return states, states

        @property
        def state_shape(self) -> tuple[int]:
            return (4,)

    monkeypatch.setattr(predictor_process, "RUN_LIMIT_S", 3.0)
    result = capture(
        nn.RNN(Cell()),
        input_spec=[spec([None, 3, 4], "float32", "x")],
        check_with=[np.ones((2, 3, 4), np.float32)],
    )
    assert result.program is not None
    assert len(result.stages) > 5
    assert result.difference is None
    (explanation,) = [item for item in result.explanations if item.kind == "not-compared"]
    assert explanation.message == "the Predictor did not return within 3 s"


@pytest.fixture(scope="module")
def untrained(imported_paddle: None) -> Any:
    from paddle import nn

    return nn.Sequential(nn.BatchNorm1D(4), nn.Dropout(0.5))


def test_explains_training_mode_without_changing_the_network(untrained: Any, spec: Any) -> None:
    import paddle

    state = {name: value.numpy().copy() for name, value in untrained.state_dict().items()}
    paddle.seed(0)
    expected = paddle.rand([3]).numpy()
    paddle.seed(0)
    x = np.random.default_rng(0).standard_normal((8, 4), np.float32)
    result = capture(
        untrained, input_spec=[spec([None, 4], "float32")], training=True, check_with=[x]
    )
    assert result.difference is not None
    assert result.difference > 0.1
    (explanation,) = result.explanations
    assert explanation.kind == "training-mode"
    assert "dropout is random and BatchNorm uses the statistics of the batch" in explanation.rule.en
    assert "net.eval()" in explanation.repair.en
    np.testing.assert_array_equal(paddle.rand([3]).numpy(), expected)
    for name, value in untrained.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), state[name])


def test_buffers_outside_the_state_belong_to_the_network(spec: Any) -> None:
    from paddle import nn

    result = capture(nn.GRU(4, 8), input_spec=[spec([2, 5, 4], "float32", "x")], pipeline=None)
    assert "unregistered-layer" not in kinds(result)


def test_keeps_the_program_if_it_cannot_be_saved(untrained: Any, spec: Any) -> None:
    def call(x: Any) -> Any:
        return untrained(x)

    result = capture(call, input_spec=[spec([None, 4], "float32", "x")], check_with=[X])
    assert result.program is not None
    assert result.stages == ()
    assert kinds(result) == ["unregistered-layer", "not-saved"]
    assert "uses the parameters of a network" in result.explanations[0].rule.en
    # They matter only for saving.
    assert not capture(call, input_spec=[spec([None, 4])], pipeline=None).explanations


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ([X, X], r"The program has 1 inputs \(x\), got 2 arrays"),
        ([X[:, :2]], "The network cannot run on check_with: ValueError"),
    ],
)
def test_rejects_unsuitable_inputs(arrays: Any, message: str, spec: Any) -> None:
    from paddle import nn

    net = nn.Linear(4, 8)
    input_spec = [spec([None, 4], "float32", "x")]
    with pytest.raises(CaptureError, match=message):
        capture(net, input_spec=input_spec, check_with=arrays)


def test_saves_infinite_difference(many_kinds: Capture, tmp_path: Any) -> None:
    from dataclasses import replace

    infinite = replace(many_kinds, difference=inf)
    assert load(save(infinite, tmp_path / "net.capture")).difference == inf


def overwritten(x: Any) -> Any:
    e = x * x
    return e.sin(), e.cos()


def test_finds_the_pass_that_changes_the_result(spec: Any) -> None:

    from paddle_workbench import ProgramMicroscope

    result = capture(
        overwritten,
        input_spec=[spec([None, 4], "float32", "x")],
        pipeline="onednn",
        check_with=[X],
    )
    assert result.difference is not None
    assert result.difference > 1
    verdict = result.explanations[0]
    assert verdict.kind == "pass-changes-result"
    assert "The cause is inplace_pass: without it the difference is 0" in verdict.rule.en
    assert verdict.proven
    assert verdict.line is not None
    assert verdict.line.function == "overwritten"
    assert 'config.delete_pass("inplace_pass")' in verdict.repair.en
    assert "enable_mkldnn" in verdict.example
    compile(verdict.example, "example", "exec")
    assert "The cause is inplace_pass" in ProgramMicroscope(result, lang="en").to_html()
    assert "原因是 inplace_pass" in ProgramMicroscope(result, lang="zh").to_html()


def test_blames_tracing_for_what_it_changes(spec: Any) -> None:
    def in_place(x: Any) -> Any:
        y = x + 0
        y.add_(x)
        return y * 2

    result = capture(in_place, input_spec=[spec([None, 4], "float32", "x")], check_with=[X])
    assert [item for item in kinds(result) if item.endswith("differs")] == ["trace-differs"]
    assert "in-place-statement" in kinds(result)
