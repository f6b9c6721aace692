"""Ops that are known to fail on a target: which op, which line, and how to write it instead.

The rules explain why an attempt failed; they never refuse by themselves, since a later version of a
converter may accept the op.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..contract import ExportFinding, SourcePlace
from ..program.coach.results import RANDOM_OPS
from ..program.model.structure import Op, Program

__all__ = ["explain"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One known failure.

    Parameters
    ----------
    code : str
    targets : frozenset of str
        Empty for all.
    applies : callable
        Whether it is about this op of a program.
    message, hint : str
    """

    code: str
    targets: frozenset[str]
    applies: Callable[[Op, Program], bool]
    message: str
    hint: str


def explain(program: Program, target: str) -> Iterator[ExportFinding]:
    """Yield the known failures of the ops of a program on a target, in program order."""
    yield from _outputs(program, target)
    seen = set()
    for op in program.walk():
        for rule in _RULES:
            place = (rule.code, op.line)
            is_about = not rule.targets or target in rule.targets
            if not is_about or place in seen or not rule.applies(op, program):
                continue
            seen.add(place)
            yield ExportFinding(
                code=rule.code,
                severity="error",
                message=rule.message,
                hint=rule.hint,
                op=op.kind,
                line=SourcePlace(file=op.line.file, line=op.line.line) if op.line else None,
            )


def _outputs(program: Program, target: str) -> Iterator[ExportFinding]:
    returns_once = target not in _LEGACY and len(set(program.outputs)) < len(program.outputs)
    if returns_once:
        yield ExportFinding(
            code="PW-X216",
            severity="error",
            message="The network returns one value twice; a saved program returns it once.",
            hint="Return it once.",
        )
    has_no_axes = any(program.values[each].shape == () for each in program.outputs)
    if has_no_axes and target in _ONNX | _LITE:
        name = "Paddle Lite" if target in _LITE else "Paddle2ONNX"
        yield ExportFinding(
            code="PW-X219",
            severity="error",
            message=f"An output has no axes, shape (); {name} may give it one, shape (1,).",
            hint="Give it that axis in the network, too: x.sum().reshape([1]).",
        )
    if target in _ONNX and set(program.outputs) & set(program.inputs):
        yield ExportFinding(
            code="PW-X217",
            severity="error",
            message="An output is one of the inputs; Paddle2ONNX writes an invalid file.",
            hint="Leave it out of the outputs, or return a copy of it: paddle.assign(x).",
        )


def _is_simple_rnn(op: Op, _program: Program) -> bool:
    return op.kind == "rnn" and str(op.attributes.get("mode", "")).startswith("RNN")


def _has_lengths(op: Op, _program: Program) -> bool:
    # Its inputs are x, pre_state, weight_list, sequence_length and dropout_state_in.
    return op.kind == "rnn" and len(op.inputs) > 3 and op.inputs[3] is not None


def _is_beyond_paddle_lite(op: Op, program: Program) -> bool:
    """Whether an op is an RNN other than an LSTM or GRU over a fixed batch."""
    if op.kind != "rnn":
        return False
    shape = _shape(op.inputs[0] if op.inputs else None, program)  # (steps, batch, size)
    has_fixed_batch = len(shape) == 3 and shape[1] != -1
    return _is_simple_rnn(op, program) or _has_lengths(op, program) or not has_fixed_batch


def _is_mean_of_all(op: Op, program: Program) -> bool:
    if op.kind != "mean" or len(op.inputs) < 2 or op.inputs[1] is None:
        return False
    axes = program.by_id().get(program.producers().get(op.inputs[1], -1))
    return axes is not None and axes.kind == "full_int_array" and not axes.attributes["value"]


def _drops_in_evaluation(op: Op, _program: Program) -> bool:
    """Return whether it drops values in evaluation mode, as `nn.functional.dropout` does."""
    return op.kind == "dropout" and op.attributes.get("is_test") is False


def _is_another_op_in_lite(op: Op, _program: Program) -> bool:
    has_no_weights = op.kind == "layer_norm" and None in op.inputs
    return has_no_weights or op.kind in ("gather", "set_value", "set_value_")


def _is_constant_without_axes(op: Op, _program: Program) -> bool:
    return op.kind == "full" and op.attributes.get("shape") == []


def _ends_long_chain(op: Op, program: Program) -> bool:
    """Whether it is the ReLU of a linear layer with as many before it as become one op."""
    ops, producers = program.by_id(), program.producers()

    def source(op: Op | None, kind: str) -> Op | None:
        before = ops.get(producers.get(op.inputs[0] or -1, -1)) if op and op.inputs else None
        return before if before is not None and before.kind == kind else None

    length, last = 0, op if op.kind == "relu" else None
    while last is not None:
        product = source(source(last, "add"), "matmul")
        length += product is not None
        last = source(product, "relu")
    return length == _FUSED_LAYERS + 1


def _mask_is_used(op: Op, program: Program) -> bool:
    """Whether an op is a max pool whose indices are read or returned."""
    if not op.kind.endswith("_with_index") or len(op.outputs) < 2:
        return False
    mask = op.outputs[1]
    return mask in program.outputs or any(mask in each.inputs for each in program.walk())


def _pools_to_larger(op: Op, program: Program) -> bool:
    """Whether an op is an adaptive pool to a size that is, or may be, larger than its input's."""
    if op.kind != "pool2d" or not op.attributes.get("adaptive"):
        return False
    before, after = _shape(op.inputs[0], program), _shape(op.outputs[0], program)
    sizes = zip(before, after, strict=False)
    return not before or not after or any(old < new for old, new in sizes)


