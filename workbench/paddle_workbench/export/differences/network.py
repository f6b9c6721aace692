"""The step from a network in Python to its program: mode, weights, the first layer that differs."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...contract import BundleRecord
from ...errors import BundleError
from ...program.model.structure import Program
from ...program.passes.comparison import TOLERANCE, Array, array_of, compare, relative_difference
from ...program.tracing.targets import eager, layer_of
from ...program.tracing.turns import turn
from ..samples import reason_of
from .difference import Cause, Step, weights_message
from .programs import RunProgram
from .quantisation import QUANTISED_TOLERANCE, is_quantised, is_quantising
from .saturation import with_saturation

__all__ = ["NAME", "network_step"]

NAME = "network"


def network_step(
    network: Any, inputs: Sequence[Array], record: BundleRecord, traced: Program, run: RunProgram
) -> Step:
    """Compare a network as it is, with its weights and in its mode, with the bundle's program.

    Parameters
    ----------
    network : paddle.nn.Layer
        It is not changed.
    inputs : sequence of arrays
    record : BundleRecord
    traced : Program
    run : RunProgram

    Raises
    ------
    BundleError
        If it is not a network.
    """
    if layer_of(network) is not network or network is None:
        raise BundleError(
            f"Expected a paddle.nn.Layer as network, got {type(network).__name__}.",
            "Pass the network itself.",
            code="PW-X401",
        )
    with turn:
        return _network_step(network, inputs, record, traced, run)


def _network_step(
    network: Any, inputs: Sequence[Array], record: BundleRecord, traced: Program, run: RunProgram
) -> Step:
    dtypes = [each.dtype for each in record.outputs]
    try:
        eager_run = _run(network, inputs)
    except Exception as error:  # whatever the network raises
        return Step(NAME, None, is_equal=False, problem=f"It fails: {reason_of(error)}.")
    tolerance = QUANTISED_TOLERANCE if is_quantised(run.program) else TOLERANCE
    comparison = compare(eager_run.outputs, run.outputs, dtypes, tolerance=tolerance)
    weights = _Weights.of(network, traced, run)
    training = any(part.training for part in network.sublayers(include_self=True))
    if not isinstance(comparison, str) and comparison.is_equal:
        return Step(NAME, comparison.difference)
    if isinstance(comparison, str):
        reason = comparison.replace("the Predictor", "the network")
        step = Step(NAME, float("inf"), is_equal=False, problem=f"{reason.capitalize()}.")
    else:
        step = Step(NAME, comparison.difference, is_equal=False)
    step = _with_layer(step, eager_run, run, traced, tolerance)

    def is_equal_if(*, evaluated: bool, loaded: bool) -> bool:
        repaired = weights.loaded(network) if loaded else network
        outputs = _run(repaired, inputs, evaluated=evaluated).outputs
        again = compare(outputs, run.outputs, dtypes, tolerance=tolerance)
        return not isinstance(again, str) and again.is_equal

    mode = Cause(
        "training mode",
        "The network is in training mode.",
        "Call net.eval() before it predicts.",
    )
    if training and is_equal_if(evaluated=True, loaded=False):
        return replace(step, causes=(mode,))
    if weights.different:
        loading = weights.cause()
        if is_equal_if(evaluated=False, loaded=True):
            return replace(step, causes=(loading,))
        if training and is_equal_if(evaluated=True, loaded=True):
            return replace(step, causes=(mode, loading))
        return replace(step, causes=(replace(loading, is_proven=False),))
    return with_saturation(step, run)


@dataclass(frozen=True, slots=True)
class _EagerRun:
    """Outputs of a network, and of each layer that was called once."""

    outputs: list[Array]
    layers: dict[str, Array]


def _run(network: Any, inputs: Sequence[Array], *, evaluated: bool = False) -> _EagerRun:
    """Run a network as it is, or in evaluation mode, without changing it."""
    import paddle
    from paddle.utils.layers_utils import flatten

    calls: dict[str, list[Any]] = {}
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.enter_context(paddle.no_grad())
        modes = [(part, part.training) for part in network.sublayers(include_self=True)]
        # `eager` sets one mode, and restores buffers, random numbers and modes.
        function = stack.enter_context(eager(network, training=False))
        for part, mode in modes:
            part.training = mode and not evaluated
        for name, part in network.named_sublayers():

            def note(_layer: Any, _inputs: Any, output: Any, name: str = name) -> None:
                calls.setdefault(name, []).append(output)

            stack.callback(part.register_forward_post_hook(note).remove)
        result = flatten(function(*[paddle.to_tensor(array) for array in inputs]))
        outputs = [array_of(each) for each in result if isinstance(each, paddle.Tensor)]
        layers = {
            name: array_of(results[0])
            for name, results in calls.items()
            if len(results) == 1 and isinstance(results[0], paddle.Tensor)
        }
    return _EagerRun(outputs, layers)


def _with_layer(
    step: Step, eager_run: _EagerRun, run: RunProgram, traced: Program, tolerance: float
) -> Step:
    """Add the first layer whose output is not that of its last op in the program."""
    before = 0.0
    last: dict[str, Any] = {}
    for op in run.program.ops:
        parts = op.layer.split(".") if op.layer else []
        for depth in range(1, len(parts) + 1):
            last[".".join(parts[:depth])] = op
    known = traced.by_id()
    places = {op.id: at for at, op in enumerate(run.program.ops)}
    for name, op in sorted(last.items(), key=lambda item: (places[item[1].id], -len(item[0]))):
        array = eager_run.layers.get(name)
        right = run.values.get(op.outputs[0]) if op.outputs else None
        if op.outputs and op.outputs[0] in run.program.outputs:
            right = run.outputs[run.program.outputs.index(op.outputs[0])]
        if array is None or right is None or array.shape != right.shape:
            continue
        size = relative_difference(array, right)
        if size > tolerance:
            return replace(
                step, before=before, after=size, op=op.kind, layer=name, line=op.line,
                op_id=op.id if op.id in known else None,
            )  # fmt: skip
        before = size
    return step


@dataclass(frozen=True, slots=True)
class _Weights:
    """The weights of the bundle by their names in the network, and which differ there."""

    right: dict[str, Array]
    different: tuple[str, ...]
    count: int

    @classmethod
    def of(cls, network: Any, traced: Program, run: RunProgram) -> _Weights:
        names = {
            op.outputs[0]: str(op.attributes.get("parameter_name", ""))
            for op in traced.ops
            if op.name == "builtin.parameter"
        }
        # The network may be the one before the quantisation, which has no scales.
        scales = {value for op in traced.ops if is_quantising(op.kind) for value in op.inputs[1:]}
        right = {
            parameter.name: run.weights[names[parameter.value]]
            for parameter in traced.parameters
            if parameter.value in names
            and parameter.value not in scales
            and names[parameter.value] in run.weights
        }
        state = {name: array_of(value) for name, value in network.state_dict().items()}
        different = tuple(
            name
            for name, array in right.items()
            if name in state
            and (
                state[name].shape != array.shape
                or relative_difference(state[name], array) > TOLERANCE
            )
        )
        missing = tuple(name for name in right if name not in state)
        return cls(right, different + missing, len(right))

    def cause(self) -> Cause:
        return Cause(
            "weights",
            weights_message(self.different, self.count),
            "Load them before the network predicts: net.set_state_dict(paddle.load(path)), and "
            "look at the missing keys that it returns.",
        )

    def loaded(self, network: Any) -> Any:
        """Return a copy of a network with the weights of the bundle."""
        repaired = copy.deepcopy(network)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            repaired.set_state_dict({name: np.asarray(each) for name, each in self.right.items()})
        return repaired