def _shape(value: int | None, program: Program) -> tuple[int, ...]:
    known = program.values.get(-1 if value is None else value)
    return (known.shape or ()) if known is not None else ()


def _kinds(*kinds: str) -> Callable[[Op, Program], bool]:
    return lambda op, _program: op.kind in kinds


_INFERENCE = frozenset({"inference", "onednn", "paddlex"})
_LITE = frozenset({"lite"})
_LEGACY = frozenset({"legacy", "lite"})
"""The targets that read the legacy program."""
_ONNX = frozenset({"onnx", "mnn", "browser"})
"""The targets that Paddle2ONNX writes."""
_FUSED_LAYERS = 10
"""As many as `repeated_fc_relu_fuse_pass` makes one op of."""
_RULES = (
    Rule(
        "PW-X201",
        _ONNX,
        _is_simple_rnn,
        "Paddle2ONNX writes an invalid file for a SimpleRNN.",
        "Use nn.GRU or nn.LSTM.",
    ),
    Rule(
        "PW-X202",
        _ONNX,
        _has_lengths,
        "Paddle2ONNX drops the sequence_length of a GRU or LSTM, without a message.",
        "Leave it out, and multiply the outputs by (positions < lengths).",
    ),
    Rule(
        "PW-X203",
        _ONNX,
        _kinds("while"),
        "Paddle2ONNX writes an invalid file for a loop that ends when its data say so.",
        "Loop a fixed number of times, and keep the results with paddle.where.",
    ),
    Rule(
        "PW-X204",
        _ONNX,
        _is_mean_of_all,
        "A mean without an axis ends Paddle2ONNX's process.",
        "Name the axes: x.mean(axis=[0, 1]) for a matrix.",
    ),
    Rule(
        "PW-X205",
        _ONNX,
        _kinds("nms", "matrix_nms", "multiclass_nms3"),
        "Non-maximum suppression ends Paddle2ONNX's process, or keeps other boxes.",
        "Return boxes and scores, and choose among them in the postprocessing.",
    ),
    Rule(
        "PW-X212",
        _LITE,
        _is_beyond_paddle_lite,
        "Paddle Lite runs an LSTM or GRU only for a fixed batch and without sequence_length, "
        "and no SimpleRNN.",
        "Use nn.LSTM or nn.GRU, and name the size of the batch in input_spec.",
    ),
    Rule(
        "PW-X213",
        _LITE,
        _kinds("while"),
        "Paddle Lite does not run a loop whose number of steps is known only at run time.",
        "Name the sizes that it depends on in input_spec, or loop a fixed number of times.",
    ),
    Rule(
        "PW-X221",
        _LITE,
        _is_constant_without_axes,
        "Paddle Lite does not run a constant without axes, shape (), such as the 0 in x > 0.",
        "Give it an axis: x > paddle.zeros([1], x.dtype).",
    ),
    Rule(
        "PW-X222",
        frozenset({"legacy"}),
        _ends_long_chain,
        "With more than ten linear layers with a ReLU in a row, repeated_fc_relu_fuse_pass ends "
        "the process.",
        'Leave the pass out: bundle.export("legacy", without=["repeated_fc_relu_fuse_pass"])',
    ),
    Rule(
        "PW-X223",
        frozenset({"mnn"}),
        _kinds("bicubic_interp", "masked_select", "one_hot"),
        "MNN gives an output of this op other values or another shape.",
        "Compute it before or after the program, or use another op, such as a bilinear "
        "interpolation.",
    ),
    Rule(
        "PW-X224",
        _LITE,
        _is_another_op_in_lite,
        "Paddle Lite refuses this op as Paddle saves it, or gives its output other values.",
        "Use another op: a slice for a gather, paddle.where for an assignment, nn.LayerNorm for a "
        "layer norm without weights.",
    ),
    Rule(
        "PW-X218",
        _ONNX,
        lambda op, program: op.kind in ("unique", "fft_r2c") or _mask_is_used(op, program),
        "Paddle2ONNX gives an output of this op a wrong type, a wrong shape or no value.",
        "Compute it after the program, in the postprocessing.",
    ),
    Rule(
        "PW-X220",
        _ONNX,
        _pools_to_larger,
        "Paddle2ONNX writes an invalid file for an adaptive pool to a larger size than its input.",
        "Use larger pictures, or pool to a size that is not larger.",
    ),
    Rule(
        "PW-X210",
        _INFERENCE,
        _kinds("create_array"),
        "Paddle Inference may wait for ever in a loop over an array of tensors, such as nn.RNN "
        "makes of a cell.",
        "Use nn.GRU or nn.LSTM, or loop over a fixed number of steps in Python.",
    ),
    Rule(
        "PW-X230",
        _INFERENCE,
        lambda op, _program: op.kind.startswith("fake_") and "quantize" in op.kind,
        "Paddle Inference fails when its constant_folding_pass computes the rounded weights of a "
        "quantised layer in advance.",
        'Leave the pass out: bundle.export("inference", without=["constant_folding_pass"]), or '
        'config.delete_pass("constant_folding_pass").',
    ),
    Rule(
        "PW-X209",
        frozenset(),
        _kinds(*RANDOM_OPS),
        "The network draws random numbers in evaluation mode, so no two runs of it are equal.",
        "Add noise only while it is trained: if self.training: ...",
    ),
    Rule(
        "PW-X209",
        frozenset(),
        _drops_in_evaluation,
        "The network drops random values in evaluation mode, too, and a saved program may not.",
        "Use nn.Dropout, or nn.functional.dropout(x, training=self.training).",
    ),
)
